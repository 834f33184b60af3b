//! What the benchmarks share: conditions, and the clock that counts only this thread.

#![allow(dead_code, reason = "each benchmark uses some of it")]

use std::collections::BTreeMap;

use correlator::alert::AlertsConfig;

pub(crate) const START_MS: i64 = 1_790_000_000_000;
/// Conditions that are open all along.
pub(crate) const OPEN: u64 = 20_000;
/// As many signals as a transaction of 20 ms holds at 50,000 a second.
pub(crate) const BATCH: u64 = 1_000;

pub(crate) fn config() -> AlertsConfig {
    let yaml = "
receivers: [{name: ops, channel: slack}, {name: lead, channel: pagerduty}]
routes:
  - {name: urgent, matchers: ['level=~critical|emergency'], receivers: [lead], group_by: [service.name], continue: true,
     escalation: [{after: 30m, receivers: [ops]}]}
  - {name: all, receivers: [ops], group_by: [rule, cloud.region]}
inhibitions: [{source: ['rule=rule-0'], target: ['rule=~rule-[1-9]'], equal: [service.name]}]
";
    serde_yaml_ng::from_str(yaml).unwrap()
}

pub(crate) fn labels(condition: u64) -> BTreeMap<String, String> {
    let pairs = [
        ("resource", format!("{:032x}", condition / 20)),
        ("service.name", format!("service-{}", condition / 20 % 400)),
        ("cloud.region", format!("region-{}", condition % 7)),
        ("deployment.environment.name", "production".to_owned()),
        ("actor", "arn:example:iam::000000000042:role/deployer".to_owned()),
    ];
    pairs.map(|(name, value)| (name.to_owned(), value)).into()
}

/// A number that looks like chance.
pub(crate) fn mixed(number: u64) -> u64 {
    number.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 20
}

/// CPU time of this thread: whoever else works on the machine does not count.
pub(crate) fn cpu_s() -> f64 {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    text.split(' ').next().unwrap().parse::<f64>().unwrap() / 1e9
}
