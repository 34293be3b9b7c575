"""All that the engine knows. A value: equal messages and acts make equal states, in any process (`digest`)."""

import hashlib
from collections.abc import Mapping
from datetime import date

import msgspec

from tarazu.engine.acts import Alert, HoldWant
from tarazu.engine.config import EngineConfig, Pilot
from tarazu.engine.halts import Halt, RiskState
from tarazu.engine.messages import Band, FeedMoved, MarginsRead, What
from tarazu.engine.phase import Phase
from tarazu.engine.reads import BrokerBooks, Reading
from tarazu.model.calendar import TradingSession
from tarazu.model.execution import Fill
from tarazu.model.instrument import Instrument
from tarazu.model.order import Product, Side
from tarazu.model.rules import ChargeRates
from tarazu.orders.blotter import Blotter
from tarazu.orders.exposure import Exposure, Place, exposure_of
from tarazu.orders.messages import Alarm
from tarazu.orders.reconcile import Agreed
from tarazu.orders.throttle import Throttle
from tarazu.portfolio.book import Books
from tarazu.portfolio.pnl import Drawdown
from tarazu.risk.conduct import Conduct
from tarazu.risk.flags import Flags
from tarazu.strategy.wants import SpreadWant, StopPlan

_PRODUCTS, _BUY = tuple(Product), Side.BUY


class Spread(msgspec.Struct, kw_only=True):
    """A multi-leg order under way; which orders are whose leg is said by their `Intend`."""

    want: SpreadWant
    began_ns: int
    refs: dict[str, list[str]] = {}
    """By leg; a trim's leg is `trim:` and the hedge's name."""
    allotted: dict[str, int] = {}
    """By leg: the units that are to be sent in all. Mains that are allotted nothing will not be sent."""
    allotted_ns: int = 0


class Agreement(msgspec.Struct, kw_only=True):
    """Whether the broker's books and ours are equal."""

    needed_ns: int = 0
    """Since when an agreement is asked for anew: a start, a session that was lost."""
    clean_ns: int = 0
    """The oldest read of the last comparison that found no difference; 0: none yet."""
    compared_ns: int = 0
    """The oldest read of the last comparison."""
    times: int = 0
    """Comparisons in a row that found a difference."""
    breaks: tuple[str, ...] = ()
    """What the last comparison found."""
    since_ns: int = 0
    """Since when differences count; 0: there are none that do."""

    @property
    def is_reached(self) -> bool:
        return self.clean_ns > self.needed_ns


class Marked(msgspec.Struct, kw_only=True):
    """The day's result as it was last marked; charges taken off."""

    drawdown: Drawdown = Drawdown()
    known_ns: int = 0
    """When it was last computable; 0: never."""
    unknown_ns: int = 0
    """Since when it is not; 0: it is."""
    why: str = ""


