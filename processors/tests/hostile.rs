//! Whatever bytes come, every decoder answers: no panic, no abort, and a reason for what it refuses.
//!
//! Samples of our own are cut, mixed and spoilt by a seeded generator and given to every format, and
//! the worst that a producer could send is given by hand. `ISOBAR_FUZZ_EXECUTIONS` makes it longer,
//! `ISOBAR_FUZZ_SEED` repeats a run.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::indexing_slicing,
    reason = "a panic is how a test fails"
)]

use std::path::Path;

use processors::balance::Tally;
use processors::canonical::Series;
use processors::normalize::{Sample, Taker, normalize};
use processors::tenant::Tenants;
use processors::{Catalog, Input, Known, Refusal};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use schemas::envelope::Envelope;
use schemas::event::Event;
use schemas::time::Time;

/// Takes everything, and checks that it can be written.
#[derive(Default)]
struct Nowhere;

impl Taker for Nowhere {
    fn event(&mut self, event: Envelope<Event>) {
        // Too long is an answer; anything else must be readable again.
        if let Ok(value) = schemas::codec::encode(&event) {
            schemas::codec::decode::<Event>(&value).unwrap();
        }
    }
    fn sample(&mut self, _: &Series<'_>, _: i64, _: Sample) {}
    fn filtered(&mut self, reason: &'static str) {
        assert!(!reason.is_empty());
    }
    fn refused(&mut self, refusal: &Refusal, _: &[u8]) {
        assert!(!refusal.reason.is_empty());
    }
}

fn read(value: &[u8], format: Option<Known>) -> Tally {
    let input = Input::new(value, Time::from_millis(1_767_225_600_000).unwrap());
    let (_, tally) = normalize(&input, "t/0/0", format, &Tenants::default(), &mut Nowhere);
    assert!(!tally.is_silent(), "{format:?} lost {:?}", String::from_utf8_lossy(value));
    tally
}

fn corpus() -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus");
    let mut paths: Vec<_> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths.iter().map(|path| std::fs::read(path).unwrap()).collect()
}

#[expect(clippy::disallowed_methods, reason = "the test's own configuration")]
fn given(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |text| text.parse().unwrap())
}

struct Spoiler {
    dice: ChaCha8Rng,
    corpus: Vec<Vec<u8>>,
}

const TOKENS: [&[u8]; 24] = [
    b"null",
    b"NaN",
    b"Infinity",
    b"1e999",
    b"-0",
    b"99999999999999999999",
    b"{",
    b"}",
    b"[",
    b"]",
    b"\"",
    b"\\u0000",
    b"\\ud800",
    b"\xff\xfe",
    b"\0",
    b"\n",
    b"\xff\xff\xff\xff\x0f",
    b"\x1f\x8b",
    b"0000-01-01T00:00:00Z",
    b"10000-01-01T00:00:00Z",
    b":",
    b",",
    b"=",
    b"\x80",
];

impl Spoiler {
    fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.dice.next_u64() % (bound.max(1) as u64)).unwrap()
    }

    fn next(&mut self) -> Vec<u8> {
        let pick = self.below(self.corpus.len());
        let mut value = self.corpus[pick].clone();
        for _ in 0..=self.below(4) {
            self.spoil(&mut value);
        }
        value
    }

    fn spoil(&mut self, value: &mut Vec<u8>) {
        let at = self.below(value.len() + 1);
        match self.below(7) {
            0 => value.truncate(at),
            1 => {
                if let Some(byte) = value.get_mut(at) {
                    *byte ^= 1 << (self.dice.next_u32() % 8);
                }
            }
            2 => {
                let token = TOKENS[self.below(TOKENS.len())];
                value.splice(at..at, token.iter().copied());
            }
            3 => {
                let to = (at + self.below(32)).min(value.len());
                value.drain(at..to);
            }
            4 => {
                let to = (at + self.below(64)).min(value.len());
                let again = value[at..to].to_vec();
                value.splice(at..at, again);
            }
            5 => {
                let pick = self.below(self.corpus.len());
                let from = self.below(self.corpus[pick].len() + 1);
                let to = (from + self.below(64)).min(self.corpus[pick].len());
                value.splice(at..at, self.corpus[pick][from..to].to_vec());
            }
            _ => {
                if let Some(byte) = value.get_mut(at) {
                    *byte = self.dice.next_u32().to_le_bytes()[0];
                }
            }
        }
    }
}

#[test]
fn spoilt_samples_are_answered_by_every_decoder() {
    let seed = given("ISOBAR_FUZZ_SEED", 1);
    let executions = given("ISOBAR_FUZZ_EXECUTIONS", 200_000);
    let mut spoiler = Spoiler { dice: ChaCha8Rng::seed_from_u64(seed), corpus: corpus() };
    let formats: Vec<_> = Catalog::built_in().iter().map(Some).chain([None]).collect();
    let mut total = Tally::default();
    for number in 0..executions {
        let value = spoiler.next();
        let format = formats[usize::try_from(number).unwrap() % formats.len()];
        let tally = read(&value, format);
        total.events += tally.events;
        total.points += tally.points;
        total.filtered += tally.filtered;
        total.dead_letter += tally.dead_letter;
    }
    println!("fuzz seed={seed} executions={executions} {total:?}");
    assert!(total.events > 0 && total.points > 0 && total.dead_letter > 0, "too tame: {total:?}");
}

#[test]
fn the_worst_that_a_producer_could_send_is_answered() {
    let deep = |open: &str, close: &str| open.repeat(100_000) + &close.repeat(100_000);
    let long = format!(r#"{{"message":"{}"}}"#, "x".repeat(10 << 20));
    let mut worst: Vec<Vec<u8>> = vec![
        deep("[", "]").into_bytes(),
        deep(r#"{"a":"#, "}").into_bytes(),
        format!(
            r#"{{"eventVersion":"1.08","eventSource":"s","eventName":"n","requestParameters":{}}}"#,
            deep("[", "]")
        )
        .into_bytes(),
        long.into_bytes(),
        vec![0xff; 1 << 20],
        vec![0x0a; 1 << 20],
        b"".to_vec(),
        b" ".to_vec(),
        b"{\"eventTime\":\"0000-00-00T00:00:00Z\"}".to_vec(),
        b"{\"a\":1,\"a\":2,\"eventName\":\"x\",\"eventName\":\"y\"}".to_vec(),
    ];
    worst.push([b"\x0a\xff\xff\xff\xff\x0f".as_slice(), &[0; 64]].concat());
    for value in &worst {
        for format in Catalog::built_in().iter().map(Some).chain([None]) {
            read(value, format);
        }
    }
}
