"""May we trade today? Every row is looked at, none is believed: what cannot be told is NOT_READY.

Two phases. *Pre-open* is all that can be known before the processes run, at T-30 and on the first boot of a clean
machine; *in-session* adds the processes and the feed. The gate halts nothing and changes nothing of the desk's state:
it fetches the day's instrument master where none is kept, as depth_ws would, and takes its trial writes away again.
"""

import os
from collections.abc import Mapping, Sequence
from enum import StrEnum

import msgspec

from tarazu.app.home import Home, Profile
from tarazu.app.readiness.fingerprint import config_sha256
from tarazu.app.verdict import Check, Status


class GatePhase(StrEnum):
    PRE_OPEN = "pre-open"
    IN_SESSION = "in-session"


class NoSuchRow(LookupError):
    """`only` names none of the gate's rows; the message says which there are."""


HALT_ROW = "risk"
CLOCK_ROW = "clock.skew"
"""What keeps a desk from READY and, known, does not keep main from starting: it starts halted, as the journal says."""
HALT_CODES = frozenset({"HALT_OPEN", "HALT_UNANSWERED"})
"""What a halt leaves behind beside itself: its incident, which is open until somebody has looked, and its alert."""


class Readiness(msgspec.Struct, frozen=True, kw_only=True):
    """What the gate found. `CRIT` of a check is a blocker; so is `UNKNOWN`."""

    profile: Profile
    phase: GatePhase
    now_ns: int
    """UTC of the profile's clock."""
    checks: tuple[Check, ...]
    strict: bool = False
    """A warning is in the way, too."""
    whole: bool = True
    """Whether every row of the phase was looked at; a part alone is never worth a receipt."""
    config_sha256: str = ""
    """Of what main trades by (`app.readiness.fingerprint`); empty where the settings do not read."""
    took_s: float = 0.0

    @property
    def blockers(self) -> tuple[Check, ...]:
        return tuple(c for c in self.checks if c.status in (Status.CRIT, Status.UNKNOWN))

    @property
    def warnings(self) -> tuple[Check, ...]:
        return tuple(c for c in self.checks if c.status is Status.WARN)

    @property
    def ready(self) -> bool:
        return not self.blockers and not (self.strict and self.warnings)

    @property
    def may_start(self) -> bool:
        """Ready, or kept from it by nothing but a halt: the engine starts halted then, and a person can look and reset
        it, which takes a running main."""
        halted = any(c.id == HALT_ROW and c.status is Status.CRIT for c in self.blockers)
        of_the_halt = all(c.status is Status.CRIT and (c.id == HALT_ROW or c.code in HALT_CODES) for c in self.blockers)
        return self.ready or (halted and of_the_halt and not (self.strict and self.warnings))


def readiness(
    home: Home,
    phase: GatePhase | None = None,
    now_ns: int | None = None,
    *,
    only: Sequence[str] = (),
    strict: bool = False,
    environ: Mapping[str, str] = os.environ,
) -> Readiness:
    """`phase` None: in-session where the market trades and a main of this home is up, else pre-open. `now_ns`: UTC of
    the profile's clock; None: it is asked. `only`: these rows, or groups of them (`session`); raises NoSuchRow. Raises
    nothing for what is broken: that is a row."""
    import time

    from tarazu.app.readiness.look import Look

    began_s = time.monotonic()
    look = Look(home, environ, now_ns)
    if not only or {CLOCK_ROW, CLOCK_ROW.partition(".")[0]} & set(only):
        look.ask_clock_meanwhile()
    from tarazu.app.readiness.rows.table import ROWS, looked  # as long as the broker's clock is asked

    known = {row.id for row in ROWS} | {row.id.partition(".")[0] for row in ROWS}
    if odd := [name for name in only if name not in known]:
        raise NoSuchRow(f"no row {', '.join(odd)}; there are: {', '.join(row.id for row in ROWS)}")
    chosen = phase or phase_of(look.market_open, look.is_up)
    in_phase = [row for row in ROWS if chosen is GatePhase.IN_SESSION or not row.in_session]
    asked = [row for row in in_phase if not only or {row.id, row.id.partition(".")[0]} & set(only)]
    checks = [check for row in asked for check in looked(look, row)]
    if chosen is GatePhase.PRE_OPEN and not only:
        why = (
            "market open, main is not up: looked at once it is"
            if look.market_open
            else "market CLOSED: enforced from the open"
        )
        checks += [Check(id=row.id, status=Status.SKIP, detail=why) for row in ROWS if row.in_session]
    return Readiness(
        profile=home.profile,
        phase=chosen,
        now_ns=look.now_ns,
        checks=tuple(checks),
        strict=strict,
        whole=not only,
        config_sha256="" if isinstance(look.settings, str) else config_sha256(look.settings),
        took_s=round(time.monotonic() - began_s, 1),
    )


def phase_of(market_open: bool, is_up: bool) -> GatePhase:
    """Processes that were never begun are no fault of a gate that is asked before they are."""
    return GatePhase.IN_SESSION if market_open and is_up else GatePhase.PRE_OPEN
