//! What `prometheus-kafka-adapter` writes: one sample a value, in JSON.
//!
//! The value is a text, since JSON knows no `NaN`; every `NaN` is taken as the marker that ends a
//! series, which is what nearly all of them were before they were written.

use std::fmt;

use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

use schemas::metric::PointKind;

use super::prometheus::{Found, temporality_of_name};
use super::{Format, Look};
use crate::input::Input;
use crate::json::{Text, parse};
use crate::sink::{Refusal, Sink};
use crate::time;

pub(crate) const FORMAT: Format = Format { name: "prometheus_kafka_adapter", sniff, read };

fn sniff(look: &Look<'_>) -> bool {
    look.has_all(&["timestamp", "value", "name", "labels"])
}

#[derive(Deserialize)]
struct Sample<'a> {
    #[serde(borrow)]
    timestamp: Option<Text<'a>>,
    #[serde(borrow)]
    value: Text<'a>,
    #[serde(borrow)]
    name: Option<Text<'a>>,
    #[serde(borrow, default, deserialize_with = "labels")]
    labels: Found<'a>,
}

/// Labels, sorted into what is measured and what tells series apart while they are read.
fn labels<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Found<'de>, D::Error> {
    struct Labels;

    impl<'de> Visitor<'de> for Labels {
        type Value = Found<'de>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an object of labels")
        }

        fn visit_unit<E>(self) -> Result<Self::Value, E> {
            Ok(Found::default())
        }

        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
            let mut found = Found::with_room(8);
            while let Some((Text(name), Text(value))) = map.next_entry()? {
                found.take(name, value);
            }
            Ok(found)
        }
    }

    deserializer.deserialize_any(Labels)
}

fn read(input: &Input<'_>, sink: &mut dyn Sink) -> Result<(), Refusal> {
    let Sample { timestamp, value: Text(text), name, mut labels } = parse(input.value)?;
    if let Some(Text(name)) = name {
        labels.name_if_unnamed(name);
    }
    let value = text.parse::<f64>();
    let value = value.map_err(|_| Refusal::new(format!("`{text}` is no number of a sample")))?;
    let time_ms = timestamp.and_then(|Text(time)| time::of_text(&time));
    let time_ms = time_ms.unwrap_or_else(|| input.arrival.millis());
    let kind = if value.is_nan() { PointKind::Stale } else { PointKind::Value };
    sink.point(&labels.series(temporality_of_name(labels.name())), time_ms, value, kind);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::recording::lines;
    use super::*;
    use expect_test::expect;

    #[test]
    fn a_sample_is_a_point() {
        let told: Vec<_> = [
            r#"{"timestamp":"1970-01-01T00:00:02Z","value":"1.5","name":"up","labels":{"__name__":"up","instance":"h:1","job":"j","zone":"a"}}"#,
            r#"{"timestamp":"1970-01-01T00:00:02Z","value":"NaN","name":"n_total","labels":{}}"#,
            r#"{"timestamp":"then","value":"+Inf","name":"n","labels":null}"#,
            r#"{"timestamp":"then","value":"much","name":"n","labels":{}}"#,
        ].map(|value| lines(&FORMAT, value.as_bytes())).into();
        expect![[r#"
            prometheus - [service.instance.id=h:1,service.name=j] up - Gauge {zone=a} 2000 1.5 Value
            prometheus - [] n_total - Cumulative {} 2000 NaN Stale
            prometheus - [] n - Gauge {} 1000 inf Value
            whole value refused: `much` is no number of a sample @None
        "#]]
        .assert_eq(&told.concat());
    }
}
