"""One order of ours as the exchange holds it: what is asked, what is done, and where it stands."""

from enum import StrEnum

import msgspec

from tarazu.model.order import Side, Validity
from tarazu.sim.orders import NewOrder, Report, ReportKind


class Place(StrEnum):
    """Where a live order stands; GONE is filled, canceled or rejected."""

    BOOK = "BOOK"
    STOPS = "STOPS"
    AUCTION = "AUCTION"
    POST_CLOSE = "POST_CLOSE"
    GONE = "GONE"


class ExchangeOrder(msgspec.Struct, kw_only=True, eq=False):
    """Mutable, and equal only to itself: queues hold it by identity. Quantities in units, prices in paise."""

    order_id: str
    user_id: str
    index: int
    side: Side
    qty: int
    price_paise: int
    """0 while it is a market order; its remainder in a book has a price."""
    trigger_paise: int
    validity: Validity
    ttl_until_ns: int | None
    disclosed_qty: int
    exchange_order_id: str = ""
    priority: int = 0
    """Time priority: lower is earlier. An amendment that loses priority gets a new number."""
    filled: int = 0
    triggered: bool = False
    place: Place = Place.GONE

    @property
    def leaves(self) -> int:
        return self.qty - self.filled

    @property
    def is_market(self) -> bool:
        return self.price_paise == 0

    @property
    def is_waiting_stop(self) -> bool:
        return self.trigger_paise > 0 and not self.triggered

    @property
    def shown(self) -> int:
        """Units that stand in the queue at once: the disclosed part, or all of it."""
        return min(self.disclosed_qty, self.leaves) if self.disclosed_qty else self.leaves

    def report(
        self,
        kind: ReportKind,
        now_ns: int,
        qty: int | None = None,
        price_paise: int = 0,
        trade_id: str = "",
        text: str = "",
    ) -> Report:
        """What the exchange says about this order; `qty` is the order's where nothing else is given."""
        return Report(
            kind=kind,
            order_id=self.order_id,
            ts_ns=now_ns,
            exchange_order_id=self.exchange_order_id,
            qty=self.qty if qty is None else qty,
            price_paise=price_paise,
            trade_id=trade_id,
            text=text,
        )

    def fill(self, qty: int) -> None:
        assert 0 < qty <= self.leaves, "no order trades more than it asked"
        self.filled += qty
        if self.leaves == 0:
            self.place = Place.GONE


def exchange_order(new: NewOrder) -> ExchangeOrder:
    return ExchangeOrder(
        order_id=new.order_id,
        user_id=new.user_id,
        index=new.index,
        side=new.side,
        qty=new.qty,
        price_paise=new.price_paise,
        trigger_paise=new.trigger_paise,
        validity=new.validity,
        ttl_until_ns=new.ttl_until_ns,
        disclosed_qty=new.disclosed_qty,
    )
