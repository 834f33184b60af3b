//! Pure topologies over events and metrics: windows, aggregates.
