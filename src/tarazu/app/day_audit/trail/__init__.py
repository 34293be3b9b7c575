"""Each order's trail, from who wanted it to what became of it, by the journal alone."""
