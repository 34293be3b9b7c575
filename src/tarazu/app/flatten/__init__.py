"""Leaving every position by the broker's own books, with or without a main."""
