"""What every command says: a verdict on line 1, a line for each thing looked at, an exit code; or one JSON object.

DESIGN 11 and OPERATOR 2. The words are the same with and without colour (there is none); times are IST, with the epoch
once, on line 1; every problem carries what was observed, the limit, since when, and a command to run. Text comes from
files and sockets too: control characters in it are shown, not obeyed, so that nothing can forge a line of a verdict.
"""

import itertools
from collections.abc import Mapping, Sequence
from enum import IntEnum, StrEnum
from typing import Any

import msgspec

from tarazu.app.home import Home, Profile
from tarazu.app.redaction import conceal
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

    def broken(
        self, status: Status, code: str, detail: str, hint: str = "", since_epoch: float | None = None
    ) -> "Check":
        """The same observation as a problem."""
        return msgspec.structs.replace(
            self, status=status, code=code, detail=detail, hint=hint, since_epoch=since_epoch
        )


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """One command's answer."""

    command: str
    """`feed.status`: names the schema."""
    word: str
    """The first word of line 1."""
    exit_code: int
    profile: Profile
    now_ns: int
    """Wall, of the profile's clock: when what is told was so."""
    age_ns: int | None = None
    """How old that is; None for what was looked at just now."""
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
        lines = [self.headline, *self.body, *problem_lines(self.checks, self.now_ns), *skip_lines(self.checks)]
        return "\n".join([*lines, *self.tail, f"exit {int(self.exit_code)}"])

    @property
    def headline(self) -> str:
        age = "" if self.age_ns is None else f"as of {max(self.age_ns, 0) / SECOND_NS:.1f} s ago"
        parts = (self.word, self.profile.upper(), plain(self.summary), moment(self.now_ns), age)
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
        if self.age_ns is not None:
            told["age_sec"] = epoch(self.age_ns)
        assert not told.keys() & self.facts.keys(), "facts are further members, they replace none"
        return msgspec.json.encode(told | self.facts).decode()

    def show(self, as_json: bool) -> int:
        """Print it, without any secret that this process has read, and return the exit code."""
        print(conceal(self.json() if as_json else self.text()), flush=True)
        return int(self.exit_code)


def answer(
    command: str,
    word: str,
    exit_code: Exit,
    home: Home,
    now_ns: int,
    summary: str,
    checks: Sequence[Check] = (),
    body: Sequence[str] = (),
    tail: Sequence[str] = (),
    facts: Mapping[str, Any] | None = None,
) -> Verdict:
    """A command's verdict on this home, its parts in the order in which they are read."""
    return Verdict(
        command=command,
        word=word,
        exit_code=exit_code,
        profile=home.profile,
        now_ns=now_ns,
        summary=summary,
        checks=tuple(checks),
        body=tuple(body),
        tail=tuple(tail),
        facts=dict(facts or {}),
    )


def worst(checks: Sequence[Check]) -> Status:
    """OK for none."""
    found = max((c.status for c in checks), key=_WEIGHT.__getitem__, default=Status.OK)
    return Status.OK if found is Status.SKIP else found


def exit_of(status: Status) -> Exit:
    return _EXITS[status]


def problem_lines(checks: Sequence[Check], now_ns: int) -> list[str]:
    """The worst first; a command that helps several in a row is told once, behind the last of them."""
    wrong = [c for c in checks if c.status not in (Status.OK, Status.SKIP)]
    wrong.sort(key=lambda c: _WEIGHT[c.status], reverse=True)
    lines: list[str] = []
    for hint, alike in itertools.groupby(wrong, key=lambda c: c.hint):
        lines += [problem_line(c, now_ns) for c in alike]
        lines += [f"{'':<{_LABEL}}fix  {plain(hint)}"] if hint else []
    return lines


def problem_line(check: Check, now_ns: int) -> str:
    """What is wrong, without the way out."""
    told = "; ".join(part for part in (plain(check.detail), _observed(check), _since(check, now_ns)) if part)
    return f"{_label(check)}{check.code + ': ' if check.code else ''}{told}"


def skip_lines(checks: Sequence[Check]) -> list[str]:
    """What was not looked at, a line for each reason."""
    names: dict[str, list[str]] = {}
    for check in checks:
        if check.status is Status.SKIP:
            names.setdefault(check.detail, []).append(check.id)
    return [f"{Status.SKIP:<{_STATUS}}{', '.join(ids):<{_ID - 1}} {plain(detail)}" for detail, ids in names.items()]


def plain(text: str) -> str:
    """On one line: what does not print is escaped."""
    return text if text.isprintable() else "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)


def moment(ts_ns: int) -> str:
    """`Mon 2026-11-23 10:47:31 IST (epoch 1795411051.0)`."""
    return f"{ist.day_of(ts_ns):%a} {ist.stamp(ts_ns)} IST (epoch {epoch(ts_ns):.1f})"


def epoch(ts_ns: int) -> float:
    """Seconds, to the millisecond."""
    return round(ts_ns / SECOND_NS, 3)


_STATUS, _ID = 8, 19
_LABEL = _STATUS + _ID


def _label(check: Check) -> str:
    """A longer id pushes its text to the right rather than run into it."""
    return f"{check.status:<{_STATUS}}{check.id:<{_ID - 1}} "


def _observed(check: Check) -> str:
    if check.observed is None:
        return ""
    unit = f" {check.unit}" if check.unit else ""
    limit = "" if check.limit is None else f", limit {_number(check.limit)}{unit}"
    return f"{_number(check.observed)}{unit}{limit}"


def _since(check: Check, now_ns: int) -> str:
    if check.since_epoch is None:
        return ""
    since_ns = round(check.since_epoch * SECOND_NS)
    today = ist.day_of(since_ns) == ist.day_of(now_ns)
    return f"since {ist.stamp(since_ns)[11 if today else 0 :]}"


def _number(value: float | int | str) -> str:
    """To three decimals, without those that say nothing."""
    if isinstance(value, str):
        return plain(value)
    return f"{value:,}" if isinstance(value, int) else f"{value:,.3f}".rstrip("0").rstrip(".")
