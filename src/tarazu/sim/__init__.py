"""A broker in a box: exchange, accounts and market, driven by a virtual clock and a seed; and the Kite server over it.

Everything here but `server/` is pure: time and chance arrive as arguments, so the same seed and the same commands give
the same bytes.
"""
