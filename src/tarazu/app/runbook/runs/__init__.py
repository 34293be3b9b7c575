"""Runs of a runbook: begun, judged step by step, written down, taken up again."""
