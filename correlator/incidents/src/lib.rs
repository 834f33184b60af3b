//! Alerts, findings and changes joined into incidents, and their causes ranked.

pub mod rank;
