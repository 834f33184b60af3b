//! Stories across sources: what a company tells of its incidents, and how much of it is put together.
//!
//! **Invariant:** the truth is by record and stands beside the bytes; who reads gets the bytes. Seeds 1 to
//! 10 are for tuning, others for reporting.

mod baseline;
mod estate;
mod feed;
mod found;
mod matching;
mod measure;
mod noise;
mod plot;
mod read;
mod report;
mod set;
mod told;
mod wire;

use clap::Args;
use serde::Serialize;

use measure::{Sums, measure};
pub use read::{Read, read};
pub use report::{Figure, Row};
pub use set::{Noise, STORIES, set};
pub use told::Told;

/// Which sets.
#[derive(Args, Clone, Debug)]
pub struct StoriesArgs {
    /// Seeds, the last with them: `11..16`
    #[arg(long, default_value = "11..16", value_parser = seeds)]
    pub seeds: (u64, u64),
    /// How much goes on beside stories
    #[arg(long, value_enum, default_value_t = Noise::Few)]
    pub noise: Noise,
}

fn seeds(text: &str) -> Result<(u64, u64), String> {
    let (first, last) = text.split_once("..").unwrap_or((text, text));
    let number = |text: &str| text.parse().map_err(|error| format!("{text}: {error}"));
    Ok((number(first)?, number(last)?))
}

/// What came of all sets.
#[derive(Debug, Serialize)]
pub struct Report {
    /// The correlator, seed by seed.
    pub seeds: Vec<Row>,
    /// The correlator and what it is compared with, over all seeds.
    pub all: Vec<Row>,
}

impl Report {
    /// The figures for people.
    #[must_use]
    pub fn lines(&self) -> String {
        let rows = self.seeds.iter().chain(&self.all).map(Row::line);
        let lines = std::iter::once(Row::heading()).chain(rows);
        lines.chain(self.all.iter().map(Row::intervals)).collect::<Vec<_>>().join("\n")
    }
}

/// Reads the sets and puts their records together.
///
/// # Errors
/// When a record is not read as what it is.
pub fn run(arguments: &StoriesArgs) -> anyhow::Result<Report> {
    let names = ["correlator", "gap of a service", "gap"];
    let mut all: [(usize, Vec<Sums>); 3] = Default::default();
    let mut seeds = Vec::new();
    for seed in arguments.seeds.0..=arguments.seeds.1 {
        let ways = measured(seed, arguments.noise)?;
        for (sum, (incidents, stories)) in all.iter_mut().zip(&ways) {
            sum.0 += incidents;
            sum.1.extend(stories);
        }
        let [(incidents, stories), ..] = &ways;
        seeds.push(Row::of(format!("seed {seed}"), *incidents, stories));
    }
    let row = |(name, (incidents, stories)): (&str, &(usize, Vec<Sums>))| {
        Row::of(name.to_owned(), *incidents, stories)
    };
    Ok(Report { seeds, all: names.into_iter().zip(&all).map(row).collect() })
}

/// The sums of the stories of one set, and how many incidents there are: by the correlator and by plain rules.
fn measured(seed: u64, noise: Noise) -> anyhow::Result<[(usize, Vec<Sums>); 3]> {
    let told = set(seed, noise);
    let all = read(&told)?;
    let records: Vec<_> = all.iter().map(|read| read.item.record).collect();
    let found = found::correlate(&all, &set::relations(seed))?;
    let plain = |assigned: found::Assigned| {
        let incidents: std::collections::BTreeSet<_> = assigned.iter().flatten().collect();
        (incidents.len(), measure(&told, &assigned, &records, &std::collections::BTreeMap::new()))
    };
    let engine = (found.incidents, measure(&told, &found.assigned, &records, &found.causes));
    Ok([engine, plain(baseline::by_service(&all)), plain(baseline::by_time(&all))])
}
