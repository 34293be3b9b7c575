"""The broker of the paper profile: the exchange model in this process, following the very frames that main follows.

It speaks as Kite does (`app.research.local_kite`), fills as research does, and moves by no clock of its own: after each
frame, and at each request. What it was asked is written down with the frame it came behind; after a restart the day's
frames are followed again and the requests fall where they fell, so the account is the one it was.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray

from tarazu import reference
from tarazu.adapters.kite_broker.questions import ReadOutcome
from tarazu.app.research.followed_market import FollowedMarket
from tarazu.app.research.local_kite import USER_ID, LocalKite
from tarazu.engine.messages import Message, OrderHeard
from tarazu.market.state import MarketState
from tarazu.model.calendar import TradingSession
from tarazu.model.instrument import Instrument
from tarazu.model.order_request import Cancellation, NewOrder, OrderChange
from tarazu.model.outcome import Cause, ClockOffset, OrderOutcome, RefusalKind, Refused, Timing, Unavailable
from tarazu.orders.kite_rows import read_report
from tarazu.ports.clock import Clock
from tarazu.sim.broker.broker import AccountSeed, Broker, BrokerConfig
from tarazu.sim.synthetic.scenario import SCENARIOS
from tarazu.sim.universe import Universe
from tarazu.wire.kite_books import AllFunds, OrderBook
from tarazu.wire.kite_money import BasketMargin, PositionsData
from tarazu.wire.kite_orders import BadRow, TradeRow, decode_order_update

log = logging.getLogger("tarazu.main")

RULES = "nse-2026"
_AT_ONCE = Timing(0, 0, None)
_NO_MARKET = "the paper exchange has seen no market yet"
AFTER_S = 0.25
"""The exchange model answers an order within so long of its clock (`sim.broker`): then it is looked at again."""


class Asked(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One request, as it was written down. None of the three: time alone passed."""

    behind: int
    """How many frames of ticks the market had taken in before it."""
    now_ns: int
    place: NewOrder | None = None
    modify: OrderChange | None = None
    cancel: Cancellation | None = None


