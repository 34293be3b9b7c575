"""The engine on the made day without an exchange: every order passes the gate, is journalled in memory, sent, and
refused by the broker; the broker's books are read as they are on a desk, and are empty."""

from itertools import takewhile

from replayrig.made_day import MadeDay
from replayrig.trial import CONFIG, REST_NS
from tarazu import reference
from tarazu.app.recordings.recorded_day import recorded_day
from tarazu.app.research.frames import PassedMarket, Stop
from tarazu.app.research.memory_record import MemoryRecord
from tarazu.engine import messages as m
from tarazu.engine.acts import Step
from tarazu.engine.messages import Message, Stamped, What
from tarazu.engine.phase import Phase
from tarazu.engine.process import Engine
from tarazu.market.state import Derive
from tarazu.model.units import CRORE, PAISE, SECOND_NS
from tarazu.orders.messages import SendOrder
from tarazu.orders.report import Answer, AnswerKind
from tarazu.ports.desk import Request
from tarazu.runtime.damage import Damage
from tarazu.runtime.shell import Shell
from tarazu.strategy.base import Strategy
from tarazu.strategy.waking import is_woken


class EngineRun:
    """`runtime.shell.Times` and `ports.desk.Desk`, too."""

    def __init__(self, made: MadeDay, strategy: Strategy, seconds: int) -> None:
        until_ns = made.first_ns + seconds * SECOND_NS
        frames = takewhile(lambda f: isinstance(f, Damage) or f.wall_ns <= until_ns, recorded_day(made.folder))
        self.market = PassedMarket(frames, made.instruments, Derive.BOOK)
        self.seat, self.sent, self.messages = self.market.seat(), 0, 0
        self._now_ns, self._end_ns = made.first_ns - SECOND_NS, until_ns
        keys = {i.key: i for i in made.instruments}
        self.engine = Engine(keys, reference.charge_rates(), self.seat.quotes, lambda day: (strategy,))
        self._shell = Shell(self.engine, MemoryRecord(), self, self)
        self._asked: list[What] = []
        self._refused: list[str] = []
        self._begin(made)
        self._second_ns = SECOND_NS if is_woken(strategy) is None else REST_NS

    def whole(self) -> None:
        due_ns = self._now_ns
        while due_ns <= self._end_ns:
            while self.market.run_to(due_ns - 1) is Stop.LOOK:
                self._now_ns = self.market.wall_ns
                if self.seat.is_woken:
                    self.tell()
            self._now_ns = due_ns
            self.tell(m.Ticked(skewed=False))
            due_ns += self._second_ns
        while self.market.run_to(1 << 62) is not Stop.OVER:
            pass
        self._trades_still()

    def _trades_still(self) -> None:
        """A day on which a control stopped the engine on the way is no measure of it."""
        state = self.engine.state
        assert state.phase is Phase.ACTIVE, f"{state.phase}: {state.phase_why}"
        assert not state.strategy_halts, state.strategy_halts

    def tell(self, *messages: Message) -> None:
        """After the market, and then what came of it."""
        moved = self.seat.moved()
        for message in (*((moved,) if moved else ()), *messages):
            self._take(message)
        while self._refused or self._asked:
            if self._refused:
                self._take(_refused(self._refused.pop(0)))
            else:
                self._take(self._answer(self._asked.pop(0)))

    def _begin(self, made: MadeDay) -> None:
        day, session = made.date.isoformat(), reference.calendar().session(made.date)
        self.tell(m.Started(day=day, epoch=1, profile="sim", build="bench", config=CONFIG, session=session))
        self.seat.carry(self.engine.strategies)
        listed = made.instruments
        self.tell(m.BandsRead(bands=tuple(m.Band(key=i.key, low_paise=5, high_paise=10**9) for i in listed)))
        self.tell(m.FeedMoved(feed="depth_ws", fresh=True, required=True))
        for _ in range(10):
            self._now_ns += SECOND_NS // 10
            self.tell(m.Ticked(skewed=False))
        assert self.engine.state.phase is Phase.ACTIVE, self.engine.state.phase_why

    def _take(self, message: Message) -> None:
        self.messages += 1
        self._shell.take(message)

    def _answer(self, what: What) -> Message:
        now_ns, broker = self._now_ns, self.engine.state.broker
        match what:
            case What.ORDERS:
                return m.OrdersRead(started_ns=now_ns, reports=(), base_ns=broker.rows_ns)
            case What.TRADES:
                return m.TradesRead(started_ns=now_ns, fills=(), base_ns=broker.fills_ns)
            case What.POSITIONS:
                return m.PositionsRead(started_ns=now_ns, positions=())
            case What.MARGINS:
                return m.MarginsRead(started_ns=now_ns, available_paise=CRORE * PAISE, used_paise=0)
            case What.BANDS:
                return m.BandsRead(bands=())

    # Times, and the desk.

    def steady_ns(self) -> int:
        return self._now_ns

    def wall_ns(self) -> int:
        return self._now_ns

    def request(self, request: Request) -> None:
        if isinstance(request, SendOrder):
            self.sent += 1
            self._refused.append(request.ref)

    def read(self, what: What) -> None:
        self._asked.append(what)

    def told(self, sequence: int, stamped: Stamped, step: Step) -> None:
        pass


def _refused(ref: str) -> Message:
    return m.Answered(call=m.Call.PLACE, ref=ref, answer=Answer(AnswerKind.REFUSED, text="Insufficient funds."))
