"""What main says of itself: one file, replaced whole `every_ns`, read by every command that asks about the engine.

Times as in `app.health`. Nothing here needs numpy.
"""

from enum import StrEnum
from pathlib import Path

import msgspec

from tarazu.app.health import ProcessHealth, read_as
from tarazu.app.main.flags_health import FlagsPage
from tarazu.app.main.guards_health import GuardsPage
from tarazu.app.main.models_health import ModelsPage
from tarazu.app.main.portfolio_health import PortfolioPage
from tarazu.app.main.risk_health import RiskPage
from tarazu.app.main.timings_health import TimingsPage
from tarazu.engine.halts import Halt
from tarazu.engine.phase import Phase

DISK = "disk"


class Stage(StrEnum):
    """What the process is doing, in the order of a start. What the engine may do is its phase."""

    STARTING = "STARTING"
    NO_TOKEN = "NO_TOKEN"
    """No access token, or one the broker refuses, and today's master is not kept yet: waits for another."""
    NO_BROKER = "NO_BROKER"
    """REST does not answer, and today's master is not kept yet: tries again."""
    NO_MASTER = "NO_MASTER"
    """The broker's instrument master cannot be used: tries again."""
    RECOVERING = "RECOVERING"
    """The day's journal is verified and taken again."""
    RUNNING = "RUNNING"
    """The engine takes messages."""
    STOPPING = "STOPPING"
    FAILED = "FAILED"
    """The process has ended, or is about to: `detail` says why."""


class PlaceHealth(msgspec.Struct, frozen=True, kw_only=True):
    """A place with a position or with orders that may still fill, units."""

    key: str
    product: str
    qty: int
    """As far as fills are known."""
    lowest: int
    highest: int
    """The least and the most it may become by what works, is unknown or cools."""
    leaving: str = ""
    """Why it is being left; empty when it is not."""


class OrderCounts(msgspec.Struct, frozen=True, kw_only=True):
    today: int
    """All there are, other people's in the account too."""
    working: int
    unknown: int
    """Sent, or perhaps, and without an answer that could be believed; what is just in flight too."""
    foreign: int
    stops: int
    """Protective stops that rest."""
    sent: int
    """Requests given to the wire by this process."""
    pending: int
    """Of them, those that are not answered."""


class ReadHealth(msgspec.Struct, frozen=True, kw_only=True):
    what: str
    age_ns: int | None
    """Since the last read that succeeded began; None: none did since the start."""
    failing: str = ""
    """Why the last one failed; empty when it did not."""


class FeedMark(msgspec.Struct, frozen=True, kw_only=True):
    """A feed as the engine was last told of it."""

    feed: str
    fresh: bool
    required: bool
    reason: str = ""


class JournalHealth(msgspec.Struct, frozen=True, kw_only=True):
    sequence: int
    """The last entry's."""
    acknowledged: int
    """The last that is as durable as the mode promises."""
    mode: str
    space: str
    dead: str | None
    syncs: int


class MarketHealth(msgspec.Struct, frozen=True, kw_only=True):
    instruments: int
    """Followed."""
    sequence: int
    """The last feed-log frame that is in the market."""
    age_ns: int | None
    """Since it was received, by the monotonic clock; None before the first."""
    caught_up: bool
    damages: int
    """Places of the log that could not be read, and were passed over."""
    bands: int
    """Instruments whose price band is known."""


class MainHealth(ProcessHealth, frozen=True, kw_only=True):
    schema: str = "tarazu.main_health/1"
    version: str
    stage: Stage
    detail: str
    """Why the stage is not RUNNING, for people; empty when it is."""
    day: str
    """ISO, IST; empty before there is one."""
    epoch: int
    phase: Phase | None
    """None while no engine runs."""
    why: str
    """Why the phase is not ACTIVE, as it is now."""
    halt: Halt | None
    stopping: bool
    entries_off: str
    flattening: str
    positions: tuple[PlaceHealth, ...]
    orders: OrderCounts | None
    reads: tuple[ReadHealth, ...]
    feeds: tuple[FeedMark, ...]
    trouble: dict[str, str]
    breaks: tuple[str, ...]
    """What the last comparison with the broker's books found."""
    alerts: tuple[str, ...]
    """The last of this process, the latest last."""
    strategies: tuple[str, ...]
    spreads: int
    journal: JournalHealth | None
    market: MarketHealth | None
    clock_offset_ns: int | None
    """The broker's clock minus ours; None while it is not known."""
    clock_uncertainty_ns: int | None
    ticked_mono_ns: int | None
    """When the engine last took its once-a-second message; None before."""
    loop_lag_ns: int
    """The event loop's worst lateness of the last seconds."""
    rss_bytes: int
    fds: int
    guards: GuardsPage = GuardsPage()
    """Approvals and the pilot."""
    flags: FlagsPage | None = None
    """The version that the engine keeps to; None while there is no engine."""
    risk: RiskPage = RiskPage()
    portfolio: PortfolioPage = PortfolioPage()
    timings: TimingsPage = TimingsPage()
    models: ModelsPage = ModelsPage()
    failed_of: str = ""
    """Of a stage FAILED: DISK where it is the disk's doing; else empty."""


def read_main_health(path: Path) -> MainHealth | None:
    """None when there is none. Raises BadHealth, OSError."""
    return read_as(MainHealth, path)
