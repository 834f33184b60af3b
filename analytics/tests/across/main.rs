//! Records in, findings out: what `metric-windows` finds between the metrics of a resource and between
//! peers, undisturbed and with the workers killed.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a panic is how a test fails"
)]

mod records;

use std::collections::{BTreeMap, BTreeSet};

use analytics::detection::DetectionConfig;
use analytics::metric_windows::{self, MetricWindowsConfig};
use analytics::windows::WindowsConfig;
use schemas::envelope::Envelope;
use schemas::finding::Finding;
use schemas::{codec, topic};
use stream::memory::Faults;
use stream::testing::{Published, Scenario, disturbed, undisturbed};
use stream::{Record, TopicPartition, Topology};

use records::{Chance, Of, START, closed, points};

const HOSTS: [&str; 6] = ["web-1", "web-2", "web-3", "web-4", "web-5", "web-6"];
const METRICS: [&str; 3] = ["cpu.utilization", "queue.depth", "latency"];
/// When the relation breaks and the peer goes off, and when the test ends.
const BREAKS: i64 = 700;
const ENDS: i64 = 760;

fn with(detection: DetectionConfig) -> Topology {
    let windows = WindowsConfig { detection, ..WindowsConfig::default() };
    metric_windows::topology(MetricWindowsConfig { windows, ..Default::default() }).unwrap()
}

fn scenario(detection: DetectionConfig, records: Vec<Record>) -> Scenario {
    let topology = with(detection);
    let input = TopicPartition::new(topology.inputs[0].clone(), 0);
    Scenario { topology, inputs: BTreeMap::from([(input, records)]), output_partitions: 1 }
}

/// Findings between series.
fn findings(published: &Published) -> Vec<Envelope<Finding>> {
    let of = published.iter().filter(|((of, ..), _)| of == topic::SIGNALS.name);
    let all = of.flat_map(|(_, values)| values).map(|value| codec::decode(value).unwrap());
    let across = ["resource.relations", "series.peers"];
    all.filter(|of: &Envelope<Finding>| across.contains(&&*of.data.detector)).collect()
}

fn found(detection: DetectionConfig, records: Vec<Record>) -> Vec<Envelope<Finding>> {
    findings(&undisturbed(&scenario(detection, records)).unwrap())
}

fn told(findings: &[Envelope<Finding>]) -> Vec<String> {
    let line = |of: &Envelope<Finding>| {
        let minute = of.data.window_start_ms / 60_000 - START;
        format!("{minute} {} {}: {}", of.attributes.tenant, of.data.detector, of.data.reason)
    };
    findings.iter().map(line).collect()
}

/// What happens from `BREAKS` on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Story {
    Nothing,
    /// The queue of the first host goes its own way.
    Relation,
    /// The latency of the second host, of which the others know nothing, rises.
    Peer,
    /// Everything is twice as loaded.
    Load,
    Both,
}

/// A load that drives cpu and queue of each host, and a latency of its own.
fn values(
    chance: &mut Chance,
    tenant: &'static str,
    at: i64,
    story: Story,
) -> Vec<(Of<'static>, f64)> {
    let is_on = at >= BREAKS;
    let more = if is_on && story == Story::Load { 40.0 } else { 0.0 };
    let mut all = Vec::new();
    for host in HOSTS {
        let (load, other) = (4.0 * chance.noise() + more, 4.0 * chance.noise());
        let is_broken = is_on && host == "web-1" && [Story::Relation, Story::Both].contains(&story);
        let is_off = is_on && host == "web-2" && [Story::Peer, Story::Both].contains(&story);
        let queue = if is_broken { other } else { load };
        let off = if is_off { 12.0 } else { 0.0 };
        let levels = [
            40.0 + load + 0.5 * chance.noise(),
            100.0 + 2.0 * queue + chance.noise(),
            20.0 + off + more / 4.0 + 0.5 * chance.noise(),
        ];
        let of = |metric| Of { tenant, host, metric };
        all.extend(METRICS.into_iter().map(of).zip(levels));
    }
    all
}

fn defined(tenant: &'static str) -> Vec<Record> {
    let of = |host| METRICS.map(|metric| Of { tenant, host, metric }.definition(0));
    HOSTS.into_iter().flat_map(of).collect()
}

fn records(story: Story) -> Vec<Record> {
    let mut chance = Chance::new(1);
    let mut records = defined("acme");
    for at in 0..ENDS {
        records.push(points(at, &values(&mut chance, "acme", at, story)));
        records.push(closed(at));
    }
    records
}

#[test]
fn each_story_is_told_as_what_it_is() {
    for (story, expected) in [
        (Story::Nothing, &[][..]),
        (Story::Load, &[]),
        (Story::Relation, &["resource.relations"]),
        (Story::Peer, &["series.peers"]),
    ] {
        let found = found(DetectionConfig::default(), records(story));
        let detectors: BTreeSet<&str> = found.iter().map(|of| &*of.data.detector).collect();
        assert_eq!(detectors, expected.iter().copied().collect(), "{story:?}: {:#?}", told(&found));
        let off = found.iter().find(|of| of.data.window_start_ms / 60_000 < START + BREAKS);
        assert!(off.is_none(), "{story:?}: {off:?}");
    }
}

