"""The desk of a research day: what the engine sends and asks takes its time to the local broker and back.

Everything happens on the day's own agenda, strictly in the order of time, so equal runs are equal to the byte.
"""

from collections.abc import Callable
from functools import partial

from tarazu.app.main.reading import Reading
from tarazu.app.research.local_kite import LocalKite, at_once
from tarazu.engine.acts import Step
from tarazu.engine.messages import Answered, Band, BandsRead, Call, Message, OrderHeard, Stamped, What
from tarazu.engine.state import EngineState
from tarazu.model.instrument import Kind
from tarazu.model.outcome import OrderOutcome
from tarazu.model.units import MILLISECOND_NS
from tarazu.orders.kite_rows import read_report
from tarazu.orders.messages import CancelOrder, ModifyOrder, SendOrder
from tarazu.orders.report import answer_of
from tarazu.ports.desk import Request
from tarazu.sim.broker.agenda import Agenda
from tarazu.wire.kite_orders import BadRow, decode_order_update

LATENCY_NS = 60 * MILLISECOND_NS
"""One way, this machine to the broker's books: PERFORMANCE.md gives Kite 50-150 ms there and back from Mumbai."""
Told = Callable[[int, Stamped, Step], None]


class LocalDesk:
    """`ports.desk.Desk`. `tell` gives the engine a message; it is called from the agenda alone."""

    def __init__(
        self,
        kite: LocalKite,
        agenda: Agenda,
        now_ns: Callable[[], int],
        state: Callable[[], EngineState],
        tell: Callable[[Message], None],
        told: Told,
        latency_ns: int = LATENCY_NS,
    ) -> None:
        self._kite, self._agenda, self._now_ns, self._state = kite, agenda, now_ns, state
        self._tell, self._told, self._latency_ns = tell, told, latency_ns
        self._reading = Reading(kite, now_ns, state)
        self._limits_known = b""

    def request(self, request: Request) -> None:
        self._later(lambda: self._arrives(request))

    def read(self, what: What) -> None:
        self._later(lambda: self._asked(what))

    def told(self, sequence: int, stamped: Stamped, step: Step) -> None:
        self._told(sequence, stamped, step)

    def hear_updates(self) -> None:
        """What the broker has said of orders since is on its way to the engine."""
        for update in self._kite.updates():
            row = decode_order_update(update.row)
            assert not isinstance(row, BadRow), row
            report = read_report(row)
            assert report is not None, "a row of our own broker has an id"
            heard = OrderHeard(report=report)
            self._agenda.at(update.ts_ns + self._latency_ns, partial(self._tell, heard))

    def bands(self) -> BandsRead:
        """Of all that can be traded; those that are new to the engine."""
        broker, known = self._kite.broker, self._state().bands
        limits = broker.exchange.market.bands
        if limits.tobytes() == self._limits_known:
            return BandsRead(bands=())  # an engine forgets none within a day
        now = [
            Band(key=i.key, low_paise=low, high_paise=high)
            for i, (low, high) in zip(broker.universe.instruments, limits.tolist(), strict=True)
            if i.kind is not Kind.INDEX
        ]
        news = tuple(band for band in now if known.get(band.key) != band)
        self._limits_known = b"" if news else limits.tobytes()
        return BandsRead(bands=news)

    # Inside.

    def _later(self, thing: Callable[[], None]) -> None:
        self._agenda.at(self._now_ns() + self._latency_ns, thing)

    def _arrives(self, request: Request) -> None:
        call, outcome = self._perform(request)
        self.hear_updates()
        answered = Answered(call=call, ref=request.ref, answer=answer_of(outcome))
        self._later(partial(self._tell, answered))

    def _perform(self, request: Request) -> tuple[Call, OrderOutcome]:
        match request:
            case SendOrder():
                return Call.PLACE, self._kite.place(request.order)
            case ModifyOrder():
                return Call.MODIFY, self._kite.modify(request.change)
            case CancelOrder():
                return Call.CANCEL, self._kite.cancel(request.cancellation)

    def _asked(self, what: What) -> None:
        message: Message = self.bands() if what is What.BANDS else at_once(self._reading.read(what))
        self.hear_updates()
        self._later(partial(self._tell, message))
