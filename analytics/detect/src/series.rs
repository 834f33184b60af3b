//! One series: what was, and the judgement of the next row.
//!
//! **Invariant:** a row is judged by rows before it only. The state is plain data: kept, restored or
//! cloned between two rows, it judges the next one alike, bit for bit.

use serde::{Deserialize, Serialize};

use crate::decision::Decision;
use crate::detector::forecast::Expectation;
use crate::detector::{DETECTORS, Detector};
use crate::members::{Distances, Members};
use crate::runs::{Runs, Strange};
use crate::scale::{Fitted, Scale};
use crate::setting::Setting;
use crate::tail::Tail;
use crate::verdict::{Band, Skipped, Verdict};

/// A longer silence counts as this long.
const ELAPSED_MS_MAX: i64 = 90 * 86_400_000;
/// Evidence of so many digits has begun something, and below the second it is over.
const BEGUN_DIGITS: f32 = 1.0;
const OVER_DIGITS: f32 = 0.5;
/// Usual errors either side of the forecast that make the band.
const BAND_ERRORS: f64 = 3.0;

/// The state of one series.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Series {
    sensitivity: f64,
    members: Members,
    scale: Scale,
    /// The past of each voter.
    tails: Vec<(Detector, Tail)>,
    runs: Runs,
    decision: Decision,
    last_ms: Option<i64>,
    since_ms: Option<i64>,
}

impl Series {
    /// A series that nothing is known of.
    #[must_use]
    pub fn new(setting: &Setting) -> Self {
        let voters = setting.voters();
        Self {
            sensitivity: setting.sensitivity(),
            members: Members::new(voters),
            scale: Scale::default(),
            tails: voters.iter().map(|&voter| (voter, Tail::default())).collect(),
            runs: Runs::default(),
            decision: Decision::default(),
            last_ms: None,
            since_ms: None,
        }
    }

    /// Tells as readily from now on; who votes was chosen when the series began.
    pub fn set_sensitivity(&mut self, setting: &Setting) {
        self.sensitivity = setting.sensitivity();
    }

    /// Judges the next row, and learns it. What is no number counts as missing; a row that is not
    /// later than the last is skipped, and says so.
    pub fn step(&mut self, time_ms: i64, value: Option<f64>) -> Verdict {
        let elapsed_ms = match self.elapsed(time_ms) {
            Ok(elapsed_ms) => elapsed_ms,
            Err(skipped) => return Verdict::skipped(skipped),
        };
        self.last_ms = Some(time_ms);
        let value = value.filter(|value| value.is_finite());
        let strange = self.runs.step(elapsed_ms, value);
        let (mut evidence, mut expected, mut strength) = ([0.0; DETECTORS], None, 0.0);
        if let Some(value) = value.map(|value| self.fit(value)) {
            let (distances, expectation, gate) = self.members.step(time_ms, value);
            strength = self.vote(&distances, &mut evidence) * gate;
            expected = expectation;
        }
        strength = strength.max(f64::from(run_evidence(&strange, &mut evidence)));
        self.follow(time_ms, strength);
        let score = self.decision.score(strength, elapsed_ms, self.sensitivity);
        Verdict {
            score,
            alarm: score >= 1.0,
            expected: expected.map(band),
            evidence,
            voters: self.tails.len(),
            run_rows: strange.rows,
            since_ms: self.since_ms,
            skipped: None,
        }
    }

    /// A value as large as it may count. What was learned at another scale is dropped.
    fn fit(&mut self, value: f64) -> f64 {
        match self.scale.fit(value) {
            Fitted::Value(value) => value,
            Fitted::Anew => {
                let voters: Vec<Detector> = self.tails.iter().map(|(voter, _)| *voter).collect();
                self.members = Members::new(&voters);
                self.tails = voters.into_iter().map(|voter| (voter, Tail::default())).collect();
                self.scale = Scale::default();
                value
            }
        }
    }

    #[allow(clippy::cast_precision_loss, reason = "at most 90 days in milliseconds")]
    fn elapsed(&self, time_ms: i64) -> Result<f64, Skipped> {
        match self.last_ms {
            None => Ok(0.0),
            Some(last_ms) if time_ms == last_ms => Err(Skipped::Duplicate),
            Some(last_ms) if time_ms < last_ms => Err(Skipped::Late),
            Some(last_ms) => Ok(time_ms.saturating_sub(last_ms).min(ELAPSED_MS_MAX) as f64),
        }
    }

    /// The mean of the voters' digits, as if at least five voted: a few voters agree by chance more
    /// often than many.
    fn vote(&mut self, distances: &Distances, evidence: &mut [f32; DETECTORS]) -> f64 {
        let mut sum = 0.0;
        for (voter, tail) in &mut self.tails {
            let distance = distances.get(voter.index()).copied().flatten();
            let digits = distance.map_or(0.0, |distance| tail.judge(distance));
            if let Some(place) = evidence.get_mut(voter.index()) {
                *place = digits;
            }
            sum += f64::from(digits);
        }
        let (number, doubt) = match self.tails.len() {
            0 | 1 => (1.0, 0.56),
            2 => (2.0, 0.64),
            3 => (3.0, 0.76),
            4 => (4.0, 0.88),
            more => (f64::from(u32::try_from(more).unwrap_or(u32::MAX)), 1.0),
        };
        doubt * sum / number
    }

    #[allow(clippy::cast_possible_truncation, reason = "digits need no more")]
    fn follow(&mut self, time_ms: i64, strength: f64) {
        let strength = strength as f32;
        if strength < OVER_DIGITS {
            self.since_ms = None;
        } else if strength >= BEGUN_DIGITS {
            self.since_ms.get_or_insert(time_ms);
        }
    }
}

fn run_evidence(strange: &Strange, evidence: &mut [f32; DETECTORS]) -> f32 {
    let mut strongest = 0.0_f32;
    for (detector, digits) in
        [(Detector::FlatLine, strange.flat), (Detector::Missing, strange.missing)]
    {
        let digits = digits.min(5.0);
        if let Some(place) = evidence.get_mut(detector.index()) {
            *place = digits;
        }
        strongest = strongest.max(digits);
    }
    strongest
}

fn band(expected: Expectation) -> Band {
    let reach = BAND_ERRORS * expected.usual_error;
    Band { low: expected.value - reach, value: expected.value, high: expected.value + reach }
}
