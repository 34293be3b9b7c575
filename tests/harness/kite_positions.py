"""A row of Kite's positions in the whole numbers that the desk's books are compared in."""

from tarazu.model.order import Product
from tarazu.portfolio.breaks import MILLIPAISE, BrokerPosition
from tarazu.wire.kite_money import PositionRow


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
