"""The day's result from the broker's books alone: nothing of the engine's is used, so that both can be compared."""

from datetime import date

import msgspec

from tarazu.app.account.day_money import charges_paise, is_ours, position_paise
from tarazu.orders.kite_rows import position_of
from tarazu.wire.kite_money import PositionRow, PositionsData
from tarazu.wire.kite_orders import BadRow, TradeRow

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
    """Since the close of the day before, charges taken off, open positions at the broker's last price. Of what the desk
    trades: other segments are in no figure, as in the engine's."""
    gross_paise = held_paise = 0
    for row in positions.net:
        found = _of_position(row)
        if isinstance(found, str):
            return Result(why=found)
        gross_paise += found[0]
        held_paise += found[1]
    cost = charges_paise(trades, day)
    if isinstance(cost, str):
        return Result(why=cost)
    return Result(net_paise=gross_paise - cost, slack_paise=SLACK_PAISE + held_paise * SLACK_BPS // 10_000)


def _of_position(row: PositionRow) -> tuple[int, int] | str:
    """Its result of the day and the size of what is held now, paise; or why it is not computable."""
    position = position_of(row)
    if isinstance(position, BadRow):
        return f"a position does not read: {position.text}"
    if not is_ours(position.key):
        return 0, 0
    made = position_paise(position, row.multiplier)
    return made if isinstance(made, str) else (made, abs(position.qty * position.last_paise))
