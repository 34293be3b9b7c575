"""What the desk's settings ask to be watched, as selection understands it, and all that this can ever come to."""

from tarazu.app.settings import FeedSettings, UnderlyingSettings
from tarazu.market.connections import ConnectionLimits
from tarazu.market.reach import reach
from tarazu.market.selection_plan import SelectionPlan, UnderlyingPlan

__all__ = ["plan_of", "reach"]


def plan_of(settings: FeedSettings) -> SelectionPlan:
    """Every instrument in mode full (`market.selection_plan.MODES`)."""
    return SelectionPlan(
        underlyings=tuple(_underlying(u) for u in settings.underlyings),
        cross_asset=settings.cross_asset,
        stocks=settings.stocks,
        connections=ConnectionLimits(connections=settings.connections, instruments_each=settings.instruments_each),
        recentre_strikes=settings.recentre_strikes,
    )


def _underlying(u: UnderlyingSettings) -> UnderlyingPlan:
    return UnderlyingPlan(
        key=u.key,
        name=u.name,
        exchange=u.exchange,
        futures=u.futures,
        option_expiries=u.option_expiries,
        strikes_each_side=u.strikes_each_side,
        near_each_side=u.near_each_side,
    )
