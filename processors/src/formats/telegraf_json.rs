//! Telegraf's JSON: `{"name","tags","fields","timestamp"}`, or several in `{"metrics": […]}`.
//!
//! Times are seconds unless Telegraf is told otherwise, so their size tells. Every field that is a
//! number becomes a point of `name.field`; texts are no points.

use std::borrow::Cow;
use std::fmt;

use serde::de::{IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use schemas::metric::PointKind;
use schemas::series::Temporality;

use super::{Format, Look};
use crate::draft::{DraftSeries, Labels};
use crate::input::Input;
use crate::json::{Text, parse};
use crate::sink::{Refusal, Sink};
use crate::time;

pub(crate) const FORMAT: Format = Format { name: "telegraf_json", sniff, read };

fn sniff(look: &Look<'_>) -> bool {
    look.has_all(&["name", "fields", "timestamp"])
        || (look.has("metrics") && look.mentions("\"fields\"") && look.mentions("\"tags\""))
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Metric<'a> {
    #[serde(borrow)]
    name: Option<Text<'a>>,
    #[serde(borrow)]
    tags: Option<Pairs<'a, Text<'a>>>,
    #[serde(borrow)]
    fields: Option<Pairs<'a, Value>>,
    timestamp: Option<Value>,
    #[serde(borrow)]
    metrics: Option<Vec<&'a RawValue>>,
}

/// The entries of an object, in order.
struct Pairs<'a, V>(Vec<(Cow<'a, str>, V)>);

impl<'de: 'a, 'a, V: Deserialize<'de>> Deserialize<'de> for Pairs<'a, V> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Entries<V>(std::marker::PhantomData<V>);

        impl<'de, V: Deserialize<'de>> Visitor<'de> for Entries<V> {
            type Value = Pairs<'de, V>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut pairs = Vec::new();
                while let Some((Text(name), value)) = map.next_entry()? {
                    pairs.push((name, value));
                }
                Ok(Pairs(pairs))
            }
        }

        deserializer.deserialize_map(Entries(std::marker::PhantomData))
    }
}

/// A number, or nothing that can be a point.
struct Value(Option<f64>);

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Number;

        impl<'de> Visitor<'de> for Number {
            type Value = Value;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("any value")
            }

            fn visit_f64<E>(self, number: f64) -> Result<Value, E> {
                Ok(Value(Some(number)))
            }

            fn visit_u64<E>(self, number: u64) -> Result<Value, E> {
                Ok(Value(Some(number as f64)))
            }

            fn visit_i64<E>(self, number: i64) -> Result<Value, E> {
                Ok(Value(Some(number as f64)))
            }

            fn visit_bool<E>(self, truth: bool) -> Result<Value, E> {
                Ok(Value(Some(f64::from(u8::from(truth)))))
            }

            fn visit_str<E>(self, _: &str) -> Result<Value, E> {
                Ok(Value(None))
            }

            fn visit_unit<E>(self) -> Result<Value, E> {
                Ok(Value(None))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Value, A::Error> {
                while list.next_element::<IgnoredAny>()?.is_some() {}
                Ok(Value(None))
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
                while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
                Ok(Value(None))
            }
        }

        deserializer.deserialize_any(Number)
    }
}

fn read(input: &Input<'_>, sink: &mut dyn Sink) -> Result<(), Refusal> {
    let metric: Metric<'_> = parse(input.value)?;
    let Some(metrics) = metric.metrics else { return give(input, metric, sink) };
    for one in metrics {
        let bytes = one.get().as_bytes();
        if let Err(refusal) = parse(bytes).and_then(|metric| give(input, metric, sink)) {
            sink.refused(refusal, bytes);
        }
    }
    Ok(())
}

fn give(input: &Input<'_>, metric: Metric<'_>, sink: &mut dyn Sink) -> Result<(), Refusal> {
    let Some(Text(name)) = metric.name else {
        return Err(Refusal::new("a metric of Telegraf without a name"));
    };
    let tags = metric.tags.map(|Pairs(tags)| tags).unwrap_or_default();
    let tags = tags.into_iter().map(|(name, Text(value))| (name, value));
    let (mut resource, labels): (Labels<'_>, Labels<'_>) =
        tags.partition(|(name, _)| name == "host");
    resource.iter_mut().for_each(|(name, _)| *name = Cow::Borrowed("host.name"));
    let time = metric.timestamp.and_then(|Value(number)| number).and_then(time::of_number);
    let time_ms = time.unwrap_or_else(|| input.arrival.millis());
    for (field, Value(value)) in metric.fields.map(|Pairs(fields)| fields).unwrap_or_default() {
        let Some(value) = value else {
            sink.filtered("a field that is a text");
            continue;
        };
        let series = DraftSeries {
            source: "telegraf",
            account: None,
            resource: &resource,
            metric: Cow::Owned(format!("{name}.{field}")),
            unit: None,
            temporality: Temporality::Gauge,
            labels: &labels,
        };
        sink.point(&series, time_ms, value, PointKind::Value);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::recording::lines;
    use super::*;
    use expect_test::expect;

    #[test]
    fn one_and_several() {
        let one = r#"{"name":"cpu","tags":{"host":"h","cpu":"0"},"fields":{"user":1.5,"n":2,"s":"x","o":{}},"timestamp":1600000000}"#;
        let several = format!(r#"{{"metrics":[{one},{{"fields":{{}}}}]}}"#);
        let told = [one, &several].map(|value| lines(&FORMAT, value.as_bytes()));
        expect![[r#"
            telegraf - [host.name=h] cpu.user - Gauge {cpu=0} 1600000000000 1.5 Value
            telegraf - [host.name=h] cpu.n - Gauge {cpu=0} 1600000000000 2 Value
            filtered: a field that is a text
            filtered: a field that is a text
            telegraf - [host.name=h] cpu.user - Gauge {cpu=0} 1600000000000 1.5 Value
            telegraf - [host.name=h] cpu.n - Gauge {cpu=0} 1600000000000 2 Value
            filtered: a field that is a text
            filtered: a field that is a text
            refused: a metric of Telegraf without a name @None: {"fields":{}}
        "#]]
        .assert_eq(&told.concat());
    }
}
