"""The breaker of a process that dies again and again: after too many starts that nobody asked for it stays down.

The supervisor starts again whatever dies, without end. What it starts is this file with the process's own words behind
it: it counts, and either becomes the process or leaves with a code that says that a person is needed. A start by a
command (`tarazu up`, `restart`) begins a new count, so a person's word closes the breaker. main has its own count, in
the journal (`engine.starts`): it comes back however often it dies, for somebody has to look after stops and positions.

    run/starts/depth_ws.json    CLOCK_MONOTONIC of its starts, the command's own among them

Run as a program it needs nothing but the standard library.
"""

import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path

STARTS_MAX, WITHIN_S = 6, 600.0
"""Ours: the command's start, and five deaths in ten minutes."""
EXIT_STORM = 2
"""`state.HOPELESS`: another try comes to the same."""


def begin_count(run: Path, name: str) -> None:
    """A command starts it now: what was counted is forgotten. `run` is the home's folder of that name."""
    _file(run, name).unlink(missing_ok=True)


def starts(run: Path, name: str) -> int:
    """Within the last `WITHIN_S`."""
    return len(_recent(run, name))


def is_open(run: Path, name: str) -> bool:
    return starts(run, name) >= STARTS_MAX


def words(name: str, python_words: Sequence[str]) -> tuple[str, ...]:
    """What the supervisor is to start, in the home's folder."""
    return ("-m", "tarazu.app.supervision.storm", name, *python_words)


def main(name: str, python_words: Sequence[str]) -> int:
    """Becomes the process; returns only where that has died too often."""
    run = Path("run")
    if is_open(run, name):
        told = f"it was started {starts(run, name)} times within {WITHIN_S / 60:g} min, and stays down"
        print(f"{name}: {told}. Look: tarazu logs {name}; then: tarazu up {name}", file=sys.stderr, flush=True)
        return EXIT_STORM
    try:
        _count(run, name)
    except OSError as full:
        print(f"{name}: its starts are not counted: {full}", file=sys.stderr, flush=True)
    return os.execv(sys.executable, [sys.executable, "-P", *python_words])


def _count(run: Path, name: str) -> None:
    import json

    path = _file(run, name)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    beside = path.with_suffix(".new")
    beside.write_text(json.dumps([*_recent(run, name), time.monotonic()]))
    beside.replace(path)


def _recent(run: Path, name: str) -> list[float]:
    """A time after now is of an earlier start of this machine. A file that does not read counts for nothing: it is the
    process that matters."""
    import json  # who asks where every process stands needs none of these files

    now_s = time.monotonic()
    try:
        times = json.loads(_file(run, name).read_text())
    except (OSError, ValueError):
        return []
    found = times if isinstance(times, list) else []
    return [at for at in found if isinstance(at, float) and 0 <= now_s - at <= WITHIN_S]


def _file(run: Path, name: str) -> Path:
    return run / "starts" / f"{name}.json"


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1], sys.argv[2:]))
