//! What is refused of a configuration: everything at once, each with its place.

use correlator::topology;
use expect_test::expect;

use crate::support::config;

#[test]
fn all_mistakes_are_told_at_once() {
    let found = topology(&config(
        "
receivers:
  - {name: ops, channel: slack}
  - {name: ops, channel: email}
  - {name: end, channel: email, occasions: [resolved]}
routes:
  - {name: a, receivers: [nobody], matchers: ['a~b', 'c=~('], repeat_interval: 1s}
  - {name: a, receivers: [], escalation: [{after: 5m, receivers: [ops]}, {after: 5m, receivers: [boss]}]}
inhibitions: [{source: ['x=y'], equal: [service]}]
rules: {slow: {resolve_after: 0s, group_labels: ['']}}
limits: {open_alerts: 0}
",
    ));
    expect![[r#"
        alerts.receivers[1]: `ops` is there twice; give each its own name
        alerts.receivers[2].occasions: it would hear that alerts are over and never that they fire; add `firing` to occasions
        alerts.limits.open_alerts: 0 is no limit to work with; give 1 to 1000000
        alerts.rules.slow.resolve_after: an alert would be over before anybody saw it; give at least 1s
        alerts.rules.slow.group_labels: give at most 32 names of labels, none of them empty
        alerts.routes[0].repeat_interval: the same would be told more than once a minute; give at least 1m
        alerts.routes[0].receivers: there is no receiver `nobody`; there are: ops, ops, end
        alerts.routes[0].matchers[0]: `a~b` is no matcher; write label=value, with =, !=, =~ or !~ between
        alerts.routes[0].matchers[1]: `(` is no regular expression: error: unclosed group
        alerts.routes[1].name: a route needs a name of its own: its groups are known by it
        alerts.routes[1].receivers: nobody would be told; name at least one of `receivers`
        alerts.routes[1].escalation[1].after: it has to come later than the step before it, and than the first notification
        alerts.routes[1].escalation[1].receivers: there is no receiver `boss`; there are: ops, ops, end
        alerts.inhibitions[0].target: every alert would be a target; give at least one matcher"#]].assert_eq(&found.unwrap_err().to_string());
}

#[test]
fn words_that_do_not_exist_are_refused() {
    let wrong = |yaml: &str| {
        let read = serde_yaml_ng::from_str::<correlator::alert::AlertsConfig>(yaml);
        read.unwrap_err().to_string()
    };
    let all = [
        wrong("rutes: []"),
        wrong("routes: [{name: a, group_wait: 5}]"),
        wrong("routes: [{name: a, group_wait: 5w}]"),
        wrong("receivers: [{name: a, channel: pigeon}]"),
        wrong("others: {level: high}"),
        wrong("late: {audits: 5m}"),
    ];
    expect![[r#"
        unknown field `rutes`, expected one of `receivers`, `routes`, `inhibitions`, `rules`, `others`, `late`, `limits`
        routes[0]: `5` is no duration; give a whole number and ms, s, m, h or d: 5m at line 1 column 10
        routes[0]: `5w` is no duration; give a whole number and ms, s, m, h or d: 5m at line 1 column 10
        receivers[0].channel: unknown variant `pigeon`, expected one of `email`, `slack`, `pagerduty`, `webhook`, `teams`, `alertmanager` at line 1 column 32
        others.level: unknown variant `high`, expected one of `info`, `warning`, `critical`, `emergency` at line 1 column 17
        late: unknown variant `audits`, expected one of `metric`, `log`, `trace`, `deploy`, `change`, `audit`, `alert`, `ticket`, `chat`, `document`, `knowledge`, `finding`, `command` at line 1 column 8"#]].assert_eq(&all.join("\n"));
}

#[test]
fn nothing_configured_is_a_configuration() {
    assert!(topology(&config("{}")).is_ok());
}
