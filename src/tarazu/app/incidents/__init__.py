"""Incidents: what went wrong, who looked at it, what was found; and all about one in one file."""
