"""What a strategy or a person wants done, before anybody has weighed it."""

import msgspec

from tarazu.model.order import OrdType, Product, Side, Validity


class StopPlan(msgspec.Struct, frozen=True, kw_only=True):
    """How an entry is protected at the exchange, paise: `StopTerms` without what the day's rules give."""

    distance_paise: int
    width_paise: int


class EntryWant(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Take on risk: one order, sliced above the freeze quantity."""

    strategy: str
    key: str
    side: Side
    qty: int
    product: Product
    order_type: OrdType = OrdType.LIMIT
    price_paise: int | None = None
    validity: Validity = Validity.DAY
    stop: StopPlan | None = None
    """None: without a protective stop, which the gate allows only where the config says so."""


class LegWant(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    key: str
    side: Side
    per_set: int
    price_paise: int | None = None
    """None: MARKET with protection."""


class SpreadWant(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Several legs at once: hedges first, mains as far as they are covered (`orders.legs`)."""

    strategy: str
    product: Product
    sets: int
    hedges: tuple[LegWant, ...]
    mains: tuple[LegWant, ...]
    keep_hedges: bool = False
    overdue_s: float = 30.0


class ExitWant(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Leave this place, wholly: the one planner of square-offs does it, again and again until it is flat."""

    strategy: str
    key: str
    product: Product
    why: str = ""


class CancelWant(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    strategy: str
    ref: str
    why: str = ""


class ChangeWant(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Another price or quantity of a resting order. An increase is weighed as an entry."""

    strategy: str
    ref: str
    qty: int | None = None
    price_paise: int | None = None


Want = EntryWant | SpreadWant | ExitWant | CancelWant | ChangeWant
