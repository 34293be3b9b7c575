"""The day that `tarazu bench dayclose` closes: made once, kept, and copied for each run."""
