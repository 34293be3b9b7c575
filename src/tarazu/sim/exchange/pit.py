"""The trading of one instrument in which we have, or had today, orders: its book, stops, auction and row."""

from collections import deque
from collections.abc import Callable, Iterable

from tarazu.model.calendar import Phase
from tarazu.model.order import Side, Validity
from tarazu.sim.exchange import guards
from tarazu.sim.exchange.auction import call, ladder_interest
from tarazu.sim.exchange.book import Book, Match
from tarazu.sim.exchange.exchange_order import ExchangeOrder, Place
from tarazu.sim.exchange.floor import Floor
from tarazu.sim.exchange.overlay import Overlay
from tarazu.sim.exchange.post_close import PostClose
from tarazu.sim.exchange.price_limits import PriceLimits
from tarazu.sim.exchange.stops import StopBook
from tarazu.sim.orders import Report, ReportKind

IOC_TEXT = "Unmatched IOC order canceled by the exchange"
CAS_TEXT = "Unmatched closing auction order canceled by the exchange"


class Pit:
    """Every method that changes an order returns what the exchange says about it, in the order it happened."""

    def __init__(self, floor: Floor, index: int) -> None:
        self._floor = floor
        self.index = index
        self.venue = floor.venue(index)
        self._instrument = floor.instrument(index)
        self.overlay = Overlay(floor.market.rows, index)
        self._book: Book | None = None
        self._stops = StopBook()
        self._auction: list[ExchangeOrder] = []
        self._post: PostClose | None = None
        self._prices = PriceLimits(floor, index, self.overlay)
        self._is_touched = False
        """Our doing changed the row since the market's last step, which forgets what changed before it."""

    # What stands here.

    def orders(self) -> list[ExchangeOrder]:
        """All live orders, in time priority."""
        book = self._book.orders() if self._book else ()
        post = self._post.orders() if self._post else ()
        return sorted((*book, *self._stops.orders(), *self._auction, *post), key=lambda o: o.priority)

    @property
    def is_idle(self) -> bool:
        return (
            self._book is None and self.overlay.is_blank and not self._prices.auction_close_paise and not self.orders()
        )

    def refusal(self, order: ExchangeOrder, phase: Phase, now_ns: int) -> str | None:
        return guards.refuse(order, self._seen_by(order, phase, now_ns))

    # Orders in and out.

    def admit(self, order: ExchangeOrder, phase: Phase, now_ns: int) -> list[Report]:
        """Let an order that passed the guards do what the phase lets it: trade, rest, wait."""
        if phase.is_auction_entry:
            self._auction.append(order)
            order.place = Place.AUCTION
            return []
        if phase is Phase.POST_CLOSE:
            return self._trade_at_close(order, now_ns)
        if order.is_waiting_stop:
            self._stops.add(order)
            reports = self._wake_stops(now_ns)
        else:
            reports = self._trade(order, now_ns) + self._wake_stops(now_ns)
        self.repaint()
        return reports

    def amend(self, order: ExchangeOrder, wanted: ExchangeOrder, phase: Phase, now_ns: int) -> list[Report]:
        """Make `order` what is wanted. Less quantity at the same price keeps its place; other changes queue anew."""
        keeps_place = (
            (wanted.price_paise, wanted.trigger_paise) == (order.price_paise, order.trigger_paise)
            and wanted.qty <= order.qty
            and wanted.validity is not Validity.IOC
        )
        if not keeps_place:
            self.withdraw(order)
            order.priority = self._floor.priority()
        for field in ("qty", "price_paise", "trigger_paise", "validity", "ttl_until_ns", "disclosed_qty"):
            setattr(order, field, getattr(wanted, field))
        if not keeps_place:
            return self.admit(order, phase, now_ns)
        if order.place is Place.BOOK and self._book is not None:
            self._book.shrink(order)
        self.repaint()
        return []

    def withdraw(self, order: ExchangeOrder) -> None:
        """Take a live order out of wherever it stands."""
        if order.place is Place.BOOK and self._book is not None:
            self._book.remove(order)
        elif order.place is Place.STOPS:
            self._stops.remove(order)
        elif order.place is Place.POST_CLOSE and self._post is not None:
            self._post.remove(order)
        else:
            assert order.place is Place.AUCTION, "only a live order is withdrawn"
            self._auction = [o for o in self._auction if o is not order]
            order.place = Place.GONE

    def cancel(self, order: ExchangeOrder, text: str, now_ns: int) -> list[Report]:
        self.withdraw(order)
        self.repaint()
        return [order.report(ReportKind.CANCELED, now_ns, qty=order.leaves, text=text)]

    def cancel_where(self, gone: Callable[[ExchangeOrder], bool], text: str, now_ns: int) -> list[Report]:
        return [report for order in self.orders() if gone(order) for report in self.cancel(order, text, now_ns)]

    def cancel_all(self, text: str, now_ns: int) -> list[Report]:
        return self.cancel_where(lambda _: True, text, now_ns)

    def is_outside_band(self, order: ExchangeOrder) -> bool:
        """A resting limit order that a slide left outside; stops survive (NSE/FAOP/62241)."""
        low, high = self._prices.band(Phase.CONTINUOUS)
        return order.place is Place.BOOK and high > 0 and not low <= order.price_paise <= high

    # Time.

    def step(self, now_ns: int, continuous: bool, bought: int, sold: int) -> list[Report]:
        """The market has stepped: its flow meets the old queues, then its new ladder becomes the background."""
        self.overlay.settle()
        reports: list[Report] = []
        if continuous:
            if self._book is not None and self._book.has_ours:
                reports += self._meet_flow(self._book, bought, sold, now_ns)
                ladders = self.overlay.ladder(Side.BUY), self.overlay.ladder(Side.SELL)
                reports += self._executed(self._book.refresh(*ladders), now_ns)
            self._drop_foreign_book()
            reports += self._wake_stops(now_ns)
        self.overlay.paint(self._book)
        if reports or self._is_touched:
            self._floor.market.changed[self.index] = True
        self._is_touched = False
        return reports

    def uncross(self, closing: bool, market_first: bool, now_ns: int) -> list[Report]:
        """The call auction. What is left moves to the book at the open and is canceled at the close."""
        if not self._auction:
            return []
        interest = self._floor.market.auction_interest(self.index, closing)
        outcome = call(self._auction, interest, market_first)
        reports = self._executed(outcome.matches, now_ns)
        self._auction = [o for o in self._auction if o.leaves]
        if closing:
            self._prices.auction_close_paise = outcome.price_paise or interest.reference_paise
            reports += self.cancel_where(lambda o: o.place is Place.AUCTION, CAS_TEXT, now_ns)
        for order in self._auction:
            # NSE "Pre-open": market orders move at the discovered price, or yesterday's close where none was found.
            order.price_paise = order.price_paise or outcome.price_paise or interest.reference_paise
        self.repaint()
        return reports

    def open(self, now_ns: int) -> list[Report]:
        """Continuous trading begins: the auction's leftovers enter the book in time priority."""
        waiting, self._auction = self._auction, []
        reports = [r for order in waiting for r in self._trade(order, now_ns)]
        self.repaint()
        return reports

    def reopen(self, now_ns: int) -> list[Report]:
        """The call after a halt: resting orders and new ones against the displayed ladder, then continuous trading.

        The market knows no interest of its own for this call; the ladder at the moment of reopening stands for it.
        """
        resting = list(self._book.orders()) if self._book else []
        orders = sorted((*resting, *self._auction), key=lambda o: o.priority)
        bids, asks = self.overlay.ladder(Side.BUY), self.overlay.ladder(Side.SELL)
        outcome = call(orders, ladder_interest(bids, asks, self._prices.last()), market_first=True)
        reports = self._executed(outcome.matches, now_ns)
        self._auction = []
        self._book = Book(bids, asks)
        self._book.take(Side.BUY, sum(m.qty for m in outcome.matches if m.maker is None), None, None)
        self._book.take(Side.SELL, sum(m.qty for m in outcome.matches if m.taker is None), None, None)
        for order in orders:
            reports += self._trade(order, now_ns) if order.leaves else []
        reports += self._wake_stops(now_ns)
        self.repaint()
        return reports

    # Matching.

    def _trade(self, order: ExchangeOrder, now_ns: int) -> list[Report]:
        """Take what the book has at the order's price or better; the rest goes or rests by its validity.

        What is left of a market order rests at the last traded price (NSE, "Market order"; KITE.md has no number).
        """
        book = self._standing_book()
        limit = order.price_paise or guards.market_limit(order.side, self._seen_by(order, Phase.CONTINUOUS, now_ns))
        reports = self._executed(book.take(order.side, order.leaves, limit, order), now_ns)
        if not order.leaves:
            return reports
        if order.validity is Validity.IOC:
            order.place = Place.GONE
            return [*reports, order.report(ReportKind.CANCELED, now_ns, qty=order.leaves, text=IOC_TEXT)]
        if order.is_market:
            order.price_paise = self._prices.last()
        book.add(order)
        return reports

    def _trade_at_close(self, order: ExchangeOrder, now_ns: int) -> list[Report]:
        if self._post is None:
            interest = self._floor.market.auction_interest(self.index, closing=True)
            self._post = PostClose(self._prices.closing(), interest)
        reports = self._executed(self._post.take(order), now_ns)
        if order.leaves and order.validity is Validity.IOC:
            order.place = Place.GONE
            reports.append(order.report(ReportKind.CANCELED, now_ns, qty=order.leaves, text=IOC_TEXT))
        elif order.leaves:
            self._post.add(order)
        self.repaint()
        return reports

    def _meet_flow(self, book: Book, bought: int, sold: int, now_ns: int) -> list[Report]:
        """The step's aggressors take the queues in price-time order, no deeper than the touch went in the step.

        What they took beyond the quantity that stood there met orders that came and went within the step.
        """
        matches: list[Match] = []
        for side, qty in ((Side.BUY, bought), (Side.SELL, sold)):
            against = side.opposite
            new = [price for price, _, _ in self.overlay.ladder(against)[:1]]
            touches = [p for p in (book.touch(against), *new) if p]
            reach = max(touches, key=lambda p: p * side.sign) if touches else self._prices.last()
            matches += book.take(side, qty, reach, None)
        return self._executed(matches, now_ns, counted=True)

    def _wake_stops(self, now_ns: int) -> list[Report]:
        """Enter the stops that the price has reached, and those that their trades wake in turn."""
        reports: list[Report] = []
        woken = deque(self._stops.wake(self._prices.last()))
        while woken:
            order = woken.popleft()
            text = guards.refuse_match(order, self._seen_by(order, Phase.CONTINUOUS, now_ns))
            if text is not None:
                reports.append(order.report(ReportKind.REJECTED, now_ns, text=text))
                continue
            reports.append(order.report(ReportKind.TRIGGERED, now_ns))
            reports += self._trade(order, now_ns)
            woken += self._stops.wake(self._prices.last())
        return reports

    def _executed(self, matches: Iterable[Match], now_ns: int, counted: bool = False) -> list[Report]:
        """Put trades on the tape and the row, and tell both sides that are ours."""
        reports: list[Report] = []
        for price, qty, taker, maker in matches:
            self.overlay.record(price, qty, now_ns, counted)
            if not counted:
                self._floor.tape.record(self.index, price, qty, now_ns)
            trade_id = self._floor.trade_id()
            for order in (taker, maker):
                if order is not None:
                    reports.append(order.report(ReportKind.TRADED, now_ns, qty, price, trade_id))
        return reports

    def _seen_by(self, order: ExchangeOrder, phase: Phase, now_ns: int) -> guards.Situation:
        """What the guards may know about `order` now."""
        continuous = phase is Phase.CONTINUOUS
        return guards.Situation(
            rules=self._floor.rules,
            instrument=self._instrument,
            phase=phase,
            ltp_paise=self._prices.last(),
            volume=self.overlay.volume,
            band=self._prices.band(phase),
            closing_paise=self._prices.closing() if phase is Phase.POST_CLOSE else 0,
            protected=self._prices.protected(now_ns) if continuous else None,
            opposite_paise=self._standing_book().best(order.side.opposite) if continuous else None,
        )

    def _standing_book(self) -> Book:
        if self._book is None:
            self._book = Book(self.overlay.ladder(Side.BUY), self.overlay.ladder(Side.SELL))
        return self._book

    def look_again(self) -> None:
        """The market's row was exchanged outside a step. A book of ours meets it at the next step."""
        self.overlay.settle()
        self._drop_foreign_book()
        self.repaint()

    def _drop_foreign_book(self) -> None:
        """Without our orders in it the row shows the market's own book."""
        if self._book is not None and not self._book.has_ours:
            self._book = None

    def repaint(self) -> None:
        """Show our orders and trades in the row again."""
        self.overlay.paint(self._book)
        self._floor.market.changed[self.index] = self._is_touched = True
