"""What the feed's benchmarks share: a ticker server that numbers and stamps what it sends, and the processes it feeds.

Each module is a process (`python -m feedrig.server`, run in `benchmarks/`); `run.py` starts them.
"""
