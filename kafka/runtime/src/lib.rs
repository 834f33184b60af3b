//! The kernel's log on Apache Kafka, and topics as code; the only crate that links rdkafka.
