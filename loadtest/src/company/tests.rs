use std::collections::{BTreeMap, BTreeSet};

use expect_test::expect;
use processors::canonical::Series;
use processors::normalize::{Sample, Taker, normalize};
use processors::tenant::Tenants;
use processors::{Catalog, Input, Refusal};
use schemas::envelope::Envelope;
use schemas::event::Event;
use schemas::id::EventId;
use schemas::series::Temporality;
use schemas::time::Time;

use super::*;

/// 2026-01-01, at six in the evening.
const START_MS: i64 = 1_767_290_400_000;

/// Messages at even distances.
fn messages(seed: u64, config: &CompanyConfig, count: i64, every_ms: i64) -> Vec<Message> {
    let mut company = Company::new(seed, config).unwrap();
    (0..count).map(|number| company.message_at(EventTime(START_MS + number * every_ms))).collect()
}

/// What the reader of the service finds.
#[derive(Default)]
struct Found {
    ids: Vec<EventId>,
    points: u64,
    filtered: u64,
    dead_letters: u64,
    /// The earliest and the latest time.
    times: Option<(i64, i64)>,
}

impl Found {
    fn at(&mut self, time_ms: i64) {
        let (from, until) = self.times.unwrap_or((time_ms, time_ms));
        self.times = Some((from.min(time_ms), until.max(time_ms)));
    }
}

impl Taker for Found {
    fn event(&mut self, event: Envelope<Event>) {
        self.at(event.attributes.time.millis());
        self.ids.push(EventId(event.attributes.id.0));
    }

    fn sample(&mut self, _: &Series<'_>, time_ms: i64, _: Sample) {
        self.at(time_ms);
        self.points += 1;
    }

    fn filtered(&mut self, _: &'static str) {
        self.filtered += 1;
    }

    fn refused(&mut self, _: &Refusal, _: &[u8]) {
        self.dead_letters += 1;
    }
}

fn found(message: &Message) -> (&'static str, Found) {
    let arrival = Time::from_millis(message.arrival.0).unwrap();
    let input = Input { headers: &message.headers, ..Input::new(&message.value, arrival) };
    let mut found = Found::default();
    let (format, _) = normalize(&input, "t/0/0", None, &Tenants::default(), &mut found);
    (format, found)
}

/// Compares what a message says that it holds with what is found in it.
fn check(seed: u64, number: usize, message: &Message) {
    let (format, found) = found(message);
    let truth = &message.truth;
    let said: Vec<EventId> =
        truth.events.iter().map(|event| EventId::of(&event.source, &event.native_id)).collect();
    let shown = || {
        let value = String::from_utf8_lossy(&message.value);
        format!("seed {seed}, message {number}, {truth:?}: {value}")
    };
    assert_eq!(found.ids, said, "{}", shown());
    let counted = (found.points, found.filtered, found.dead_letters);
    assert_eq!(counted, (truth.points, truth.filtered, truth.dead_letters), "{}", shown());
    if truth.format != BROKEN {
        assert_eq!(format, truth.format, "{}", shown());
    }
    if let Some((from, until)) = found.times {
        let age_ms = |time_ms| message.arrival.0 - time_ms;
        assert!(age_ms(from) <= 63_000 && age_ms(until) >= 0, "{}", shown());
    }
}

#[test]
fn readers_find_in_every_message_what_it_says_that_it_holds() {
    let config = CompanyConfig { deploy_interval_ms: 60_000, ..CompanyConfig::default() };
    for seed in 0..20 {
        for (number, message) in messages(seed, &config, 5_000, 50).iter().enumerate() {
            check(seed, number, message);
        }
    }
}

/// The totals that readers find, by series, then by time.
#[derive(Default)]
struct Totals(BTreeMap<String, BTreeMap<i64, Vec<f64>>>);

impl Taker for Totals {
    fn event(&mut self, _: Envelope<Event>) {}

    fn sample(&mut self, series: &Series<'_>, time_ms: i64, sample: Sample) {
        let definition = series.definition();
        let is_total = ["requests", "errors", "bytes", "io"]
            .iter()
            .any(|word| definition.metric.ends_with(word) || definition.metric.ends_with("_total"));
        if let Sample::Point(value, _) = sample
            && is_total
            && definition.temporality == Temporality::Cumulative
        {
            let times = self.0.entry(definition.series.to_string()).or_default();
            times.entry(time_ms).or_default().push(value);
        }
    }

