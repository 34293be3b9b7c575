"""The audit as one page that needs nothing else."""
