"""What was traded at the broker, by everybody, and what that came to after each execution."""

from bisect import bisect_right
from collections.abc import Mapping

from tarazu.model.execution import Fill
from tarazu.model.order import Product, Side
from tarazu.portfolio.breaks import BrokerPosition

Place = tuple[str, Product]


class TradeBook:
    def __init__(self, closes: Mapping[str, int]) -> None:
        """`closes`: the price of the day before, by key."""
        self._closes = closes
        self.carried: dict[Place, tuple[int, int]] = {}
        """Units and cost from before the day."""
        self.fills: list[Fill] = []
        self.cash: dict[str, int] = {}
        """Paise got less paid, by key; what was carried in was paid for."""
        self._times_ns: list[int] = []
        self._sums: dict[Place, list[int]] = {}
        """Bought, paid, sold and got, after as many executions as there are `_positions` but one."""
        self._rows: dict[Place, BrokerPosition] = {}
        self._positions: list[tuple[BrokerPosition, ...]] = []
        """What was held after so many executions: reckoned once, when it is first asked for."""

    def carry(self, place: Place, qty: int) -> None:
        """Before anything is traded."""
        assert not self._positions, "what is carried in is there before the first read"
        cost = qty * self._closes[place[0]]
        self.carried[place] = (qty, cost)
        self.cash[place[0]] = self.cash.get(place[0], 0) - cost

    def add(self, fill: Fill) -> None:
        """Never of an earlier time than the last."""
        self._times_ns.append(fill.ts_event_ns)
        self.fills.append(fill)
        self.cash[fill.key] = self.cash.get(fill.key, 0) - fill.signed_qty * fill.price_paise

    def read(self, at_ns: int) -> tuple[Fill, ...]:
        """The executions that there were then."""
        return tuple(self.fills[: bisect_right(self._times_ns, at_ns)])

    def positions(self, at_ns: int) -> tuple[BrokerPosition, ...]:
        """As they were then, in the order of their places."""
        upto = bisect_right(self._times_ns, at_ns)
        while len(self._positions) <= upto:
            self._positions.append(self._next())
        return self._positions[upto]

    def _next(self) -> tuple[BrokerPosition, ...]:
        """After one execution more than were reckoned; at first, what was carried in."""
        count = len(self._positions)
        if not count:
            self._rows = {place: self._position(place, 0, 0, 0, 0) for place in self.carried}
        else:
            fill = self.fills[count - 1]
            place = (fill.key, fill.product)
            sums = self._sums.setdefault(place, [0, 0, 0, 0])
            at = 0 if fill.side is Side.BUY else 2
            sums[at] += fill.qty
            sums[at + 1] += fill.qty * fill.price_paise
            self._rows[place] = self._position(place, *sums)
        return tuple(self._rows[place] for place in sorted(self._rows))

    def _position(self, place: Place, bought: int, paid: int, sold: int, got: int) -> BrokerPosition:
        qty, cost = self.carried.get(place, (0, 0))
        return BrokerPosition(
            key=place[0],
            product=place[1],
            qty=qty + bought - sold,
            overnight_qty=qty,
            day_buy_qty=bought,
            day_sell_qty=sold,
            buy_value_paise=paid + (cost if qty > 0 else 0),
            sell_value_paise=got - (cost if qty < 0 else 0),
            day_buy_value_paise=paid,
            day_sell_value_paise=got,
            close_paise=self._closes[place[0]],
        )
