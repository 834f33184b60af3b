//! The state of the engine is that of a task: undone, written, and taken up again anywhere, it decides
//! the same.

use incidents::command::Command;
use incidents::{Asked, Counts, Engine, Item, Limits, Stands};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use schemas::id::{AlertId, IncidentId};
use schemas::incident::{Incident, IncidentState, MomentKind};
use stream::image::{ChunkHeader, EntryWriter, entries};

use crate::support::{START_MS, alert, alert_of, call, evidence, live, mentions};

/// One thing that the engine is asked.
#[derive(Debug, Clone)]
enum Step {
    Take(Box<Item>),
    End(AlertId, i64),
    Follow(Command, i64),
    Advance(i64),
}

/// One of so many places.
fn pick(random: &mut ChaCha8Rng, below: usize) -> usize {
    usize::try_from(random.next_u32()).unwrap() % below
}

fn draw(random: &mut ChaCha8Rng, below: u32) -> i64 {
    i64::from(random.next_u32() % below)
}

/// Small, so that every bound is met.
fn limits() -> Limits {
    Limits {
        keys: 150,
        keys_of_all: 200,
        sessions: 8,
        pairs: 20,
        nodes: 30,
        incidents: 25,
        conditions: 12,
        named: 6,
        lasting_ms: 3 * 3_600_000,
        ..Limits::default()
    }
}

fn tenant(random: &mut ChaCha8Rng) -> String {
    ["acme", "acme", "other"][pick(random, 3)].to_owned()
}

fn item(random: &mut ChaCha8Rng, second: i64) -> Item {
    let (rule, place) = (format!("rule-{}", draw(random, 9)), format!("host-{}", draw(random, 5)));
    let thing = format!("part-of-some-long-job-called-{}", ["k", "l", "m", "n"][pick(random, 4)]);
    let kinds = [MomentKind::Change, MomentKind::Ticket, MomentKind::Message];
    let mut item = match draw(random, 10) {
        0..4 => live(second, &rule, &place),
        4 => alert(second, &rule, &place),
        5..8 => call(second, &place, &rule, &[&thing]),
        _ => evidence(second, kinds[pick(random, 3)], &rule, &[&thing]),
    };
    if draw(random, 3) == 0 {
        item.mentions = mentions(&[&thing]);
    }
    item.advice = Some(format!("look at {place}")).filter(|_| draw(random, 2) == 0);
    item.tenant = tenant(random);
    item
}

/// What is asked of incidents that one engine has told.
fn command(random: &mut ChaCha8Rng, known: &[Incident]) -> Option<Command> {
    let mut pick = || known.get(pick(random, known.len().max(1)));
    let (one, other) = (pick()?.clone(), pick()?.incident);
    let some: Vec<AlertId> = one.alerts.iter().copied().take(1).collect();
    Some(match draw(random, 7) {
        0 => Command::Acknowledge(one.incident),
        1 => Command::Mitigate(one.incident),
        2 => Command::Resolve(one.incident),
        3 | 4 => Command::Merge(one.incident, other),
        5 => Command::Split(one.incident, some),
        _ => Command::Feedback(one.incident, draw(random, 2) == 0),
    })
}

/// A course of things for one seed, and what an engine that nobody disturbs tells of it.
fn course(seed: u64, count: usize) -> (Vec<(String, Step)>, Vec<String>, Counts) {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let (mut engine, mut steps) = (Engine::new(limits()), Vec::new());
    let (mut told, mut known, mut second) = (Vec::new(), Vec::new(), 0);
    for _ in 0..count {
        second += if draw(&mut random, 40) == 0 {
            draw(&mut random, 40_000)
        } else {
            draw(&mut random, 60)
        };
        let step = match draw(&mut random, 12) {
            0 => {
                let (rule, place) = (draw(&mut random, 9), draw(&mut random, 5));
                let alert = alert_of(&format!("rule-{rule}"), &format!("host-{place}"));
                Step::End(alert, START_MS + second * 1_000)
            }
            1 => match command(&mut random, &known) {
                Some(command) => Step::Follow(command, START_MS + second * 1_000),
                None => continue,
            },
            2 => Step::Advance(START_MS + second * 1_000),
            _ => Step::Take(Box::new(item(&mut random, second))),
        };
        let step = (tenant(&mut random), step);
        for (tenant, record) in run(&mut engine, &step) {
            told.push(format!("{tenant} {}", serde_json::to_string(&record).unwrap()));
            known.push(record);
        }
        steps.push(step);
    }
    (steps, told, engine.take_counts())
}

