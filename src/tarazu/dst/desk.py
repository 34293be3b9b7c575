"""`ports.desk.Desk` on the simulated network, as the main process has it: answers come back as messages."""

from typing import TYPE_CHECKING

from tarazu.engine import messages as m
from tarazu.engine.acts import Step
from tarazu.engine.messages import Stamped, What
from tarazu.engine.reads import order_news, trade_news
from tarazu.model.units import SECOND_NS
from tarazu.ports.desk import Request

if TYPE_CHECKING:
    from tarazu.dst.life import Life


class SimDesk:
    def __init__(self, life: "Life") -> None:
        self._life = life

    def request(self, request: Request) -> None:
        life = self._life
        life.world.effect("request")
        life.world.oracle.sending(life, request)
        life.world.network.send(request, life.tell)
        life.world.effect("requested")

    def read(self, what: What) -> None:
        life = self._life
        life.world.effect("read")
        if what is What.BANDS:
            life.world.agenda.after(SECOND_NS // 10, lambda: life.tell(life.bands()))
        else:
            life.world.network.read(what, self._read, life.steady_ns())

    def told(self, sequence: int, stamped: Stamped, step: Step) -> None:
        self._life.world.oracle.told(self._life, sequence, stamped, step)

    def _read(self, message: m.Message) -> None:
        """Told against what the engine knows by now."""
        life = self._life
        if not life.is_alive:
            return
        known = life.engine.state.broker
        if isinstance(message, m.OrdersRead):
            message = order_news(known.rows, known.rows_ns, message)
        elif isinstance(message, m.TradesRead):
            message = trade_news(known.fills, known.fills_ns, message)
        life.tell(message)
