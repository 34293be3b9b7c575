"""What the engine is told. Every message is stamped by the shell, journalled, and enough to do it all again.

Market data comes by reference: `MarketMoved` names the last frame of the feed log that is in the market by then.
"""

from enum import StrEnum

import msgspec

from tarazu.engine.config import EngineConfig
from tarazu.engine.halts import Halt
from tarazu.model.calendar import TradingSession
from tarazu.model.execution import Fill
from tarazu.orders.report import Answer, OrderReport
from tarazu.portfolio.breaks import BrokerPosition
from tarazu.risk.flags import Flags
from tarazu.strategy.wants import Want


class _In(msgspec.Struct, frozen=True, kw_only=True, tag=True, omit_defaults=True):
    pass


# Of the process.


class Started(_In, frozen=True):
    """A process began on this journal: the first message of every epoch."""

    day: str
    """ISO date, IST."""
    epoch: int
    profile: str
    build: str
    """Version and source hash: a replay by another build may differ, and says so."""
    config: EngineConfig
    master_sha256: str = ""
    """The day's instrument master, by which symbols, lots and ticks are known."""
    freeze: dict[str, int] = {}
    """The largest quantity of one order in an underlying's contracts, units by its name: no master tells it."""
    watch: tuple[int, ...] = ()
    """Instrument tokens whose market this process follows; a replay follows the same."""
    boot: str = ""
    """The machine's boot, and..."""
    mono_ns: int = 0
    """...its CLOCK_MONOTONIC at the start: the next process of this boot carries the steady time on by it."""
    halt: Halt | None = None
    """A halt carried over from the day before: midnight resets nothing."""
    session: TradingSession | None = None
    """The day's timetable; None: not told, or no trading, and nothing is entered."""
    strategy_halts: dict[str, Halt] = {}
    """Halts of strategies that are carried over likewise, by name."""
    entries_off: str = ""
    """Who had switched entries off the day before, and why."""
    flags: Flags = Flags()
    """Those of the day before, kept to until others are told: midnight switches nothing on."""
    models: dict[str, str] = {}
    """The models that strategies begin with: SHA-256 by name. Their bytes are in the registry, by it."""


class Ticked(_In, frozen=True):
    """A second has passed."""

    skewed: bool | None = False
    """Whether our clock is certainly more than the limit off the broker's; None: not known yet, which is no yes."""


class ModelsSet(_In, frozen=True):
    """Other models are active from here on. A model's bytes are found by its hash, whatever is active by then."""

    active: dict[str, str]
    """SHA-256 by name, of all that are active."""


class Stopping(_In, frozen=True):
    """The process was asked to end."""


class RecordTrouble(_In, frozen=True):
    """The journal's disk runs full, or the database cannot be written; `ok` when it is over."""

    of: str
    """`DISK`, `DATABASE`."""
    ok: bool
    text: str = ""


class DeskNoted(_In, frozen=True):
    """How far the desk's record was read: what stands in it up to here cannot be changed unseen any more, for the
    journal is signed. What was asked in it was told before, each as a message of its own."""

    day: str
    """ISO date of the record's file, IST."""
    seq: int
    hash: str
    """SHA-256 of that entry's line, hexadecimal."""


class FlagsSet(_In, frozen=True):
    """Another version of the desk's flags is active: from here on it is kept to (`engine.flags`)."""

    flags: Flags


# Of the market.


class MarketMoved(_In, frozen=True):
    sequence: int
    """Of the last feed-log frame that is in the market now."""
    wall_ns: int = 0
    """When that frame was received."""


class FeedMoved(_In, frozen=True):
    """FEED_STALE, FEED_RECOVER, or the feed's process gone and back."""

    feed: str
    fresh: bool
    required: bool
    reason: str = ""


# Of the broker.


class OrderHeard(_In, frozen=True):
    """An order update of the ticker, or a postback: a hint."""

    report: OrderReport


class Call(StrEnum):
    PLACE = "PLACE"
    MODIFY = "MODIFY"
    CANCEL = "CANCEL"


class Answered(_In, frozen=True):
    """How a request about an order ended."""

    call: Call
    ref: str
    answer: Answer


