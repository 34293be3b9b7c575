"""What an entry may not be, by the day's limits, the broker's truth and the market that was to be seen.

Of each control one rule of its own words, in `bounds_of_order`, `_market`, `_portfolio` and `_conduct`; none asks the
engine what it has weighed. Names are those of the controls.
"""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from tarazu.dst import bounds_of_conduct, bounds_of_market, bounds_of_order, bounds_of_portfolio
from tarazu.dst.asked import NOWHERE, Asked, Earlier, Seen
from tarazu.engine import messages as m
from tarazu.model.execution import Fill
from tarazu.orders.intent import OrderIntent
from tarazu.orders.messages import ModifyOrder, SendOrder

if TYPE_CHECKING:
    from tarazu.dst.life import Life
    from tarazu.dst.world import World

Rule = Callable[[Asked], str]

RULES: dict[str, Rule] = {
    "C16": bounds_of_market.phase,
    "C02": bounds_of_order.shape,
    "C03": bounds_of_order.size,
    "C04": bounds_of_order.value,
    "C05": bounds_of_market.collar,
    "C06": bounds_of_market.reference,
    "C08": bounds_of_portfolio.portfolio,
    "C09": bounds_of_portfolio.unexecuted,
    "C10": bounds_of_portfolio.margin,
    "C12": bounds_of_conduct.duplicate,
    "C13": bounds_of_conduct.repeated,
    "C14": bounds_of_conduct.blocked,
    "C15": bounds_of_conduct.self_match,
    "C17": bounds_of_order.protection,
    "C23": bounds_of_conduct.leaving,
    "C24": bounds_of_portfolio.blind_result,
    "C25": bounds_of_market.steadiness,
    "C28": bounds_of_order.stop,
    "PILOT": bounds_of_order.pilot,
    "FLAGS": bounds_of_order.flags,
}
"""What each says: why it may not be sent; empty: it may."""


class Bounds:
    def __init__(self, world: "World") -> None:
        self._world = world
        self.seen = Seen(world.plan.purse.pilot)
        self._sent_of: dict[str, int] = {}
        """Units by want and key."""
        self._nets: dict[tuple[str, str], int] = {}
        self._filled: set[tuple[str, str]] = set()

    # What is told.

    def ticked(self) -> None:
        self.seen.stills = [*self.seen.stills[-1:], self._world.market.still()]

    def started(self) -> None:
        self.seen.stills, self.seen.funds = [], None
        self.seen.started_ns = self._world.agenda.now_ns

    def told(self, life: "Life") -> None:
        """What is being left before the next message."""
        state, seen = life.engine.state, self.seen
        seen.left = frozenset(state.exits) if state.exits else NOWHERE
        seen.is_flattening = bool(state.flattening)

    def funds_read(self, message: m.MarginsRead) -> None:
        self.seen.funds = (message.started_ns, message.available_paise)

    def commanded(self, said: m.Commanded) -> None:
        """It was taken."""
        if said.order is m.Order.PILOT_ON:
            self.seen.pilot = self.seen.pilot or self._world.plan.config.pilot_as

    def filled(self, fill: Fill, strategy: str, now_ns: int) -> None:
        """The living process has said so."""
        self._filled.add((str(fill.order_id), fill.exec_id))
        place = (strategy, fill.key)
        was = self._nets.get(place, 0)
        self._nets[place] = was + fill.signed_qty
        if strategy and was and was * self._nets[place] <= 0:
            self.seen.trips.setdefault(place, []).append(now_ns)

    def recovered(self, executions: set[tuple[str, str]]) -> None:
        self.seen.is_blind = self.seen.is_blind or executions != self._filled
        self._filled = set(executions)

    def changing(self, request: ModifyOrder) -> None:
        price, cheapest = request.change.price_paise, self.seen.cheapest
        if price:
            cheapest[request.ref] = min(cheapest.get(request.ref, price), price)

    # What is asked.

    def entering(self, life: "Life", request: SendOrder, intent: OrderIntent) -> Iterator[tuple[str, str]]:
        """Every rule that it breaks, and how."""
        order = request.order
        instrument = self._world.listed.get(f"{order.exchange}:{order.tradingsymbol}")
        if instrument is None:
            yield "C01", f"{request.ref}: {order.exchange}:{order.tradingsymbol} is nothing that trades"
            return
        name = f"{intent.group or request.ref} {instrument.key}"
        whole = self._sent_of[name] = self._sent_of.get(name, 0) + order.qty
        asked = Asked(self._world, life, self.seen, request.ref, order, intent, instrument, whole)
        for control, rule in RULES.items():
            if said := rule(asked):
                yield control, f"{request.ref} {order.side} {order.qty} {instrument.key}: {said}"
        like = (instrument.key, order.side, order.qty, order.price_paise, intent.strategy)
        self.seen.earlier.append(Earlier(self._world.agenda.now_ns, request.ref, intent.group, like))
        if order.price_paise:
            self.seen.cheapest[request.ref] = order.price_paise
