"""The drills: each a story of what is done to a desk and what must come of it."""
