"""The exchange: orders in, reports out, price-time matching inside, through the phases of one trading day.

Time moves only by `step`, which does what is due at `next_ns`. Orders come between steps, each at its own time, never
earlier than the last step; so the same orders at the same times give the same reports however time is sliced.
"""

from typing import Any, Protocol, runtime_checkable

import msgspec

from tarazu.model.calendar import Phase
from tarazu.model.order import Validity
from tarazu.model.rules import RuleBook
from tarazu.sim.exchange.exchange_order import ExchangeOrder, Place, exchange_order
from tarazu.sim.exchange.guards import MARKET_ORDERS_LOCKED, NOT_AMENDABLE
from tarazu.sim.exchange.halts import State
from tarazu.sim.exchange.trading_day import TradingDay
from tarazu.sim.market import Market
from tarazu.sim.orders import NewOrder, Report, ReportKind

NOT_CANCELABLE = "Order cannot be canceled"
LOCKED_TEXT = "Market orders cannot be modified or canceled in this session"
HALT_TEXT = "Trading is halted by the market-wide circuit breaker"


@runtime_checkable
class Jumping(Protocol):
    """A market whose prices can be made to jump."""

    def jump(self, pct: float) -> None: ...


class Exchange:
    def __init__(self, market: Market, rules: RuleBook, seed: int) -> None:
        self.market = market
        self.session = market.session
        self._day = TradingDay(market, rules, seed)
        self._orders: dict[str, ExchangeOrder] = {}

    def next_ns(self) -> int | None:
        """When something is due: a market step, the end of a phase or halt, a TTL; None when the day is over."""
        return self._day.next_ns()

    def step(self) -> list[Report]:
        """Do all that is due at `next_ns`: the market's step first, then phases, halts and TTLs."""
        return self._day.step()

    def phase(self, index: int, now_ns: int) -> Phase:
        """What an instrument can do at `now_ns`. Halted is CLOSED, the call after a halt is PRE_OPEN (cash only)."""
        return self._day.phase(index, now_ns)

    # Orders.

    def enter(self, new: NewOrder, now_ns: int) -> list[Report]:
        """Take an order: ACCEPTED or STOPPED and what follows at once, or REJECTED."""
        self._day.arrive(now_ns)
        assert new.order_id not in self._orders, "order ids are unique"
        order = exchange_order(new)
        phase = self.phase(order.index, now_ns)
        refusal = self._refusal(order, phase, now_ns)
        if refusal is not None:
            return [_answer(ReportKind.REJECTED, order.order_id, now_ns, refusal)]
        order.exchange_order_id = self._day.floor.exchange_order_id(order.index)
        order.priority = self._day.floor.priority()
        self._orders[order.order_id] = order
        self._day.expire(order)
        kind = ReportKind.STOPPED if order.is_waiting_stop else ReportKind.ACCEPTED
        return [order.report(kind, now_ns), *self._day.pit(order.index).admit(order, phase, now_ns)]

    def amend(
        self,
        order_id: str,
        qty: int,
        price_paise: int,
        trigger_paise: int,
        validity: Validity,
        disclosed_qty: int,
        now_ns: int,
        ttl_until_ns: int | None = None,
    ) -> list[Report]:
        """Change a working order to what is given, all of it; `qty` is the whole order's. Refused, it stays as it was.

        Less quantity keeps the place in the queue; more, or another price or trigger, loses it. The trigger of a stop
        that has triggered is history and stays; a TTL order without a new time keeps its own.
        """
        self._day.arrive(now_ns)
        order = self.working(order_id)
        if order is None:
            return [_answer(ReportKind.AMEND_REFUSED, order_id, now_ns, NOT_AMENDABLE)]
        wanted = msgspec.structs.replace(
            order,
            qty=qty,
            price_paise=price_paise,
            trigger_paise=order.trigger_paise if order.triggered else trigger_paise,
            validity=validity,
            disclosed_qty=disclosed_qty,
            ttl_until_ns=(ttl_until_ns or order.ttl_until_ns) if validity is Validity.TTL else None,
        )
        phase = self.phase(order.index, now_ns)
        refusal = self._amend_refusal(order, wanted, phase, now_ns)
        if refusal is not None:
            return [order.report(ReportKind.AMEND_REFUSED, now_ns, text=refusal)]
        reports = self._day.pit(order.index).amend(order, wanted, phase, now_ns)
        self._day.expire(order)
        return [order.report(ReportKind.AMENDED, now_ns), *reports]

    def cancel(self, order_id: str, now_ns: int) -> list[Report]:
        """Withdraw a working order; accepted in every phase and halt, but for market orders near an auction's end."""
        self._day.arrive(now_ns)
        order = self.working(order_id)
        if order is None:
            return [_answer(ReportKind.CANCEL_REFUSED, order_id, now_ns, NOT_CANCELABLE)]
        if order.is_market and self.phase(order.index, now_ns) in MARKET_ORDERS_LOCKED:
            return [order.report(ReportKind.CANCEL_REFUSED, now_ns, text=LOCKED_TEXT)]
        return self._day.pit(order.index).cancel(order, "", now_ns)

    def working(self, order_id: str) -> ExchangeOrder | None:
        """The live order of that id: resting, waiting for its trigger or in an auction. Read it, do not change it."""
        order = self._orders.get(order_id)
        return None if order is None or order.place is Place.GONE else order

    # Market.

    def row(self, index: int) -> Any:
        """The instrument's TICK record, with our orders in its depth and our trades in its prices."""
        return self.market.rows[index]

    def bands(self, index: int) -> tuple[int, int]:
        """Lowest and highest price of the day's range, as it stands now."""
        lower, upper = (int(p) for p in self.market.bands[index])
        return lower, upper

    def halted(self, now_ns: int) -> bool:
        """Whether a market-wide halt is on; False in the call auction that follows it."""
        return self._day.halt_state(now_ns) is State.HALTED

    def halt(self, now_ns: int, minutes: int | None) -> None:
        """Halt the whole market; `minutes` of market time, None for the rest of the day."""
        self._day.arrive(now_ns)
        self._day.halt(now_ns, minutes)

    def slide_band(self, index: int, up: bool, now_ns: int) -> list[Report]:
        """Move a price range one step; resting limit orders left outside are canceled, stops survive."""
        self._day.arrive(now_ns)
        return self._day.slide(index, up, now_ns)

    def freeze(self, on: bool) -> None:
        """Fault: the books stop moving while the feed goes on; orders still match against the frozen book."""
        self._day.freeze(on)

    def jump(self, pct: float) -> bool:
        """Fault: prices jump. False when this market cannot (a recorded one)."""
        if isinstance(self.market, Jumping):
            self.market.jump(pct)
            return True
        return False

    def _refusal(self, order: ExchangeOrder, phase: Phase, now_ns: int) -> str | None:
        if phase is Phase.CLOSED and self._day.halt_state(now_ns) is not State.OPEN:
            return HALT_TEXT
        return self._day.pit(order.index).refusal(order, phase, now_ns)

    def _amend_refusal(self, order: ExchangeOrder, wanted: ExchangeOrder, phase: Phase, now_ns: int) -> str | None:
        if wanted.qty <= order.filled:
            return NOT_AMENDABLE
        if order.is_market and phase in MARKET_ORDERS_LOCKED:
            return LOCKED_TEXT
        return self._refusal(wanted, phase, now_ns)


def _answer(kind: ReportKind, order_id: str, now_ns: int, text: str) -> Report:
    return Report(kind=kind, order_id=order_id, ts_ns=now_ns, text=text)
