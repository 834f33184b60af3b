//! Azure over Event Hubs, from blobs, REST or the portal: activity and resource logs, and metrics.
//!
//! Traps: one value holds many records, and logs and metrics come in the same envelope; resource ids
//! are upper case over Event Hubs and mixed case elsewhere; `Level` and `level` stand side by side;
//! operations and statuses are texts or `{"value", "localizedValue"}`.

use super::fields::Fields;
use super::pieces::Pieces;
use super::{Format, Look};
use crate::input::Input;
use crate::sink::{Refusal, Sink};

pub(crate) mod activity;
pub(crate) mod monitor_metrics;
mod records;

fn read(input: &Input<'_>, sink: &mut dyn Sink) -> Result<(), Refusal> {
    Pieces { envelope: "records", read: &read_record }.read_all(input, sink)
}

fn read_record(
    fields: &Fields<'_>,
    raw: &str,
    input: &Input<'_>,
    sink: &mut dyn Sink,
) -> Result<(), Refusal> {
    if fields.has("metricName") {
        monitor_metrics::emit(fields, input, sink)
    } else {
        activity::emit(fields, raw, input, sink)
    }
}

/// Whether the object has this field, or its Capitalised or lower case spelling.
fn has(look: &Look<'_>, name: &str) -> bool {
    look.has_in_any_case(name)
}

fn is_log(look: &Look<'_>) -> bool {
    if look.has("records") {
        let names = ["\"operationName\"", "\"resourceId\"", "\"OperationName\"", "\"ResourceId\""];
        return names.iter().any(|name| look.mentions(name));
    }
    let timed = has(look, "time") || has(look, "eventTimestamp");
    let about = ["resourceId", "category", "correlationId"].iter().any(|name| has(look, name));
    has(look, "operationName") && about && (timed || has(look, "properties"))
}

pub(crate) const FORMAT: Format = Format { name: "azure-activity", sniff: is_log, read };
