"""The day's result from the broker's positions and trades alone; nothing of the engine's is used.

    result = held now at its price + sold today - bought today - carried into the day at the close before - charges

Paise and units. What was bought and sold is the position rows' own word, the charges are the trades'. Where the trades
are not the positions (their book lags, a position was converted) there is no result, and no split of it.
"""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date

import msgspec

from tarazu.app.account.day_money import charges_paise, is_ours, position_paise
from tarazu.model.execution import Fill
from tarazu.model.order import Product, Side
from tarazu.orders.kite_rows import fill_of, position_of
from tarazu.portfolio.breaks import BrokerPosition
from tarazu.wire.kite_money import PositionsData
from tarazu.wire.kite_orders import BadRow, TradeRow

Place = tuple[str, Product]


class PlaceResult(msgspec.Struct, frozen=True, kw_only=True):
    key: str
    product: Product
    qty: int
    last_paise: int
    average_paise: int | None
    """Of what is held, by its own trades in their order and the close before; 0 when flat. This and the two below are
    None where the trades are not the position."""
    realised_paise: int | None
    unrealised_paise: int | None


class AccountResult(msgspec.Struct, frozen=True, kw_only=True):
    places: tuple[PlaceResult, ...]
    gross_paise: int | None
    """By the position rows, before charges: known while trades lag. None: not computable, and `unknown` says why."""
    charges_paise: int | None
    """Of the trades that were told; None: not computable, and `unknown` says why."""
    unknown: tuple[str, ...] = ()
    """What could not be taken in: then the result is none."""
    breaks: tuple[str, ...] = ()
    """Where the broker's trades are not its positions: then the result is none, for one of the two lacks something."""
    not_ours: tuple[str, ...] = ()
    """Positions of segments that the desk does not trade: in no figure here."""

    @property
    def realised_paise(self) -> int | None:
        return self._sum(place.realised_paise for place in self.places)

    @property
    def unrealised_paise(self) -> int | None:
        return self._sum(place.unrealised_paise for place in self.places)

    @property
    def net_paise(self) -> int | None:
        if self.unknown or self.breaks or self.gross_paise is None or self.charges_paise is None:
            return None
        return self.gross_paise - self.charges_paise

    def _sum(self, figures: Iterable[int | None]) -> int | None:
        known = [figure for figure in figures if figure is not None]
        return None if self.breaks or self.unknown else sum(known)


def account_result(positions: PositionsData, trades: list[TradeRow], day: date) -> AccountResult:
    """`day` decides the rates of the charges."""
    unknown: list[str] = []
    fills: dict[Place, list[Fill]] = defaultdict(list)
    for trade in trades:
        fill = fill_of(trade)
        if not isinstance(fill, BadRow) and is_ours(fill.key):  # `charges_paise` tells of one that does not read
            fills[fill.key, fill.product].append(fill)
    places: list[PlaceResult] = []
    breaks: list[str] = []
    not_ours: list[str] = []
    gross = 0
    for row in positions.net:
        held = position_of(row)
        if isinstance(held, BadRow):
            unknown.append(held.text)
        elif not is_ours(held.key):
            not_ours += [f"{held.key} {held.product} {held.qty:+}"] if held.qty else []
        else:
            mine = fills.pop((held.key, held.product), [])
            broken = list(_breaks(held, mine))
            places.append(_unsplit(held) if broken else _place(held, mine))
            breaks += broken
            made = position_paise(held, row.multiplier)
            unknown += [made] if isinstance(made, str) else []
            gross += made if isinstance(made, int) else 0
    breaks += [f"{key} {product}: {len(rows)} trades and no position" for (key, product), rows in fills.items()]
    gross_paise = None if unknown else gross
    cost = charges_paise(trades, day)
    unknown += [cost] if isinstance(cost, str) else []
    return AccountResult(
        places=tuple(places),
        gross_paise=gross_paise,
        charges_paise=None if isinstance(cost, str) else cost,
        unknown=tuple(unknown),
        breaks=tuple(breaks),
        not_ours=tuple(not_ours),
    )


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


def _unsplit(held: BrokerPosition) -> PlaceResult:
    """Its trades are not all there, or not all its own: what is held is known, what it cost is not."""
    return PlaceResult(
        key=held.key,
        product=held.product,
        qty=held.qty,
        last_paise=held.last_paise,
        average_paise=None,
        realised_paise=None,
        unrealised_paise=None,
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
