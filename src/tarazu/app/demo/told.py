"""What a demo tells: while it goes on, to whoever looks on; and afterwards, whole, to its report (`demo.json`).

Seconds (`_s`) are real ones since the demo began; `_ns` are UTC of the market's own clock; money is paise.
"""

from enum import StrEnum
from typing import Protocol

import msgspec

from tarazu.app.runbook.runs.judging import How
from tarazu.app.verdict import Check, Status


class Chapter(StrEnum):
    """Of the day, in its order."""

    PRE_OPEN = "pre-open"
    START = "start"
    MONITOR = "monitor"
    INCIDENT = "incident"
    CLOSE = "close"
    ROLLBACK = "rollback"
    PROOF = "proof"


class StepTold(msgspec.Struct, frozen=True, kw_only=True):
    """One command of the day, or what a person did."""

    chapter: Chapter
    runbook: str
    """`pre-open`, `sev2-feed-stale`; empty for a command of the demo's own."""
    step: str
    command: str
    """Literally as the document has it."""
    expected: str
    """In words: `exit 0, line 1 begins with READY`."""
    began_s: float
    began_ns: int
    how: How | None = None
    """None while it goes on."""
    took_s: float = 0.0
    exit: int | None = None
    first_line: str = ""
    missed: tuple[str, ...] = ()


class Kind(StrEnum):
    """Of what happens."""

    ORDER = "order"
    FILL = "fill"
    DECISION = "decision"
    DENIED = "denied"
    FAULT = "fault"
    """What the demo breaks, and that it has stopped."""
    FEED = "feed"
    """FEED_STALE, FEED_RECOVER and their like."""
    PROCESS = "process"
    RISK = "risk"
    INCIDENT = "incident"
    DESK = "desk"


class Happened(msgspec.Struct, frozen=True, kw_only=True):
    at_s: float
    market_ns: int
    kind: Kind
    status: Status
    text: str
    """One line."""


class ProcessSeen(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    state: str
    pid: int | None
    restarts: int
    doing: str


class Sample(msgspec.Struct, frozen=True, kw_only=True):
    """One look at market and desk, several a second. None: not known at that moment."""

    at_s: float
    market_ns: int
    market: str
    """`market OPEN, closes 09:01:40 (41 s)`."""
    spot_paise: int | None = None
    """NIFTY 50."""
    future_paise: int | None = None
    day_pnl_paise: int | None = None
    """The engine's mark, charges in it."""
    phase: str = ""
    risk: str = ""
    feed: str = ""
    """FRESH, STALE ...: the worst of the required feeds; empty while nobody judges."""
    tick_lag_ns: int | None = None
    tick_limit_ns: int | None = None
    packets_per_s: float = 0.0
    positions: dict[str, int] = {}
    """Units by instrument key, as main has them."""
    working: int | None = None
    orders: int | None = None
    processes: tuple[ProcessSeen, ...] = ()
    used: dict[str, int] = {}
    """Per cent of each limit."""
    incidents_open: int | None = None


class FillTold(msgspec.Struct, frozen=True, kw_only=True):
    """One execution, of the journal."""

    market_ns: int
    key: str
    side: str
    qty: int
    price_paise: int
    order_id: str
    strategy: str
    """Empty for one that is nobody's."""


class Books(msgspec.Struct, frozen=True, kw_only=True):
    """The day's end by one side's own account of it: the broker's (asked over REST, trade by trade), or ours."""

    orders: int
    trades: int
    units_bought: int
    units_sold: int
    gross_paise: int
    """Sales less purchases, of all trades; with nothing left open the result before charges."""
    charges_paise: int
    net_paise: int
    open_positions: dict[str, int] = {}


class DemoTold(msgspec.Struct, kw_only=True):
    seed: int
    scenario: str
    incident: str
    """Of `app.demo.incidents`; `none`."""
    speed: float
    day: str
    """`YYYY-MM-DD` of the market."""
    home: str
    """TARAZU_HOME of the desk that it leaves."""
    version: str
    began_epoch: float
    took_s: float = 0.0
    first_tick_s: float | None = None
    """The first recorded frame; None: there was none."""
    first_fill_s: float | None = None
    opens_ns: int = 0
    closes_ns: int = 0
    steps: list[StepTold] = []
    samples: list[Sample] = []
    happened: list[Happened] = []
    fills: list[FillTold] = []
    broker: Books | None = None
    ours: Books | None = None
    proofs: list[Check] = []
    """Each step's expectation, every invariant that was looked at, and that the books balance."""
    files: dict[str, str] = {}
    """Of the close and of the incident, by what they are, relative to the demo's folder."""
    next: list[tuple[str, str]] = []
    """Five things to try: a command, and what it shows."""

    @property
    def status(self) -> Status:
        """OK only where nothing missed: a warning that a step expects (exit 1) is none. UNKNOWN: nothing was proven."""
        if not self.proofs:
            return Status.UNKNOWN
        return Status.CRIT if any(check.status is not Status.OK for check in self.proofs) else Status.OK


class Onlooker(Protocol):
    """Who watches while it goes on: the live view, or plain lines. Called from one thread, and to return soon."""

    def began(self, told: DemoTold) -> None:
        """The same object grows until `ended`."""

    def step_began(self, step: StepTold) -> None: ...

    def said(self, line: str) -> None:
        """A line that the step's command printed."""

    def step_ended(self, step: StepTold) -> None: ...

    def happened(self, what: Happened) -> None: ...

    def sampled(self, sample: Sample) -> None: ...

    def ended(self) -> None:
        """The day is over, or it was broken off: leave the terminal as it was."""
