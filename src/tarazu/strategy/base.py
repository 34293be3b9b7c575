"""What a strategy is: called when the market moved, once a second and on its fills; answers with what it wants.

    class Breakout:
        name = "breakout"
        watches = frozenset({"NFO:NIFTY26NOVFUT"})

        def on_market(self, view: View) -> Iterable[Word]: ...

A factory makes it, of its params and the day: `make(params, day)` (`strategy.bundled`). A strategy is pure: the same
calls give the same wants, or a day does not replay. After a restart of the process it begins anew, and finds its orders
and positions in the view.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

from tarazu.market.touch import Quotes
from tarazu.model.execution import Fill
from tarazu.model.instrument import Instrument
from tarazu.model.order import Product
from tarazu.orders.exposure import Place
from tarazu.orders.order_state import OrderState
from tarazu.strategy.decision import Decision
from tarazu.strategy.wants import Want

Word = Want | Decision
"""What a strategy says. A `Decision` carries its wants with it."""


class View(Protocol):
    """What a strategy may look at. Nothing here can be changed by it."""

    @property
    def now_ns(self) -> int:
        """The engine's steady time, UTC ns."""
        ...

    @property
    def wall_ns(self) -> int: ...

    @property
    def quotes(self) -> Quotes: ...

    @property
    def is_active(self) -> bool:
        """Whether entries are taken at all now."""
        ...

    @property
    def risk(self) -> str:
        """NORMAL, SOFT_HALT or HARD_HALT (`engine.halts.RiskState`)."""
        ...

    @property
    def instruments(self) -> Mapping[str, Instrument]:
        """The day's master, by key."""
        ...

    def position(self, key: str, product: Product) -> int:
        """Net units of the account, carried ones too, as far as fills are known."""
        ...

    def orders(self, strategy: str) -> Sequence[OrderState]:
        """Its orders of the day, in the order in which they were intended."""
        ...

    def held(self, strategy: str) -> Mapping[Place, int]:
        """Its own net units by place, as its orders of the day have filled and the account still holds them."""
        ...

    def result_paise(self, strategy: str) -> float | None:
        """Its own of the day, before charges, open units at the middle; None where that cannot be told."""
        ...

    @property
    def carried(self) -> Mapping[Place, int]:
        """What the account held before the day, net units by place."""
        ...

    def leaving(self, strategy: str) -> frozenset[Place]:
        """Of the places it has orders in, those that are being left already, by whomever."""
        ...

    def is_building(self, strategy: str) -> bool:
        """Whether a spread of its own is under way. It ends by itself, at the latest when it is overdue."""
        ...

    def is_busy(self, strategy: str) -> bool:
        """Whether anything of its own is on its way: an entry that may fill, a spread, a want that waits for leave, a
        place that is being left. No new risk before that is over; what is held is looked after all the same."""
        ...


class Strategy(Protocol):
    """It may have `trades` as well, a frozenset of the places it may ever hold: `main` refuses two strategies that
    share one, for each would take the other's units for its own. Of one without it nobody can tell.

    And `asks`, a frozenset of the models' names it asks: when another version of one becomes active it is made anew.
    One without it is made anew with any. If the new one has `carry_on(before)` it is given the one whose place it
    takes, and may take over what that knew; else it begins with an empty memory.
    """

    name: str
    watches: frozenset[str]
    """Instrument keys; `on_market` is called when one of them changed."""

    def on_market(self, view: View) -> Iterable[Word]: ...

    def on_second(self, view: View) -> Iterable[Word]: ...

    def on_fill(self, view: View, ref: str, fill: Fill) -> Iterable[Word]:
        """Of an order of its own."""
        ...
