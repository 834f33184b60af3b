//! What was published, by window and in order.

use std::collections::BTreeMap;

use anyhow::Context as _;
use schemas::aggregate::Aggregate;
use schemas::dead_letter::DeadLetter;
use schemas::finding::Finding;
use schemas::late::Late;
use schemas::{codec, topic};

use super::findings::Findings;
use super::oracle::{LateName, WindowName};

/// Detectors that compare series.
const COMPARED: [&str; 2] = ["resource.relations", "series.peers"];

/// One record of a window.
#[derive(Clone, Debug, PartialEq)]
pub struct Told {
    /// Its key.
    pub key: Vec<u8>,
    /// Whose it says it is.
    pub tenant: String,
    /// What it says.
    pub aggregate: Aggregate,
}

/// Everything that was published.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Published {
    /// Records of each window, in order.
    pub windows: BTreeMap<WindowName, Vec<Told>>,
    /// Late points, each as often as it was told.
    pub late: BTreeMap<LateName, u64>,
    /// Findings, each as often as it was told.
    pub findings: Findings,
    /// The reasons of dead letters.
    pub dead_letters: Vec<String>,
}

impl Published {
    /// Takes a record of an output topic; those of one window come in their order.
    ///
    /// # Errors
    /// When it is not what belongs on that topic.
    pub fn take(&mut self, of: &str, key: &[u8], value: &[u8]) -> anyhow::Result<()> {
        let what = || format!("a record on {of}");
        if of == topic::AGGREGATES.name {
            let read = codec::decode::<Aggregate>(value).with_context(what)?;
            self.window(key, read.attributes.tenant, read.data);
        } else if of == topic::LATE.name {
            let read = codec::decode::<Late>(value).with_context(what)?;
            let series = read.data.series.context("a late point without its series")?;
            let bits = read.data.value.map(|value| value.get().to_bits());
            let name = (series.as_u64(), read.attributes.time.millis(), bits);
            *self.late.entry(name).or_default() += 1;
        } else if of == topic::SIGNALS.name {
            let read = codec::decode::<Finding>(value).with_context(what)?.data;
            // What is found between series is not judged again here.
            if COMPARED.contains(&&*read.detector) {
                return Ok(());
            }
            let series = read.series.context("a finding without its series")?;
            let bits = (read.score.get().to_bits(), read.observed.get().to_bits());
            let name = (series.as_u64(), read.window_start_ms);
            self.findings.entry(name).or_default().push(bits);
        } else if of == topic::DEAD_LETTER.name {
            let read = codec::decode::<DeadLetter>(value).with_context(what)?;
            self.dead_letters.push(read.data.reason);
        }
        Ok(())
    }

    fn window(&mut self, key: &[u8], tenant: String, aggregate: Aggregate) {
        let name = WindowName {
            series: aggregate.series.as_u64(),
            size_ms: aggregate.window_size_ms,
            start_ms: aggregate.window_start_ms,
        };
        let told = Told { key: key.to_vec(), tenant, aggregate };
        self.windows.entry(name).or_default().push(told);
    }
}
