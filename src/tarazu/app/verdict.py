"""What every command says: a verdict on line 1, a line for each thing looked at, an exit code; or one JSON object.

DESIGN 11 and OPERATOR 2. The words are the same with and without colour (there is none); times are IST, with the epoch
once, on line 1; every problem carries what was observed, the limit, since when, and a command to run.
"""

from collections.abc import Sequence
from enum import IntEnum, StrEnum
from typing import Any

import msgspec

from tarazu.app.home import Profile
from tarazu.model import ist
from tarazu.model.units import SECOND_NS


class Exit(IntEnum):
    """0-3 of checks are the monitoring plugins' convention; actions use all (OPERATOR 2)."""

    OK = 0
    WARN = 1
    CRIT = 2
    UNKNOWN = 3
    REFUSED = 4
    PARTIAL = 5
    USAGE = 64
    BUG = 70


class Status(StrEnum):
    OK = "ok"
    WARN = "WARN"
    CRIT = "CRIT"
    UNKNOWN = "UNKNOWN"
    SKIP = "skip"
    """Not looked at, and `detail` says why: never the same as ok."""


# What a set of checks amounts to: the worst of them. UNKNOWN is worse than CRIT only in that it is told when nothing
# is known to be broken: a known breach is the more urgent.
_WEIGHT = {Status.SKIP: 0, Status.OK: 0, Status.WARN: 1, Status.UNKNOWN: 2, Status.CRIT: 3}
_EXITS = {Status.OK: Exit.OK, Status.WARN: Exit.WARN, Status.UNKNOWN: Exit.UNKNOWN, Status.CRIT: Exit.CRIT}


class Check(msgspec.Struct, frozen=True, kw_only=True):
    """One thing looked at. Numbers have the unit in `unit`; None where there is no number."""

    id: str
    """Published and never renamed: `feed.options`, `tick_lag_sec`."""
    status: Status
    observed: float | int | str | None = None
    limit: float | int | str | None = None
    unit: str = ""
    since_epoch: float | None = None
    code: str = ""
    """For problems: `FEED_STALE`, `DEPTH_WS_DOWN`."""
    detail: str = ""
    """For people, one line."""
    hint: str = ""
    """A command to run."""


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """One command's answer."""

    command: str
    """`feed.status`: names the schema."""
    word: str
    """The first word of line 1."""
    exit_code: int
    profile: Profile
    now_ns: int
    """Wall, of the profile's clock."""
    summary: str = ""
    """The rest of line 1 before the time."""
    checks: tuple[Check, ...] = ()
    body: tuple[str, ...] = ()
    """Lines between the verdict and the problems."""
    tail: tuple[str, ...] = ()
    """Lines after them."""
    facts: dict[str, Any] = {}
    """Further members of the JSON object, for machines; values msgspec can encode."""

    def text(self) -> str:
        lines = [self.headline, *self.body, *(line for c in self.checks if (line := problem_line(c))), *self.tail]
        return "\n".join([*lines, f"exit {int(self.exit_code)}"])

    @property
    def headline(self) -> str:
        parts = (self.word, self.profile.upper(), self.summary, moment(self.now_ns))
        return "  ".join(part for part in parts if part)

    def json(self) -> str:
        """One object, one line."""
        told = {
            "schema": f"tarazu.{self.command}/1",
            "verdict": self.word,
            "exit_code": int(self.exit_code),
            "mode": str(self.profile).upper(),
            "as_of_epoch": epoch(self.now_ns),
            "as_of_ist": ist.stamp_iso(self.now_ns),
            "summary": self.summary,
            "checks": self.checks,
        }
        return msgspec.json.encode(told | self.facts).decode()

    def show(self, as_json: bool) -> int:
        """Print it, and return the exit code."""
        print(self.json() if as_json else self.text(), flush=True)
        return int(self.exit_code)


def worst(checks: Sequence[Check]) -> Status:
    """OK for none."""
    found = max((c.status for c in checks), key=_WEIGHT.__getitem__, default=Status.OK)
    return Status.OK if found is Status.SKIP else found


def exit_of(status: Status) -> Exit:
    return _EXITS[status]


def problem_line(check: Check) -> str:
    """Empty for what is in order."""
    if check.status in (Status.OK, Status.SKIP):
        return ""
    number = _observed(check)
    since = "" if check.since_epoch is None else f"since {ist.stamp(round(check.since_epoch * SECOND_NS))[11:]}"
    told = "; ".join(part for part in (check.detail, number, since) if part)
    line = f"{check.status:<7} {check.id:<18} {check.code + ': ' if check.code else ''}{told}"
    return f"{line}\n{'':<27}fix  {check.hint}" if check.hint else line


def moment(ts_ns: int) -> str:
    """`Mon 2026-11-23 10:47:31 IST (epoch 1795411051.0)`."""
    return f"{ist.day_of(ts_ns):%a} {ist.stamp(ts_ns)} IST (epoch {epoch(ts_ns):.1f})"


def epoch(ts_ns: int) -> float:
    """Seconds, to the millisecond."""
    return round(ts_ns / SECOND_NS, 3)


def _observed(check: Check) -> str:
    if check.observed is None:
        return ""
    unit = f" {check.unit}" if check.unit else ""
    return f"{check.observed}{unit}" if check.limit is None else f"{check.observed}{unit}, limit {check.limit}{unit}"
