"""How much: by a budget of what may be lost, never by what might be won. Pure arithmetic in paise."""

from tarazu.model.order import Side


def lots_of_budget(budget_paise: float, loss_per_lot_paise: float, lots_max: int) -> int:
    """Whole lots whose worst loss together is inside the budget. A loss that is none is no reason to trade without
    end: it gives nothing, for something about its reckoning is wrong."""
    if loss_per_lot_paise <= 0:
        return 0
    return max(min(int(budget_paise // loss_per_lot_paise), lots_max), 0)


def crossing_paise(side: Side, touch_paise: int, ticks: int, tick_paise: int) -> int:
    """A limit that should fill at once: so many ticks through the best price of the other side, and one tick at
    the least."""
    through = touch_paise + side.sign * ticks * tick_paise
    on_tick = through // tick_paise * tick_paise if side is Side.SELL else -(-through // tick_paise) * tick_paise
    return max(on_tick, tick_paise)


def spread_bps(bid_paise: int, ask_paise: int) -> float:
    """Of a touch, of its middle."""
    return (ask_paise - bid_paise) * 20_000 / (ask_paise + bid_paise)