fn run(engine: &mut Engine, (tenant, step): &(String, Step)) -> Vec<(String, Incident)> {
    match step {
        Step::Take(item) => drop(engine.take(item)),
        Step::End(alert, time_ms) => engine.end(tenant, *alert, *time_ms),
        Step::Follow(command, time_ms) => {
            let asked =
                Asked { command, by: Some("ann"), note: Some("so it is"), time_ms: *time_ms };
            drop(engine.follow(tenant, &asked));
        }
        Step::Advance(time_ms) => drop(engine.advance(tenant, *time_ms)),
    }
    engine.told()
}

/// An image that is written in small pieces while the engine goes on.
struct Image {
    chunks: Vec<Vec<u8>>,
    store: usize,
    /// The step at which it was cut.
    cut_at: usize,
}

impl Image {
    fn begin(engine: &mut Engine, cut_at: usize) -> Self {
        engine.stores().into_iter().for_each(stream::Store::begin_cut);
        Self { chunks: Vec::new(), store: 0, cut_at }
    }

    /// Writes a piece; true when all is written.
    fn write(&mut self, engine: &mut Engine, work: usize) -> bool {
        let mut stores = engine.stores();
        let mut bytes = ChunkHeader::begin();
        let before = bytes.len();
        let Some(store) = stores.get_mut(self.store) else { return true };
        let number = u8::try_from(self.store).unwrap();
        if store.write_cut(&mut EntryWriter::new(&mut bytes, number, work)) {
            self.store += 1;
        }
        self.chunks.push(bytes.split_off(before));
        self.store == stores.len()
    }

    fn restored(&self) -> Engine {
        let mut engine = Engine::new(limits());
        let mut stores = engine.stores();
        for chunk in &self.chunks {
            for entry in entries(chunk) {
                let (store, entry) = entry.unwrap();
                stores[usize::from(store)].restore(entry).unwrap();
            }
        }
        engine
    }
}

#[derive(Default)]
struct Disturbed {
    rollbacks: u32,
    restores: u32,
}

/// The same course with commits, rollbacks, cuts and restores wherever the seed says.
fn disturbed(seed: u64, steps: &[(String, Step)], done: &mut Disturbed) -> Vec<String> {
    let mut random = ChaCha8Rng::seed_from_u64(seed ^ 0xD15);
    let mut engine = Engine::new(limits());
    // What each step told, in its last run.
    let mut told: Vec<Vec<String>> = vec![Vec::new(); steps.len()];
    let (mut at, mut committed, mut open, mut whole) = (0, 0, None::<Image>, None::<Image>);
    while at < steps.len() {
        let records = run(&mut engine, &steps[at]);
        let line = |(tenant, record): &(String, Incident)| {
            format!("{tenant} {}", serde_json::to_string(record).unwrap())
        };
        told[at] = records.iter().map(line).collect();
        at += 1;
        match draw(&mut random, 30) {
            0..10 => {
                engine.stores().into_iter().for_each(stream::Store::commit);
                committed = at;
                let image = open.get_or_insert_with(|| Image::begin(&mut engine, at));
                let mut pieces = 0..draw(&mut random, 30);
                if pieces.any(|_| image.write(&mut engine, 1 + pick(&mut random, 60))) {
                    whole = open.take();
                }
            }
            10 | 11 => {
                engine.stores().into_iter().for_each(stream::Store::abandon_cut);
                engine.stores().into_iter().for_each(stream::Store::rollback);
                (at, open) = (committed, None);
                done.rollbacks += 1;
            }
            12 => {
                if let Some(image) = whole.take() {
                    engine = image.restored();
                    (at, committed, open) = (image.cut_at, image.cut_at, None);
                    done.restores += 1;
                }
            }
            _ => (),
        }
    }
    told.concat()
}

