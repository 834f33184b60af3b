//! The commit time c of a real broker: batches committed by hand, at several sizes and pauses.
//!
//! A pause of 0 shows what a transaction waits for the markers of the one before it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::bail;
use clap::Args;
use kafka_runtime::plain::create_topic;
use kafka_runtime::{KafkaLog, KafkaSettings};
use serde::Serialize;
use stream::{
    Batch, Change, Checkpoint, Context, Destination, EventTime, Headers, Log, Offset, Output,
    Polled, Processor, Record, Store, TopicPartition, Topology, Versions,
};

const PARTITIONS: i32 = 16;

/// One measurement of the commit time.
#[derive(Args, Clone, Debug)]
pub struct CommitCostArgs {
    /// The brokers, host:port.
    #[arg(long, env = "ISOBAR_BROKERS")]
    pub brokers: String,
    /// Commits of each kind.
    #[arg(long, default_value_t = 200)]
    pub commits: usize,
}

/// Commits of one kind.
#[derive(Clone, Debug, Serialize)]
pub struct CommitCost {
    /// Records of 300 bytes in a batch, spread over 16 partitions.
    pub records: usize,
    /// Pause before each commit, in milliseconds.
    pub pause_ms: u64,
    /// Time of a commit in milliseconds: p50, p95.
    pub commit_ms: [f64; 2],
}

impl CommitCost {
    /// A line of the table.
    pub fn line(&self) -> String {
        let [p50, p95] = self.commit_ms;
        format!("{:>8} {:>9} | {p50:>6.1} {p95:>6.1}", self.records, self.pause_ms)
    }

    /// The heading of the table.
    pub fn heading() -> &'static str {
        " records  pause ms |  c p50  c p95"
    }
}

/// Measures each kind of commit in turn; the first kind twice, for the broker warms up in it.
///
/// # Errors
/// When the log fails.
pub fn run(
    arguments: &CommitCostArgs,
    mut each: impl FnMut(&CommitCost),
) -> anyhow::Result<Vec<CommitCost>> {
    let name = format!("commit-cost-{}", std::process::id());
    let settings = KafkaSettings::new(&arguments.brokers);
    for topic in [format!("{name}.in"), format!("{name}.out")] {
        create_topic(&settings, &topic, (PARTITIONS, 1), &[])?;
    }
    let topology = topology(&name);
    let mut log = KafkaLog::new(settings, &topology, "0");
    join(&mut log)?;
    let kinds =
        [(1000, 10), (1, 0), (1, 10), (1, 30), (1000, 0), (1000, 10), (1000, 30), (5000, 10)];
    let mut costs = Vec::new();
    let mut at = 0;
    for (number, (records, pause_ms)) in kinds.into_iter().enumerate() {
        let mut took = Vec::with_capacity(arguments.commits);
        for _ in 0..arguments.commits {
            at += 1;
            std::thread::sleep(Duration::from_millis(pause_ms));
            let batch = batch(&topology, records, at);
            let began = Instant::now();
            log.commit(&batch)?;
            took.push(began.elapsed());
        }
        if number > 0 {
            let cost = CommitCost { records, pause_ms, commit_ms: quantiles(took) };
            each(&cost);
            costs.push(cost);
        }
    }
    log.leave()?;
    Ok(costs)
}

fn join(log: &mut KafkaLog) -> anyhow::Result<()> {
    for _ in 0..200 {
        if let Polled::Change(Change::Assigned(_)) = log.poll(1, 50)? {
            return Ok(());
        }
    }
    bail!("the group did not assign anything within 10 s")
}

fn batch(topology: &Topology, records: usize, at: i64) -> Batch {
    let partitions = (0..PARTITIONS).cycle();
    let output = |partition| Output {
        topic: Arc::from(format!("{}.out", topology.name)),
        destination: Destination::Partition(partition),
        key: None,
        value: Some(vec![b'.'; 300]),
        headers: Headers::new(),
        timestamp: EventTime(0),
    };
    let checkpoint = |partition| Checkpoint {
        input: TopicPartition::new(format!("{}.in", topology.name), partition),
        resume_at: Offset(at),
        metadata: String::new(),
    };
    Batch {
        outputs: partitions.take(records).map(output).collect(),
        state: Vec::new(),
        checkpoints: (0..PARTITIONS).map(checkpoint).collect(),
    }
}

fn quantiles(mut took: Vec<Duration>) -> [f64; 2] {
    took.sort_unstable();
    let ms = |per_cent: usize| {
        let at = took.get(took.len() * per_cent / 100);
        at.copied().unwrap_or_default().as_secs_f64() * 1000.0
    };
    [ms(50), ms(95)]
}

/// The log is driven by hand, so the processor has nothing to do.
struct Idle;

impl Processor for Idle {
    fn process(&mut self, _: &Record, _: &mut Context<'_>) {}

    fn stores(&mut self) -> Vec<&mut dyn Store> {
        Vec::new()
    }
}

fn topology(name: &str) -> Topology {
    Topology {
        name: Arc::from(name),
        inputs: vec![Arc::from(format!("{name}.in"))],
        outputs: vec![Arc::from(format!("{name}.out"))],
        versions: Versions { schema: 1, logic: 1 },
        compatible_logic: Vec::new(),
        stateful: false,
        marks: None,
        make: Arc::new(|_| Box::new(Idle)),
    }
}
