"""A day as the momentum strategy saw it: every moment at which it would have entered, and the market around them.

The strategy itself is asked, with nothing held and no model: what a model is trained on is what it will be asked with,
by the same code.
"""

from collections.abc import Iterator, Mapping, Sequence

import msgspec
import numpy as np
from numpy.typing import NDArray

from tarazu.app.research.day import ResearchDay
from tarazu.market.state import Derive, MarketState
from tarazu.market.state_quotes import StateQuotes
from tarazu.market.touch import Quotes, Touch
from tarazu.model.instrument import Instrument
from tarazu.model.order import Product
from tarazu.model.units import SECOND_NS
from tarazu.orders.exposure import Place
from tarazu.orders.order_state import OrderState
from tarazu.runtime.segment import Frame, Kind
from tarazu.strategy.closes import Closes, ema
from tarazu.strategy.day import trading_day
from tarazu.strategy.decision import Decision
from tarazu.strategy.momentum import FEATURES, Momentum, Params
from tarazu.strategy.params import read
from tarazu.strategy.wants import EntryWant
from tarazu.wire.kite_ticks import TickFrame, decode

HEARTBEAT_BYTES_MAX = 1


class Moment(msgspec.Struct, frozen=True, kw_only=True):
    """It would have entered."""

    ts_ns: int
    features: tuple[float, ...]
    """`FEATURES`, in their order."""
    want: EntryWant


class SeenDay(msgspec.Struct, frozen=True, kw_only=True):
    """The future's market, one entry a frame that had it, UTC ns and paise; 0 is a side without an order."""

    day: ResearchDay
    future: Instrument
    opens_ns: int
    closes_ns: int
    moments: tuple[Moment, ...]
    ts_ns: NDArray[np.int64]
    bids: NDArray[np.int64]
    asks: NDArray[np.int64]
    lasts: NDArray[np.int64]
    bars_ns: NDArray[np.int64]
    """When each bar was seen to have closed, and..."""
    gaps: NDArray[np.float64]
    """...how far apart the means were then: fast over slow."""


def seen_day(day: ResearchDay, params: Params) -> SeenDay:
    """Raises strategy.option_view.NoContracts for a day without a future to trade."""
    asked = msgspec.structs.replace(params, without_model="trade", retry_seconds=1, trades_max=50)
    trading = trading_day(day.date, day.instruments, day.session)
    asker = Momentum(asked, msgspec.structs.replace(trading, models={}))
    future = asker.future
    state = MarketState(bytearray(MarketState.layout(1)), [int(future.instrument_token)], derive=Derive.BOOK)
    quotes = StateQuotes(state, {int(future.instrument_token): future.key})
    view = _Idle(quotes, day.instruments)
    means = _Means(params)
    market, moments = list[tuple[int, int, int, int]](), list[Moment]()
    for ts_ns in _moved(day, state):
        touch = quotes.touch(future.key)
        if touch is None:
            continue
        market.append((ts_ns, touch.bid_paise or 0, touch.ask_paise or 0, touch.last_paise or 0))
        view.wall_ns = view.now_ns = ts_ns
        if trading.opens_ns <= touch.seen_ns < trading.closes_ns:
            means.take(touch)
        moments += [_moment(ts_ns, said) for said in asker.on_market(view) if isinstance(said, Decision) and said.wants]
    columns = np.array(market, np.int64).reshape(-1, 4).T
    return SeenDay(
        day=day,
        future=future,
        opens_ns=trading.opens_ns,
        closes_ns=trading.closes_ns,
        moments=tuple(moments),
        ts_ns=columns[0],
        bids=columns[1],
        asks=columns[2],
        lasts=columns[3],
        bars_ns=np.array(means.bars_ns, np.int64),
        gaps=np.array(means.gaps, np.float64),
    )


def read_params(params: Mapping[str, object]) -> Params:
    """Raises strategy.params.BadParams."""
    return read(Params, params)


def _moved(day: ResearchDay, state: MarketState) -> Iterator[int]:
    """When a frame changed what the state follows, UTC ns."""
    decoded = TickFrame()
    for frame in day.frames():
        if _has_packets(frame):
            count = decode(frame.payload, decoded)
            if len(state.update(decoded.rows, decoded.packet_bytes, count, frame.wall_ns)):
                yield frame.wall_ns


def _has_packets(frame: Frame) -> bool:
    return frame.kind == Kind.BINARY and len(frame.payload) > HEARTBEAT_BYTES_MAX


def _moment(ts_ns: int, said: Decision) -> Moment:
    (want,) = said.wants
    assert isinstance(want, EntryWant), want
    return Moment(ts_ns=ts_ns, features=tuple(said.numbers[name] for name in FEATURES), want=want)


class _Means:
    """The two means by which it leaves: they cross where the strategy sees them cross."""

    def __init__(self, params: Params) -> None:
        self._params, self._bars = params, Closes(params.bar_seconds * SECOND_NS)
        self.bars_ns, self.gaps = list[int](), list[float]()

    def take(self, touch: Touch) -> None:
        if touch.last_paise is None or not self._bars.take(touch.last_paise, touch.seen_ns):
            return
        closes = self._bars.closes
        self.bars_ns.append(touch.seen_ns)
        self.gaps.append(ema(closes, self._params.fast_bars) / ema(closes, self._params.slow_bars) - 1.0)


class _Idle:
    """`strategy.base.View` of a desk that has nothing and does nothing, and may trade."""

    is_active = True
    risk = "NORMAL"

    def __init__(self, quotes: Quotes, instruments: Mapping[str, Instrument]) -> None:
        self.quotes, self.instruments = quotes, instruments
        self.now_ns = self.wall_ns = 0
        self.carried: Mapping[Place, int] = {}

    def position(self, key: str, product: Product) -> int:
        return 0

    def orders(self, strategy: str) -> Sequence[OrderState]:
        return ()

    def held(self, strategy: str) -> Mapping[Place, int]:
        return {}

    def result_paise(self, strategy: str) -> float | None:
        return 0.0

    def leaving(self, strategy: str) -> frozenset[Place]:
        return frozenset()

    def is_building(self, strategy: str) -> bool:
        return False

    def is_busy(self, strategy: str) -> bool:
        return False
