"""The account as the broker has it, read by commands and the watchdog without any part of the desk."""
