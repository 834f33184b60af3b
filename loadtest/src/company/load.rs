//! What hosts measure: a daily curve, a little chance, and more latency while a service is in trouble.
//!
//! **Invariant:** totals never fall; all formats read the same ones.

use super::text::Decimal;
use super::world::{Host, World};
use crate::dice::Dice;

const DAY_MINUTES: i64 = 1_440;
/// Most people are awake at two in the afternoon.
const PEAK_MINUTE: i64 = 14 * 60;
/// What the night leaves of a peak.
const NIGHT_PER_MILLE: i64 = 300;

/// What one host measures at one time.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reading {
    /// Between 0 and 1.
    pub(super) cpu: Decimal,
    pub(super) memory_bytes: Decimal,
    pub(super) latency_s: Decimal,
    pub(super) requests_per_s: Decimal,
    /// Totals since the host began.
    pub(super) requests: Decimal,
    pub(super) errors: Decimal,
    pub(super) received_bytes: Decimal,
}

/// How a host is used, and its totals so far, in thousandths.
#[derive(Clone, Copy, Debug)]
struct Usage {
    requests_per_s: i64,
    latency_us: i64,
    requests_milli: i64,
    errors_milli: i64,
    until_ms: Option<i64>,
}

/// How all hosts are used.
#[derive(Debug)]
pub(super) struct Load(Vec<Usage>);

impl Load {
    pub(super) fn new(world: &World, dice: &mut Dice) -> Self {
        let hosts = world.services.iter().flat_map(|service| {
            // Hosts of one service are alike.
            let usage = Usage {
                requests_per_s: dice.between(20, 200),
                latency_us: dice.between(2_000, 40_000),
                requests_milli: 0,
                errors_milli: 0,
                until_ms: None,
            };
            service.hosts.iter().map(move |_| usage)
        });
        Self(hosts.collect())
    }

    /// What a host measures now; trouble is how much slower it answers, 100 for not at all.
    pub(super) fn read(
        &mut self,
        host: &Host,
        now_ms: i64,
        trouble_percent: i64,
        dice: &mut Dice,
    ) -> Reading {
        let day = daily_per_mille(now_ms);
        let noise = dice.between(950, 1_050);
        let mut usage = self.0.get(host.number).copied().unwrap_or(IDLE);
        usage.pass(now_ms, day, trouble_percent > 100);
        if let Some(place) = self.0.get_mut(host.number) {
            *place = usage;
        }
        let thousandths = |digits| Decimal { digits, places: 3 };
        // Full hosts answer more slowly, by a third at the most.
        let latency_us = usage.latency_us * (2_000 + day) / 3_000 * trouble_percent / 100;
        Reading {
            cpu: thousandths(day * noise * 3 / 5_000),
            memory_bytes: Decimal::whole((2 << 30) + day * noise * 512),
            latency_s: Decimal { digits: latency_us * noise / 1_000, places: 6 },
            requests_per_s: thousandths(usage.requests_per_s * day * noise / 1_000),
            requests: Decimal::whole(usage.requests_milli / 1_000),
            errors: Decimal::whole(usage.errors_milli / 1_000),
            received_bytes: Decimal::whole(usage.requests_milli / 1_000 * 1_432),
        }
    }
}

const IDLE: Usage = Usage {
    requests_per_s: 0,
    latency_us: 1_000,
    requests_milli: 0,
    errors_milli: 0,
    until_ms: None,
};

impl Usage {
    /// Counts what came since the last look.
    fn pass(&mut self, now_ms: i64, day_per_mille: i64, in_trouble: bool) {
        let elapsed_ms = (now_ms - self.until_ms.unwrap_or(now_ms)).max(0);
        let requests_milli = self.requests_per_s * elapsed_ms * day_per_mille / 1_000;
        let failing_per_mille = if in_trouble { 30 } else { 2 };
        self.requests_milli += requests_milli;
        self.errors_milli += requests_milli * failing_per_mille / 1_000;
        self.until_ms = Some(now_ms.max(self.until_ms.unwrap_or(now_ms)));
    }
}

/// How much is going on at this time of the day, in whole numbers: 1000 at the peak.
fn daily_per_mille(now_ms: i64) -> i64 {
    let minute = now_ms.div_euclid(60_000).rem_euclid(DAY_MINUTES);
    let apart = (minute - PEAK_MINUTE).abs();
    let apart = apart.min(DAY_MINUTES - apart);
    let half_day = DAY_MINUTES / 2;
    1_000 - (1_000 - NIGHT_PER_MILLE) * apart * apart / (half_day * half_day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_has_one_peak_and_one_night() {
        let at = |hour: i64| daily_per_mille(hour * 3_600_000);
        assert_eq!((at(14), at(2), at(26)), (1_000, 300, 300));
        assert!(at(8) < at(10) && at(10) < at(14) && at(18) < at(14) && at(23) < at(18));
    }
}
