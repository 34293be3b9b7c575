"""The watchdog at the account: its own line to the broker, the intents on the disk, and what does not fit."""
