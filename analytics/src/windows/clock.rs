//! Time, as progress marks tell it: which minutes are closed, and which take no more points.

use schemas::mark::{self, InputProgress};
use schemas::source_class::SourceClass;
use stream::upstream::{Upstream, UpstreamRead};
use stream::{EventTime, Store, TopicPartition};

use super::{Minute, WindowsConfig, minute_of};

/// The time of a task.
#[derive(Debug)]
pub struct Clock {
    upstream: Upstream,
    config: WindowsConfig,
}

impl Clock {
    /// Nothing heard yet.
    #[must_use]
    pub fn new(config: WindowsConfig) -> Self {
        Self { upstream: Upstream::default(), config }
    }

    /// Its stores.
    pub fn stores(&mut self) -> [&mut dyn Store; 2] {
        self.upstream.stores()
    }

    /// Takes a progress mark.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn mark(&mut self, value: &[u8]) -> Result<(), schemas::codec::DecodeError> {
        let mark = mark::decode(value)?;
        let reads: Vec<_> = mark.inputs.into_iter().filter_map(upstream_read).collect();
        self.upstream.mark(&reads);
        Ok(())
    }

    /// Everything that had arrived by then has come through.
    #[must_use]
    pub fn least(&self) -> Option<EventTime> {
        self.upstream.least()
    }

    /// The time as the foremost of the stage above tells it.
    #[must_use]
    pub fn now(&self) -> Option<EventTime> {
        self.upstream.greatest()
    }

    /// How far time has come for a class; the beginning of time before anything was heard.
    #[must_use]
    pub fn watermark_ms(&self, class: SourceClass) -> i64 {
        self.least().map_or(i64::MIN, |least| least.minus_ms(self.config.disorder.of(class)).0)
    }

    /// Minutes before this one are closed.
    #[must_use]
    pub fn closed(&self, class: SourceClass) -> Minute {
        minute_of(self.watermark_ms(class))
    }

    /// Minutes before this one take no more points.
    #[must_use]
    pub fn settled(&self, class: SourceClass) -> Minute {
        minute_of(self.watermark_ms(class).saturating_sub(self.config.grace_ms))
    }

    /// Both, of every class.
    pub(super) fn bounds(&self) -> Vec<(Minute, Minute)> {
        SourceClass::ALL.map(|class| (self.closed(class), self.settled(class))).to_vec()
    }
}

fn upstream_read(progress: InputProgress) -> Option<UpstreamRead> {
    let partition = i32::try_from(progress.partition).ok()?;
    Some(UpstreamRead {
        input: TopicPartition::new(progress.topic, partition),
        partitions: i32::try_from(progress.partitions).ok()?,
        until: EventTime(progress.read_until_ms),
    })
}
