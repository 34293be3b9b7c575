"""Which versions of a family were active, one after the other: as the desk's record tells it, and nothing else.

    {"family": "xgb", "act": "promote", "from": "a91c...", "to": "77e0...", "why": "...", ...}

A trail is walked as a browser's history is: `previous` and `next` go along it, a promotion cuts off what was ahead.
"""

from collections.abc import Iterable
from enum import StrEnum
from pathlib import Path

import msgspec

from tarazu.runtime.desk_record import DeskEntry, DeskKind, dated


class Act(StrEnum):
    """Of entries; never renamed."""

    REGISTER = "register"
    PROMOTE = "promote"
    BACK = "back"
    FORWARD = "forward"
    NONE = "none"
    """No version is active any more."""


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """One entry of the record."""

    ts_ns: int
    who: str
    act: Act
    was: str
    """SHA-256; empty: none was active."""
    now: str
    why: str
    waived: tuple[str, ...] = ()
    """Gates that a person has waived."""


class Trail(msgspec.Struct, frozen=True, kw_only=True):
    steps: tuple[str, ...] = ()
    """SHA-256 of each, the oldest first."""
    at: int = -1
    """Where in it one stands."""
    is_off: bool = True
    """None is active, whatever was."""

    @property
    def active(self) -> str:
        """Empty: none."""
        return "" if self.is_off else self.steps[self.at]

    @property
    def previous(self) -> str:
        """Where `previous` leads; empty: there was none before. From none, back to what was last active."""
        if self.is_off:
            return self.steps[self.at] if self.steps else ""
        return self.steps[self.at - 1] if self.at > 0 else ""

    @property
    def next(self) -> str:
        """Where `next` leads; empty: nothing lies ahead."""
        return self.steps[self.at + 1] if not self.is_off and self.at + 1 < len(self.steps) else ""

    def promoted(self, sha256: str) -> "Trail":
        if self.steps and self.steps[self.at] == sha256:  # from none, to what was last active
            return Trail(steps=self.steps, at=self.at, is_off=False)
        return Trail(steps=(*self.steps[: self.at + 1], sha256), at=self.at + 1, is_off=False)

    def moved(self, sha256: str, act: Act) -> "Trail":
        """To the nearest place of it that lies BACK or FORWARD, or else anywhere; one from elsewhere is taken as
        promoted."""
        places = [n for n, one in enumerate(self.steps) if one == sha256]
        if not places:
            return self.promoted(sha256)
        here = self.at + 1 if self.is_off else self.at
        ahead = [n for n in places if (n > here if act is Act.FORWARD else n < here)]
        return Trail(steps=self.steps, at=min(ahead or places, key=lambda n: abs(n - here)), is_off=False)

    def off(self) -> "Trail":
        return Trail(steps=self.steps, at=self.at, is_off=True)


def changes(desk: Path, family: str) -> list[Change]:
    """The oldest first, and registrations among them. Raises BadDeskRecord, OSError."""
    return [_change(entry) for _, entry in dated(desk) if _is_of(entry, family)]


def trail(changes: Iterable[Change]) -> Trail:
    found = Trail()
    for change in changes:
        match change.act:
            case Act.PROMOTE:
                found = found.promoted(change.now)
            case Act.BACK | Act.FORWARD:
                found = found.moved(change.now, change.act)
            case Act.NONE:
                found = found.off()
            case Act.REGISTER:
                continue
    return found


def body(family: str, act: Act, was: str, now: str, why: str, **more: object) -> dict[str, object]:
    """Of an entry."""
    return {"family": family, "act": act, "from": was, "to": now, "why": why, **more}


def _is_of(entry: DeskEntry, family: str) -> bool:
    return entry.kind is DeskKind.MODEL and entry.body.get("family") == family and entry.body.get("act") in set(Act)


def _change(entry: DeskEntry) -> Change:
    told = entry.body
    return Change(
        ts_ns=entry.ts_ns,
        who=entry.who,
        act=Act(told["act"]),
        was=str(told.get("from", "")),
        now=str(told.get("to", "")),
        why=str(told.get("why", "")),
        waived=tuple(str(name) for name in told.get("waived", ())),
    )