class PaperBroker:
    """`app.main.broker.Broker`. For the event loop's thread; every frame of the day is told to `after_frame`."""

    def __init__(
        self,
        folder: Path,
        session: TradingSession,
        watched: Sequence[Instrument],
        clock: Clock,
        *,
        cash_paise: int,
        latency_s: float,
    ) -> None:
        """Of one day; `folder` keeps what it was asked. Raises OSError; ValueError for a file that is not ours."""
        self._session, self._watched, self._clock = session, watched, clock
        self._cash_paise, self._latency_s = cash_paise, latency_s
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._path = folder / f"{session.day}.jsonl"
        self._past = deque(_read(self._path))
        self._file = self._path.open("ab", buffering=0)
        self._kite: LocalKite | None = None
        self._market: FollowedMarket | None = None
        self._tell: Callable[[Message], object] = lambda message: None
        self._now_ns = self._passes = 0

    def tell_to(self, tell: Callable[[Message], object]) -> None:
        """Who hears of order updates."""
        self._tell = tell

    def after_frame(self, state: MarketState, changed: NDArray[np.int64], recv_ns: int) -> None:
        """The state has taken in a frame of ticks."""
        self._now_ns, self._passes = max(self._now_ns, recv_ns), state.passes
        if self._kite is None or self._market is None:
            self._open(state)
            return
        self._market.moved(self._now_ns)
        if self._kite.broker.desk.blotter.working(USER_ID):
            self._kite.broker.advance(self._now_ns)
            self._hear()
        self._catch_up()

    # `Broker`.

    async def open(self) -> bool:
        return True

    async def close(self) -> None:
        self._file.close()

    def clock_offset(self) -> ClockOffset | None:
        """It has our clock."""
        return ClockOffset(offset_ns=0, uncertainty_ns=0, samples=1)

    def place(self, order: NewOrder) -> asyncio.Future[OrderOutcome]:
        return self._later(lambda now: Asked(behind=self._passes, now_ns=now, place=order))

    def modify(self, change: OrderChange) -> asyncio.Future[OrderOutcome]:
        return self._later(lambda now: Asked(behind=self._passes, now_ns=now, modify=change))

    def cancel(self, wanted: Cancellation) -> asyncio.Future[OrderOutcome]:
        return self._later(lambda now: Asked(behind=self._passes, now_ns=now, cancel=wanted))

    async def orders(self) -> ReadOutcome[OrderBook]:
        return await kite.orders() if (kite := await self._asked()) is not None else _unavailable()

    async def trades(self) -> ReadOutcome[list[TradeRow]]:
        return await kite.trades() if (kite := await self._asked()) is not None else _unavailable()

    async def positions(self) -> ReadOutcome[PositionsData]:
        return await kite.positions() if (kite := await self._asked()) is not None else _unavailable()

    async def margins(self) -> ReadOutcome[AllFunds]:
        return await kite.margins() if (kite := await self._asked()) is not None else _unavailable()

    async def basket_margins(
        self, orders: Sequence[NewOrder], consider_positions: bool = True
    ) -> ReadOutcome[BasketMargin]:
        kite = await self._asked()
        return await kite.basket_margins(orders, consider_positions) if kite is not None else _unavailable()

    async def get(self, target: str) -> ReadOutcome[msgspec.Raw]:
        return await kite.get(target) if (kite := await self._asked()) is not None else _unavailable()

    # Inside.

    def _open(self, state: MarketState) -> None:
        """As soon as every underlying was seen: yesterday's closes are in the packets, and bands hang on them."""
        prices = zip(self._watched, state.rows["close"].tolist(), strict=True)
        closes = {i.key: close for i, close in prices if close > 0}
        if any(i.underlying and i.underlying not in closes for i in self._watched):
            return
        rules = reference.rules(RULES)
        universe = Universe(self._session.day, self._watched)
        self._market = market = FollowedMarket(universe, self._session, state, closes, 0, rules)
        broker = Broker(
            BrokerConfig(
                seed=self._session.day.toordinal(),
                rules=rules,
                calendar=reference.calendar_for(rules),
                charge_rates=reference.charge_rates(),
                scenario=SCENARIOS["normal"],
                start_ns=self._now_ns,
                accounts=(AccountSeed(user_id=USER_ID, cash_paise=self._cash_paise, holdings=()),),
                market_factory=lambda universe, session, closes: market,
                universe_factory=lambda day, closes: universe,
            )
        )
        self._kite = LocalKite(broker, lambda: self._now_ns)
        market.moved(self._now_ns)
        log.info("the paper exchange is open: %d instruments", len(universe))

    def _later(self, asked: Callable[[int], Asked]) -> "asyncio.Future[OrderOutcome]":
        """There, and back."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[OrderOutcome] = loop.create_future()

        def arrives() -> None:
            if self._kite is None or self._file.closed:
                outcome: OrderOutcome = Refused(0, "", _NO_MARKET, RefusalKind.NOT_SENT, _AT_ONCE)
            else:
                outcome = self._write(asked(self._moment()))
                loop.call_later(AFTER_S, self._time_passes)
            loop.call_later(self._latency_s, _comes_back, future, outcome)

        loop.call_later(self._latency_s, arrives)
        return future

    def _time_passes(self) -> None:
        """What the exchange had to say about a request, where no frame has come meanwhile."""
        if not self._file.closed:
            self._write(Asked(behind=self._passes, now_ns=self._moment()))

    def _moment(self) -> int:
        return max(self._clock.wall_ns(), self._now_ns)

    def _write(self, asked: Asked) -> OrderOutcome:
        """With the kernel before it is done: a paper order survives our death, and no power cut."""
        self._file.write(msgspec.json.encode(asked) + b"\n")
        outcome = self._do(asked)
        self._hear()
        return outcome

    def _do(self, asked: Asked) -> OrderOutcome:
        kite = self._kite
        assert kite is not None, "an exchange that is open"
        self._now_ns = max(self._now_ns, asked.now_ns)
        if asked.place is not None:
            return kite.place(asked.place)
        if asked.modify is not None:
            return kite.modify(asked.modify)
        if asked.cancel is not None:
            return kite.cancel(asked.cancel)
        kite.broker.advance(self._now_ns)
        return Refused(0, "", "nothing was asked", RefusalKind.NOT_SENT, _AT_ONCE)

    def _catch_up(self) -> None:
        """What an earlier process was asked behind this frame."""
        while self._past and self._past[0].behind <= self._passes:
            self._do(self._past.popleft())
            self._hear()

    def _hear(self) -> None:
        assert self._kite is not None
        updates = self._kite.updates()
        if self._past or not updates:
            return  # of an earlier process: the books that are read have them
        loop = asyncio.get_running_loop()
        for update in updates:
            row = decode_order_update(update.row)
            assert not isinstance(row, BadRow), row
            report = read_report(row)
            assert report is not None, "a row of our own broker has an id"
            loop.call_later(self._latency_s, self._tell, OrderHeard(report=report))

    async def _asked(self) -> LocalKite | None:
        """After the way there; None before there is a market, and while an earlier process's requests are due."""
        await asyncio.sleep(2 * self._latency_s)
        return None if self._past else self._kite


def _comes_back(future: "asyncio.Future[OrderOutcome]", outcome: OrderOutcome) -> None:
    if not future.done():
        future.set_result(outcome)


def _unavailable() -> Unavailable:
    return Unavailable(Cause.NOT_SENT, 0, _NO_MARKET, _AT_ONCE)


def _read(path: Path) -> list[Asked]:
    """A last line that a kill cut short was never done."""
    lines = path.read_bytes().split(b"\n") if path.exists() else [b""]
    if lines[-1]:
        with path.open("r+b") as torn:
            torn.truncate(sum(len(line) + 1 for line in lines[:-1]))
    try:
        return [msgspec.json.decode(line, type=Asked) for line in lines[:-1]]
    except msgspec.MsgspecError as bad:
        raise ValueError(f"{path} is no record of a paper broker: {bad}") from bad
