"""The watchdog: a second pair of eyes and a brake. Its own process, its own line to the broker; it can only reduce."""
