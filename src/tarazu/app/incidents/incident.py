"""An incident, and what may be said of one."""

from enum import StrEnum

import msgspec

from tarazu.app.alerts.alert import Severity


class Act(StrEnum):
    """In the desk's record; never renamed."""

    OPEN = "open"
    NOTE = "note"
    ACK = "ack"
    CLOSE = "close"
    BUNDLE = "bundle"
    """A bundle was made."""


class Said(msgspec.Struct, frozen=True, kw_only=True):
    """One line of an incident's timeline."""

    ts_ns: int
    act: Act
    who: str
    text: str


class Incident(msgspec.Struct, frozen=True, kw_only=True):
    """Folded from the desk's record. Times are UTC ns of the profile's clock."""

    id: str
    """`INC-20261123-02`: the second of its IST day."""
    severity: Severity
    code: str
    """What it was opened for: `FEED_STALE`."""
    detail: str
    opened_ns: int
    opened_by: str
    runbook: str = ""
    """What to do: `sev2-feed-stale`."""
    acked_by: str = ""
    acked_ns: int = 0
    closed_ns: int = 0
    """0: it is open."""
    closed_by: str = ""
    closed_why: str = ""
    timeline: tuple[Said, ...] = ()

    @property
    def is_open(self) -> bool:
        return not self.closed_ns
