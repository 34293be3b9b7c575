"""Documents as programmes: what a reader can paste, found, placed and run (tests/documents/README.md)."""