class EngineState(msgspec.Struct, kw_only=True):
    """`instruments` and `rates` are the day's, looked at and not changed; they are not part of the digest."""

    instruments: Mapping[str, Instrument]
    rates: ChargeRates
    config: EngineConfig = EngineConfig()
    day: date = date.min
    session: TradingSession | None = None
    epoch: int = 0
    started_ns: int = 0
    names: int = 0
    """Tags used up in this epoch."""
    phase: Phase = Phase.RECONCILING
    phase_ns: int = 0
    phase_why: str = "not started"
    halt: Halt | None = None
    entries_off: str = ""
    """Who has switched entries off, and why."""
    stopping: bool = False
    blotter: Blotter = msgspec.field(default_factory=Blotter)
    throttle: Throttle = msgspec.field(default_factory=Throttle)
    books: Books | None = None
    """None until the broker's positions have been read once: what was carried in is not known before."""
    unbooked: list[Fill] = []
    """Executions heard before."""
    filled_ns: int = 0
    """When the last execution was heard."""
    before: dict[Place, int] = {}
    """What each place held before the day, net units."""
    held: dict[Place, int] = {}
    """The broker's net positions, when last read."""
    lasts: dict[str, int] = {}
    """What each of them last traded at, by the same read; paise."""
    broker: BrokerBooks = msgspec.field(default_factory=BrokerBooks)
    readings: dict[What, Reading] = {}
    agreed: Agreed = {}
    """Kept for the comparison's speed, and of no digest."""
    agreement: Agreement = msgspec.field(default_factory=Agreement)
    bands: dict[str, Band] = {}
    feeds: dict[str, FeedMoved] = {}
    skewed: bool | None = None
    trouble: dict[str, str] = {}
    stops: dict[str, StopPlan] = {}
    """By entry."""
    exits: dict[Place, str] = {}
    """Places being left, and for whom."""
    exit_prices: dict[str, int] = {}
    """What an exit that is brought to the market was first priced at."""
    flattening: str = ""
    """Who wants everything flat; empty: nobody."""
    spreads: dict[str, Spread] = {}
    cancels: dict[str, str] = {}
    """Orders that should not be there, and why; asked for until they have ended."""
    marked: Marked = msgspec.field(default_factory=Marked)
    strategy_halts: dict[str, Halt] = {}
    decided: dict[str, str] = {}
    """By strategy and subject, what was last decided: a decision that repeats it is not told again."""
    funds: MarginsRead | None = None
    models: dict[str, str] = {}
    """SHA-256 of each that is active, by name."""
    conduct: Conduct = msgspec.field(default_factory=Conduct)
    ailing: dict[str, int] = {}
    """Since when each record and required feed that is out of order has been so, as the second found it."""
    waiting: dict[str, HoldWant] = {}
    """Wants that wait for a person's leave, by ref."""
    approvals: bool = False
    pilot: Pilot | None = None
    flags: Flags = Flags()
    unasked: list[int] = []
    """Starts that nobody had asked for (`starts`), the latest last."""
    trusted_ns: int = 0
    """When a person last said ENTRIES_ON: what came before is counted towards no soft halt."""
    alarms: list[Alarm] = []
    """Of the orders, told by no reactor yet; empty between messages."""
    alerted: dict[tuple[str, str], int] = {}
    """When each alert was last said, by code and subject."""
    said: list[Alert] = []
    """Of the last message: a process that died at it may have told nobody."""
    unsaid: list[Alert] = []
    """What the process before this one said last; told again at the start."""

    @property
    def risk(self) -> RiskState:
        return RiskState.NORMAL if self.halt is None else self.halt.level

    def exposure(self, key: str, product: Product) -> Exposure:
        return exposure_of(self.blotter, key, product, self.before.get((key, product), 0))

    def far(self, key: str, side: Side) -> int:
        """The worst on this side of all products: what one holds, another does not take back."""
        far, used, before = 0, self.blotter.standing.places, self.before
        for product in _PRODUCTS:
            place = (key, product)
            if place in used or place in before:
                there = self.exposure(key, product)
                far += max(there.highest if side is _BUY else -there.lowest, 0)
        return far

    def digest(self) -> str:
        """SHA-256 over everything that decides what comes next."""
        hashed = hashlib.sha256(self.blotter.snapshot())
        if self.books is not None:
            hashed.update(msgspec.json.encode(self.books.state(), order="deterministic"))
        rest = [getattr(self, name) for name in _PLAIN]
        rest += [sorted((str(k), str(v)) for k, v in table.items()) for table in (self.before, self.held, self.exits)]
        rest += [repr(self.marked)]
        hashed.update(msgspec.json.encode(rest, order="deterministic"))
        said = sorted((code, of, at) for (code, of), at in self.alerted.items())
        hashed.update(msgspec.json.encode([self.broker.rows_ns, self.broker.fills_ns, said]))
        return hashed.hexdigest()


_PLAIN = (
    "config", "day", "session", "epoch", "started_ns", "names", "phase", "phase_ns", "halt", "entries_off", "stopping",
    "throttle", "unbooked", "readings", "agreement", "bands", "feeds", "skewed", "trouble", "stops",
    "flattening", "exit_prices", "spreads", "cancels", "strategy_halts", "decided", "funds", "conduct",
    "ailing", "lasts", "waiting", "approvals", "pilot", "phase_why", "filled_ns", "unasked", "trusted_ns",
    "said", "unsaid", "flags", "models",
)  # fmt: skip


def blank(instruments: Mapping[str, Instrument], rates: ChargeRates) -> EngineState:
    return EngineState(instruments=instruments, rates=rates, readings={what: Reading() for what in What})
