"""The day's money by the broker's rows: what a position has made since the close before, and what the trades cost.

The one reckoning of both, for `risk show` and for the watchdog. Nothing of the engine's is used. Paise.
"""

from collections import defaultdict
from datetime import date

from tarazu import reference
from tarazu.app.account.contracts import OURS, kind_of
from tarazu.model.calendar import NotCovered
from tarazu.model.execution import Fill
from tarazu.model.instrument import Exchange
from tarazu.orders.kite_rows import fill_of
from tarazu.portfolio.breaks import BrokerPosition
from tarazu.portfolio.charges import ChargeLeg, charges
from tarazu.wire.kite_orders import BadRow, TradeRow


def is_ours(key: str) -> bool:
    """Whether the desk trades its segment (docs/risk-state.md, "What is not ours")."""
    return key.partition(":")[0] in OURS


def position_paise(held: BrokerPosition, multiplier: float = 1) -> int | str:
    """What it has made today, by its own row, charges not counted; or why that is not computable.

    Kite's own m2m: held now at the last price + sold today - bought today - carried at the close before. It needs no
    trades, whose book may lag behind, and keeps the product they were made in when a position is converted.
    """
    if multiplier != 1:
        return f"{held.key} is counted by {multiplier:g}"
    if held.qty and held.last_paise <= 0:
        return f"{held.key} has no last price"
    if held.overnight_qty and held.close_paise <= 0:
        return f"{held.key} has no close of the day before"
    now_paise = held.qty * held.last_paise
    before_paise = held.overnight_qty * held.close_paise
    return now_paise - before_paise + held.day_sell_value_paise - held.day_buy_value_paise


def charges_paise(trades: list[TradeRow], day: date) -> int | str:
    """Of the whole day, an order at a time as a contract note has it; or why they are not known."""
    orders: dict[tuple[str, str], list[Fill]] = defaultdict(list)
    for row in trades:
        fill = fill_of(row)
        if isinstance(fill, BadRow):
            return f"trade {row.trade_id} does not read: {fill.text}"
        if is_ours(fill.key):
            orders[fill.order_id, fill.side].append(fill)
    try:
        return sum(charges(reference.charge_rates(), _leg(fills, day)).total for fills in orders.values())
    except (NotCovered, ValueError) as unknown:
        return f"charges are not known: {unknown}"


def _leg(fills: list[Fill], day: date) -> ChargeLeg:
    first = fills[0]
    return ChargeLeg(
        kind=kind_of(first.key),
        exchange=Exchange(first.key.partition(":")[0]),
        product=first.product,
        side=first.side,
        qty=sum(fill.qty for fill in fills),
        value_paise=sum(fill.qty * fill.price_paise for fill in fills),
        day=day,
    )
