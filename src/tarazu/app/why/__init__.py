"""The story of one order, from the journal alone: what a person on call asks first."""
