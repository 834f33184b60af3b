//! Google Cloud: log entries, the audit logs among them, and messages that Pub/Sub pushed.

pub(crate) mod audit;
pub(crate) mod log_entry;
pub(crate) mod pubsub_push;
