"""The oracle sees both sides: the broker's truth and what the product says and does. It knows nothing of how.

It looks on at every request (`sends`, and for entries `bounds` and the other judges), at every step that was told
(`claims`, `vigil`), at every recovery (`recoveries`), and at the end (`last_look`). What it asserts is the table of
RELIABILITY 2; each check names its invariant there.
"""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from tarazu.dst.ailing import Ailing
from tarazu.dst.bounds import Bounds
from tarazu.dst.broker_order import OURS
from tarazu.dst.claims import Claims
from tarazu.dst.cutoffs import Cutoffs
from tarazu.dst.halting import Halting
from tarazu.dst.last_look import LastLook
from tarazu.dst.options import Violation
from tarazu.dst.recoveries import Recoveries
from tarazu.dst.runaway import Runaway
from tarazu.dst.sends import Sends
from tarazu.dst.vigil import Vigil
from tarazu.engine import messages as m
from tarazu.engine.acts import Alert, BeginSpread, Decline, Deny, HoldWant, MovePhase, SetHalt, Step
from tarazu.engine.messages import Order, Stamped
from tarazu.engine.phase import Phase
from tarazu.engine.phases import HALTING
from tarazu.engine.process import Engine
from tarazu.journal.entry import Entry
from tarazu.journal.findings import Report
from tarazu.orders.lifecycle import OrdStatus
from tarazu.orders.messages import Filled, ModifyOrder, Moved, SendOrder
from tarazu.orders.report import OrderReport
from tarazu.ports.desk import Request

if TYPE_CHECKING:
    from tarazu.dst.life import Life
    from tarazu.dst.world import World

DIGEST_EVERY = 400
_JUDGED = (m.Started, m.Ticked, m.Commanded, m.RecordTrouble, m.FeedMoved)
"""What says something to the judges though nothing comes of it."""