class OrdersRead(_In, frozen=True):
    """`GET /orders`, asked at `started_ns` of the engine's time: what is new in it (`reads.order_news`)."""

    started_ns: int
    reports: tuple[OrderReport, ...]
    """Rows that are new or another than in the read of `base_ns`."""
    gone: tuple[str, ...] = ()
    """Order ids that the read of `base_ns` had and this one has not."""
    base_ns: int = 0
    """`started_ns` of the read this one is told against; 0: `reports` is all there is."""
    whole: bool = True


class TradesRead(_In, frozen=True):
    """`GET /trades` of the day, without what the read of `base_ns` told."""

    started_ns: int
    fills: tuple[Fill, ...]
    gone: tuple[tuple[str, str], ...] = ()
    """Order and exec ids."""
    base_ns: int = 0
    odd: tuple[str, ...] = ()
    """Trades that do not read, and why; all of them in every read."""


class PositionsRead(_In, frozen=True):
    """`GET /portfolio/positions`, all net rows."""

    started_ns: int
    positions: tuple[BrokerPosition, ...]


class MarginsRead(_In, frozen=True):
    """`GET /user/margins`, and what the broker's basket says the positions need."""

    started_ns: int
    available_paise: int
    """To enter with: `net` of the segment that derivatives and shares share."""
    used_paise: int
    basket_paise: int | None = None
    """Margin of all that is held, by the broker's own reckoning; None: not asked, or nothing is held."""


class What(StrEnum):
    ORDERS = "ORDERS"
    TRADES = "TRADES"
    POSITIONS = "POSITIONS"
    MARGINS = "MARGINS"
    BANDS = "BANDS"


class ReadFailed(_In, frozen=True):
    what: What
    cause: str
    auth_lost: bool = False


class Band(msgspec.Struct, frozen=True, kw_only=True):
    """The day's price limits of an instrument, paise, of a quote."""

    key: str
    low_paise: int
    high_paise: int


class BandsRead(_In, frozen=True):
    bands: tuple[Band, ...]


# Of people and of strategies outside.


class Order(StrEnum):
    """What a person may tell the engine."""

    HALT = "HALT"
    RESET_HALT = "RESET_HALT"
    FLATTEN = "FLATTEN"
    """Leave everything, and enter nothing until ENTRIES_ON."""
    STOP_FLATTEN = "STOP_FLATTEN"
    CANCEL_ENTRIES = "CANCEL_ENTRIES"
    ENTRIES_OFF = "ENTRIES_OFF"
    ENTRIES_ON = "ENTRIES_ON"
    SOFT_HALT = "SOFT_HALT"
    HALT_STRATEGY = "HALT_STRATEGY"
    RESET_STRATEGY = "RESET_STRATEGY"
    APPROVE = "APPROVE"
    REFUSE = "REFUSE"
    APPROVALS_ON = "APPROVALS_ON"
    PILOT_ON = "PILOT_ON"
    CLAIM = "CLAIM"
    DISOWN = "DISOWN"


class Commanded(_In, frozen=True):
    order: Order
    who: str
    why: str
    ref: str = ""
    """CLAIM: our tag. HALT_STRATEGY, RESET_STRATEGY: its name. APPROVE, REFUSE: of the want that waits."""
    order_id: str = ""
    """CLAIM, DISOWN: the broker's."""
    incident: str = ""
    """RESET_HALT, RESET_STRATEGY: under which it was looked into."""


def entries_off_after(was: str, said: Commanded) -> str:
    """Who has switched entries off, and why, once a person has said this."""
    by = f"{said.who}: {said.why}"
    match said.order:
        case Order.FLATTEN:
            return was or f"flattened by {by}"
        case Order.ENTRIES_OFF:
            return by
        case Order.ENTRIES_ON:
            return ""
        case _:
            return was


class Wanted(_In, frozen=True):
    """What somebody outside the engine's own strategies wants traded: a person, a test, another program."""

    want: Want


Message = (
    Started | Ticked | Stopping | RecordTrouble | MarketMoved | FeedMoved | OrderHeard | Answered | OrdersRead
    | TradesRead | PositionsRead | MarginsRead | ReadFailed | BandsRead | Commanded | Wanted | DeskNoted
    | ModelsSet | FlagsSet
)  # fmt: skip


class Stamped(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A message with what it was stamped with when it was taken."""

    ts_ns: int
    """The engine's steady time, UTC ns: intervals are counted by it. It never goes back."""
    wall_ns: int
    """The wall clock, UTC ns: it decides the session's phase and nothing else."""
    head: int
    """First 30 bits of the journal's head, which a new order's tag carries."""
    message: Message
