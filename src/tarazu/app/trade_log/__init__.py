"""The trade log: every execution of a day by the broker, with what it cost and made, as a table others read."""
