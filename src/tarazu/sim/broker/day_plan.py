"""What the broker does by the clock of a day: after-market orders out, intraday positions squared off, settlement."""

from tarazu.model.calendar import Phase, Venue, venue_of
from tarazu.model.instrument import Instrument
from tarazu.model.order import OrdType, Side, Variety
from tarazu.model.units import SECOND_NS
from tarazu.sim.broker.days import closing_prices
from tarazu.sim.broker.desk import Desk
from tarazu.sim.broker.lifecycle import Lifecycle
from tarazu.sim.broker.oms import Order
from tarazu.sim.broker.placement import new_order
from tarazu.sim.broker.rms import UNKNOWN_INSTRUMENT
from tarazu.sim.broker.varieties import Varieties
from tarazu.sim.money.margins import INTRADAY
from tarazu.sim.money.positions import Position
from tarazu.sim.money.settlement import Closing, day_end, settle_day
from tarazu.sim.orders import OrderRequest
from tarazu.wire.kite_orders import KiteStatus

RMS = "rms"
"""`placed_by` of the broker's own orders."""
CANCEL_FIRST_NS = 1 * SECOND_NS
"""Between the cancellation of intraday orders and the orders that close what is open; our figure."""


class DayPlan:
    """Enters a day's fixed events into the agenda and carries them out."""

    def __init__(self, desk: Desk, lifecycle: Lifecycle, varieties: Varieties) -> None:
        self._desk, self._lifecycle, self._varieties = desk, lifecycle, varieties

    def schedule(self) -> None:
        """Plan today's session; called as it opens."""
        session, agenda = self._desk.today.session, self._desk.agenda
        for venue, windows in session.windows.items():
            if not windows:
                continue
            start = session.window(venue, Phase.CONTINUOUS)
            first_ns = windows[0].start_ns
            open_ns = first_ns if start is None else start.start_ns
            if first_ns < open_ns:
                agenda.at(first_ns, lambda v=venue: self._varieties.release_amo(v, False))  # type: ignore[misc]
            agenda.at(open_ns, lambda v=venue: self._varieties.release_amo(v, True))  # type: ignore[misc]
            cut_off_ns = session.mis_square_off_ns[venue]
            if cut_off_ns < windows[-1].end_ns:
                agenda.at(cut_off_ns, lambda v=venue: self._cancel_intraday(v))  # type: ignore[misc]
                agenda.at(cut_off_ns + CANCEL_FIRST_NS, lambda v=venue: self._square_off(v))  # type: ignore[misc]
        self._plan_auctions()
        agenda.at(session.last_ns, self.end_orders)

    def _plan_auctions(self) -> None:
        """Short deliveries are auctioned on days on which shares are delivered; always-open markets do so all day."""
        desk = self._desk
        desk.auctions.stay_shut()
        if desk.calendar.is_settlement_day(desk.today.session.day):
            closes_ns = desk.auctions.begin(desk.exchange.market, desk.rules.always_open)
            desk.agenda.at(closes_ns, lambda: self._lifecycle.take(desk.auctions.close(desk.now_ns)))

    def charge_square_off(self, order: Order) -> None:
        """The broker's fee for an order of its own that traded (rules `square_off_charge_paise`)."""
        if order.placed_by == RMS and order.filled_qty:
            fee = self._desk.rules.square_off_charge_paise
            self._desk.accounts[order.user_id].penalise(fee, self._desk.now_ns, order.order_id)

    def end_orders(self) -> None:
        """Nothing of the day stays under way, except after-market orders for the next session."""
        for order in self._desk.blotter.all():
            if not order.is_done and order.status is not KiteStatus.AMO_RECEIVED:
                self._lifecycle.end_of_day(order)

    def refuse_expired(self) -> None:
        """Reject the after-market orders whose contract does not trade today."""
        for order in self._desk.blotter.all():
            if not order.is_done and self._desk.index_of(order.instrument) is None:
                self._lifecycle.refuse(order, UNKNOWN_INSTRUMENT.message)

    def _cancel_intraday(self, venue: Venue) -> None:
        for order in self._desk.blotter.all():
            intraday = order.product in INTRADAY and venue_of(order.instrument) is venue
            if intraday and order.status in (KiteStatus.OPEN, KiteStatus.TRIGGER_PENDING):
                self._lifecycle.cancel(order)

    def _square_off(self, venue: Venue) -> None:
        """Market orders of the broker's own: the exchange's ban on unprotected ones is for the API."""
        for account in self._desk.accounts.values():
            for position in list(account.positions):
                if position.product in INTRADAY and position.qty and venue_of(position.instrument) is venue:
                    self._close(account.user_id, position)

    def _close(self, user_id: str, position: Position) -> None:
        instrument, left = position.instrument, abs(position.qty)
        lot = instrument.freeze_qty // instrument.lot_size * instrument.lot_size or left
        while left > 0:
            request = OrderRequest(
                variety=Variety.REGULAR.value,
                exchange=instrument.exchange.value,
                tradingsymbol=instrument.tradingsymbol,
                transaction_type=Side.SELL if position.qty > 0 else Side.BUY,
                order_type=OrdType.MARKET.value,
                product=position.product.value,
                quantity=min(lot, left),
            )
            order = new_order(self._desk, user_id, instrument, request)
            order.placed_by = RMS
            self._lifecycle.submit(order)
            left -= request.quantity

    def settle(self) -> None:
        """Settle the books of the session that is over (`sim.money.settlement`). Until this, at the roll of the next
        morning, positions and funds stand as the day left them, as Kite shows them through the evening."""
        desk, today = self._desk, self._desk.today
        closes = closing_prices(today)

        def closing(instrument: Instrument) -> Closing:
            close = closes.get(instrument.key, 0)
            return Closing(close, self._final_paise(instrument.underlying, closes) if instrument.is_derivative else 0)

        night = day_end(
            desk.calendar,
            today.session.day,
            today.session.last_ns,
            closing,
            today.universe.find,
            frozenset(desk.rules.contracts),
        )
        for account in desk.accounts.values():
            settle_day(account, night)

    def _final_paise(self, key: str, closes: dict[str, int]) -> int:
        """Final settlement price of an underlying; its close where its last half hour was not seen."""
        today = self._desk.today
        index = today.universe.index_of_key.get(key)
        mean = None if index is None else today.final_prices.mean_paise(index)
        return closes.get(key, 0) if mean is None else mean
