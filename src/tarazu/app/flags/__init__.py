"""The desk's flags: typed, versioned, and kept to by whatever runs (docs/flags.md)."""
