//! Flow logs of a VPC: lines of the default format (version 2), or the same fields as JSON.
//!
//! Traps: `-` where nothing was seen; a header line in files; flows that `CloudWatch` re-sends have
//! no id, so one is made of what tells flows apart.

use std::borrow::Cow;

use schemas::event::{Outcome, Severity};
use schemas::kind::Kind;
use schemas::source_class::SourceClass;
use serde::Deserialize;

use super::loose::Word;
use super::pieces::{read_each, text_of};
use crate::draft::Draft;
use crate::formats::{Format, Look};
use crate::input::Input;
use crate::sink::{Refusal, Sink};
use crate::time;

pub(crate) const FORMAT: Format = Format { name: "aws-vpc-flow", sniff, read };

fn sniff(look: &Look<'_>) -> bool {
    if look.is_json() {
        return look.has_in_any_case("srcaddr") && look.has_in_any_case("dstaddr");
    }
    let first = look.input.value.split(|byte| *byte == b'\n').next().unwrap_or(&[]);
    str::from_utf8(first).is_ok_and(|line| is_header(line) || is_line(line))
}

fn read(input: &Input<'_>, sink: &mut dyn Sink) -> Result<(), Refusal> {
    let text = text_of(input)?;
    if text.trim_start().starts_with(['{', '[']) {
        return read_each::<Flow<'_>>(text, sink, |flow, raw, sink| give(flow, Some(raw), sink));
    }
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty()).peekable();
    while let Some(line) = lines.next() {
        match read_line(line, sink) {
            Err(refusal) if lines.peek().is_none() && line.len() == text.trim().len() => {
                return Err(refusal);
            }
            Err(refusal) => sink.refused(refusal, line.as_bytes()),
            Ok(()) => {}
        }
    }
    Ok(())
}

/// One flow; in JSON numbers are numbers or texts.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Flow<'a> {
    #[serde(borrow, alias = "account-id")]
    account_id: Word<'a>,
    #[serde(borrow, alias = "interface-id")]
    interface_id: Word<'a>,
    #[serde(borrow, alias = "srcAddr")]
    srcaddr: Word<'a>,
    #[serde(borrow, alias = "dstAddr")]
    dstaddr: Word<'a>,
    #[serde(borrow, alias = "srcPort")]
    srcport: Word<'a>,
    #[serde(borrow, alias = "dstPort")]
    dstport: Word<'a>,
    #[serde(borrow)]
    protocol: Word<'a>,
    #[serde(borrow)]
    packets: Word<'a>,
    #[serde(borrow)]
    bytes: Word<'a>,
    #[serde(borrow)]
    start: Word<'a>,
    #[serde(borrow)]
    action: Word<'a>,
    #[serde(borrow, alias = "log-status")]
    log_status: Word<'a>,
}

/// Whether it is a line of the default format.
pub(super) fn is_line(line: &str) -> bool {
    let mut words = line.split_ascii_whitespace();
    let is_flow =
        words.next() == Some("2") && words.nth(1).is_some_and(|eni| eni.starts_with("eni-"));
    is_flow && words.count() == 11
}

fn is_header(line: &str) -> bool {
    line.starts_with("version account-id interface-id ")
}

/// Reads a line of the default format.
pub(super) fn read_line(line: &str, sink: &mut dyn Sink) -> Result<(), Refusal> {
    if is_header(line) {
        sink.filtered("header");
        return Ok(());
    }
    if !is_line(line) {
        return Err(Refusal::new("not a flow of the default format, which has 14 fields"));
    }
    let mut words = line.split_ascii_whitespace().skip(1);
    let mut next = || Word(words.next().filter(|word| *word != "-").map(Cow::Borrowed));
    // The fields are read in the order in which they are written here.
    let mut flow = Flow { account_id: next(), interface_id: next(), ..Flow::default() };
    (flow.srcaddr, flow.dstaddr, flow.srcport, flow.dstport) = (next(), next(), next(), next());
    (flow.protocol, flow.packets, flow.bytes, flow.start) = (next(), next(), next(), next());
    let _end = next();
    (flow.action, flow.log_status) = (next(), next());
    give(flow, None, sink)
}

