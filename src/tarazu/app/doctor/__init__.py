"""Is this machine fit for the desk? Each thing looked at is a check; nothing is changed but a file that is made and
removed to see whether the disk takes it."""
