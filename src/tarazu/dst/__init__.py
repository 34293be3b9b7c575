"""Deterministic simulation: whole days of the real engine, shell and journal among seeded faults."""
