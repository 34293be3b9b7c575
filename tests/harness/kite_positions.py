"""Kite's position rows in whole numbers, and every figure of a row beside the desk's own."""

import msgspec

from tarazu.model.order import Product, Side
from tarazu.portfolio.breaks import MILLIPAISE, BrokerPosition
from tarazu.portfolio.positions import Position
from tarazu.wire.kite_books import read_positions
from tarazu.wire.kite_money import PositionRow, PositionsData


def broker_position(row: PositionRow) -> BrokerPosition:
    return BrokerPosition(
        key=f"{row.exchange}:{row.tradingsymbol}",
        product=Product(row.product),
        qty=row.quantity,
        overnight_qty=row.overnight_quantity,
        day_buy_qty=row.day_buy_quantity,
        day_sell_qty=row.day_sell_quantity,
        buy_value_paise=round(row.buy_value * 100),
        sell_value_paise=round(row.sell_value * 100),
        day_buy_value_paise=round(row.day_buy_value * 100),
        day_sell_value_paise=round(row.day_sell_value * 100),
        average_millipaise=round(row.average_price * 100 * MILLIPAISE),
        close_paise=round(row.close_price * 100),
        realised_paise=round(row.realised * 100),
    )


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
