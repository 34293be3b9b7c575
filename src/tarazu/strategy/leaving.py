"""How a strategy lets go: of what it holds, and of its entries that rest. Nothing of its own keeps it from either."""

from collections.abc import Iterable, Mapping

from tarazu.model.instrument import Instrument
from tarazu.model.order import Product
from tarazu.model.units import SECOND_NS
from tarazu.orders.intent import Purpose
from tarazu.orders.lifecycle import AT_BROKER
from tarazu.orders.order_state import OrderState
from tarazu.strategy.base import View
from tarazu.strategy.wants import CancelWant, ExitWant, Want

CARRIED = "units from before the day are held in its contracts: a person's"


def resting(orders: Iterable[OrderState]) -> list[OrderState]:
    """Entries at the broker whose cancellation nobody has asked for; the engine repeats what was asked."""
    entries = (order for order in orders if order.intent is not None and order.intent.purpose is Purpose.ENTRY)
    return [order for order in entries if order.status in AT_BROKER and order.order_id and not order.cancel_ns]


def taken_back(view: View, strategy: str, older_than_s: int, why: str) -> tuple[Want, ...]:
    """Cancellations of its entries that rest for so long, those of a spread apart: it takes back its own."""
    if view.is_building(strategy):
        return ()
    since_ns = view.now_ns - older_than_s * SECOND_NS
    old = (order for order in resting(view.orders(strategy)) if order.intended_ns <= since_ns)
    return tuple(CancelWant(strategy=strategy, ref=order.ref, why=why) for order in old)


def left(view: View, strategy: str, held: Mapping[str, int], product: Product, why: str) -> tuple[Want, ...]:
    """Its resting entries taken back, and every place left that is not being left yet. What is short first: without
    it what is long is only worth something."""
    gone = view.leaving(strategy)
    keys = [key for key in sorted(held, key=lambda key: (held[key], key)) if (key, product) not in gone]
    exits = (ExitWant(strategy=strategy, key=key, product=product, why=why) for key in keys)
    return (*taken_back(view, strategy, 0, why), *exits)


def is_being_left(view: View, strategy: str, held: Mapping[str, int], product: Product) -> bool:
    """All of it: there is nothing to be said any more."""
    gone = view.leaving(strategy)
    return all((key, product) in gone for key in held) and not resting(view.orders(strategy))


def is_carried(view: View, name: str, product: Product) -> bool:
    """Whether the account still holds units from before the day in contracts of that name. Whose they are is in no
    order of the day."""
    return any(
        qty and of is product and _is_of(name, view.instruments.get(key)) and view.position(key, of)
        for (key, of), qty in view.carried.items()
    )


def _is_of(name: str, instrument: Instrument | None) -> bool:
    return instrument is not None and instrument.is_derivative and instrument.name == name
