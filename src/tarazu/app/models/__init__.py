"""Models that strategies are gated by: kept by their hash, one of each name active."""
