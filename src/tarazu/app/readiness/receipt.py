"""The receipt of a READY, in the desk's record: what the gate found, for which configuration and build.

A NOT_READY is written down, too, where it is news. It withdraws no receipt from a desk that has begun its day: what
keeps new risk out then is the engine's own business (feeds, halts, limits), and a main that was killed has to come back
to look after what is held. A first start of the day takes the last word (`last_word`).
"""

import hashlib

import msgspec

from tarazu.app.home import Home
from tarazu.app.main.build import build
from tarazu.app.readiness.gate import Readiness
from tarazu.app.verdict import Check
from tarazu.model import ist
from tarazu.runtime.desk_record import BadDeskRecord, DeskEntry, DeskKind, append, stamped

ACT = "verdict"
READY, NOT_READY = "READY", "NOT_READY"


class Receipt(msgspec.Struct, frozen=True, kw_only=True):
    """One whole verdict of the gate as it stands in the record."""

    id: str
    """`rdy-0912-5d1f`: the time of day, IST, and the beginning of a hash of what was found."""
    day: str
    """ISO, IST."""
    ts_ns: int
    """UTC of the profile's clock."""
    phase: str
    verdict: str
    """READY or NOT_READY."""
    may_start: bool
    """`Readiness.may_start`."""
    blockers: tuple[str, ...]
    """`session.token AUTH_LOST`."""
    warnings: tuple[str, ...]
    config_sha256: str
    build: str
    who: str = ""
    seq: int = 0
    """Of its entry in the desk's record of the day."""

    @property
    def ready(self) -> bool:
        return self.verdict == READY


def last_word(home: Home, now_ns: int) -> Receipt | None:
    """The last verdict of the IST day of `now_ns`, READY or not; None: there is none. Raises
    desk_record.BadDeskRecord, OSError."""
    return next(iter(reversed(verdicts(home, now_ns))), None)


def verdicts(home: Home, now_ns: int) -> list[Receipt]:
    """All that were written down on that day, in order. Raises desk_record.BadDeskRecord, OSError."""
    told = stamped(home.desk, ist.day_of(now_ns))
    return [_receipt(one) for one in told if one.kind is DeskKind.READINESS and one.body.get("act") == ACT]


def record_receipt(home: Home, found: Readiness, *, who: str) -> Receipt | None:
    """Write a READY down, and a NOT_READY that says something else than the last word. None where nothing was: of a
    part of the rows, or without news. Raises desk_record.BadDeskRecord, OSError."""
    if not found.whole:
        return None
    receipt = _of(found, who)
    before = last_word(home, found.now_ns)
    if not found.ready and before is not None and not before.ready and _said(before) == _said(receipt):
        return None
    body = {"act": ACT, **msgspec.to_builtins(receipt)}
    entry = append(home.desk, DeskKind.READINESS, body, who=who, now_ns=found.now_ns)
    return _receipt(entry)


def _said(receipt: Receipt) -> tuple[tuple[str, ...], bool]:
    return receipt.blockers, receipt.may_start


def _of(found: Readiness, who: str) -> Receipt:
    digest = hashlib.sha256(msgspec.json.encode((found.now_ns, found.checks))).hexdigest()
    return Receipt(
        id=f"rdy-{ist.stamp(found.now_ns)[11:16].replace(':', '')}-{digest[:4]}",
        day=ist.day_of(found.now_ns).isoformat(),
        ts_ns=found.now_ns,
        phase=found.phase,
        verdict=READY if found.ready else NOT_READY,
        may_start=found.may_start,
        blockers=tuple(_named(check) for check in found.blockers),
        warnings=tuple(_named(check) for check in found.warnings),
        config_sha256=found.config_sha256,
        build=build(),
        who=who,
    )


def _named(check: Check) -> str:
    return f"{check.id} {check.code}".rstrip()


def _receipt(entry: DeskEntry) -> Receipt:
    told = {name: value for name, value in entry.body.items() if name not in ("act", "seq")}
    try:
        return msgspec.convert({**told, "seq": entry.seq}, Receipt)
    except msgspec.ValidationError as bad:
        raise BadDeskRecord(f"entry {entry.seq} by {entry.who} is no verdict of the gate: {bad}") from bad
