//! Amazon Web Services: the audit trail, logs, events, metrics and findings, and the envelopes that
//! carry them. The same record of `CloudTrail` has the same source and native id by every path.

pub(crate) mod alarm;
mod arn;
pub(crate) mod cloudtrail;
pub(crate) mod cloudtrail_records;
pub(crate) mod cloudwatch_logs;
pub(crate) mod eventbridge;
pub(crate) mod firehose;
pub(crate) mod guardduty;
mod loose;
pub(crate) mod metric_stream;
mod notification;
mod pieces;
#[cfg(test)]
mod recorder;
pub(crate) mod sns;
pub(crate) mod vpc_flow;
