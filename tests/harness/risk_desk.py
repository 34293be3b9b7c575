"""A desk of paper whose limits matter: it holds something, its price moves, and the day's result with it.

desk = RiskDesk(day_loss_max_paise=500_000).ready()
desk.hold()
desk.price(3_000)
assert desk.halt == "HARD_HALT DAY_LOSS"
"""

from typing import Any

import msgspec

from harness.engine_desk import BUY, CONFIG, NIFTY_CALL, EngineDesk
from harness.limits import WIDE
from harness.order_story import KEY
from tarazu.engine import messages as m
from tarazu.engine.acts import Act, Decline, Deny, Step
from tarazu.engine.config import EngineConfig
from tarazu.engine.strategies import MakeStrategies
from tarazu.market.touch import Touch
from tarazu.risk.denial import Code
from tarazu.strategy.wants import EntryWant


class RiskDesk(EngineDesk):
    def __init__(
        self,
        make_strategies: MakeStrategies = lambda day: (),
        config: EngineConfig = CONFIG,
        **limits: Any,
    ) -> None:
        risk = msgspec.structs.replace(WIDE, **limits)
        super().__init__(msgspec.structs.replace(config, risk=risk), (NIFTY_CALL,), make_strategies)
        self.ids = 0

    def ready(self) -> "RiskDesk":
        super().ready()
        return self

    # The market.

    def price(self, paise: int, **changes: Any) -> Step:
        """Quoted around it from now on; then a second passes."""
        self.quotes.touches[KEY] = self.quoted(paise, **changes)  # type: ignore[attr-defined]
        return self.second()

    def quoted(self, paise: int, **changes: Any) -> Touch:
        told = {"bid_paise": paise - 5, "ask_paise": paise + 5, "last_paise": paise, "seen_ns": self.wall_ns, **changes}
        return Touch(**told)

    def unpriced(self) -> None:
        """Nobody quotes it any more."""
        self.quotes.touches.pop(KEY, None)  # type: ignore[attr-defined]

    # Orders.

    def hold(self, qty: int = 75, price_paise: int = 10_000, want: EntryWant = BUY) -> str:
        """Bought and filled, its stop at work; the entry's tag."""
        self.want(msgspec.structs.replace(want, qty=qty))
        tag = self.working()
        self.filled(str(self.ids), qty, price_paise)
        self.working()
        return tag

    def rest(self, **changes: Any) -> str:
        """An entry that works and does not fill; its tag."""
        step = self.want(msgspec.structs.replace(BUY, **changes))
        assert not [act for act in step.acts if isinstance(act, Deny)], step.acts
        return self.working()

    def working(self) -> str:
        """The last order sent works; its tag."""
        self.ids += 1
        return self.placed(str(self.ids), order_type=self.sent[-1].order.order_type)

    def sold(self, qty: int = 75, price_paise: int = 10_000) -> None:
        """By hand, in the same place."""
        self.ids += 1
        side = BUY.side.opposite
        self.row(str(self.ids), "FILLED", qty, tag="", key=KEY, side=side, qty=qty, product=BUY.product)
        self.trade(str(self.ids), qty, price_paise)
        self.read(m.What.ORDERS)
        self.read(m.What.TRADES)
        self.read(m.What.POSITIONS)

    def lived(self, seconds: int) -> None:
        """Seconds pass, and every read that is asked for is answered."""
        for _ in range(seconds):
            self.second()
            self.reads()

    # People.

    def command(self, order: m.Order, ref: str = "", incident: str = "INC-1", why: str = "a test") -> Step:
        return self.tell(m.Commanded(order=order, who="asha", why=why, ref=ref, incident=incident), after_s=0.01)

    def declined(self, order: m.Order, **told: str) -> str:
        """Why a person's word is not followed; empty when it is."""
        step = self.command(order, **told)
        return next((act.why for act in step.acts if isinstance(act, Decline)), "")

    # What is found.

    @property
    def halt(self) -> str:
        found = self.engine.state.halt
        return f"{found.level} {found.code}" if found is not None else ""

    @property
    def net_paise(self) -> int:
        found = self.engine.state.marked.drawdown.net_paise
        assert isinstance(found, int)
        return found

    def denied(self, **changes: Any) -> set[Code]:
        step = self.want(msgspec.structs.replace(BUY, **changes))
        return {denial.code for act in step.acts if isinstance(act, Deny) for denial in act.denials}

    def acts(self, kind: type[Act]) -> list[Any]:
        return [act for step in self.steps for act in step.acts if isinstance(act, kind)]
