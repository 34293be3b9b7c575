"""What the portfolio weighs, kept up with the orders: pans by underlying, what works, margins since the last read.

For speed, and of no digest: begun anew with every start of the process, and from then on a function of the messages
and the market. Nothing here decides; `engine.portfolio_watch` asks.
"""

from typing import TYPE_CHECKING, NamedTuple

from tarazu.engine.margin_needs import hold, needs
from tarazu.engine.run import Run
from tarazu.engine.valuation import Valuation, Worth
from tarazu.orders.intent import Purpose
from tarazu.orders.lifecycle import AT_BROKER
from tarazu.orders.order_state import OrderState
from tarazu.orders.standing import Place
from tarazu.portfolio.charge_book import other_segment
from tarazu.risk.margin_scan import Together
from tarazu.risk.portfolio_risk import Pan

if TYPE_CHECKING:
    from tarazu.engine.state import EngineState


class Known(NamedTuple):
    """What a read of the margins certainly knew: it was so before it was asked for."""

    asked_ns: int
    filled: dict[Place, int]
    """Of the day."""
    working: dict[str, tuple[int, int]]
    """Units that work at the broker, and their price, by entry."""


class Waiting(NamedTuple):
    """Entries of one place that may still fill."""

    value_paise: int
    since: tuple[tuple[int, int], ...]
    """Units (below 0: sold) and price of what the last read of the margins may not know."""


_NOTHING = Waiting(0, ())


