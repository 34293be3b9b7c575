"""One day of the exchange in time: market steps, phases, halts, slides and expiries, each when it is due."""

import heapq

from tarazu.model.calendar import Phase, Venue
from tarazu.model.rules import RuleBook
from tarazu.sim.exchange.curtain import Curtain
from tarazu.sim.exchange.exchange_order import ExchangeOrder, Place
from tarazu.sim.exchange.floor import Floor
from tarazu.sim.exchange.halts import BREAKER_INDICES, Breaker, Halts, State
from tarazu.sim.exchange.pit import Pit
from tarazu.sim.exchange.price_range import PriceRanges
from tarazu.sim.exchange.timetable import Event, Timetable
from tarazu.sim.market import Market
from tarazu.sim.orders import Report

DAY_TEXT = "Order canceled by the exchange at the end of the day"
TTL_TEXT = "Order canceled by the exchange: its time has run out"
CAS_BEGINS_TEXT = "Order canceled by the exchange at the end of continuous trading"
SLIDE_TEXT = "Order canceled by the exchange: the price range has moved"

# What is due besides the timetable's events, and after them when it is due at the same moment.
_REOPEN = len(Event)
_EXPIRE = len(Event) + 1


class TradingDay:
    """`now_ns` never runs back. Pits exist only for instruments in which we have, or had today, orders."""

    def __init__(self, market: Market, rules: RuleBook, seed: int) -> None:
        self.market = market
        self.floor = Floor(market, rules, seed)
        self._timetable = Timetable(market.session, seed)
        self._halts = Halts(market.session, rules.mwcb_pre_open_min)
        self._breaker = Breaker(rules.mwcb, market.session)
        self._ranges = PriceRanges(market, rules)
        self._curtain = Curtain(market)
        self._is_frozen = False
        self._pits: dict[int, Pit] = {}
        self._now_ns = 0
        self._entry_no = 0
        self._agenda: list[tuple[int, int, int, Venue | ExchangeOrder | None]] = []
        """(time, kind, entry number, subject)."""
        for boundary in self._timetable.boundaries():
            self._schedule(boundary.ts_ns, boundary.event, boundary.venue)
        indices = market.universe.index_of_key
        rows = [indices[key] for key in BREAKER_INDICES if key in indices]
        self._breaker_closes = [(index, int(market.rows["close"][index])) for index in rows]
        self._ltp = market.rows["ltp"]

    def next_ns(self) -> int | None:
        """When something is due; None when the day is over."""
        due = [t for t in (self.market.next_ns(), self._agenda[0][0] if self._agenda else None) if t is not None]
        return min(due, default=None)

    def step(self) -> list[Report]:
        """Do all that is due at `next_ns`: the market's step first, then phases, halts and TTLs."""
        now_ns = self.next_ns()
        assert now_ns is not None, "the day is not over"
        self._now_ns = max(self._now_ns, now_ns)
        reports = self._step_market(now_ns) if self.market.next_ns() == now_ns else []
        while self._agenda and self._agenda[0][0] <= now_ns:
            _, kind, _, subject = heapq.heappop(self._agenda)
            reports += self._happen(kind, subject, now_ns)
        self._pits = {index: pit for index, pit in self._pits.items() if not pit.is_idle}
        return reports

    def arrive(self, now_ns: int) -> None:
        """A command comes at `now_ns`."""
        assert now_ns >= self._now_ns, "time does not run back"
        self._now_ns = now_ns

    def pit(self, index: int) -> Pit:
        if index not in self._pits:
            self._pits[index] = Pit(self.floor, index)
        return self._pits[index]

    def phase(self, index: int, now_ns: int) -> Phase:
        return Phase.CLOSED if self._has_stopped(index, now_ns) else self._venue_phase(self.floor.venue(index), now_ns)

    def halt_state(self, now_ns: int) -> State:
        return self._halts.at(now_ns)[0]

    def expire(self, order: ExchangeOrder) -> None:
        """Have a TTL order canceled when its time is over."""
        if order.ttl_until_ns is not None:
            self._schedule(order.ttl_until_ns, _EXPIRE, order)

    def halt(self, now_ns: int, minutes: int | None) -> None:
        halt = self._halts.call(now_ns, minutes)
        if not halt.is_for_the_day:
            self._schedule(halt.reopen_ns, _REOPEN, None)
        self._set_curtain(now_ns)

    def slide(self, index: int, up: bool, now_ns: int) -> list[Report]:
        self._ranges.slide(index, up)
        pit = self._pits.get(index)
        return pit.cancel_where(pit.is_outside_band, SLIDE_TEXT, now_ns) if pit else []

    def freeze(self, on: bool) -> None:
        self._is_frozen = on
        self._set_curtain(self._now_ns)

    def _step_market(self, now_ns: int) -> list[Report]:
        for pit in self._pits.values():
            pit.overlay.lift()
        stepped_ns = self._curtain.step()
        assert stepped_ns == now_ns, "the market steps when it said it would"
        self.floor.tape.observe(now_ns)
        slides = self._ranges.observe()
        buy_flow, sell_flow = self.market.buy_flow, self.market.sell_flow
        before_ns = now_ns - 1  # a step ends an interval: what it traded belongs to the phase before its end
        # Behind a drawn curtain nothing moves: what our orders took stays taken until it opens.
        moving = () if self._curtain.is_drawn else {Venue.INDEX, *(pit.venue for pit in self._pits.values())}
        trading = {v for v in moving if self._venue_phase(v, before_ns) is Phase.CONTINUOUS}
        reports: list[Report] = []
        for index in sorted(self._pits):
            pit = self._pits[index]
            continuous = pit.venue in trading and not self._has_stopped(index, before_ns)
            reports += pit.step(now_ns, continuous, int(buy_flow[index]), int(sell_flow[index]))
        for index, up in slides:
            reports += self.slide(index, up, now_ns)
        if Venue.INDEX in trading:
            self._watch_indices(now_ns)
        return reports

    def _happen(self, kind: int, subject: Venue | ExchangeOrder | None, now_ns: int) -> list[Report]:
        if isinstance(subject, ExchangeOrder):
            return self._expired(subject, now_ns)
        if subject is None:
            return self._reopen(now_ns)
        pits = [self._pits[index] for index in sorted(self._pits)]
        return [r for pit in pits if pit.venue == subject for r in self._turn(Event(kind), pit, now_ns)]

    def _turn(self, event: Event, pit: Pit, now_ns: int) -> list[Report]:
        """One event of the timetable in one pit."""
        match event:
            case Event.UNCROSS_OPENING | Event.UNCROSS_CLOSING:
                closing = event is Event.UNCROSS_CLOSING
                return pit.uncross(closing, self._timetable.market_orders_first(closing), now_ns)
            case Event.CONTINUOUS_STARTS:
                return pit.open(now_ns)
            case Event.CONTINUOUS_ENDS:
                # Orders of continuous trading carry over into the closing auction only from 8 Feb 2027
                # (SEBI HO/47/11/11(3)2025-MRD-POD2/I/23843/2026), past the calendar's coverage.
                return pit.cancel_all(CAS_BEGINS_TEXT, now_ns)
            case Event.EXPIRING_ENDS:
                return pit.cancel_all(DAY_TEXT, now_ns) if self._has_stopped(pit.index, now_ns) else []
            case Event.DAY_ENDS:
                return pit.cancel_all(DAY_TEXT, now_ns)

    def _reopen(self, now_ns: int) -> list[Report]:
        if self.halt_state(now_ns) is not State.OPEN:
            return []  # a later halt is on
        self._set_curtain(now_ns)
        indices = [i for i in sorted(self._pits) if self.phase(i, now_ns) is Phase.CONTINUOUS]
        return [report for index in indices for report in self._pits[index].reopen(now_ns)]

    def _expired(self, order: ExchangeOrder, now_ns: int) -> list[Report]:
        """Nothing when the order is done, or its time was amended since."""
        if order.place is Place.GONE or order.ttl_until_ns is None or order.ttl_until_ns > now_ns:
            return []
        return self.pit(order.index).cancel(order, TTL_TEXT, now_ns)

    def _watch_indices(self, now_ns: int) -> None:
        for index, close in self._breaker_closes:
            move_pct = 100 * (int(self._ltp[index]) - close) / close if close else 0.0
            step = self._breaker.watch(now_ns, move_pct)
            if step is not None:
                self.halt(now_ns, step.halt_min)

    def _venue_phase(self, venue: Venue, now_ns: int) -> Phase:
        scheduled = self._timetable.phase(venue, now_ns)
        return self._halts.phase(scheduled, now_ns, self._timetable.has_pre_open(venue))

    def _has_stopped(self, index: int, now_ns: int) -> bool:
        """Whether it is an expiring index contract after the hour at which these stop trading."""
        stop_ns = self.market.session.expiring_index_stop_ns
        if stop_ns is None or now_ns < stop_ns:
            return False
        return self.floor.instrument(index).expiry == self.market.session.day and self.floor.is_on_index(index)

    def _schedule(self, ts_ns: int, kind: int, subject: Venue | ExchangeOrder | None) -> None:
        """What would be due after the day is never due: every order is gone by then."""
        if ts_ns <= self.market.session.last_ns:
            self._entry_no += 1
            heapq.heappush(self._agenda, (ts_ns, kind, self._entry_no, subject))

    def _set_curtain(self, now_ns: int) -> None:
        """Drawn while a fault or a halt keeps the books still."""
        for pit in self._pits.values():
            pit.overlay.lift()
        if self._is_frozen or self.halt_state(now_ns) is not State.OPEN:
            self._curtain.draw()
        else:
            self._curtain.open()
        for pit in self._pits.values():
            pit.look_again()
