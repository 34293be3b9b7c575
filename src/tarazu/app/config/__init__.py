"""The settings as an operator asks about them: each value, where it is from, what it means, what differs."""
