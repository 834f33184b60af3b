//! Golden messages of every channel, and the limits of each.

use expect_test::expect;
use schemas::notification::Channel;
use serde_json::Value;

use super::*;
use crate::config::{Alertmanager, Email, MailTls, PagerDuty, Secret};

/// One that fires and one that is over, told as an escalation.
fn told() -> Envelope<Notification> {
    let text = r#"{"specversion":"1.0","type":"isobar.notification","schemaversion":"1.1",
        "id":"676b8bb84ce7267dd520deca4811c8f1","source":"isobar.correlator","subject":"ops",
        "time":"2026-03-01T12:05:00.250Z","arrivaltime":"2026-03-01T12:05:01.000Z","tenant":"acme",
        "sourceclass":"finding","data":{
        "delivery_key":"676b8bb84ce7267dd520deca4811c8f1","receiver":"ops","channel":"webhook",
        "what":"firing","step":0,"level":"critical","title":"1 firing, 1 resolved: service=checkout",
        "text":"…","alerts":["ae57cdabcf3cfa91827f60db00b32ae2","e7543f1206b65b99f138f148ab7e4d48"],
        "group":{"id":"0d3a1c4b8b7f4a55a0e4f7c5f0b4f9d2","route":"payments",
            "labels":{"service":"checkout"},"sequence":2},
        "members":[
        {"alert":"ae57cdabcf3cfa91827f60db00b32ae2","fingerprint":"5aef96240bca5582e6fd0468879a2686",
            "state":"firing","level":"critical","rule":"latency","title":"checkout <slow>",
            "reason":"912 ms & rising [x](http://evil) <!channel>",
            "labels":{"service":"checkout","team.name":"payments"},"starts_at_ms":1772366400000},
        {"alert":"e7543f1206b65b99f138f148ab7e4d48","fingerprint":"00ef96240bca5582e6fd0468879a2686",
            "state":"resolved","level":"warning","rule":"errors","title":"errors\nBcc: all@example.org",
            "reason":"3 %","labels":{"service":"checkout"},"starts_at_ms":1772366400000,
            "ends_at_ms":1772366700000}],
        "left_out":3}}"#;
    // The record's own form has no white space at its beginning.
    let text: String = text.split('\n').map(str::trim).collect();
    schemas::codec::decode(text.as_bytes()).unwrap()
}

fn endpoint() -> Endpoint {
    let bearer_token = Some(Secret::new("token"));
    Endpoint { url: Secret::new("https://receiver.example/secret"), bearer_token }
}

fn receivers() -> Vec<Receiver> {
    let email = Email {
        host: "mail.example".to_owned(),
        port: 25,
        tls: MailTls::None,
        user: None,
        password: None,
        from: "Isobar <isobar@example.org>".to_owned(),
        to: vec!["ann@example.org".to_owned(), "Bob <bob@example.org>".to_owned()],
    };
    let url = "https://events.example/v2/enqueue".to_owned();
    let (resend_every_ms, holds_for_ms) = (60_000, 3_600_000);
    vec![
        Receiver::Webhook(endpoint()),
        Receiver::Alertmanager(Alertmanager {
            endpoint: endpoint(),
            resend_every_ms,
            holds_for_ms,
        }),
        Receiver::Slack(endpoint()),
        Receiver::Teams(endpoint()),
        Receiver::PagerDuty(PagerDuty { routing_key: Secret::new("key"), url }),
        Receiver::Email(email),
    ]
}

fn of(channel: Channel) -> Receiver {
    receivers().into_iter().find(|receiver| receiver.channel() == channel).unwrap()
}

fn outgoing(channel: Channel, told: &Envelope<Notification>) -> Outgoing {
    let telling = Telling { told, external_url: Some("https://isobar.example") };
    render(&of(channel), telling).unwrap()
}

fn request(channel: Channel, told: &Envelope<Notification>) -> HttpRequest {
    let Outgoing::Http(request) = outgoing(channel, told) else { panic!() };
    request
}

/// Address, headers and body, as a person reads them.
fn shown(channel: Channel, told: &Envelope<Notification>) -> String {
    let request = request(channel, told);
    let body: Value = serde_json::from_slice(&request.body).unwrap();
    let headers: Vec<_> =
        request.headers.iter().map(|(name, value)| format!("{name}: {value}\n")).collect();
    format!("{}\n{}{}", request.url, headers.concat(), serde_json::to_string_pretty(&body).unwrap())
}

