"""`tarazu bench NAME`: a benchmark beside its peer, in one run on one machine.

A benchmark is `benchmarks/NAME.py` in the source checkout, with `cases() -> Iterator[Case]`. Ratios measured in one run
are comparable between machines; the figures themselves are not.
"""

import importlib.metadata
import importlib.util
import os
import platform
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec

BENCHMARKS = Path(__file__).resolve().parents[3] / "benchmarks"  # beside src/ in a checkout, nowhere when installed


class Case(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the output. `goal` bounds `ratio` where there is a peer, `ours` where there is none."""

    bench: str
    case: str
    ours: float
    peer: float | None = None
    ratio: float | None = None
    """How many times better ours is; where the peer is only a measure (`no_dearer`), how many times dearer."""
    unit: str
    goal: float | None = None
    met: bool | None = None
    """None without a goal."""


class BadBenchmark(Exception):
    """There is nothing to run; the message says why."""


def against_peer(bench: str, case: str, *, ours: float, peer: float, unit: str, goal: float | None) -> Case:
    """A case where more is better, measured beside its peer; the goal is the least ratio."""
    ratio = ours / peer
    met = None if goal is None else ratio >= goal
    return Case(bench=bench, case=case, ours=ours, peer=peer, ratio=ratio, unit=unit, goal=goal, met=met)


def at_least(bench: str, case: str, *, ours: float, unit: str, goal: float) -> Case:
    """A case without a peer where more is better (packets/s)."""
    return Case(bench=bench, case=case, ours=ours, unit=unit, goal=goal, met=ours >= goal)


def at_most(bench: str, case: str, *, ours: float, unit: str, goal: float) -> Case:
    """A case without a peer where less is better (seconds)."""
    return Case(bench=bench, case=case, ours=ours, unit=unit, goal=goal, met=ours <= goal)


def no_dearer(bench: str, case: str, *, ours: float, peer: float, unit: str, goal: float | None) -> Case:
    """A case whose peer is the measure of what it may cost (seconds); the goal is the most times the peer's."""
    met = None if goal is None else ours <= goal * peer
    return Case(bench=bench, case=case, ours=ours, peer=peer, ratio=ours / peer, unit=unit, goal=goal, met=met)


def interleaved(
    ours: Callable[[], object], peer: Callable[[], object], rounds: int = 9, least_s: float = 0.02
) -> tuple[float, float]:
    """Seconds of CPU a call of each: the medians of `rounds` turns taken one after the other.

    A turn repeats its call until it lasts about `least_s`. The thread's CPU clock leaves out what other processes
    take, and alternating spreads what is left (clock rate, caches) over both.
    """
    repeats_ours, repeats_peer = _repeats(ours, least_s), _repeats(peer, least_s)
    turns = [(_turn_s(ours, repeats_ours), _turn_s(peer, repeats_peer)) for _ in range(rounds)]
    return statistics.median(t[0] for t in turns), statistics.median(t[1] for t in turns)


def _repeats(call: Callable[[], object], least_s: float) -> int:
    call()  # the first is warm-up
    return max(1, round(least_s / max(_turn_s(call, 3), 1e-9)))


def _turn_s(call: Callable[[], object], repeats: int) -> float:
    start = time.thread_time()
    for _ in range(repeats):
        call()
    return (time.thread_time() - start) / repeats


def machine() -> dict[str, Any]:
    """What the figures were measured on."""
    return {
        "cpu": _cpu_model(),
        "cores": len(os.sched_getaffinity(0)),
        "load_1m": round(os.getloadavg()[0], 2),
        "python": platform.python_version(),
        "numpy": importlib.metadata.version("numpy"),
        "numba": importlib.metadata.version("numba"),
    }


def _cpu_model() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    for line in cpuinfo.read_text().splitlines() if cpuinfo.exists() else ():
        name, _, value = line.partition(":")
        if name.strip() == "model name":
            return value.strip()
    return platform.machine()


def names(folder: Path = BENCHMARKS) -> list[str]:
    """The benchmarks there are; none outside a source checkout."""
    return sorted(p.stem for p in folder.glob("*.py"))


def load(name: str, folder: Path = BENCHMARKS) -> Callable[[], Iterator[Case]]:
    """The cases of one benchmark. Raises BadBenchmark when there is none of that name or its peer is not installed."""
    known = names(folder)
    if not known:
        raise BadBenchmark(f"benchmarks live in the source checkout, and {folder} has none: run from a git clone")
    if name not in known:
        raise BadBenchmark(f"no benchmark {name!r}; there are: {', '.join(known)}")
    spec = importlib.util.spec_from_file_location(f"tarazu_benchmark_{name}", folder / f"{name}.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    if str(folder) not in sys.path:
        sys.path.append(str(folder))  # as for a script: benchmarks share code
    try:
        spec.loader.exec_module(module)
    except ModuleNotFoundError as missing:
        raise BadBenchmark(f"{name} needs {missing.name}, which is not installed: make setup") from missing
    cases: Callable[[], Iterator[Case]] = module.cases
    return cases


def run(name: str, as_json: bool, folder: Path = BENCHMARKS) -> int:
    """Run one benchmark and print the machine, then each case as it is done.

    Returns 0, 1 when a goal is not met, 2 when there is no such benchmark or it lacks what it needs: its peer, a disk;
    what was not measured is then a line of its own, UNKNOWN.
    """
    try:
        cases = load(name, folder)
    except BadBenchmark as bad:
        print(f"tarazu bench: {bad}", file=sys.stderr)
        return 2
    show = _as_json if as_json else _as_text
    print(show(machine()), flush=True)
    missed = 0
    try:
        for case in cases():
            print(show(_figures(case)), flush=True)
            missed += case.met is False
    except BadBenchmark as bad:
        print(show({"bench": name, "verdict": "UNKNOWN", "why": str(bad)}), flush=True)
        return 2
    return 1 if missed else 0


def _figures(case: Case) -> dict[str, Any]:
    """The case as printed: four significant digits, since more would be noise."""
    shown = msgspec.structs.asdict(case)
    return {k: float(f"{v:.4g}") if isinstance(v, float) else v for k, v in shown.items()}


def _as_json(line: dict[str, Any]) -> str:
    return msgspec.json.encode(line).decode()


def _as_text(line: dict[str, Any]) -> str:
    if "case" not in line:
        return "  ".join(f"{k} {v}" for k, v in line.items())
    peer = "" if line["peer"] is None else f"  peer {_number(line['peer'])}  ratio {_number(line['ratio'])}"
    goal = "" if line["goal"] is None else f"  goal {_number(line['goal'])} {'met' if line['met'] else 'NOT MET'}"
    return f"{line['bench']:<10}{line['case']:<40}{_number(line['ours']):>14} {line['unit']}{peer}{goal}"


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 1000 else f"{value:.4g}"
