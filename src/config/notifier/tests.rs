use super::*;

const FILE: &str = "\
alerts:
  receivers:
    - {name: ops, channel: slack}
    - {name: page, channel: pagerduty}
notifier:
  give_up_after: 12h
  external_url: https://isobar.example/
  receivers:
    ops:
      slack: {url_env: SLACK}
    page:
      pagerduty: {routing_key_env: PAGE}
    hook:
      webhook: {url: 'http://hook:1/x', bearer_token_env: TOKEN}
    prometheus:
      alertmanager: {url: 'http://am:9093', holds_for: 24h}
    people:
      email:
        host: mail.example
        user: isobar
        password_env: MAIL
        from: Isobar <isobar@example.org>
        to: [ann@example.org, Bob <bob@example.org>]
";

fn environment(name: &str) -> Option<String> {
    let all = [
        ("SLACK", "https://hooks.slack.example/T/B/secret-1\n"),
        ("PAGE", "secret-2"),
        ("TOKEN", "secret-3"),
        ("MAIL", "secret-4"),
        ("EMPTY", " "),
        ("NO_URL", "secret-5"),
    ];
    all.into_iter().find(|(of, _)| *of == name).map(|(_, text)| text.to_owned())
}

fn read(text: &str) -> Result<NotifierConfig, Vec<String>> {
    #[derive(Default, serde::Deserialize)]
    struct File {
        #[serde(default)]
        alerts: AlertsConfig,
    }
    let File { alerts } = section::parse("f.yaml", text).unwrap_or_default();
    parse("f.yaml", text, Some(&environment), &alerts).map(Option::unwrap)
}

#[test]
fn receivers_are_read_with_their_secrets_which_are_never_shown() {
    let config = read(FILE).unwrap();
    assert_eq!(config.receivers.len(), 5);
    assert_eq!(config.give_up_after_ms, 12 * HOUR_MS);
    assert_eq!(config.external_url.as_deref(), Some("https://isobar.example"));
    let Receiver::Slack(slack) = &config.receivers["ops"] else { panic!() };
    assert_eq!(slack.url.reveal(), "https://hooks.slack.example/T/B/secret-1");
    let Receiver::Email(email) = &config.receivers["people"] else { panic!() };
    assert_eq!((email.port, email.tls), (587, MailTls::StartTls));
    let shown = format!("{config:?}");
    assert!(!shown.contains("secret"), "{shown}");
}

#[test]
fn where_the_notifier_does_not_run_only_the_form_is_looked_at() {
    let text = FILE.replace("url_env: SLACK", "url_file: /nowhere");
    assert_eq!(parse("f.yaml", &text, None, &AlertsConfig::default()), Ok(None));
    let text = FILE.replace("holds_for", "hold_for");
    let problems = parse("f.yaml", &text, None, &AlertsConfig::default()).unwrap_err();
    assert!(problems[0].contains("unknown field `hold_for`"), "{problems:?}");
}

#[test]
fn mistakes_are_told_all_at_once_with_their_line_and_without_secrets() {
    let text = "\
notifier:
  timeout: 5m
  receivers:
    one:
      slack: {url_env: MISSING}
    two: {}
    three:
      webhook:
        url_env: NO_URL
    four:
      webhook: {url: 'http://x', url_file: /y}
    five:
      pagerduty:
        routing_key_env: EMPTY
    six:
      email: {host: h, from: nobody, to: []}
    seven:
      teams:
        url_file: /nowhere/at/all
";
    let problems = read(text).unwrap_err();
    let told = problems.join("\n");
    assert!(!told.contains("secret"), "{told}");
    for (line, what) in [
        (2, "timeout: give from 1 s to 60 s"),
        (5, "the environment has no variable MISSING"),
        (6, "give one of webhook, alertmanager"),
        (9, "this is no address"),
        (11, "give one of url, url_file, url_env"),
        (14, "it is empty"),
        (16, "`nobody` is no mail address"),
        (16, "at least one address in to"),
        (19, "cannot read /nowhere/at/all"),
    ] {
        let start = format!("f.yaml:{line}: notifier.");
        let is_told = |problem: &&String| problem.starts_with(&start) && problem.contains(what);
        assert_eq!(problems.iter().filter(is_told).count(), 1, "{line}: {what}\n{told}");
    }
    assert_eq!(problems.len(), 9, "{told}");
}

#[test]
fn a_receiver_is_in_one_section_what_it_is_in_the_other() {
    let problems = read(&FILE.replace("channel: slack", "channel: teams")).unwrap_err();
    assert_eq!(
        problems,
        ["f.yaml:9: notifier.receivers.ops: it is Slack here, and Teams in alerts.receivers"]
    );
}
