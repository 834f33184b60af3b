//! Metric streams of `CloudWatch` as JSON: one interval of one metric a line.
//!
//! Traps: values hold further statistics beside the usual four when the stream is set up so;
//! intervals are sent again when late data arrive, so a later set replaces an earlier one.

use std::borrow::Cow;
use std::fmt;

use schemas::metric::PointKind;
use schemas::series::Temporality;
use serde::de::{IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

use super::arn::{self, Place, Scope};
use super::pieces::{read_each, text_of};
use crate::draft::{DraftSeries, Labels, StatisticSet};
use crate::formats::{Format, Look};
use crate::input::Input;
use crate::json::Text;
use crate::sink::{Refusal, Sink};
use crate::time;

pub(crate) const FORMAT: Format = Format { name: "aws-metric-stream", sniff, read };

fn sniff(look: &Look<'_>) -> bool {
    look.has_all(&["namespace", "metric_name", "dimensions", "value"])
}

fn read(input: &Input<'_>, sink: &mut dyn Sink) -> Result<(), Refusal> {
    read_each::<Line<'_>>(text_of(input)?, sink, |line, _, sink| line.give(sink))
}

/// One line.
#[derive(Deserialize)]
struct Line<'a> {
    #[serde(borrow)]
    account_id: Option<Text<'a>>,
    #[serde(borrow)]
    region: Option<Text<'a>>,
    #[serde(borrow)]
    namespace: Text<'a>,
    #[serde(borrow)]
    metric_name: Text<'a>,
    #[serde(borrow, default)]
    dimensions: Dimensions<'a>,
    timestamp: f64,
    #[serde(borrow)]
    value: Statistics<'a>,
    #[serde(borrow)]
    unit: Option<Text<'a>>,
}

impl<'a> Line<'a> {
    fn give(self, sink: &mut dyn Sink) -> Result<(), Refusal> {
        let time_ms = time::of_number(self.timestamp)
            .ok_or_else(|| Refusal::new("its `timestamp` is no time in milliseconds"))?;
        let (account, region) = (self.account_id.map(|id| id.0), self.region.map(|name| name.0));
        let mut labels = self.dimensions.0;
        let place = Place {
            region: region.as_deref().unwrap_or(""),
            account: account.as_deref().unwrap_or(""),
        };
        let name = resource_id(&mut labels, &self.namespace.0, place);
        labels.push((Cow::Borrowed("namespace"), self.namespace.0.clone()));
        let resource = resource(account.clone(), region, self.namespace.0, name);
        let series = DraftSeries {
            source: "aws.cloudwatch",
            account,
            resource: &resource,
            metric: self.metric_name.0,
            unit: self.unit.and_then(|unit| ucum(&unit.0)).map(Cow::Borrowed),
            temporality: Temporality::Delta,
            labels: &labels,
        };
        self.value.give(&series, time_ms, sink);
        Ok(())
    }
}

fn resource<'a>(
    account: Option<Cow<'a, str>>,
    region: Option<Cow<'a, str>>,
    namespace: Cow<'a, str>,
    name: Option<Cow<'a, str>>,
) -> Labels<'a> {
    let mut resource = Labels::with_capacity(5);
    resource.push((Cow::Borrowed("cloud.provider"), Cow::Borrowed("aws")));
    let of = [
        ("cloud.account.id", account),
        ("cloud.region", region),
        ("cloud.service", Some(service(namespace))),
        ("cloud.resource_id", name),
    ];
    let given = of.into_iter().filter_map(|(name, value)| Some((Cow::Borrowed(name), value?)));
    resource.extend(given);
    resource
}

