//! What the correlator is told, in the words of its configuration: routes with waits that pass within a
//! run, an inhibition, stateful rules.

use std::path::Path;

use anyhow::{anyhow, ensure};
use correlator::CorrelatorConfig;
use correlator::alert::AlertsConfig;
use correlator::patterns::stateful;
use rules::{RuleSet, Text};
use serde::Deserialize;

/// Signals of this service are silenced before they come.
pub(super) const SILENCED: &str = "quiet";
/// While this rule fires for a service, hits there are inhibited; it fires all along for those below.
pub(super) const SOURCE: &str = "outage";
/// Services whose hits are inhibited all along begin like this.
pub(super) const INHIBITED: &str = "down-";

/// The stateless rules below, by id.
pub(super) const FAILED: &str = "10000000-0000-4000-8000-000000000001";
pub(super) const LOGIN: &str = "10000000-0000-4000-8000-000000000002";

/// The rules whose hits the stateful ones take: by id, since signals hold hits already.
pub(super) const RULES: &str = "\
title: A login that failed
id: 10000000-0000-4000-8000-000000000001
name: failed
logsource: {product: aws, service: cloudtrail}
detection: {s: {eventName: never}, condition: s}
---
title: A login
id: 10000000-0000-4000-8000-000000000002
name: login
logsource: {product: aws, service: cloudtrail}
detection: {s: {eventName: never}, condition: s}
---
title: Many failed logins
id: 20000000-0000-4000-8000-000000000001
level: high
correlation: {type: event_count, rules: [failed], group-by: [service], timespan: 1m, condition: {gte: 4}}
---
title: Failed, then not
id: 20000000-0000-4000-8000-000000000002
level: critical
correlation: {type: temporal_ordered, rules: [failed, login], group-by: [service], timespan: 2m}
";

/// The file for workers whose rules stand in `rules`.
pub(super) fn text(rules: &Path) -> String {
    format!(
        "\
rules: {{own: false, files: ['{}']}}
alerts:
  receivers:
    - {{name: ops, channel: webhook}}
    - {{name: phone, channel: webhook, occasions: [firing, escalated, resolved]}}
    - {{name: boss, channel: webhook}}
  routes:
    - {{name: urgent, matchers: ['level=~critical|emergency'], receivers: [phone], group_by: [service], group_wait: 0s,
       group_interval: 20s, repeat_interval: 2m, continue: true, escalation: [{{after: 30s, receivers: [ops]}}, {{after: 1m, receivers: [boss]}}]}}
    - {{name: all, receivers: [ops], group_by: [rule], group_wait: 5s, group_interval: 30s, repeat_interval: 5m}}
  inhibitions:
    - {{source: ['rule={SOURCE}'], target: ['rule!={SOURCE}'], equal: [service]}}
  rules:
    hit1: {{for: 10s, resolve_after: 40s}}
    hit2: {{keep_firing_for: 20s, resolve_after: 30s}}
    hit3: {{level: emergency, resolve_after: 1m}}
    {SOURCE}: {{resolve_after: 30m}}
  others: {{resolve_after: 60s}}
",
        rules.display()
    )
}

/// The sections of the file that the correlator reads.
#[derive(Deserialize)]
struct File {
    alerts: AlertsConfig,
}

/// What the file means to the correlator.
///
/// # Errors
/// When the rules above are none.
pub(super) fn meant() -> anyhow::Result<CorrelatorConfig> {
    let file: File = serde_yaml_ng::from_str(&text(Path::new("rules.yaml")))?;
    let texts = [Text { file: "rules.yaml".to_owned(), text: RULES.to_owned() }];
    let set = RuleSet::load(&texts);
    ensure!(!set.has_errors(), "{:?}", set.problems);
    let title = |id: &str| set.title(id).map(str::to_owned);
    let rules = set.correlations.iter().map(|of| stateful(of, &title));
    let stateful = rules.collect::<Result<_, String>>().map_err(|why| anyhow!(why))?;
    Ok(CorrelatorConfig { alerts: file.alerts, stateful, ..CorrelatorConfig::default() })
}
