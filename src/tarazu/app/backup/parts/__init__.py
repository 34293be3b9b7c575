"""What of a home goes into a backup, and from which moment."""