/// The service as other feeds spell it; namespaces of one's own are left as they are.
fn service(namespace: Cow<'_, str>) -> Cow<'_, str> {
    match namespace.strip_prefix("AWS/") {
        Some(service) => Cow::Owned(service.to_ascii_lowercase()),
        None => namespace,
    }
}

/// How the dimensions of services name their resources; narrow ones first.
const NAMING: [(&str, &str, Scope, &str, &str); 10] = [
    ("InstanceId", "", Scope::Regional, "ec2", "instance/"),
    ("FunctionName", "AWS/Lambda", Scope::Regional, "lambda", "function:"),
    ("DBInstanceIdentifier", "", Scope::Regional, "rds", "db:"),
    ("DBClusterIdentifier", "", Scope::Regional, "rds", "cluster:"),
    ("VolumeId", "AWS/EBS", Scope::Regional, "ec2", "volume/"),
    ("TableName", "AWS/DynamoDB", Scope::Regional, "dynamodb", "table/"),
    ("BucketName", "AWS/S3", Scope::Global, "s3", ""),
    ("LoadBalancer", "", Scope::Regional, "elasticloadbalancing", "loadbalancer/"),
    ("QueueName", "AWS/SQS", Scope::Regional, "sqs", ""),
    ("TopicName", "AWS/SNS", Scope::Regional, "sns", ""),
];

/// Takes the dimension that names a resource out of the others, and makes its name of it.
fn resource_id<'a>(
    dimensions: &mut Labels<'a>,
    namespace: &str,
    place: Place<'_>,
) -> Option<Cow<'a, str>> {
    let (at, row) = NAMING.iter().find_map(|row| {
        let of_namespace = row.1.is_empty() || row.1 == namespace;
        let at = dimensions.iter().position(|(name, _)| of_namespace && name == row.0)?;
        Some((at, row))
    })?;
    let (_, id) = dimensions.remove(at);
    let (_, _, scope, service, prefix) = *row;
    Some(arn::name(place, scope, service, prefix, id))
}

/// The unit in UCUM; `None` is a number without a unit. The common ones stand first.
fn ucum(unit: &str) -> Option<&'static str> {
    const UNITS: [(&str, &str); 27] = [
        ("Count", "1"),
        ("Bytes", "By"),
        ("Percent", "%"),
        ("Seconds", "s"),
        ("Milliseconds", "ms"),
        ("Microseconds", "us"),
        ("Count/Second", "1/s"),
        ("Bytes/Second", "By/s"),
        ("Kilobytes", "kBy"),
        ("Megabytes", "MBy"),
        ("Gigabytes", "GBy"),
        ("Terabytes", "TBy"),
        ("Bits", "bit"),
        ("Kilobits", "kbit"),
        ("Megabits", "Mbit"),
        ("Gigabits", "Gbit"),
        ("Terabits", "Tbit"),
        ("Kilobytes/Second", "kBy/s"),
        ("Megabytes/Second", "MBy/s"),
        ("Gigabytes/Second", "GBy/s"),
        ("Terabytes/Second", "TBy/s"),
        ("Bits/Second", "bit/s"),
        ("Kilobits/Second", "kbit/s"),
        ("Megabits/Second", "Mbit/s"),
        ("Gigabits/Second", "Gbit/s"),
        ("Terabits/Second", "Tbit/s"),
        ("None", "1"),
    ];
    UNITS.iter().find(|(name, _)| *name == unit).map(|(_, ucum)| *ucum)
}

/// The dimensions, in their order.
#[derive(Default)]
struct Dimensions<'a>(Labels<'a>);

impl<'de: 'a, 'a> Deserialize<'de> for Dimensions<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Pairs;

        impl<'de> Visitor<'de> for Pairs {
            type Value = Dimensions<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object of dimensions")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                // One more is added later: the namespace.
                let mut labels = Labels::with_capacity(4);
                while let Some((Text(name), Text(value))) = map.next_entry()? {
                    labels.push((name, value));
                }
                Ok(Dimensions(labels))
            }
        }

        deserializer.deserialize_map(Pairs)
    }
}

/// The statistics of the interval; an empty vector costs nothing, and most have no more than a set.
struct Statistics<'a> {
    set: StatisticSet,
    more: Vec<(Cow<'a, str>, f64)>,
}

impl Statistics<'_> {
    fn give(self, series: &DraftSeries<'_>, time_ms: i64, sink: &mut dyn Sink) {
        let is_empty = self.set == StatisticSet::default();
        if is_empty && self.more.is_empty() {
            return sink.filtered("no data point");
        }
        if !is_empty {
            sink.set(series, time_ms, &self.set);
        }
        for (name, value) in &self.more {
            let mut labels = series.labels.to_vec();
            labels.push(label(name));
            let temporality = Temporality::Gauge;
            let series = DraftSeries { labels: &labels, temporality, ..series.clone() };
            sink.point(&series, time_ms, *value, PointKind::Value);
        }
    }
}

