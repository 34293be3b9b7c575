"""Models made of past days: what the strategy would have asked, what came of it, and what can be learned of that."""