#[test]
fn a_finding_names_who_and_gives_figures() {
    let found = found(DetectionConfig::default(), records(Story::Both));
    let of = |detector: &str| {
        found.iter().find(|of| of.data.detector == detector).unwrap_or_else(|| panic!("{detector}"))
    };
    let relation = &of("resource.relations").data;
    assert_eq!(relation.resource.attributes["host.name"], "web-1");
    let said = " of web-1 no longer move together: correlation ";
    assert!(relation.reason.contains(said), "{}", relation.reason);
    assert!(relation.series.is_none() && relation.measure.contains("queue.depth"));
    assert!(relation.score >= relation.threshold && relation.evidence[0].by == "relations");
    let peer = &of("series.peers").data;
    let latency = Of { tenant: "acme", host: "web-2", metric: "latency" };
    assert_eq!((peer.series, &*peer.measure), (Some(latency.id()), "latency"));
    assert!(peer.reason.starts_with("latency of web-2 is "), "{}", peer.reason);
    assert!(peer.observed > peer.expected.as_ref().unwrap().high);
    assert_eq!(peer.excerpt.as_ref().unwrap().times_ms.len(), 60);
}

#[test]
fn bounds_are_kept_and_nothing_is_compared_where_they_are_none() {
    let none = DetectionConfig { resources_max: 0, peer_groups_max: 0, ..Default::default() };
    assert!(found(none, records(Story::Both)).is_empty());
    // Of the six hosts the first is the first to come; of the three metrics the cpu.
    let one = DetectionConfig { resources_max: 1, peer_groups_max: 1, ..Default::default() };
    let detectors: BTreeSet<String> =
        found(one, records(Story::Both)).into_iter().map(|of| of.data.detector).collect();
    assert_eq!(detectors, BTreeSet::from(["resource.relations".to_owned()]));
}

/// Minutes that close at once, minutes without some metrics, points sent twice, and points that come late.
#[test]
fn disturbances_do_not_show() {
    let mut chance = Chance::new(1);
    let mut records = defined("acme");
    for at in 0..ENDS {
        let mut of_minute = values(&mut chance, "acme", at, Story::Both);
        let late = of_minute.remove(chance.below(9) as usize);
        records.push(points(at, &of_minute));
        if at % 5 == 0 {
            records.push(points(at, &of_minute));
        }
        if at % 3 == 0 {
            records.push(closed(at));
        }
        if at % 4 == 0 {
            records.push(points(at, &[late]));
        }
    }
    records.push(closed(ENDS));
    let scenario = scenario(DetectionConfig::default(), records);
    let expected = told(&findings(&undisturbed(&scenario).unwrap()));
    assert!(expected.len() >= 2, "{expected:#?}");
    let (mut replays, mut images) = (0, 0);
    for seed in 0..12 {
        let faults = Faults {
            unreachable: 10,
            abort: 20,
            commit_lost: 10,
            answer_lost: 10,
            ..Faults::default()
        };
        let (published, seen) = disturbed(&scenario, seed, faults, |log| log).unwrap();
        assert_eq!(told(&findings(&published)), expected, "seed {seed} ({seen:?})");
        replays += seen.replays;
        images += seen.images;
    }
    assert!(replays > 20 && images > 3, "only {replays} replays, {images} images");
}

/// What one tenant sends changes nothing that another is told, though hosts and metrics are called alike.
#[test]
fn tenants_never_mix() {
    for seed in 0..4 {
        println!("seed {seed}");
        let story = |chance: &mut Chance| {
            let stories = [Story::Nothing, Story::Relation, Story::Peer, Story::Both];
            stories[chance.below(4) as usize]
        };
        let mut chance = Chance::new(seed);
        let tenants = [("acme", story(&mut chance)), ("other", story(&mut chance))];
        let of = |wanted: &[usize]| {
            let mut chances = [Chance::new(seed * 2 + 10), Chance::new(seed * 2 + 11)];
            let mut records: Vec<Record> =
                wanted.iter().flat_map(|at| defined(tenants[*at].0)).collect();
            for at in 0..ENDS {
                for tenant in wanted {
                    let (name, story) = tenants[*tenant];
                    let values = values(&mut chances[*tenant], name, at, story);
                    records.push(points(at, &values));
                }
                records.push(closed(at));
            }
            let mut told = told(&found(DetectionConfig::default(), records));
            told.sort();
            told
        };
        let mut apart = [of(&[0]), of(&[1])].concat();
        apart.sort();
        assert_eq!(of(&[0, 1]), apart, "seed {seed}: {tenants:?}");
    }
}
