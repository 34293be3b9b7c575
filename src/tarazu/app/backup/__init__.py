"""A home in one signed file, proven by restoring it; and the way back."""
