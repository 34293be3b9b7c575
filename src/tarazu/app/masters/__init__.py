"""Instrument masters: today's, and those kept."""
