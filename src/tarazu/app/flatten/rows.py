"""A plan as rows: what is held, what would be sent for it, and what that may cost. Paise and units."""

from collections.abc import Iterator
from datetime import date

import msgspec

from tarazu import reference
from tarazu.app.account.contracts import Terms
from tarazu.app.account.quotes import Quote
from tarazu.app.flatten.book import AccountBook
from tarazu.app.flatten.seeing import Seen
from tarazu.model.calendar import NotCovered
from tarazu.model.instrument import Exchange, Kind
from tarazu.model.order import OrdType, Product, Side
from tarazu.orders.exposure import Place
from tarazu.portfolio.charges import ChargeLeg, charges


class CancelRow(msgspec.Struct, frozen=True, kw_only=True):
    order_id: str
    side: Side
    qty: int
    """What may still fill."""
    key: str
    product: Product
    order_type: OrdType
    price_paise: int
    is_turned: bool = False
    """Changed into the exit instead of cancelled: it closes, and a cancelled order may still fill."""


class CloseRow(msgspec.Struct, frozen=True, kw_only=True):
    key: str
    product: Product
    broker: int
    local: int | None
    """As main last said; None: not known."""
    side: Side
    turned: int
    """Units that resting orders close, once changed."""
    slices: tuple[int, ...]
    """Of the new orders."""
    order_type: OrdType
    price_paise: int | None
    """Of a LIMIT."""
    protection_bps: int | None
    estimate_paise: int | None
    """Price at which it may trade; None: nobody told."""
    spread_paise: int | None
    """What the half of the spread costs, all units."""
    charges_paise: int | None
    waits: tuple[str, ...]
    """Reasons of the planner why not all of it goes now."""
    guessed: bool
    """Lot and freeze quantity by the rules, not by a master."""

    @property
    def qty(self) -> int:
        return self.turned + sum(self.slices)

    @property
    def differs(self) -> bool:
        return self.local is not None and self.local != self.broker


def cancel_rows(book: AccountBook, seen: Seen) -> list[CancelRow]:
    """In the order of the plan: those that go, then those that are turned."""
    turned = {turn.ref for turn in seen.plan.turns}
    rows = []
    for ref in [*seen.plan.cancels, *(turn.ref for turn in seen.plan.turns)]:
        order = book.blotter.orders[ref]
        rows.append(
            CancelRow(
                order_id=order.order_id,
                side=order.side,
                qty=order.leaves_worst,
                key=order.key,
                product=order.product,
                order_type=order.order_type,
                price_paise=order.price_paise or order.trigger_paise,
                is_turned=ref in turned,
            )
        )
    return rows


def close_rows(book: AccountBook, seen: Seen, local: dict[Place, int] | None, day: date) -> Iterator[CloseRow]:
    """One for each place that is held, shorts first."""
    for place, qty in book.open_places():
        key, product = place
        side = Side.SELL if qty > 0 else Side.BUY
        exits = [e for e in seen.plan.exits if (e.key, e.product) == place]
        mine = [book.blotter.orders[turn.ref] for turn in seen.plan.turns]
        rule, terms, quote = seen.rules[key], seen.terms[key], seen.quotes.get(key)
        estimate = _estimate(quote, side) or book.last_paise.get(key) or None
        yield CloseRow(
            key=key,
            product=product,
            broker=qty,
            local=None if local is None else local.get(place, 0),
            side=side,
            turned=sum(order.leaves_worst for order in mine if (order.key, order.product) == place),
            slices=tuple(e.qty for e in exits),
            order_type=exits[0].order_type if exits else (OrdType.MARKET if rule.market_allowed else OrdType.LIMIT),
            price_paise=exits[0].price_paise if exits else rule.price(side),
            protection_bps=exits[0].protection_bps if exits else None,
            estimate_paise=estimate,
            spread_paise=_spread(quote, abs(qty)),
            charges_paise=_charges(terms, place, side, abs(qty), estimate, day),
            waits=tuple(f"{w.reason} {w.qty}" for w in seen.plan.waits if (w.key, w.product) == place),
            guessed=terms.source == "rules",
        )


def _estimate(quote: Quote | None, side: Side) -> int | None:
    return None if quote is None else (quote.ask if side is Side.BUY else quote.bid)


def _spread(quote: Quote | None, qty: int) -> int | None:
    if quote is None or quote.bid is None or quote.ask is None:
        return None
    return (quote.ask - quote.bid) * qty // 2


def _charges(terms: Terms, place: Place, side: Side, qty: int, price: int | None, day: date) -> int | None:
    """Of one executed order; further slices cost their own brokerage."""
    if price is None:
        return None
    key, product = place
    leg = ChargeLeg(
        kind=kind_of(key, terms),
        exchange=Exchange(key.partition(":")[0]),
        product=product,
        side=side,
        qty=qty,
        value_paise=qty * price,
        day=day,
    )
    try:
        return charges(reference.charge_rates(), leg).total
    except NotCovered:
        return None


def kind_of(key: str, terms: Terms) -> Kind:
    if not terms.is_derivative:
        return Kind.EQ
    return Kind(key[-2:]) if terms.is_option else Kind.FUT