fn give<'a>(mut flow: Flow<'a>, raw: Option<&'a str>, sink: &mut dyn Sink) -> Result<(), Refusal> {
    if matches!(flow.log_status.get(), Some("NODATA" | "SKIPDATA")) {
        sink.filtered("no flow in this interval");
        return Ok(());
    }
    if flow.srcaddr.get().is_none() || flow.dstaddr.get().is_none() {
        return Err(Refusal::new("a flow without addresses"));
    }
    let mut draft = Draft::new("aws.vpc.flow", SourceClass::Log, Kind::Audit);
    draft.class_uid = 4001;
    draft.native_id = Some(Cow::Owned(native_id(&flow)));
    draft.time_ms = flow.start.get().and_then(time::of_text);
    (draft.outcome, draft.severity) = match flow.action.get() {
        Some("ACCEPT") => (Outcome::Success, Severity::Informational),
        Some("REJECT") => (Outcome::Failure, Severity::Low),
        _ => (Outcome::Unknown, Severity::Unknown),
    };
    let number = |word: &Word<'_>| word.get().and_then(|text| text.parse::<u64>().ok());
    draft.detail("bytes", number(&flow.bytes));
    draft.detail("packets", number(&flow.packets));
    draft.detail("protocol", number(&flow.protocol));
    draft.account = flow.account_id.take();
    draft.attribute("cloud.provider", Some("aws"));
    draft.attribute("cloud.account.id", draft.account.clone());
    draft.attribute("cloud.service", Some("vpc"));
    draft.attribute("cloud.resource_id", flow.interface_id.0.clone());
    draft.subject = flow.interface_id.take();
    draft.network.source_port = flow.srcport.get().and_then(|port| port.parse().ok());
    draft.network.destination_port = flow.dstport.get().and_then(|port| port.parse().ok());
    draft.network.source_address = flow.srcaddr.take();
    draft.network.destination_address = flow.dstaddr.take();
    draft.action = flow.action.take().unwrap_or(Cow::Borrowed("flow"));
    draft.raw = raw.map(Cow::Borrowed);
    sink.event(&draft);
    Ok(())
}

fn native_id(flow: &Flow<'_>) -> String {
    let parts = [
        &flow.interface_id,
        &flow.srcaddr,
        &flow.srcport,
        &flow.dstaddr,
        &flow.dstport,
        &flow.protocol,
        &flow.action,
        &flow.start,
    ];
    parts.map(Word::text).join("/")
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::super::recorder::recorded;
    use super::*;

    #[test]
    fn lines_and_json() {
        let lines = b"version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action log-status
2 123456789012 eni-1 192.0.2.1 192.0.2.2 49152 22 6 20 4249 1767268800 1767268860 REJECT OK
2 123456789012 eni-1 - - - - - - - 1767268800 1767268860 - NODATA
nonsense";
        expect![[r#"
            filtered header
            event aws.vpc.flow eni-1/192.0.2.1/49152/192.0.2.2/22/6/REJECT/1767268800 1767268800000 log/audit/4001 `REJECT` Failure Low account 123456789012 subject eni-1
              resource cloud.provider=aws cloud.account.id=123456789012 cloud.service=vpc cloud.resource_id=eni-1
              network 192.0.2.1 -> 192.0.2.2 (Some(49152), Some(22)) -
              hints - - - []
              details {"bytes":4249,"packets":20,"protocol":6}
            filtered no flow in this interval
            refused nonsense
        "#]].assert_eq(&recorded(&FORMAT, lines));
        let json = br#"{"account_id":"123456789012","interface_id":"eni-1","srcaddr":"192.0.2.1",
            "dstaddr":"192.0.2.2","srcport":49152,"dstport":22,"protocol":6,"packets":20,
            "bytes":4249,"start":1767268800,"action":"REJECT"}"#;
        let of_line = recorded(&FORMAT, lines).lines().nth(1).unwrap().to_owned();
        assert_eq!(recorded(&FORMAT, json).lines().next().unwrap(), of_line);
        assert!(recorded(&FORMAT, b"nonsense").starts_with("refusal"));
    }
}