/// `p99.9` is the quantile 0.999; other statistics keep their names.
fn label<'a>(name: &str) -> (Cow<'a, str>, Cow<'a, str>) {
    let percent = name.strip_prefix('p').filter(|rest| rest.parse::<f64>().is_ok());
    let Some(percent) = percent else {
        return ("statistic".into(), name.to_owned().into());
    };
    // Moving the point by two digits as text is exact, which dividing by 100 is not.
    let (whole, fraction) = percent.split_once('.').unwrap_or((percent, ""));
    let quantile = format!("{whole:0>3}{fraction}");
    let (before, after) = quantile.split_at_checked(whole.len().max(3) - 2).unwrap_or(("0", ""));
    let after = after.trim_end_matches('0');
    let quantile = if after.is_empty() { before.to_owned() } else { format!("{before}.{after}") };
    ("quantile".into(), quantile.into())
}

impl<'de: 'a, 'a> Deserialize<'de> for Statistics<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Numbers;

        impl<'de> Visitor<'de> for Numbers {
            type Value = Statistics<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object of statistics")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut all = Statistics { set: StatisticSet::default(), more: Vec::new() };
                while let Some(Text(name)) = map.next_key()? {
                    match name.as_ref() {
                        "count" => all.set.count = map.next_value()?,
                        "sum" => all.set.sum = map.next_value()?,
                        "min" => all.set.min = map.next_value()?,
                        "max" => all.set.max = map.next_value()?,
                        "" => drop(map.next_value::<IgnoredAny>()?),
                        _ => all.more.extend(map.next_value::<Option<f64>>()?.map(|n| (name, n))),
                    }
                }
                Ok(all)
            }
        }

        deserializer.deserialize_map(Numbers)
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::super::recorder::recorded;
    use super::*;

    #[test]
    fn sets_and_percentiles() {
        let value = br#"{"metric_stream_name":"s","account_id":"1","region":"eu-west-1","namespace":"AWS/EC2","metric_name":"CPUUtilization","dimensions":{"InstanceId":"i-1"},"timestamp":1767268800000,"value":{"count":5.0,"sum":90.0,"max":18.0,"min":18.0,"p99":17.5,"p99.9":18,"TM(25%:75%)":3},"unit":"Percent"}
{"account_id":"1","namespace":"App","metric_name":"Late","dimensions":{"Stage":"prod"},"timestamp":1767268800000,"value":{},"unit":"None"}
{"account_id":"1","namespace":"App","metric_name":"Late","dimensions":{},"timestamp":"x","value":{}}
{"namespace":"App","metric_name":"Late","dimensions":{"Stage":"prod"},"timestamp":1767268800000,"value":{"sum":1},"unit":"Megabits/Second"}
"#;
        expect![[r#"
            set aws.cloudwatch CPUUtilization Delta % [namespace=AWS/EC2] Some(5.0) Some(90.0) Some(18.0) Some(18.0) at 1767268800000 of cloud.provider=aws cloud.account.id=1 cloud.region=eu-west-1 cloud.service=ec2 cloud.resource_id=arn:aws:ec2:eu-west-1:1:instance/i-1
            point CPUUtilization [namespace=AWS/EC2 quantile=0.99] 17.5 Value at 1767268800000 of cloud.provider=aws cloud.account.id=1 cloud.region=eu-west-1 cloud.service=ec2 cloud.resource_id=arn:aws:ec2:eu-west-1:1:instance/i-1
            point CPUUtilization [namespace=AWS/EC2 quantile=0.999] 18 Value at 1767268800000 of cloud.provider=aws cloud.account.id=1 cloud.region=eu-west-1 cloud.service=ec2 cloud.resource_id=arn:aws:ec2:eu-west-1:1:instance/i-1
            point CPUUtilization [namespace=AWS/EC2 statistic=TM(25%:75%)] 3 Value at 1767268800000 of cloud.provider=aws cloud.account.id=1 cloud.region=eu-west-1 cloud.service=ec2 cloud.resource_id=arn:aws:ec2:eu-west-1:1:instance/i-1
            filtered no data point
            refused {"account_id":"1","namespace":"App","metric_name":"Late","dimensions":{},"timestamp":"x","value":{}}
            set aws.cloudwatch Late Delta Mbit/s [Stage=prod namespace=App] None Some(1.0) None None at 1767268800000 of cloud.provider=aws cloud.service=App
        "#]].assert_eq(&recorded(&FORMAT, value));
    }

    #[test]
    fn quantiles_are_exact() {
        for (name, quantile) in
            [("p99.9", "0.999"), ("p50", "0.5"), ("p5", "0.05"), ("p100", "1"), ("p0.1", "0.001")]
        {
            assert_eq!(label(name), ("quantile".into(), quantile.into()));
        }
        assert_eq!(label("IQM"), ("statistic".into(), "IQM".into()));
    }
}
