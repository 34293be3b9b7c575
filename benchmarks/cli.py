"""What a command costs, beside what importing click alone does: people and watchers ask all day long, on the cores that
trade.

CPU seconds of the whole process and what it begins, the least of nine with bytecode in place; click's are taken in the
same turns. The desk is a sim one of this benchmark's own: first it runs, then the same home is asked at rest. The gate
is waited for, so of it the wall seconds count, from its process's start to its end.

What reads a day's log by kernels, or loads the strategies themselves, is shown beside click and has no goal: its time
is numba's and numpy's, and nobody on watch asks it.
"""

import contextlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from tarazu.ops.bench import BENCHMARKS, BadBenchmark, Case, at_most, no_dearer

TIMES = 3.0
"""Issue 6: a read command costs no more than this many times what importing click does."""
GATE_S = 0.7
"""Issue 6: the gate's answer in sim, from a fresh process."""
ROUNDS = int(os.environ.get("TARAZU_BENCH_CLI_ROUNDS", 9))
"""Fewer to try the benchmark itself."""

SCRIPTS = BENCHMARKS.parent / "scripts"
CLICK = (sys.executable, "-c", "import click")
GATE = (sys.executable, str(SCRIPTS / "readiness_gate.py"))

# What only reads, and asks nobody but processes of this desk.
READS = (
    "--help", "status", "ops", "sla", "feed status", "engine status", "approvals", "alerts list",
    "incident list", "risk limits", "config show", "config validate", "flags list", "model list", "runbook list",
    "runbook show monitor", "drill list", "explain FEED_STALE", "why 1", "logs main",
    "audit show",
)  # fmt: skip
BY_KERNELS = ("feed history", "strategies", "decisions")
"""These load numpy or numba by what they are for."""
ASKS = ("risk show", "session check")
"""These ask the broker over HTTP; at rest they would begin one."""
BASH = ("status_live_stack.sh", "sla_check.py", "ops_summary.py", "feed_health_status.py")


def cases() -> Iterator[Case]:
    with tempfile.TemporaryDirectory(prefix="tarazu-bench-cli-") as folder:
        environ = _environ(Path(folder))
        with _desk(environ):
            yield from _beside_click("the desk runs", [*READS, *ASKS], environ)
            yield from _beside_click("kernels, the desk runs", BY_KERNELS, environ, goal=None)
            yield from _scripts(environ)
            yield _gate(environ)
        yield from _beside_click("at rest", READS, environ)
        yield from _beside_click("kernels, at rest", BY_KERNELS, environ, goal=None)


def _environ(folder: Path) -> dict[str, str]:
    """Of a home and bytecode of its own, so that nothing of the machine's counts."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("TARAZU", "KITE"))}
    kept.pop("PYTHONDONTWRITEBYTECODE", None)
    return kept | {"TARAZU_HOME": str(folder / "home"), "PYTHONPYCACHEPREFIX": str(folder / "bytecode")}


@contextlib.contextmanager
def _desk(environ: Mapping[str, str]) -> Iterator[None]:
    """A whole sim desk that works; taken down again whatever happens."""
    try:
        begun = subprocess.run([*_tarazu("up all")], env=environ, capture_output=True, text=True, check=False)
        if begun.returncode not in (0, 1):
            raise BadBenchmark(f"the desk does not begin: {(begun.stdout or begun.stderr).strip()[-2000:]}")
        yield
    finally:
        subprocess.run(_tarazu("down all"), env=environ, capture_output=True, check=False)


def _beside_click(
    where: str, commands: Sequence[str], environ: Mapping[str, str], goal: float | None = TIMES
) -> Iterator[Case]:
    asked = {f"{command}, {where}": _tarazu(command) for command in commands}
    yield from _least(asked, environ, goal)


def _scripts(environ: Mapping[str, str]) -> Iterator[Case]:
    """The runbook's own names of the same, each with what finds tarazu for it."""
    python = {**environ, "PYTHON": sys.executable}
    asked = {name: ((), (sys.executable,))[name.endswith(".py")] + (str(SCRIPTS / name),) for name in BASH}
    yield from _least(asked, python)


def _least(
    asked: Mapping[str, tuple[str, ...]], environ: Mapping[str, str], goal: float | None = TIMES
) -> Iterator[Case]:
    for words in asked.values():
        _cpu_s(words, environ)  # makes the bytecode
    click_s, ours_s = float("inf"), dict.fromkeys(asked, float("inf"))
    for _ in range(ROUNDS):
        for name, words in asked.items():
            click_s = min(click_s, _cpu_s(CLICK, environ))
            ours_s[name] = min(ours_s[name], _cpu_s(words, environ))
    for name, cpu_s in ours_s.items():
        yield no_dearer("cli", name, ours=cpu_s * 1000, peer=click_s * 1000, unit="ms CPU", goal=goal)


def _gate(environ: Mapping[str, str]) -> Case:
    """The median: the gate waits for other processes, and how long for depends on the second's fraction."""
    walls, cpu_s = [], float("inf")
    for _ in range(1 + ROUNDS):
        began_s = time.perf_counter()
        cpu_s = min(cpu_s, _cpu_s(GATE, environ))
        walls.append(time.perf_counter() - began_s)
    spread = " ".join(f"{wall:.2f}" for wall in sorted(walls[1:]))
    print(json.dumps({"gate": "in-session", "cpu_s": round(cpu_s, 3), "wall_s": spread}), file=sys.stderr)
    return at_most(
        "cli", "the gate, from its process's start", ours=statistics.median(walls[1:]), unit="s", goal=GATE_S
    )


def _tarazu(command: str) -> tuple[str, ...]:
    """As a person types it."""
    console = Path(sys.executable).parent / "tarazu"
    return (*((str(console),) if console.exists() else (sys.executable, "-m", "tarazu")), *command.split())


def _cpu_s(words: tuple[str, ...], environ: Mapping[str, str]) -> float:
    """Of the process and all it has waited for. Raises BadBenchmark for one that broke: its time would be of something
    else."""
    null = subprocess.DEVNULL
    with subprocess.Popen(words, env=environ, stdin=null, stdout=null, stderr=null) as process:
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in (0, 1, 2, 3):
        raise BadBenchmark(f"{' '.join(words)} ended with {process.returncode}")
    return used.ru_utime + used.ru_stime
