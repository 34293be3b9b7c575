"""The engine's state as rows: orders and positions as they are now, told in what is new since they were last told."""

from collections.abc import Mapping

import msgspec

from tarazu.adapters.sqlite_projection.rows import Row
from tarazu.engine.state import EngineState
from tarazu.orders.exposure import Place
from tarazu.orders.order_state import OrderState
from tarazu.portfolio.positions import Position


class News(msgspec.Struct, frozen=True):
    """Rows to be put in place of those of their key, keys whose rows go, and orders that turned out to be ours."""

    changed: dict[str, list[Row]]
    gone: dict[str, list[Row]]
    bound: list[tuple[str, str]]
    """A stranger's ref, and whose order it is: what was filled of it was filled of that."""


class Latest:
    """What the tables hold of one day's state."""

    def __init__(self, day: str) -> None:
        self._day = day
        self._orders: dict[str, OrderState] = {}
        self._positions: dict[Place, Row] = {}

    def news(self, state: EngineState, strangers: frozenset[str]) -> News:
        """What differs from when it was asked last; `strangers` are the foreign refs that were told of meanwhile. The
        same states in fewer steps come to the same rows."""
        orders, positions = state.blotter.orders, self._places(state)
        gone_orders = [ref for ref in self._orders if ref not in orders]
        gone_places = [place for place in self._positions if place not in positions]
        news = News(
            changed={
                "orders": [self._order(o) for ref, o in orders.items() if self._orders.get(ref) is not o],
                "positions": [row for place, row in positions.items() if self._positions.get(place) != row],
            },
            gone={
                "orders": [(self._day, ref) for ref in gone_orders],
                "positions": [(self._day, *place) for place in gone_places],
            },
            bound=[
                (ref, ours.ref)
                for ref in sorted(strangers.union(gone_orders))
                if (ours := state.blotter.find(ref)) is not None and ours.ref != ref
            ],
        )
        self._orders, self._positions = dict(orders), positions
        return news

    def _order(self, order: OrderState) -> Row:
        traded_paise = sum(fill.qty * fill.price_paise for fill in order.fills.values())
        return (
            *(self._day, order.ref, order.order_id, int(order.intent is not None), order.status, order.status_ns),
            *(order.key, order.side, order.product, order.order_type, order.variety, order.parent_order_id),
            *(order.qty, order.cum_qty, order.traded_qty, traded_paise, order.price_paise, order.trigger_paise),
            *(order.change.phase if order.change else "", order.cancel.phase if order.cancel else "", order.changes),
            *(order.intended_ns, order.sent_ns, order.unknown_ns, order.ended_ns, int(order.disowned), order.text),
        )

    def _places(self, state: EngineState) -> dict[Place, Row]:
        ours: Mapping[Place, Position] = {}
        if state.books is not None:
            ours = {(position.key, position.product): position for position in state.books.positions()}
        places = sorted({*ours, *state.held})
        return {place: self._position(place, ours.get(place), state.held.get(place, 0)) for place in places}

    def _position(self, place: Place, ours: Position | None, broker_qty: int) -> Row:
        key, product = place
        p = ours or Position(key=key, product=product)
        return (
            *(self._day, key, product, p.qty, broker_qty),
            *(p.overnight_qty, p.overnight_cost_paise, p.overnight_value_paise, p.buy_qty, p.buy_value_paise),
            *(p.sell_qty, p.sell_value_paise, p.open_cost_paise, p.realised_paise, p.doubt or ""),
        )
