"""Alerts: from whoever notices, on the disk, to a person who says that they have it."""
