"""The day's result from the broker's trades and positions alone; nothing of the engine's is used.

    result = held now at its price + sold today - bought today - carried into the day at the close before - charges

Paise and units. What is carried counts from the close of the day before, as the broker's own m2m does.
"""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date

import msgspec

from tarazu import reference
from tarazu.app.account.contracts import guessed
from tarazu.model.calendar import NotCovered
from tarazu.model.execution import Fill
from tarazu.model.instrument import Exchange, Kind
from tarazu.model.order import Product, Side
from tarazu.orders.kite_rows import fill_of, position_of
from tarazu.portfolio.breaks import BrokerPosition
from tarazu.portfolio.charges import ChargeLeg, charges
from tarazu.wire.kite_money import PositionsData
from tarazu.wire.kite_orders import BadRow, TradeRow

Place = tuple[str, Product]


class PlaceResult(msgspec.Struct, frozen=True, kw_only=True):
    key: str
    product: Product
    qty: int
    last_paise: int
    average_paise: int
    """Of what is held, by its own trades in their order and the close before; 0 when flat."""
    realised_paise: int
    unrealised_paise: int


class AccountResult(msgspec.Struct, frozen=True, kw_only=True):
    places: tuple[PlaceResult, ...]
    charges_paise: int | None
    """None: not computable, and `unknown` says why."""
    unknown: tuple[str, ...] = ()
    """What could not be taken in: then the result is none."""
    breaks: tuple[str, ...] = ()
    """Where the broker's trades are not its positions."""
    not_ours: tuple[str, ...] = ()
    """Positions of segments that the desk does not trade: in no figure here."""

    @property
    def realised_paise(self) -> int:
        return sum(place.realised_paise for place in self.places)

    @property
    def unrealised_paise(self) -> int:
        return sum(place.unrealised_paise for place in self.places)

    @property
    def net_paise(self) -> int | None:
        if self.unknown or self.charges_paise is None:
            return None
        return self.realised_paise + self.unrealised_paise - self.charges_paise


def account_result(positions: PositionsData, trades: list[TradeRow], day: date) -> AccountResult:
    """`day` decides the rates of the charges."""
    unknown: list[str] = []
    fills: dict[Place, list[Fill]] = defaultdict(list)
    for trade in trades:
        fill = fill_of(trade)
        if isinstance(fill, BadRow):
            unknown.append(f"trade {trade.trade_id}: {fill.text}")
        elif _is_ours(fill.key):
            fills[fill.key, fill.product].append(fill)
    places: list[PlaceResult] = []
    breaks: list[str] = []
    not_ours: list[str] = []
    for row in positions.net:
        held = position_of(row)
        if isinstance(held, BadRow):
            unknown.append(held.text)
        elif not _is_ours(held.key):
            not_ours += [f"{held.key} {held.product} {held.qty:+}"] if held.qty else []
        else:
            mine = fills.pop((held.key, held.product), [])
            places.append(_place(held, mine))
            breaks += _breaks(held, mine)
            unknown += _unpriced(held)
    breaks += [f"{key} {product}: {len(rows)} trades and no position" for (key, product), rows in fills.items()]
    cost = _charges(trades, day)
    unknown += [cost] if isinstance(cost, str) else []
    return AccountResult(
        places=tuple(places),
        charges_paise=None if isinstance(cost, str) else cost,
        unknown=tuple(unknown),
        breaks=tuple(breaks),
        not_ours=tuple(not_ours),
    )


def _is_ours(key: str) -> bool:
    return key.partition(":")[0] in set(Exchange)


def _place(held: BrokerPosition, fills: list[Fill]) -> PlaceResult:
    """Realised by average cost: what is closed is taken at the average of what was open before it."""
    qty, cost, realised = held.overnight_qty, held.overnight_qty * held.close_paise, 0
    for fill in sorted(fills, key=lambda fill: (fill.ts_event_ns, fill.exec_id)):
        signed = fill.side.sign * fill.qty
        if qty * signed < 0:
            closed = min(abs(signed), abs(qty)) * (1 if signed > 0 else -1)
            share = _part(cost, -closed, qty)
            realised += -closed * fill.price_paise - share
            qty, cost, signed = qty + closed, cost - share, signed - closed
        qty, cost = qty + signed, cost + signed * fill.price_paise
    return PlaceResult(
        key=held.key,
        product=held.product,
        qty=held.qty,
        last_paise=held.last_paise,
        average_paise=abs(round(cost / qty)) if qty else 0,
        realised_paise=realised,
        unrealised_paise=held.qty * held.last_paise - cost,
    )


def _part(cost: int, qty: int, of: int) -> int:
    """The cost of `qty` out of `of` units, both of one sign."""
    return round(cost * qty / of)


def _breaks(held: BrokerPosition, fills: list[Fill]) -> Iterable[str]:
    bought = sum(fill.qty for fill in fills if fill.side is Side.BUY)
    sold = sum(fill.qty for fill in fills if fill.side is Side.SELL)
    if (bought, sold) != (held.day_buy_qty, held.day_sell_qty):
        theirs = f"{held.day_buy_qty} bought, {held.day_sell_qty} sold"
        yield f"{held.key} {held.product}: positions say {theirs}; trades {bought} and {sold}"
    elif held.overnight_qty + bought - sold != held.qty:
        yield f"{held.key} {held.product}: {held.overnight_qty} and the trades are not {held.qty}"


def _unpriced(held: BrokerPosition) -> Iterable[str]:
    if held.qty and held.last_paise <= 0:
        yield f"{held.key} has no last price"
    if held.overnight_qty and held.close_paise <= 0:
        yield f"{held.key} has no close of the day before"


def _charges(trades: list[TradeRow], day: date) -> int | str:
    """Of every order that has traded; brokerage is by order."""
    orders: dict[str, list[Fill]] = defaultdict(list)
    for trade in trades:
        fill = fill_of(trade)
        if not isinstance(fill, BadRow) and _is_ours(fill.key):
            orders[str(fill.order_id)].append(fill)
    try:
        return sum(charges(reference.charge_rates(), _leg(fills, day)).total for fills in orders.values())
    except NotCovered as bad:
        return str(bad)


def _leg(fills: list[Fill], day: date) -> ChargeLeg:
    first = fills[0]
    return ChargeLeg(
        kind=_kind(first.key),
        exchange=Exchange(first.key.partition(":")[0]),
        product=first.product,
        side=first.side,
        qty=sum(fill.qty for fill in fills),
        value_paise=sum(fill.qty * fill.price_paise for fill in fills),
        day=day,
    )


def _kind(key: str) -> Kind:
    terms = guessed(key)
    if not terms.is_derivative:
        return Kind.EQ
    return Kind(key[-2:]) if terms.is_option else Kind.FUT