class Scales:
    def __init__(self) -> None:
        self.pans: dict[str, Pan] = {}
        self.valuation = Valuation()
        self.waiting: dict[Place, Waiting] = {}
        self.unexecuted_paise = 0
        """The value of all that waits."""
        self.asked: Known | None = None
        self.known: Known | None = None
        """Of the read that `state.funds` is of."""
        self._pan_of: dict[Place, str] = {}
        self._moves, self._read_ns = 0, 0
        self._before: dict[Place, int] | None = None
        self._cooling: dict[Place, None] = {}
        self.news: dict[str, dict[Place, None]] = {}
        """By underlying, places with anything that the last read of the margins may not know."""
        self._base: dict[str, Together] = {}
        self._needed: dict[str, tuple[Together, int]] = {}
        """By underlying, what is held with everything since the read; and what that needs more than the read knew."""

    # As the orders change.

    def begin(self, run: Run) -> None:
        """Of a start."""
        self.valuation.begin(run.state.instruments)
        self.follow(run)

    def follow(self, run: Run) -> None:
        """Up to the orders as they are now."""
        state = run.state
        standing = state.blotter.standing
        if self._before is not state.before:
            self._before, self._moves = state.before, len(standing.moves)
            places = dict.fromkeys([*standing.places, *state.before, *self._pan_of])
        elif self._moves == len(standing.moves) and self._read_ns == state.blotter.read_ns:
            return
        else:
            places = dict.fromkeys(standing.moves[self._moves :])
            if self._read_ns != state.blotter.read_ns:
                places |= self._cooling
        self._moves, self._read_ns = len(standing.moves), state.blotter.read_ns
        for place in places:
            self._weigh(run, place)

    def look(self, run: Run) -> None:
        """At the market, once a second: all that is held is valued anew."""
        self.follow(run)
        moved = {self._pan_of[place]: None for place in list(self._pan_of) if self._look(run, place)}
        for underlying in moved:
            self.pans[underlying].sum_up()
            self._base.pop(underlying, None)
            self._needed.pop(underlying, None)
        for underlying in self.pans:
            if underlying not in self._needed:
                self.needed(run, underlying)

    def _look(self, run: Run, place: Place) -> bool:
        """Whether it is worth another sum than before."""
        pan = self.pans[self._pan_of[place]]
        unit, old = self.valuation.of(run, place[0], anew=True).unit, pan.held.get(place)
        if old is None or unit is old.unit:
            return old is None and unit is not None and self._weigh(run, place)
        pan.note(place, unit, old.lowest, old.highest)
        return True

    def _weigh(self, run: Run, place: Place) -> bool:
        """What the place holds now is put on its pan; whether there is anything."""
        key, product = place
        exposure = run.state.exposure(key, product)
        underlying = self._pan_of.get(place) or underlying_of(run, key)
        self._needed.pop(underlying, None)
        if exposure.buy.cooling or exposure.sell.cooling:
            self._cooling[place] = None
        else:
            self._cooling.pop(place, None)
        lowest, highest = exposure.lowest, exposure.highest
        if (not lowest and not highest) or other_segment(key):
            self._forget(run, place, underlying)
            return False
        worth = self.valuation.of(run, key)
        pan = self.pans.get(underlying)
        if pan is None:
            pan = self.pans[underlying] = Pan()
        self._pan_of[place] = underlying
        pan.put(place, worth.unit, lowest, highest)
        self._wait(run, place, worth)
        return True

    def _forget(self, run: Run, place: Place, underlying: str) -> None:
        """Flat: what the last read knew of it, a hedge say, is still what the margins were reckoned with."""
        self.unexecuted_paise -= self.waiting.pop(place, _NOTHING).value_paise
        self._note(underlying, place, is_news=self._is_sold_off(run, place))
        if self._pan_of.pop(place, None) is not None:
            self.pans[underlying].put(place, None, 0, 0)

    def _wait(self, run: Run, place: Place, worth: Worth) -> None:
        value, since = 0, []
        mark = round(worth.unit.price) if worth.unit is not None else 0
        for order in run.state.blotter.open_of(place[0]):
            if order.product is place[1] and not order.ended and _is_entry(order):
                leaves, dearest = order.leaves_worst, dearest_paise(order)
                value += leaves * (dearest or mark)
                known, at_paise = self.known.working.get(order.ref, (0, 0)) if self.known is not None else (0, 0)
                if dearest > at_paise:
                    known = 0  # its price has been raised since: to be safe, as if the read had not known it
                if leaves > known:
                    since.append((order.side.sign * (leaves - known), dearest or mark))
        self.unexecuted_paise += value - self.waiting.get(place, _NOTHING).value_paise
        self.waiting[place] = Waiting(value, tuple(since)) if value or since else _NOTHING
        self._note(self._pan_of[place], place, is_news=bool(since) or self._filled_since(run, place) != 0)

    def _note(self, underlying: str, place: Place, *, is_news: bool) -> None:
        news = self.news.setdefault(underlying, {})
        if is_news:
            news[place] = None
            return
        news.pop(place, None)
        if not news:
            del self.news[underlying]

    # The margins.

    def ask(self, state: "EngineState", now_ns: int) -> None:
        """A read of the margins is asked for now."""
        blotter = state.blotter
        entries = (order for order in blotter.open() if order.status in AT_BROKER and _is_entry(order))
        working = {order.ref: (order.leaves_worst, order.price_paise) for order in entries}
        self.asked = Known(now_ns, dict(blotter.standing.filled), working)

    def read(self, run: Run) -> None:
        """It has come: a read that nobody asked for knows what is there now."""
        if self.asked is None:
            self.ask(run.state, run.now_ns)
        self.known, self.asked = self.asked, None
        self.follow(run)
        self._base.clear()
        self._needed.clear()
        for place in dict.fromkeys([*self._pan_of, *(self.known.filled if self.known is not None else ())]):
            if place in self._pan_of:
                self._wait(run, place, self.valuation.of(run, place[0]))
            else:
                self._note(underlying_of(run, place[0]), place, is_news=self._is_sold_off(run, place))

    def held(self, run: Run, underlying: str) -> Together | None:
        """What the last read knew to be held. None where rules or read are missing, or something cannot be valued."""
        found, rules = self._base.get(underlying), run.state.config.risk.margins
        if found is not None or rules is None or self.known is None:
            return found
        together = Together(rules)
        pan = self.pans.get(underlying)
        places = (*pan.held, *pan.unknown) if pan is not None else ()
        for place in dict.fromkeys((*places, *self.news.get(underlying, ()))):
            qty = run.state.before.get(place, 0) + self.known.filled.get(place, 0)
            if qty and not hold(run, together, place, qty, self.valuation.of(run, place[0])):
                return None
        self._base[underlying] = together
        return together

    def needed(self, run: Run, underlying: str) -> tuple[Together, int] | None:
        """With everything since that read; and what that needs more than the read knew."""
        found = self._needed.get(underlying)
        base = self.held(run, underlying) if found is None else None
        if base is None:
            return found
        news = self.news.get(underlying)
        if not news:  # nobody writes to it: `needs` leaves it as it is
            found = self._needed[underlying] = (base, 0)
            return found
        together, more = base.copy(), 0
        for place in news:
            for qty, price in self._since(run, place):
                worth = self.valuation.of(run, place[0])
                more += needs(run, together, place, qty, price, worth)
                hold(run, together, place, qty, worth)
        found = self._needed[underlying] = (together, more)
        return found

    @property
    def needed_paise(self) -> int | None:
        """For everything since the last read, as it was last reckoned; None: not known."""
        if self.known is None or any(underlying not in self._needed for underlying in self.news):
            return None
        return sum(self._needed[underlying][1] for underlying in self.news)

    def _since(self, run: Run, place: Place) -> list[tuple[int, int]]:
        """Units and prices: what has filled since, and what may."""
        filled = self._filled_since(run, place)
        found = list(self.waiting.get(place, _NOTHING).since)
        if filled:
            unit = self.valuation.of(run, place[0]).unit
            found.insert(0, (filled, round(unit.price) if unit is not None else 0))
        return found

    def _is_sold_off(self, run: Run, place: Place) -> bool:
        """Of a place that is flat: whether the last read knew it to hold anything."""
        return not other_segment(place[0]) and self._filled_since(run, place) != 0

    def _filled_since(self, run: Run, place: Place) -> int:
        known = self.known.filled.get(place, 0) if self.known is not None else 0
        return run.state.blotter.standing.filled.get(place, 0) - known


def underlying_of(run: Run, key: str) -> str:
    """Its key; of shares and of what nobody knows, their own."""
    instrument = run.state.instruments.get(key)
    return key if instrument is None else instrument.underlying or key


def dearest_paise(order: OrderState) -> int:
    """The higher of its price and one it has been asked to have; 0 at the market."""
    asked = order.change.change.price_paise if order.change is not None and order.change.change is not None else None
    return max(order.price_paise, asked or 0)


def _is_entry(order: OrderState) -> bool:
    return order.intent is not None and order.intent.purpose is Purpose.ENTRY