#[test]
fn undone_cut_and_restored_it_tells_the_same_byte_for_byte() {
    let (mut done, mut all, mut states) = (Disturbed::default(), 0, [0_usize; 3]);
    let mut counts = Counts::default();
    for seed in 0..30 {
        let (steps, told, counted) = course(seed, 800);
        let again = disturbed(seed, &steps, &mut done);
        let differs = told.iter().zip(&again).position(|(one, other)| one != other);
        let at = differs.unwrap_or(told.len().min(again.len()));
        assert_eq!(told.get(at), again.get(at), "seed {seed}, record {at}");
        assert_eq!(told.len(), again.len(), "seed {seed}");
        all += told.len();
        for (count, state) in states.iter_mut().zip(["merged", "closed", "mitigating"]) {
            *count += told.iter().filter(|told| told.contains(&format!("\"{state}\""))).count();
        }
        counts.keys_evicted += counted.keys_evicted;
        counts.incidents_evicted += counted.incidents_evicted;
        counts.children += counted.children;
    }
    // What was never met was not tested.
    assert!(all > 2_000 && states.iter().all(|count| *count > 20), "{all} {states:?}");
    assert!(done.rollbacks > 500 && done.restores > 30, "{} {}", done.rollbacks, done.restores);
    assert!(counts.keys_evicted > 0 && counts.incidents_evicted > 0, "{counts:?}");
    assert!(counts.children > 0, "{counts:?}");
}

/// Revisions rise by one, an alert is one of one incident, and what was merged stays so.
#[test]
fn every_course_keeps_to_the_rules_of_records() {
    for seed in 0..30 {
        let (_, told, _) = course(seed, 800);
        let mut next = std::collections::BTreeMap::<(String, IncidentId), u32>::new();
        for line in told {
            let (tenant, json) = line.split_once(' ').unwrap();
            let record: Incident = serde_json::from_str(json).unwrap();
            let revision = next.entry((tenant.to_owned(), record.incident)).or_default();
            assert_eq!(record.revision, *revision, "seed {seed}: {json}");
            *revision += 1;
            assert!(record.alerts.len() <= 6 && record.links.len() <= 6, "seed {seed}: {json}");
            assert!(
                record.timeline.len() <= 64 && !record.alerts.is_empty(),
                "seed {seed}: {json}"
            );
            assert_eq!(record.merged_into.is_some(), record.state == IncidentState::Merged);
            assert!(record.timeline.is_sorted_by_key(|moment| moment.at_ms), "seed {seed}");
        }
    }
}

#[test]
fn two_tenants_never_mix() {
    for seed in 0..10 {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let (mut alone, mut both) = (Engine::default(), Engine::default());
        let mut second = 0;
        for _ in 0..400 {
            second += draw(&mut random, 60);
            let item = Item { tenant: "acme".to_owned(), ..item(&mut random, second) };
            alone.take(&item);
            both.take(&Item { tenant: "other".to_owned(), ..item.clone() });
            both.take(&item);
            if let (Stands::Alert(alert), 0) = (item.stands, draw(&mut random, 3)) {
                alone.end("acme", alert, item.time_ms);
                both.end("acme", alert, item.time_ms);
            }
        }
        let (alone, both) = (alone.told(), both.told());
        let own: Vec<_> = both.into_iter().filter(|(tenant, _)| tenant == "acme").collect();
        assert!(alone.len() > 10, "{}", alone.len());
        assert_eq!(alone, own, "seed {seed}");
    }
}