#[test]
fn a_webhook_gets_what_alertmanager_sends() {
    expect![[r#"
        https://receiver.example/secret
        content-type: application/json
        idempotency-key: 676b8bb84ce7267dd520deca4811c8f1
        authorization: Bearer token
        {
          "alerts": [
            {
              "annotations": {
                "description": "912 ms & rising [x](http://evil) <!channel>",
                "summary": "checkout <slow>"
              },
              "endsAt": "0001-01-01T00:00:00Z",
              "fingerprint": "5aef96240bca5582e6fd0468879a2686",
              "generatorURL": "https://isobar.example/alerts/ae57cdabcf3cfa91827f60db00b32ae2",
              "labels": {
                "alertname": "latency",
                "service": "checkout",
                "severity": "critical",
                "team.name": "payments"
              },
              "startsAt": "2026-03-01T12:00:00.000Z",
              "status": "firing"
            },
            {
              "annotations": {
                "description": "3 %",
                "summary": "errors\nBcc: all@example.org"
              },
              "endsAt": "2026-03-01T12:05:00.000Z",
              "fingerprint": "00ef96240bca5582e6fd0468879a2686",
              "generatorURL": "https://isobar.example/alerts/e7543f1206b65b99f138f148ab7e4d48",
              "labels": {
                "alertname": "errors",
                "service": "checkout",
                "severity": "warning"
              },
              "startsAt": "2026-03-01T12:00:00.000Z",
              "status": "resolved"
            }
          ],
          "commonAnnotations": {},
          "commonLabels": {
            "service": "checkout"
          },
          "externalURL": "https://isobar.example",
          "groupKey": "acme/payments:{service=\"checkout\"}",
          "groupLabels": {
            "service": "checkout"
          },
          "receiver": "ops",
          "status": "firing",
          "truncatedAlerts": 3,
          "version": "4"
        }"#]]
    .assert_eq(&shown(Channel::Webhook, &told()));
}

#[test]
fn an_alertmanager_gets_alerts_with_ends() {
    expect![[r#"
        https://receiver.example/secret/api/v2/alerts
        content-type: application/json
        idempotency-key: 676b8bb84ce7267dd520deca4811c8f1
        authorization: Bearer token
        [
          {
            "annotations": {
              "description": "912 ms & rising [x](http://evil) <!channel>",
              "summary": "checkout <slow>"
            },
            "endsAt": "2026-03-01T13:05:00.250Z",
            "generatorURL": "https://isobar.example/alerts/ae57cdabcf3cfa91827f60db00b32ae2",
            "labels": {
              "alertname": "latency",
              "isobar_fingerprint": "5aef96240bca5582e6fd0468879a2686",
              "service": "checkout",
              "severity": "critical",
              "team_name": "payments",
              "tenant": "acme"
            },
            "startsAt": "2026-03-01T12:00:00.000Z"
          },
          {
            "annotations": {
              "description": "3 %",
              "summary": "errors\nBcc: all@example.org"
            },
            "endsAt": "2026-03-01T12:05:00.000Z",
            "generatorURL": "https://isobar.example/alerts/e7543f1206b65b99f138f148ab7e4d48",
            "labels": {
              "alertname": "errors",
              "isobar_fingerprint": "00ef96240bca5582e6fd0468879a2686",
              "service": "checkout",
              "severity": "warning",
              "tenant": "acme"
            },
            "startsAt": "2026-03-01T12:00:00.000Z"
          }
        ]"#]]
    .assert_eq(&shown(Channel::Alertmanager, &told()));
}

#[test]
fn slack_gets_blocks() {
    expect![[r#"
        https://receiver.example/secret
        content-type: application/json
        idempotency-key: 676b8bb84ce7267dd520deca4811c8f1
        authorization: Bearer token
        {
          "blocks": [
            {
              "text": {
                "emoji": true,
                "text": "🔴 1 firing, 1 resolved: service=checkout",
                "type": "plain_text"
              },
              "type": "header"
            },
            {
              "text": {
                "text": "• critical since 2026-03-01T12:00:00.000Z: checkout &lt;slow&gt;: 912 ms &amp; rising [x](http://evil) &lt;!channel&gt; <https://isobar.example/alerts/ae57cdabcf3cfa91827f60db00b32ae2|open>\n• ~resolved since 2026-03-01T12:05:00.000Z: errors Bcc: all@example.org: 3 %~ <https://isobar.example/alerts/e7543f1206b65b99f138f148ab7e4d48|open>\nand 3 more",
                "type": "mrkdwn"
              },
              "type": "section"
            },
            {
              "elements": [
                {
                  "text": "acme · acme/payments:{service=\"checkout\"} · key 676b8bb84ce7267dd520deca4811c8f1",
                  "type": "mrkdwn"
                }
              ],
              "type": "context"
            }
          ],
          "text": "🔴 1 firing, 1 resolved: service=checkout"
        }"#]].assert_eq(&shown(Channel::Slack, &told()));
}

#[test]
fn teams_gets_a_card() {
    expect![[r#"
        https://receiver.example/secret
        content-type: application/json
        idempotency-key: 676b8bb84ce7267dd520deca4811c8f1
        authorization: Bearer token
        {
          "attachments": [
            {
              "content": {
                "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
                "actions": [
                  {
                    "title": "Open",
                    "type": "Action.OpenUrl",
                    "url": "https://isobar.example/alerts/ae57cdabcf3cfa91827f60db00b32ae2"
                  }
                ],
                "body": [
                  {
                    "color": "Attention",
                    "size": "Large",
                    "text": "1 firing, 1 resolved: service=checkout",
                    "type": "TextBlock",
                    "weight": "Bolder",
                    "wrap": true
                  },
                  {
                    "text": "critical since 2026-03-01T12:00:00.000Z: checkout <slow>: 912 ms & rising  x (http://evil) <!channel>",
                    "type": "TextBlock",
                    "wrap": true
                  },
                  {
                    "text": "resolved since 2026-03-01T12:05:00.000Z: errors Bcc: all@example.org: 3 %",
                    "type": "TextBlock",
                    "wrap": true
                  },
                  {
                    "text": "and 3 more",
                    "type": "TextBlock",
                    "wrap": true
                  },
                  {
                    "text": "acme · key 676b8bb84ce7267dd520deca4811c8f1",
                    "type": "TextBlock",
                    "wrap": true
                  }
                ],
                "msteams": {
                  "width": "Full"
                },
                "type": "AdaptiveCard",
                "version": "1.4"
              },
              "contentType": "application/vnd.microsoft.card.adaptive",
              "contentUrl": null
            }
          ],
          "type": "message"
        }"#]].assert_eq(&shown(Channel::Teams, &told()));
}

#[test]
fn pagerduty_gets_an_event() {
    expect![[r#"
        https://events.example/v2/enqueue
        content-type: application/json
        idempotency-key: 676b8bb84ce7267dd520deca4811c8f1
        {
          "client": "isobar",
          "client_url": "https://isobar.example",
          "dedup_key": "0d3a1c4b8b7f4a55a0e4f7c5f0b4f9d2",
          "event_action": "trigger",
          "payload": {
            "class": "latency",
            "custom_details": {
              "alerts": [
                "critical since 2026-03-01T12:00:00.000Z: checkout <slow>: 912 ms & rising [x](http://evil) <!channel>",
                "resolved since 2026-03-01T12:05:00.000Z: errors Bcc: all@example.org: 3 %"
              ],
              "delivery_key": "676b8bb84ce7267dd520deca4811c8f1",
              "more": 3
            },
            "group": "acme/payments:{service=\"checkout\"}",
            "severity": "critical",
            "source": "acme",
            "summary": "1 firing, 1 resolved: service=checkout",
            "timestamp": "2026-03-01T12:05:00.250Z"
          },
          "routing_key": "key"
        }"#]].assert_eq(&shown(Channel::PagerDuty, &told()));
}

#[test]
fn people_get_a_mail() {
    let Outgoing::Mail(mail) = outgoing(Channel::Email, &told()) else { panic!() };
    let text = String::from_utf8(mail.message).unwrap().replace("\r\n", "\n");
    expect![[r#"
        Message-ID: <676b8bb84ce7267dd520deca4811c8f1@example.org>
        In-Reply-To: <group.0d3a1c4b8b7f4a55a0e4f7c5f0b4f9d2@example.org>
        References: <group.0d3a1c4b8b7f4a55a0e4f7c5f0b4f9d2@example.org>
        Date: Sun, 01 Mar 2026 12:05:00 +0000
        Subject: 1 firing, 1 resolved: service=checkout
        Auto-Submitted: auto-generated
        X-Isobar-Delivery-Key: 676b8bb84ce7267dd520deca4811c8f1
        From: Isobar <isobar@example.org>
        To: ann@example.org, Bob <bob@example.org>
        MIME-Version: 1.0
        Content-Type: multipart/alternative;
         boundary="isobar-676b8bb84ce7267dd520deca4811c8f1"

        --isobar-676b8bb84ce7267dd520deca4811c8f1
        Content-Type: text/plain; charset=utf-8
        Content-Transfer-Encoding: quoted-printable

        1 firing, 1 resolved: service=3Dcheckout

        - critical since 2026-03-01T12:00:00.000Z: checkout <slow>: 912 ms & rising=
         [x](http://evil) <!channel>
          https://isobar.example/alerts/ae57cdabcf3cfa91827f60db00b32ae2
        - resolved since 2026-03-01T12:05:00.000Z: errors Bcc: all@example.org: 3 %
          https://isobar.example/alerts/e7543f1206b65b99f138f148ab7e4d48
        and 3 more

        acme/payments:{service=3D"checkout"}

        --isobar-676b8bb84ce7267dd520deca4811c8f1
        Content-Type: text/html; charset=utf-8
        Content-Transfer-Encoding: quoted-printable

        <h3>1 firing, 1 resolved: service=3Dcheckout</h3>
        <ul>
        <li>critical since 2026-03-01T12:00:00.000Z: checkout &lt;slow&gt;: 912 ms =
        &amp; rising [x](http://evil) &lt;!channel&gt; <a href=3D"https://isobar.ex=
        ample/alerts/ae57cdabcf3cfa91827f60db00b32ae2">open</a></li>
        <li>resolved since 2026-03-01T12:05:00.000Z: errors Bcc: all@example.org: 3=
         % <a href=3D"https://isobar.example/alerts/e7543f1206b65b99f138f148ab7e4d4=
        8">open</a></li>
        </ul>
        <p>and 3 more</p>
        <p><small>acme/payments:{service=3D&quot;checkout&quot;}</small></p>

        --isobar-676b8bb84ce7267dd520deca4811c8f1--
    "#]]
    .assert_eq(&text);
}

#[test]
fn pagerduty_is_told_when_all_is_taken_on_and_when_all_is_over() {
    let action = |change: &dyn Fn(&mut Notification)| {
        let mut told = told();
        change(&mut told.data);
        let body: Value = serde_json::from_slice(&request(Channel::PagerDuty, &told).body).unwrap();
        assert_eq!(body["dedup_key"], "0d3a1c4b8b7f4a55a0e4f7c5f0b4f9d2", "one incident a group");
        body["event_action"].as_str().unwrap().to_owned()
    };
    assert_eq!(action(&|_| {}), "trigger");
    assert_eq!(action(&|of| of.members[0].state = AlertState::Acknowledged), "acknowledge");
    assert_eq!(action(&|of| of.what = Occasion::Resolved), "resolve");
    assert_eq!(action(&|of| of.members.clear()), "trigger");
}

/// As many alerts as a notification can hold, each as long as can be, of characters that take room.
fn huge() -> Envelope<Notification> {
    let mut told = told();
    let mut member = told.data.members[0].clone();
    member.title = "<&\">é€😀[]_*\u{1}".repeat(200);
    member.reason = "\"\\\u{7}😀".repeat(1_000);
    told.data.members = vec![member; 100];
    told.data.title = "&<\u{1}😀".repeat(2_000);
    told
}

#[test]
fn however_much_there_is_to_tell_it_fits() {
    let slack: Value = serde_json::from_slice(&request(Channel::Slack, &huge()).body).unwrap();
    let blocks = slack["blocks"].as_array().unwrap();
    assert!(blocks.len() <= 50);
    let characters = |text: &Value| text.as_str().unwrap().chars().count();
    assert!(characters(&blocks[0]["text"]["text"]) <= 150);
    let section = &blocks[1]["text"]["text"];
    assert!(characters(section) <= 3_000, "{}", characters(section));
    assert!(section.as_str().unwrap().contains("more"), "{section}");
    assert!(
        characters(&slack["text"]) < 4_000
            && characters(&blocks[2]["elements"][0]["text"]) <= 3_000
    );
    let teams = request(Channel::Teams, &huge()).body.len();
    assert!(teams <= 28_000, "{teams}");
    let pagerduty = request(Channel::PagerDuty, &huge()).body;
    assert!(pagerduty.len() <= 512_000, "{}", pagerduty.len());
    let pagerduty: Value = serde_json::from_slice(&pagerduty).unwrap();
    assert!(characters(&pagerduty["payload"]["summary"]) <= 1_024);
}

#[test]
fn the_same_notification_is_the_same_bytes_and_debug_shows_no_secret() {
    for receiver in receivers() {
        let channel = receiver.channel();
        match (outgoing(channel, &told()), outgoing(channel, &told())) {
            (Outgoing::Http(one), Outgoing::Http(other)) => {
                assert!(one == other);
                assert!(!format!("{one:?} {receiver:?}").contains("secret"));
            }
            (Outgoing::Mail(one), Outgoing::Mail(other)) => assert_eq!(one.message, other.message),
            _ => panic!("another way"),
        }
    }
}
