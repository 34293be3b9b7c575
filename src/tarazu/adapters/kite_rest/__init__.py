"""Kite's market data over REST: the day's instruments and last prices. It can read and nothing else."""
