"""What the replay and sweep benchmarks share: a recorded day, an average crossing in two forms, and the peer's program
(`python -m replayrig.peer` in a virtual environment of its own)."""
