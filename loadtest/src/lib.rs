//! Seeded generator, oracle, kill harness and load drivers.
