//! Kill-and-compare: real processes on real Kafka, disturbed by seed, and their output compared with
//! the oracle.
//!
//! **Invariants:** nothing is compared before every record was produced, every disturbance asked for
//! has happened, and the group has committed to the end of the input. A run in which no crash was
//! recovered from an image and a replay proves nothing, and fails.

mod delivery;
mod feed;
pub mod ledger;
mod report;
mod run;
mod settle;
mod stored;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::cluster::Cluster;
use crate::dice::{Dice, Stream};
use crate::oracle::{Differences, Expected};
use crate::output::note;
use crate::signals;
use crate::subject::Subject;
use crate::windows::{self, compare::Comparison};
use crate::wire;
use crate::workers::{Workers, find_binary};
use anyhow::{Context as _, ensure};
use delivery::Delivery;
use feed::{Due, Feed};
use ledger::Ledger;
pub use report::{KillArgs, KillReport};
use run::Run;
use stored::Stored;

/// A stopped worker has lost its session after this; the default is 6 s.
const BEYOND_SESSION_MS: std::ops::Range<u64> = 7_000..10_000;
/// Images are cut about every second. With the default budget a worker that has as little to do as
/// here takes half a minute for one, and a crash would seldom find any.
const SETTINGS: [&str; 2] = ["--replay-budget-ms", "50"];
/// The group has to reach the end of the input within this.
const CATCH_UP: Duration = Duration::from_secs(120);

/// The oracle knows events by their classes, and nothing of what rules say about them.
const CONFIG: &str = "rules: {own: false}\ndetection: {series_max: 100000}\n";

/// Runs it.
///
/// # Errors
/// When a process ends by itself, or the group does not reach the end of the input.
pub fn run(arguments: &KillArgs) -> anyhow::Result<KillReport> {
    ensure!(
        arguments.broker_kills == 0 || arguments.brokers == 3,
        "--broker-kills needs --brokers 3: with one broker there is nothing to fail over to"
    );
    ensure!(
        arguments.sink_kills == 0 || arguments.service == Subject::MetricWindows,
        "--sink-kills needs --service metric-windows: the oracle of the others knows no rows"
    );
    ensure!(
        arguments.database_kills == 0 || arguments.sink_kills > 0,
        "--database-kills needs --sink-kills: without a sink there is no Postgres"
    );
    ensure!(
        arguments.notifier_kills() == 0 || arguments.service == Subject::Correlator,
        "--notifier-kills needs --service correlator: the others notify nobody"
    );
    let seed = arguments.seed.unwrap_or_else(rand::random);
    note(&format!("seed {seed}"));
    let began = Instant::now();
    let binary = find_binary(arguments.binary.as_deref())?;
    let dir = tempfile::Builder::new().prefix("isobar-kill-").tempdir()?.keep();
    let cluster = Cluster::start(&dir.join("kafka"), arguments.brokers)?;
    cluster.create_topics(arguments.service)?;
    let ledger = (arguments.notifier_kills() > 0).then(|| Ledger::open(seed)).transpose()?;
    let config = write_config(arguments.service, &dir, ledger.as_ref())?.display().to_string();
    let workers = Workers::new(&binary, arguments.service, &cluster.settings.brokers, &dir)
        .with_settings(&[&SETTINGS[..], &["--config", &config]].concat());
    let stored = Stored::start(&binary, &cluster, &dir, arguments)?;
    let start = |ledger| Delivery::start(ledger, &binary, &cluster, (&dir, &config));
    let delivery = ledger.map(start).transpose()?;
    let feed = Feed::start(&cluster.settings, seed, arguments)?;
    let mut run = Run {
        arguments,
        cluster: &cluster,
        offsets: cluster.offsets(arguments.service)?,
        inputs: arguments.service.input_partitions(),
        workers,
        dice: Dice::new(seed, Stream::Schedule),
        stored,
        delivery,
        later: BTreeMap::new(),
        down_broker: None,
        report: KillReport { seed, ..KillReport::default() },
        began,
    };
    let outcome = run.disturb(&feed).and_then(|()| run.settle(feed));
    let Run { mut report, mut stored, delivery, .. } = run;
    let due = outcome.with_context(|| format!("the workers' logs are in {}", dir.display()))?;
    compare(&mut report, &due, &cluster, (stored.as_mut(), delivery.as_ref()))?;
    report.seconds = began.elapsed().as_secs_f64();
    if report.differences.is_empty() {
        drop(stored);
        drop(cluster);
        std::fs::remove_dir_all(&dir)?;
    } else {
        report.differences.examples.iter().for_each(|example| note(example));
        note(&format!("the workers' logs are in {}", dir.display()));
    }
    Ok(report)
}

fn write_config(service: Subject, dir: &Path, ledger: Option<&Ledger>) -> anyhow::Result<PathBuf> {
    let config = dir.join("isobar.yaml");
    let mut text = match service {
        Subject::Correlator => signals::write_rules(dir)?,
        _ => CONFIG.to_owned(),
    };
    if let Some(ledger) = ledger {
        text.push_str(&ledger.section(&signals::receivers()?));
    }
    std::fs::write(&config, text)?;
    Ok(config)
}

/// What was published, and how it differs from what has to be.
fn compare(
    report: &mut KillReport,
    due: &Due,
    cluster: &Cluster,
    (stored, delivery): (Option<&mut Stored>, Option<&Delivery>),
) -> anyhow::Result<()> {
    match due {
        Due::Counts(expected) => {
            let published = cluster.published()?;
            report.published = counts_of(expected, &published);
            report.differences = Differences::between(expected, &published);
        }
        Due::Wire(expected) => {
            let published = wire::Outcome::published(cluster)?;
            report.published = published.counts();
            report.differences = expected.differences(&published);
        }
        Due::Windows(expected) => {
            let published = windows::kafka::published(cluster)?;
            let mut comparison = Comparison::between(expected, &published);
            if let Some(stored) = stored {
                comparison.and_rows(expected, &published, &stored.rows(cluster, CATCH_UP)?);
            }
            (report.published, report.differences) =
                (comparison.seen.counts(), comparison.differences);
        }
        Due::Signals => {
            let due = signals::due(cluster)?;
            let published = signals::Outcome::published(cluster)?;
            published.check_quiet()?;
            (report.published, report.differences) =
                (published.counts(), due.differences(&published));
            if let Some(delivery) = delivery {
                report.delivered = Some(delivery.delivered(&due, &mut report.differences)?);
            }
        }
    }
    Ok(())
}

fn counts_of(expected: &Expected, published: &Expected) -> BTreeMap<&'static str, u64> {
    let revisions = || published.windows.values().flatten();
    let (windows, corrections) = (
        revisions().filter(|(revision, _)| *revision == 0).count() as u64,
        revisions().filter(|(revision, _)| *revision > 0).count() as u64,
    );
    BTreeMap::from([
        ("windows", windows),
        ("corrections", corrections),
        ("late", published.late.values().sum()),
        ("duplicates", expected.duplicates),
    ])
}
