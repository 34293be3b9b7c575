"""Credentials: one file that holds them, one type that does not show them."""
