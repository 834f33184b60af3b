//! Findings on listed series, alerts from them and incidents of these, as records on their topics.
//!
//! **Invariant:** every record is the golden one of its schema with other ids, times and owners, so it is
//! what a service of this version may write.

use std::time::Duration;

use kafka_runtime::plain::PlainProducer;
use schemas::id::RecordId;
use schemas::time::Time;
use schemas::topic;
use serde_json::{Value, json};

use super::database::Database;
use crate::support::root;

const COUNT: i64 = 60;
const MINUTE_MS: i64 = 60_000;

/// Sixty findings of the last hour on the series that are listed first, the newest half a minute old; every third raises an alert, and two
/// alerts are an incident, each second one resolved.
pub(super) fn produce(producer: &PlainProducer, database: &Database, until_ms: i64) {
    let listed = database
        .ask_as_owner(
            "select s.tenant, s.series_key, s.measure, isobar.hex(r.id), r.attributes \
             from isobar.v_series s join isobar.series on series.id = s.series \
             join isobar.resource r on r.id = series.resource \
             where s.measure = (select min(measure) from isobar.series where source_class = 'metric') \
             order by concat_ws(' ', s.service, s.label_text, s.host), s.series_key limit 20",
        )
        .unwrap();
    for (n, row) in (0..COUNT).zip(listed.iter().cycle()) {
        let [tenant, series, measure, resource, attributes] = row.as_slice() else {
            panic!("five columns: {row:?}")
        };
        let attributes: Value = serde_json::from_str(attributes).unwrap();
        let about = json!({ "id": resource, "attributes": attributes });
        let told = Told { n, at_ms: until_ms - 30_000 - n * MINUTE_MS, tenant, about };
        told.send(producer, topic::SIGNALS.name, &told.finding(series, measure));
        if n % 3 == 0 {
            told.send(producer, topic::ALERTS.name, &told.alert());
        }
        if n % 6 == 0 {
            told.send(producer, topic::INCIDENTS.name, &told.incident());
        }
    }
    producer.flush(Duration::from_secs(30)).unwrap();
}

/// One finding and what follows from it.
struct Told<'t> {
    n: i64,
    at_ms: i64,
    tenant: &'t str,
    about: Value,
}

/// The newest version.
fn golden(name: &str) -> Value {
    let folder = std::fs::read_dir(root().join("schemas/golden").join(name)).unwrap();
    let newest = folder.map(|file| file.unwrap().path()).max().unwrap();
    serde_json::from_str(&std::fs::read_to_string(newest).unwrap()).unwrap()
}

fn hex(what: &str, n: i64) -> String {
    RecordId::of(what, &[&n.to_string()]).to_string()
}

impl Told<'_> {
    fn send(&self, producer: &PlainProducer, topic: &str, record: &Value) {
        let key = self.tenant.as_bytes();
        let value = serde_json::to_vec(record).unwrap();
        producer.send((topic, 0), Some(key), &value, None).unwrap();
    }

    /// The golden record of a schema, of this tenant and time, with other data.
    fn record(&self, name: &str, data: &[(&str, Value)]) -> Value {
        let mut record = golden(name);
        let time = Time::from_millis(self.at_ms).unwrap().to_string();
        record["id"] = hex(&format!("record of {name}"), self.n).into();
        (record["time"], record["arrivaltime"]) = (time.clone().into(), time.into());
        record["tenant"] = self.tenant.into();
        for (field, value) in data {
            match value {
                Value::Null => drop(record["data"].as_object_mut().unwrap().remove(*field)),
                value => record["data"][*field] = value.clone(),
            }
        }
        record
    }

    fn finding(&self, series: &str, measure: &str) -> Value {
        let start_ms = self.at_ms - self.at_ms.rem_euclid(MINUTE_MS);
        let pick = |of: [&str; 4]| Value::from(of[usize::try_from(self.n % 4).unwrap()]);
        self.record(
            "finding",
            &[
                ("detector", pick(["tail.shift", "silence", "forecast.exhaustion", "tail.shift"])),
                ("fingerprint", hex("condition", self.n % 12).into()),
                ("resource", self.about.clone()),
                ("series", series.into()),
                ("measure", measure.into()),
                ("window_start_ms", start_ms.into()),
                ("severity", pick(["critical", "low", "high", "medium"])),
            ],
        )
    }

    fn is_over(&self) -> bool {
        self.n % 12 == 6
    }

    fn incident_id(&self) -> String {
        hex("incident", self.n / 6)
    }

    fn alert(&self) -> Value {
        let ends_at = if self.is_over() { json!(self.at_ms + MINUTE_MS) } else { Value::Null };
        // Every fifth belongs to nothing.
        let incident = if self.n % 5 == 4 { Value::Null } else { self.incident_id().into() };
        self.record(
            "alert",
            &[
                ("alert", hex("alert", self.n).into()),
                ("fingerprint", hex("condition", self.n % 12).into()),
                ("state", if self.is_over() { "resolved" } else { "firing" }.into()),
                ("resource", self.about.clone()),
                ("starts_at_ms", self.at_ms.into()),
                ("ends_at_ms", ends_at),
                ("incident", incident),
            ],
        )
    }

    fn incident(&self) -> Value {
        let resolved_at = if self.is_over() { json!(self.at_ms + MINUTE_MS) } else { Value::Null };
        let alerts = json!([hex("alert", self.n), hex("alert", self.n + 3)]);
        let mut record = self.record(
            "incident",
            &[
                ("incident", self.incident_id().into()),
                ("seed", alerts[0].clone()),
                ("state", if self.is_over() { "resolved" } else { "open" }.into()),
                ("opened_at_ms", self.at_ms.into()),
                ("resolved_at_ms", resolved_at),
                ("alerts", alerts.clone()),
                ("merged_into", Value::Null),
                ("follows", Value::Null),
            ],
        );
        let link = &mut record["data"]["links"][0];
        (link["from"], link["to"]) = (alerts[0].clone(), alerts[1].clone());
        record["data"]["causes"][0]["resource"] = self.about.clone();
        record
    }
}
