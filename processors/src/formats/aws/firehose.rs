//! What Firehose posts to HTTP endpoints: `{"requestId", "timestamp", "records": [{"data"}]}`. Each
//! piece of data is base64 of gzip, of lines, or of anything. The envelope's time is that of
//! delivery.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;

use super::pieces::{read_each, text_of};
use crate::formats::{self, Format, Look, compressed};
use crate::input::Input;
use crate::json::Text;
use crate::sink::{Refusal, Sink};

pub(crate) const FORMAT: Format = Format { name: "aws-firehose", sniff, read };

fn sniff(look: &Look<'_>) -> bool {
    look.has_all(&["requestId", "records"]) && look.mentions("\"data\"")
}

#[derive(Deserialize)]
struct Envelope<'a> {
    #[serde(borrow)]
    records: Vec<Delivered<'a>>,
}

#[derive(Deserialize)]
struct Delivered<'a> {
    #[serde(borrow)]
    data: Text<'a>,
}

fn read(input: &Input<'_>, sink: &mut dyn Sink) -> Result<(), Refusal> {
    read_each::<Envelope<'_>>(text_of(input)?, sink, |envelope, _, sink| {
        if envelope.records.is_empty() {
            sink.filtered("no records");
        }
        for Delivered { data: Text(data) } in &envelope.records {
            let decoded = STANDARD.decode(data.as_bytes());
            let decoded = decoded.map_err(|_| Refusal::new("its `data` is not base64"));
            let read = decoded.and_then(|bytes| hand_on(&bytes, input, sink));
            if let Err(refusal) = read {
                sink.refused(refusal, data.as_bytes());
            }
        }
        Ok(())
    })
}

/// Reads bytes of any format. Formats that take one value each are given the lines one by one.
pub(super) fn hand_on(bytes: &[u8], input: &Input<'_>, sink: &mut dyn Sink) -> Result<(), Refusal> {
    let expanded = compressed::expanded(bytes)?;
    let bytes = expanded.as_deref().unwrap_or(bytes).trim_ascii();
    let Err(refusal) = formats::read(&input.inner(bytes), sink) else { return Ok(()) };
    if !bytes.contains(&b'\n') {
        return Err(refusal);
    }
    let lines = bytes.split(|byte| *byte == b'\n').filter(|line| !line.trim_ascii().is_empty());
    for line in lines {
        if let Err(refusal) = formats::read(&input.inner(line), sink) {
            sink.refused(refusal, line);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::super::recorder::recorded;
    use super::*;

    #[test]
    fn data_of_any_kind() {
        let record = br#"{"eventID":"e-1","eventName":"X","eventSource":"y"}"#;
        let lines = [&record[..], b"\n", record].concat();
        let gzip = STANDARD.encode(compressed::gzip(&lines));
        let lines = STANDARD.encode(lines);
        let nonsense = STANDARD.encode("nonsense");
        let value = format!(
            r#"{{"requestId":"r","timestamp":1767268800000,"records":[{{"data":"{lines}"}},
            {{"data":"{gzip}"}},{{"data":"{nonsense}"}},{{"data":"?"}}]}}"#
        );
        expect![[r#"
            event aws.cloudtrail e-1 -1 audit/audit/6003 `X` Success Informational account - subject y
              resource cloud.provider=aws cloud.service=y
              hints - - - []
            event aws.cloudtrail e-1 -1 audit/audit/6003 `X` Success Informational account - subject y
              resource cloud.provider=aws cloud.service=y
              hints - - - []
            event aws.cloudtrail e-1 -1 audit/audit/6003 `X` Success Informational account - subject y
              resource cloud.provider=aws cloud.service=y
              hints - - - []
            event aws.cloudtrail e-1 -1 audit/audit/6003 `X` Success Informational account - subject y
              resource cloud.provider=aws cloud.service=y
              hints - - - []
            refused bm9uc2Vuc2U=
            refused ?
        "#]].assert_eq(&recorded(&FORMAT, value.as_bytes()));
    }
}
