//! What every service of windows has: a clock, jobs, windows and a writer.
//!
//! **Invariant:** time moves by marks alone, and the stores stand in the same order in every service, for
//! images name them by their place.

use schemas::mark;
use stream::{Bound, Context, Progress, Record, Store, TopicPartition};

use super::{Clock, Jobs, Windows, WindowsConfig, Writer, minute_of};
use crate::detection::Detection;
use crate::thresholds::{Now, Thresholds};

/// The parts of one task.
pub(crate) struct Work {
    pub(crate) writer: Writer,
    pub(crate) clock: Clock,
    pub(crate) jobs: Jobs,
    pub(crate) windows: Windows,
    pub(crate) detection: Detection,
    pub(crate) thresholds: Thresholds,
}

impl Work {
    /// Without any windows yet.
    pub(crate) fn new(
        service: &'static str,
        input: &TopicPartition,
        config: &WindowsConfig,
    ) -> Self {
        Self {
            writer: Writer::new(service, input),
            clock: Clock::new(config.clone()),
            jobs: Jobs::default(),
            windows: Windows::default(),
            detection: Detection::new(&config.detection, input),
            thresholds: Thresholds::new(&config.thresholds, input),
        }
    }

    /// Time has passed, or a mark is not one.
    pub(crate) fn take_mark(&mut self, value: &[u8], record: &Record, context: &mut Context<'_>) {
        match self.clock.mark(value) {
            Ok(()) => self.jobs.time_passed(&self.clock),
            Err(error) => self.refuse(record, (mark::TYPE, &error.to_string()), context),
        }
    }

    /// A record that is not what was expected, and why.
    pub(crate) fn refuse(
        &self,
        record: &Record,
        expected_and_reason: (&str, &str),
        context: &mut Context<'_>,
    ) {
        self.writer.dead_letter(record, expected_and_reason, context);
    }

    /// Tells windows, as many as one transaction takes, and what is found in them.
    pub(crate) fn advance(&mut self, context: &mut Context<'_>) -> Progress {
        let Self { jobs, windows, clock, writer, detection, thresholds } = self;
        let now = Now::of(clock, jobs.offset());
        let progress = jobs.advance(windows, clock, &mut |series, row| {
            writer.row(series, row, context);
            if let Some(finding) = detection.judge(series, row, context) {
                writer.finding(&finding, context);
            }
            if let Some(now) = &now {
                writer.thresholds(&thresholds.judge(series, row, now), context);
            }
        });
        for (what, amount) in thresholds.take_counts() {
            context.count(what, amount);
        }
        if progress == Progress::Pending {
            return progress;
        }
        let (progress, found) = detection.compare(windows, context);
        found.iter().for_each(|finding| writer.finding(finding, context));
        match (progress, clock.least(), now) {
            (Progress::Done, Some(least), Some(now)) => {
                let (told, passed) = thresholds.pass(&now);
                writer.thresholds(&told, context);
                match passed {
                    Progress::Done => detection.free_idle(minute_of(least.0)),
                    Progress::Pending => Progress::Pending,
                }
            }
            (progress, ..) => progress,
        }
    }

    /// Up to when everything was told.
    pub(crate) fn done_until(&self) -> Bound {
        self.jobs.done_until()
    }

    /// All state, in the order of images.
    pub(crate) fn stores(&mut self) -> Vec<&mut dyn Store> {
        let [marks, partitions] = self.clock.stores();
        let [state, revised] = self.jobs.stores();
        let mut stores = vec![marks, partitions, state, revised, &mut self.windows];
        stores.extend(self.detection.stores());
        stores.extend(self.thresholds.stores());
        stores
    }
}
