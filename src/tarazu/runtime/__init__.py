"""What runs the stack on a machine: the feed log, its single writer and its readers."""
