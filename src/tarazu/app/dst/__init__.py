"""Simulated days on a terminal: how far they are, what they amounted to, how to see one again."""
