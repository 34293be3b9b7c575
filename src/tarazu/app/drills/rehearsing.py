"""A drill from its fresh home to its verdict."""

import importlib
import time
from collections.abc import Callable
from pathlib import Path

import msgspec

from tarazu.app.broker_address import NoAddress
from tarazu.app.drills.drill import Drill
from tarazu.app.drills.place import drill_home
from tarazu.app.drills.rehearsal import NotSeen, Rehearsal
from tarazu.app.supervision.link import SupervisorRefused
from tarazu.app.verdict import Check, Status


class Rehearsed(msgspec.Struct, frozen=True, kw_only=True):
    drill: Drill
    passed: bool
    why: str
    """What was not seen; empty where all was."""
    checks: tuple[Check, ...]
    took_s: float
    folder: str
    """What is kept of it; empty when nothing is."""


def rehearse(drill: Drill, tell: Callable[[str], None], *, parent: Path | None = None, keep: bool = False) -> Rehearsed:
    """Real processes in a home of their own; none of them is left when this returns, however it ends."""
    story: Callable[[Rehearsal], None] = getattr(importlib.import_module(drill.module), drill.function)
    began = time.monotonic()
    with drill_home(parent, keep) as home:
        rehearsal = Rehearsal(home, tell)
        why = ""
        try:
            rehearsal.begin()
            story(rehearsal)
        except (NotSeen, NoAddress, OSError, SupervisorRefused) as missed:
            # OSError: the broker away, main or the supervisor silent, a process gone before its signal, a disk.
            why = str(missed) if isinstance(missed, NotSeen) else f"{type(missed).__name__}: {missed}"
            _told_once(rehearsal.checks, drill, why)
        return Rehearsed(
            drill=drill,
            passed=not why,
            why=why,
            checks=tuple(rehearsal.checks),
            took_s=time.monotonic() - began,
            folder=str(home.root) if keep else "",
        )


def _told_once(checks: list[Check], drill: Drill, why: str) -> None:
    if not any(check.status is Status.CRIT for check in checks):
        checks.append(Check(id=drill.name, status=Status.CRIT, code="NOT_SEEN", detail=why))
