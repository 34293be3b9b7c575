"""The close of a large day by its own commands, one after the other, each a process of its own as a person starts it.

The day: 11.25 M recorded packets in 990,000 frames, and a journal of a million entries (`closerig.traded_day`; made
once, in minutes, and kept in the cache folder). The steps are those of the runbook, in its order, and the day has to
be CLOSED by them: reconcile (with the broker's answers that were kept on the day), the audit with its replay, a backup
that was restored and compared, the export, the rollup with its Parquet read back row for row. Wall seconds; the
machine's other load is in them, and not in the CPU seconds that are told beside them. How fast the journal is verified,
the process apart, is `tarazu bench journal`'s.
"""

import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from closerig.traded_day import traded_day, working_copy
from replayrig.made_day import DAY, SECONDS
from tarazu.app.home import Home
from tarazu.ops.bench import BadBenchmark, Case, at_most

# Issue 7: a day of 1 M entries and 11.25 M recorded ticks closes in this, on two cores.
CLOSE_S = 120.0
STEPS = {
    "reconcile": ("reconcile", "--saved"),
    "audit with replay": ("audit", "daily"),
    "backup, restore proven": ("dr", "backup"),
    "export": ("export", "trades"),
    "rollup": ("rollup",),
}
VERIFY = ("audit", "verify")
SECONDS_OF_DAY = int(os.environ.get("TARAZU_BENCH_CLOSE_SECONDS", SECONDS))
"""A shorter day to try the benchmark itself; its figures are compared with no goal."""


def cases() -> Iterator[Case]:
    day = traded_day(SECONDS_OF_DAY)
    print(f"{day.entries:,} entries, {day.ticks:,} packets", file=sys.stderr)
    total_s = 0.0
    with working_copy(day) as home:
        verified_s = _done(home, "verify", VERIFY)
        for name, words in STEPS.items():
            took_s = _done(home, name, words)
            total_s += took_s
            yield Case(bench="dayclose", case=name, ours=took_s, unit="s")
    if SECONDS_OF_DAY == SECONDS:
        yield at_most("dayclose", "the whole close", ours=total_s, unit="s", goal=CLOSE_S)
    else:
        yield Case(bench="dayclose", case=f"the close of {SECONDS_OF_DAY} s", ours=total_s, unit="s")
    yield Case(bench="dayclose", case="audit verify, a process", ours=day.entries / verified_s, unit="entries/s")


def _done(home: Home, name: str, words: tuple[str, ...]) -> float:
    """Seconds. Raises BadBenchmark where the step has not passed: its time would be of something else."""
    environ = os.environ | {
        "TARAZU_HOME": str(home.root.parent),
        "TARAZU_PROFILE": "sim",
        "PYTHONPATH": str(Path(__file__).parent),
    }
    began_s, used_s = time.perf_counter(), _cpu_s()
    command = [sys.executable, "-m", "tarazu", *words, "--date", DAY.isoformat(), "--json"]
    said = subprocess.run(command, env=environ, capture_output=True, text=True)
    took_s = time.perf_counter() - began_s
    cpu_s = _cpu_s() - used_s
    if said.returncode not in (0, 1):
        raise BadBenchmark(f"{name} ended with {said.returncode}: {(said.stdout or said.stderr).strip()[-2000:]}")
    told = json.loads(said.stdout)
    codes = [check["code"] for check in told["checks"] if check["code"]]
    print(
        f"{name:<24} {took_s:7.1f} s  {cpu_s:7.1f} s CPU  {told['verdict']} {' '.join(codes)}  {told['summary']}",
        file=sys.stderr,
    )
    if name == "rollup" and not told["closed"]:
        raise BadBenchmark(f"the day is not closed: {told['open']}")
    return took_s


def _cpu_s() -> float:
    """Of all processes begun here that have ended, their own children included."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