    fn filtered(&mut self, _: &'static str) {}

    fn refused(&mut self, _: &Refusal, _: &[u8]) {}
}

#[test]
fn totals_never_fall_in_the_order_of_their_times() {
    for seed in 0..5 {
        let mut totals = Totals::default();
        for message in messages(seed, &CompanyConfig::default(), 5_000, 50) {
            let input = Input {
                headers: &message.headers,
                ..Input::new(&message.value, Time::from_millis(message.arrival.0).unwrap())
            };
            normalize(&input, "t/0/0", None, &Tenants::default(), &mut totals);
        }
        assert!(totals.0.len() > 20, "seed {seed}: {} totals", totals.0.len());
        for (series, times) in totals.0 {
            let values: Vec<f64> = times.into_values().flatten().collect();
            assert!(values.is_sorted(), "seed {seed}, series {series}: {values:?}");
        }
    }
}

/// FNV-1a over everything a message is.
fn checksum(messages: &[Message]) -> u64 {
    let mut sum = 0xcbf2_9ce4_8422_2325;
    let mut add = |bytes: &[u8]| {
        for byte in bytes {
            sum = (sum ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    };
    for message in messages {
        add(message.topic.as_bytes());
        add(&message.partition.to_le_bytes());
        add(message.key.as_deref().unwrap_or_default());
        for (name, value) in &message.headers {
            add(name.as_bytes());
            add(value);
        }
        add(&message.value);
        add(&message.arrival.0.to_le_bytes());
    }
    sum
}

#[test]
fn a_seed_means_the_same_messages_for_ever() {
    let messages = messages(1, &CompanyConfig::default(), 10_000, 20);
    assert_eq!(checksum(&messages), 10_235_320_314_447_338_097);
}

#[test]
fn the_mix_is_the_reference_mix_and_holds_every_format() {
    let messages = messages(1, &CompanyConfig::default(), 20_000, 20);
    let mut formats: BTreeMap<&str, [u64; 6]> = BTreeMap::new();
    for Message { truth, value, .. } in &messages {
        let events = truth.events.len() as u64;
        let Truth { points, filtered, dead_letters, .. } = *truth;
        let row = [1, events, points, filtered, dead_letters, value.len() as u64];
        let sums = formats.entry(truth.format).or_default();
        sums.iter_mut().zip(row).for_each(|(sum, count)| *sum += count);
    }
    let of = |place: usize| formats.values().map(|sums| sums[place]).sum::<u64>();
    let points_per_mille = of(2) * 1_000 / (of(1) + of(2));
    assert!((695..705).contains(&points_per_mille), "{points_per_mille}");
    let small = messages.iter().filter(|message| (1..10).contains(&message.truth.points));
    assert!(small.into_iter().all(|message| message.truth.format == "prometheus-kafka-adapter"));
    let shown = formats.iter().map(|(format, sums)| format!("{format} {sums:?}\n"));
    expect![[r#"
        aws-cloudtrail [461, 461, 0, 0, 0, 388855]
        aws-cloudtrail-records [1802, 5345, 0, 0, 0, 4537279]
        aws-cloudwatch-logs [893, 2654, 0, 0, 0, 774239]
        aws-cloudwatch-metric-stream [656, 0, 7872, 0, 0, 2243028]
        aws-eventbridge [576, 576, 0, 0, 0, 551005]
        aws-firehose-http-envelope [457, 1367, 0, 0, 0, 1597774]
        aws-sns [68, 68, 0, 0, 0, 55666]
        azure-activity [429, 429, 0, 0, 0, 387832]
        azure-activity-records [1357, 4071, 0, 0, 0, 3700278]
        azure-monitor-metrics [467, 0, 5604, 0, 0, 1760964]
        broken [21, 0, 0, 0, 21, 10446]
        cdevents [505, 505, 0, 0, 0, 208465]
        cloudevents [2303, 2303, 0, 0, 0, 1067187]
        gcp-audit-log [1029, 1029, 0, 0, 0, 908357]
        gcp-log-entry [529, 1682, 0, 0, 0, 1493180]
        gcp-pubsub-push [533, 533, 0, 0, 0, 728761]
        gzip [1731, 5056, 0, 41, 0, 1266807]
        influx-line-protocol [469, 0, 9849, 0, 0, 584748]
        k8s-audit [2743, 5921, 0, 1601, 0, 6171383]
        otlp-metrics [1564, 0, 28152, 0, 0, 3284670]
        prometheus-kafka-adapter [177, 0, 177, 0, 0, 48518]
        prometheus-remote-write [936, 0, 16848, 0, 0, 683260]
        telegraf-json [294, 0, 6174, 882, 0, 568989]
    "#]]
    .assert_eq(&shown.collect::<String>());
}

/// Webhooks are read by mappings; those that have none yet are only seen to be counted.
#[test]
fn webhooks_are_what_their_mappings_read() {
    // Pages and pushes are rare on an ordinary day, and come with each deploy.
    let config =
        CompanyConfig { webhooks: true, deploy_interval_ms: 20_000, ..CompanyConfig::default() };
    let mut posted = BTreeMap::new();
    for seed in 0..4 {
        for (number, message) in messages(seed, &config, 5_000, 50).iter().enumerate() {
            let is_known = Catalog::built_in().named(message.truth.format).is_some();
            *posted.entry(message.truth.format).or_insert(0) += 1;
            if is_known {
                check(seed, number, message);
            }
        }
    }
    for format in ["github-webhook", "jira", "slack-event", "pagerduty"] {
        assert!(posted[format] > 20, "{format}: {posted:?}");
    }
}

#[test]
fn every_topic_and_every_partition_of_it_gets_messages() {
    let messages = messages(2, &CompanyConfig::default(), 20_000, 20);
    let reached: BTreeSet<_> = messages.iter().map(|one| (one.topic, one.partition)).collect();
    for topic in topic::INPUTS {
        let partitions = reached.iter().filter(|(name, _)| *name == topic.name).count();
        // Twelve services are twelve keys, which do not reach every partition.
        assert!(partitions * 2 >= topic.partitions as usize, "{}: {partitions}", topic.name);
    }
}

#[test]
fn what_is_sent_again_comes_within_a_minute_to_the_same_place_and_also_in_other_envelopes() {
    let config = CompanyConfig { again_per_mille: 200, ..CompanyConfig::default() };
    let messages = messages(3, &config, 20_000, 20);
    let mut first: BTreeMap<(&str, &str), &Message> = BTreeMap::new();
    let (mut same, mut other) = (0, 0);
    for message in &messages {
        for event in &message.truth.events {
            let id = (&*event.source, &*event.native_id);
            let Some(before) = first.insert(id, message) else { continue };
            let place = |message: &Message| (message.topic, message.partition, message.key.clone());
            assert_eq!(place(before), place(message), "{id:?}");
            assert!(message.arrival.0 - before.arrival.0 <= 60_000, "{id:?}");
            let is_same = before.value == message.value;
            same += usize::from(is_same);
            other += usize::from(!is_same);
        }
    }
    assert!(same > 500 && other > 200, "{same} the same, {other} in another envelope");
}

#[test]
fn latency_rises_after_a_deploy_and_an_alarm_tells_it() {
    let config = CompanyConfig { deploy_interval_ms: 1_200_000, ..CompanyConfig::default() };
    let mut latencies: BTreeMap<String, Vec<(i64, f64)>> = BTreeMap::new();
    let mut happened = Vec::new();
    for message in messages(4, &config, 40_000, 50) {
        let arrival = Time::from_millis(message.arrival.0).unwrap();
        let input = Input { headers: &message.headers, ..Input::new(&message.value, arrival) };
        let mut watch = Watch { latencies: &mut latencies, happened: &mut happened };
        normalize(&input, "t/0/0", None, &Tenants::default(), &mut watch);
    }
    let deployed = happened.iter().find(|(_, _, what)| what == "deployed").unwrap();
    let (time_ms, service, _) = deployed;
    let alarmed = |(at, of, what): &&(i64, String, String)| {
        what == "alarmed" && of == service && (time_ms + 55_000..time_ms + 125_000).contains(at)
    };
    assert!(happened.iter().find(alarmed).is_some(), "{happened:?}");
    let mean = |from: i64, until: i64| {
        let within = latencies[service].iter().filter(|(at, _)| (from..until).contains(at));
        let values: Vec<f64> = within.map(|(_, value)| *value).collect();
        values.iter().sum::<f64>() / values.len() as f64
    };
    let before = mean(time_ms - 120_000, time_ms - 5_000);
    let after = mean(time_ms + 5_000, time_ms + 170_000);
    assert!((2.5..3.5).contains(&(after / before)), "{before} s before, {after} s after");
}

/// Watches latencies and deploys.
struct Watch<'a> {
    latencies: &'a mut BTreeMap<String, Vec<(i64, f64)>>,
    happened: &'a mut Vec<(i64, String, String)>,
}

impl Taker for Watch<'_> {
    fn event(&mut self, event: Envelope<Event>) {
        let status = event.data.extra.get("details").and_then(|details| details.get("status"));
        let status = status.and_then(|status| status.as_str()).unwrap_or_default();
        let what = match &*event.data.action {
            "service.deployed" => "deployed",
            "ECS Deployment State Change" if status == "SERVICE_DEPLOYMENT_COMPLETED" => "deployed",
            "incident.detected" | "ALARM" => "alarmed",
            _ => return,
        };
        let subject = event.attributes.subject.unwrap_or_default();
        let service = event.data.resource.attributes.get("service.name").cloned();
        let service = service.unwrap_or_else(|| subject.replace("-latency", ""));
        self.happened.push((event.attributes.time.millis(), service, what.to_owned()));
    }

    fn sample(&mut self, series: &Series<'_>, time_ms: i64, sample: Sample) {
        let definition = series.definition();
        if let (Sample::Point(value, _), "http.server.request.latency") =
            (sample, &*definition.metric)
        {
            let service = definition.resource.attributes["service.name"].clone();
            self.latencies.entry(service).or_default().push((time_ms, value));
        }
    }

    fn filtered(&mut self, _: &'static str) {}

    fn refused(&mut self, _: &Refusal, _: &[u8]) {}
}