class Oracle:
    def __init__(self, world: "World") -> None:
        self._world = world
        self.violations: list[Violation] = []
        self.is_halted = False
        """A halt was told of, and was not told to be over."""
        self.is_reset_asked = False
        """A person has asked for one to be over, and it is not known yet what came of it."""
        self.reset_ns = 0
        """When the last halt was over."""
        self.alarmed: set[str] = set()
        """Orders that a person was told of, by the broker's number."""
        self.persists = ""
        """Why the last reset of a halt was refused."""
        self.denied: dict[str, int] = {}
        """How often each control has said no."""
        self._told = 0
        self._tags: set[str] = set()
        self._seen_orders = 0
        self._sends = Sends(self, world)
        self._claims = Claims(self, world)
        self._recoveries = Recoveries(self)
        self._last_look = LastLook(self, world)
        self._vigil = Vigil(self)
        self.bounds = Bounds(world)
        self._halting = Halting(self, world, self.bounds)
        self._judges = (Ailing(self, world), Runaway(self, world))
        self._cutoffs = Cutoffs(self, world)

    def violated(self, invariant: str, text: str) -> None:
        world = self._world
        world.note(f"VIOLATED {invariant}: {text}")
        at_ns = world.agenda.now_ns - world.opened_ns
        self.violations.append(Violation(invariant, world.events, at_ns, text))

    # What leaves.

    def sending(self, life: "Life", request: Request) -> None:
        self._world.note("->", request)
        self._halting.sent()
        if isinstance(request, ModifyOrder):
            self.bounds.changing(request)
        self._sends.leaving(life, request)

    def entering(self, life: "Life", request: SendOrder) -> None:
        """What is sent is an entry."""
        order = life.engine.state.blotter.find(request.ref)
        assert order is not None and order.intent is not None
        self._halting.entering(life, request.ref, order.intent)
        self._cutoffs.entering(request)
        for judge in self._judges:
            judge.entering(request)
        for control, said in self.bounds.entering(life, request, order.intent):
            self.violated(control, said)

    # What is told.

    def told(self, life: "Life", sequence: int, stamped: Stamped, step: Step) -> None:
        world, message = self._world, stamped.message
        if world.options.traced:
            world.note(f"[{sequence}] {message}")
            for act in step.acts:
                world.note(f"    {act}")
        self._told += 1
        if self._told % DIGEST_EVERY == 0:
            self._recoveries.keep(life, sequence)
        self._vigil.told(life, message, step, stamped.ts_ns)
        if isinstance(message, m.Started):
            self.bounds.started()
        elif isinstance(message, m.MarginsRead):
            self.bounds.funds_read(message)
        self.bounds.told(life)
        if step.acts or step.outputs or isinstance(message, _JUDGED):
            self._judge(life, stamped, step)
        if isinstance(message, m.Commanded):
            self.bounds.commanded(message)
            if not world.disk.synced_head.sequence >= sequence:
                self.violated("I6", f"{message.order} was taken and is not on the disk")
            if message.order is Order.HALT:
                self.is_halted = True
        if isinstance(message, m.Answered) and message.call is m.Call.PLACE:
            self._claims.answered(life, message)

    def _judge(self, life: "Life", stamped: Stamped, step: Step) -> None:
        for act in step.acts:
            self._heed(act)
        for output in step.outputs:
            if isinstance(output, Filled):
                self._claims.executed(output)
                self._count(life, output, stamped.ts_ns)
            elif isinstance(output, Moved):
                self._claims.moved(life, output, stamped.message)
        for judge in (self._halting, *self._judges):
            judge.told(life, stamped.message, step, stamped.ts_ns)

    def _heed(self, act: object) -> None:
        marks = self._world.marks
        match act:
            case SetHalt():
                self.is_halted = act.halt is not None
                self.reset_ns = self._world.agenda.now_ns if act.halt is None else 0
                self.is_reset_asked = False
                marks.hit("halted" if act.halt is not None else "halt_reset")
            case Decline():
                marks.hit("declined")
                if act.order is Order.RESET_HALT:
                    self.persists = act.why.partition(" ")[0]
            case HoldWant():
                marks.hit("leave_asked")
            case Alert():
                if act.of.startswith("#"):
                    self.alarmed.add(act.of[1:])
                if act.code == "FOREIGN":
                    marks.hit("foreign_adopted")
                elif act.code == "ABSENT":
                    marks.hit("unknown_resolved_by_quarantine")
                elif act.code == "HALT" and act.of in HALTING:
                    self.violated("HALT", f"{act.of}: {act.text}")
            case MovePhase():
                if act.phase is Phase.ACTIVE:
                    marks.hit("phase_active")
                elif act.phase is Phase.REDUCE_ONLY:
                    marks.hit("phase_reduce_only")
            case BeginSpread():
                marks.hit("spread_begun")
            case Deny():
                for denial in act.denials:
                    self.denied[denial.code] = self.denied.get(denial.code, 0) + 1
                marks.hit("denied")

    def _count(self, life: "Life", output: Filled, now_ns: int) -> None:
        order = life.engine.state.blotter.find(output.ref)
        intent = order.intent if order is not None else None
        self.bounds.filled(output.fill, intent.strategy if intent is not None else "", now_ns)

    # What people do.

    def commanding(self, said: m.Commanded) -> None:
        if said.order in (Order.RESET_HALT, Order.RESET_STRATEGY) and said.incident:
            self.is_reset_asked = True

    def ticked(self) -> None:
        self.bounds.ticked()

    # Lives.

    def died(self, life: "Life", why: str) -> None:
        marks = self._world.marks
        if life.is_settled:
            self._recoveries.keep(life, life.record.head.sequence)
        name = _DEATHS.get(why)
        if name is not None:
            marks.hit(name)
        if any(o.status is OrdStatus.IN_FLIGHT for o in life.engine.state.blotter.orders.values()):
            marks.hit("crash_in_flight")

    def checked(self, engine: Engine, found: Sequence[Entry]) -> Iterator[Entry]:
        return self._recoveries.checked(engine, found)

    def recovered(self, life: "Life", report: Report) -> None:
        world, state = self._world, life.engine.state
        world.marks.hit("recovered_torn" if report.findings else "recovered_whole")
        if self.is_halted:
            if state.halt is None and not self.is_reset_asked:
                self.violated("I6", "a halt is forgotten by a restart")
            elif report.entries:
                world.marks.hit("halt_survived_crash")
        self._claims.recovered(life)
        self.is_halted = state.halt is not None
        self._halting.recovered(life)
        for judge in self._judges:
            judge.recovered(life)
        self.bounds.told(life)
        self.bounds.recovered(self._claims.executions)

    # Looking.

    def truth_changed(self, row: OrderReport) -> None:
        if self._world.options.traced:
            filled = f"{row.filled_qty}/{row.qty}"
            self._world.note("<>", row.order_id, row.word, filled, row.key, row.side, "tag", row.tag)

    def look(self) -> None:
        """After every event."""
        orders = self._world.broker.orders
        if len(orders) == self._seen_orders:
            return
        for order in list(orders.values())[self._seen_orders :]:
            if order.origin == OURS and order.order.tag in self._tags:
                self.violated("I1", f"two orders at the broker for {order.order.tag}")
            self._tags.add(order.order.tag)
        self._seen_orders = len(orders)

    def look_when_settled(self) -> None:
        self._last_look.when_settled()

    def look_at_the_end(self) -> None:
        self._last_look.at_the_end()


_DEATHS = {
    "append": "crash_before_append",
    "sync": "crash_before_sync",
    "written": "crash_before_sync",
    "synced": "crash_after_sync",
    "appended": "crash_after_sync",
    "request": "crash_before_request",
    "requested": "crash_after_request",
}
