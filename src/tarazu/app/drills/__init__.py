"""Incidents, rehearsed: a simulated broker and a desk of their own, real processes, something that goes wrong, and a
verdict from the broker's own books."""
