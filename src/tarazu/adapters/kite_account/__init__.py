"""Kite's books and orders of one account, blocking and light: for what must work when nothing else does."""
