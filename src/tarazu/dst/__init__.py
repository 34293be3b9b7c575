"""Deterministic simulation: whole trading days of the real engine, shell and journal in a world made from a seed.

Clock, disk, network, broker, market and people are simulated and faulty; an oracle that sees both sides looks on after
every event. `day.run_day(seed)` is all of it: the same seed gives the same day, byte for byte, in any process.
"""
