"""Recorded days as something to read, cut and play."""
