"""The day's result from the broker's books alone: nothing of the engine's is used, so that both can be compared."""

from collections import defaultdict
from datetime import date

import msgspec

from tarazu import reference
from tarazu.model.calendar import NotCovered
from tarazu.model.execution import Fill
from tarazu.model.instrument import Exchange, Kind
from tarazu.model.order import Product, Side
from tarazu.orders.kite_rows import fill_of, position_of
from tarazu.portfolio.charges import ChargeLeg, charges
from tarazu.wire.kite_money import PositionRow, PositionsData
from tarazu.wire.kite_orders import BadRow, TradeRow

_OPTIONS = {"CE": Kind.CE, "PE": Kind.PE, "UT": Kind.FUT}
"""By the last two letters of a derivative's symbol (Kite v3 "Instruments")."""
SLACK_BPS = 100
"""The broker marks at the last trade, the engine at the middle: they may lie this far apart of what is held."""
SLACK_PAISE = 50_000


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """`net_paise` is None where it is not computable, and `why` says why."""

    net_paise: int | None = None
    slack_paise: int = SLACK_PAISE
    """How far another reckoning of the same moment may lie from it."""
    why: str = ""


def day_result(positions: PositionsData, trades: list[TradeRow], day: date) -> Result:
    """Since the close of the day before, charges taken off, open positions at the broker's last price."""
    gross_paise = held_paise = 0
    for row in positions.net:
        found = _of_position(row)
        if isinstance(found, str):
            return Result(why=found)
        gross_paise += found[0]
        held_paise += found[1]
    cost = _charges(trades, day)
    if isinstance(cost, str):
        return Result(why=cost)
    return Result(net_paise=gross_paise - cost, slack_paise=SLACK_PAISE + held_paise * SLACK_BPS // 10_000)


def _of_position(row: PositionRow) -> tuple[int, int] | str:
    """Its result of the day and the size of what is held now, paise; or why it is not computable."""
    position = position_of(row)
    if isinstance(position, BadRow):
        return f"a position does not read: {position.text}"
    if row.multiplier != 1:
        return f"{position.key} is counted by {row.multiplier}"
    if position.qty and position.last_paise <= 0:
        return f"{position.key} has no last price"
    if position.overnight_qty and position.close_paise <= 0:
        return f"{position.key} has no price of the day before"
    now_paise = position.qty * position.last_paise
    before_paise = position.overnight_qty * position.close_paise
    traded_paise = position.day_sell_value_paise - position.day_buy_value_paise
    return now_paise - before_paise + traded_paise, abs(now_paise)


def _charges(trades: list[TradeRow], day: date) -> int | str:
    """Of the whole day, an order at a time as a contract note has it; or why they are not known."""
    by_order: dict[tuple[str, str], list[Fill]] = defaultdict(list)
    for row in trades:
        fill = fill_of(row)
        if isinstance(fill, BadRow):
            return f"trade {row.trade_id} does not read: {fill.text}"
        by_order[fill.order_id, fill.side].append(fill)
    total_paise = 0
    for fills in by_order.values():
        try:
            total_paise += charges(reference.charge_rates(), _leg(fills, day)).total
        except (NotCovered, ValueError) as unknown:
            return f"charges are not known: {unknown}"
    return total_paise


def _leg(fills: list[Fill], day: date) -> ChargeLeg:
    first = fills[0]
    exchange, symbol = first.key.split(":", 1)
    derivative = exchange in (Exchange.NFO, Exchange.BFO)
    return ChargeLeg(
        kind=_OPTIONS.get(symbol[-2:], Kind.FUT) if derivative else Kind.EQ,
        exchange=Exchange(exchange),
        product=Product(first.product),
        side=Side(first.side),
        qty=sum(fill.qty for fill in fills),
        value_paise=sum(fill.qty * fill.price_paise for fill in fills),
        day=day,
    )
