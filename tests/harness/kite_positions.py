"""Kite's position rows in whole numbers, and every figure of a row beside the desk's own."""

import msgspec

from tarazu.model.order import Product, Side
from tarazu.orders.kite_rows import position_of
from tarazu.portfolio.breaks import BrokerPosition
from tarazu.portfolio.positions import Position
from tarazu.wire.kite_books import read_positions
from tarazu.wire.kite_money import PositionRow, PositionsData


def broker_position(row: PositionRow) -> BrokerPosition:
    read = position_of(row)
    assert isinstance(read, BrokerPosition), read
    return read


def check_row(p: Position, row: PositionRow) -> None:
    last = round(row.last_price * 100)
    bought, buy_value = p.total(Side.BUY)
    sold, sell_value = p.total(Side.SELL)
    ours = (p.qty, p.overnight_qty, p.buy_qty, p.sell_qty, bought, sold)
    assert ours == (
        row.quantity,
        row.overnight_quantity,
        row.day_buy_quantity,
        row.day_sell_quantity,
        row.buy_quantity,
        row.sell_quantity,
    )
    money = {
        "buy_value": buy_value,
        "sell_value": sell_value,
        "day_buy_value": p.buy_value_paise,
        "day_sell_value": p.sell_value_paise,
        "value": sell_value - buy_value,
        "realised": p.kite_realised_paise(),
        "unrealised": p.kite_unrealised_paise(last),
        "pnl": p.kite_pnl_paise(last),
        "m2m": p.kite_m2m_paise(last),
    }
    assert money == {name: round(getattr(row, name) * 100) for name in money}
    assert row.average_price == (p.kite_open_cost_paise() / p.qty / 100 if p.qty else 0.0)


def over_the_wire(rows: PositionsData) -> PositionsData:
    read = read_positions(msgspec.json.encode(rows))
    assert isinstance(read, PositionsData)
    return read


def place(row: PositionRow) -> tuple[str, Product]:
    return f"{row.exchange}:{row.tradingsymbol}", Product(row.product)


def is_zero(row: PositionRow) -> bool:
    return not (row.overnight_quantity or row.day_buy_quantity or row.day_sell_quantity)
