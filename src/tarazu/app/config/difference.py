"""`tarazu config diff`: what differs from the defaults, or from what runs."""

import time
from collections.abc import Sequence

import msgspec

from tarazu.app.config.running import running_settings
from tarazu.app.config.show import fact, origin_told
from tarazu.app.config.values import Value, at, shown
from tarazu.app.home import Home
from tarazu.app.verdict import Check, Exit, Status, Verdict, exit_of, worst

SECTIONS = {
    "main": ("feed", "engine", "paper"),
    "depth_ws": ("feed",),
    "watchdog": ("watchdog", "alerts", "metrics", "engine", "ship"),
}
"""What each process reads at its start."""


def diff_of_defaults(home: Home, found: Sequence[Value]) -> Verdict:
    other = [value for value in found if not value.is_default]
    return Verdict(
        command="config.diff",
        word="OK",
        exit_code=Exit.OK,
        profile=home.profile,
        now_ns=time.time_ns(),
        summary=f"{len(other)} of {len(found)} settings differ from their defaults",
        body=tuple(f"{v.field.key:<32} {shown(v.default)} -> {shown(v.value)}  {origin_told(v)}" for v in other),
        facts={"against": "defaults", "differences": [fact(value) for value in other]},
    )


def diff_of_running(home: Home, found: Sequence[Value]) -> Verdict:
    """Against each process that runs: what its next start would change. The environment is that of this command, and
    of a start from here."""
    checks, told = [], []
    for name, sections in SECTIONS.items():
        running = running_settings(home, name)
        if running is None:
            checks.append(Check(id=f"config.{name}", status=Status.SKIP, detail="does not run, or left no word of it"))
            continue
        other = [v for v in found if v.field.path[0] in sections and _runs_by(running.settings, v) != v.value]
        told += [(name, v, _runs_by(running.settings, v)) for v in other]
        checks.append(_check(name, len(other)))
    runs = any(check.status is not Status.SKIP for check in checks)
    status = worst(checks) if runs else Status.UNKNOWN
    return Verdict(
        command="config.diff",
        word=status.name,
        exit_code=exit_of(status) if runs else Exit.UNKNOWN,
        profile=home.profile,
        now_ns=time.time_ns(),
        summary=f"{len(told)} settings differ from what runs" if runs else "nothing runs that could be compared with",
        checks=tuple(checks),
        body=tuple(
            f"{name:<9} {v.field.key:<32} runs by {shown(was)}, is now {shown(v.value)}" for name, v, was in told
        ),
        facts={
            "against": "running",
            "differences": [fact(v) | {"process": name, "runs_by": was} for name, v, was in told],
        },
    )


def _runs_by(settings: dict[str, object], value: Value) -> object:
    return at(settings, value.field.path)


def _check(name: str, count: int) -> Check:
    check = Check(id=f"config.{name}", status=Status.OK, observed=count)
    if not count:
        return check
    told = "it was started with other settings, and keeps them"
    return msgspec.structs.replace(
        check, status=Status.WARN, code="SETTINGS_CHANGED", detail=told, hint=f"tarazu restart {name}"
    )
