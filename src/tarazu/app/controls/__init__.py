"""The matrix of controls: what tests have shown of each, and what that amounts to."""
