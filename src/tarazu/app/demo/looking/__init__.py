"""What is seen of a demo while it goes on, and written down in order."""
