"""The oracle sees both sides: the broker's truth and what the product says and does. It knows nothing of how.

It looks on at every request, at every step that was told, at every recovery, and at the end. What it asserts is the
table of RELIABILITY 2; each check names its invariant there.
"""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from tarazu.dst.ailing import Ailing
from tarazu.dst.bounds import Bounds
from tarazu.dst.broker_order import OURS, BrokerOrder
from tarazu.dst.cutoffs import Cutoffs
from tarazu.dst.exposure import closing_units, own_reach
from tarazu.dst.halting import Halting
from tarazu.dst.options import Violation
from tarazu.dst.pace import Pace
from tarazu.dst.runaway import Runaway
from tarazu.dst.vigil import Vigil
from tarazu.engine import messages as m
from tarazu.engine.acts import Alert, BeginSpread, Decline, Deny, HoldWant, MovePhase, SetHalt, Step
from tarazu.engine.messages import Order, Stamped
from tarazu.engine.phase import Phase
from tarazu.engine.phases import HALTING
from tarazu.engine.process import Engine
from tarazu.journal.entry import Entry
from tarazu.journal.findings import Report
from tarazu.model.order import Product, Side
from tarazu.model.units import SECOND_NS
from tarazu.orders.intent import Purpose
from tarazu.orders.lifecycle import AT_BROKER, OrdStatus
from tarazu.orders.messages import CancelOrder, Filled, ModifyOrder, Moved, SendOrder
from tarazu.orders.report import AnswerKind, OrderReport, Word
from tarazu.ports.desk import Request

if TYPE_CHECKING:
    from tarazu.dst.life import Life
    from tarazu.dst.world import World

DIGEST_EVERY = 400
SETTLED_NS = 60 * SECOND_NS
"""An execution is in everybody's books after so long."""
LASTING = frozenset({"DAY_LOSS", "PILOT_LOSS", "DRAWDOWN", "ORDER_TO_TRADE"})
"""Halts whose cause does not pass by itself: a person cannot take them back on that day."""
_JUDGED = (m.Started, m.Ticked, m.Commanded, m.RecordTrouble, m.FeedMoved)
"""What says something to the judges though nothing comes of it."""
_WORDS = {
    Word.FILLED: OrdStatus.FILLED,
    Word.CANCELED: OrdStatus.CANCELED,
    Word.REJECTED: OrdStatus.REJECTED,
    Word.EXPIRED: OrdStatus.EXPIRED,
}


class Oracle:
    def __init__(self, world: "World") -> None:
        self._world = world
        self.violations: list[Violation] = []
        self._sent: set[str] = set()
        self._pace = Pace(world.plan.config.limits)
        self._is_halted = False
        """A halt was told of, and was not told to be over."""
        self.is_reset_asked = False
        """A person has asked for one to be over, and it is not known yet what came of it."""
        self.reset_ns = 0
        """When the last halt was over."""
        self._digests: dict[int, str] = {}
        """Of the live state, by the last entry it has taken."""
        self._told = 0
        self._filled: dict[str, int] = {}
        """What the living process has said is filled, by ref."""
        self._executions: set[tuple[str, str]] = set()
        self._alarmed: set[str] = set()
        self._was_active = False
        self._tags: set[str] = set()
        self._seen_orders = 0
        self._persists = ""
        """Why the last reset of a halt was refused."""
        self.denied: dict[str, int] = {}
        """How often each control has said no."""
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
        world = self._world
        world.note("->", request)
        self._keep_pace(life, request)
        self._halting.sent()
        match request:
            case SendOrder():
                self._place(life, request)
            case ModifyOrder():
                self._modify(life, request)
            case CancelOrder():
                self._cancel(life, request)

    def _keep_pace(self, life: "Life", request: Request) -> None:
        said = self._pace.sent(self._world.agenda.now_ns, isinstance(request, CancelOrder))
        if said:
            self.violated("I7", said)
        if isinstance(request, ModifyOrder) and self._pace.changed(request.change.order_id):
            self.violated("I7", f"{request.ref} is changed more often than Kite allows")

    def _place(self, life: "Life", request: SendOrder) -> None:
        ref, order, world = request.ref, request.order, self._world
        if ref in self._sent:
            self.violated("I1", f"{ref} is sent twice")
        self._sent.add(ref)
        if not world.disk.durable(ref):
            self.violated("I2", f"{ref} is sent and is not on the disk")
        purpose = self._purpose(life, ref)
        key = f"{order.exchange}:{order.tradingsymbol}"
        if purpose is Purpose.ENTRY:
            self._adds_risk(life, key, order.product, order.side, order.qty, ref)
            self._enters(life, request)
        else:
            world.marks.hit("stop_placed" if purpose is Purpose.STOP else "exit_sent")
            self._closes(life, key, order.product, order.side, order.qty, ref)

    def _enters(self, life: "Life", request: SendOrder) -> None:
        order = life.engine.state.blotter.find(request.ref)
        assert order is not None and order.intent is not None
        self._halting.entering(life, request.ref, order.intent)
        self._cutoffs.entering(request)
        for judge in self._judges:
            judge.entering(request)
        for control, said in self.bounds.entering(life, request, order.intent):
            self.violated(control, said)

    def _modify(self, life: "Life", request: ModifyOrder) -> None:
        self.bounds.changing(request)
        truth = self._world.broker.orders[request.change.order_id]
        added = (request.change.qty or 0) - max(truth.qty, truth.qty_coming)
        if added <= 0:
            return
        place, side = truth.place, truth.order.side
        if self._purpose(life, request.ref) is Purpose.ENTRY:
            self._adds_risk(life, *place, side, added, request.ref)
        else:
            self._closes(life, *place, side, added, request.ref)

    def _cancel(self, life: "Life", request: CancelOrder) -> None:
        truth = self._world.broker.orders[request.cancellation.order_id]
        state = life.engine.state
        is_stop = self._purpose(life, request.ref) is Purpose.STOP
        leaving = state.flattening or truth.place in state.exits or request.ref in state.cancels
        if is_stop and state.blotter.auth_lost and not leaving:
            self.violated("I12", f"stop {request.ref} is cancelled while the session is lost")

    def _purpose(self, life: "Life", ref: str) -> Purpose | None:
        order = life.engine.state.blotter.find(ref)
        return order.intent.purpose if order is not None and order.intent is not None else None

    def _adds_risk(self, life: "Life", key: str, product: Product, side: Side, qty: int, ref: str) -> None:
        if self._is_halted:
            self.violated("I6", f"{ref} takes on risk after a halt")
        limit = life.engine.state.config.qty_max.get(key, 0)
        reach = own_reach(self._world, life, key, product, side) + qty
        if reach > limit:
            self.violated("I5", f"{ref}: {side} in {key} could reach {reach}, the limit is {limit}")

    def _closes(self, life: "Life", key: str, product: Product, side: Side, qty: int, ref: str) -> None:
        held, closing = closing_units(self._world, life, key, product, side)
        if closing + qty > max(held, 0):
            self.violated("I11", f"{ref}: {side} {qty} in {key} beside {closing} of {held} held")

    # What is told.

    def told(self, life: "Life", sequence: int, stamped: Stamped, step: Step) -> None:
        world, message = self._world, stamped.message
        if world.options.traced:
            world.note(f"[{sequence}] {message}")
            for act in step.acts:
                world.note(f"    {act}")
        self._told += 1
        if self._told % DIGEST_EVERY == 0:
            self._digests[sequence] = life.engine.state.digest()
        self._vigil.told(life, message, step, stamped.ts_ns)
        if isinstance(message, m.Started):
            self.bounds.started()
        elif isinstance(message, m.MarginsRead):
            self.bounds.read = (message.started_ns, message.available_paise)
        self.bounds.told(life)
        if step.acts or step.outputs or isinstance(message, _JUDGED):
            self._judge(life, stamped, step)
        if isinstance(message, m.Commanded):
            self.bounds.commanded(message)
            if not world.disk.synced_head.sequence >= sequence:
                self.violated("I6", f"{message.order} was taken and is not on the disk")
            if message.order is Order.HALT:
                self._is_halted = True
        if isinstance(message, m.Answered) and message.call is m.Call.PLACE:
            self._answered(life, message)

    def _judge(self, life: "Life", stamped: Stamped, step: Step) -> None:
        for act in step.acts:
            self._heed(act)
        for output in step.outputs:
            if isinstance(output, Filled):
                self._executed(life, output)
                self._count(life, output, stamped.ts_ns)
            elif isinstance(output, Moved):
                self._moved(life, output, stamped.message)
        for judge in (self._halting, *self._judges):
            judge.told(life, stamped.message, step, stamped.ts_ns)

    def _answered(self, life: "Life", message: m.Answered) -> None:
        order = life.engine.state.blotter.find(message.ref)
        if order is None:
            return
        if message.answer.kind is AnswerKind.ACCEPTED and order.row is not None:
            self._world.marks.hit("answered_after_row")
        if message.answer.kind is AnswerKind.NOT_PLACED and order.status is OrdStatus.REJECTED:
            self._refused(order.order_id, message.ref, "I12")

    def _heed(self, act: object) -> None:
        marks = self._world.marks
        match act:
            case SetHalt():
                self._is_halted = act.halt is not None
                self.reset_ns = self._world.agenda.now_ns if act.halt is None else 0
                self.is_reset_asked = False
                marks.hit("halted" if act.halt is not None else "halt_reset")
            case Decline():
                marks.hit("declined")
                if act.order is Order.RESET_HALT:
                    self._persists = act.why.partition(" ")[0]
            case HoldWant():
                marks.hit("leave_asked")
            case Alert():
                if act.of.startswith("#"):
                    self._alarmed.add(act.of[1:])
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

    def _executed(self, life: "Life", output: Filled) -> None:
        fill = output.fill
        name = (str(fill.order_id), fill.exec_id)
        if name in self._executions:
            self.violated("I4", f"execution {fill.exec_id} of {output.ref} is told twice")
        self._executions.add(name)

    def _count(self, life: "Life", output: Filled, now_ns: int) -> None:
        order = life.engine.state.blotter.find(output.ref)
        intent = order.intent if order is not None else None
        self.bounds.filled(output.fill, intent.strategy if intent is not None else "", now_ns)

    def _moved(self, life: "Life", output: Moved, message: m.Message) -> None:
        ref, cum = output.ref, output.cum_qty
        if cum < self._filled.get(ref, 0):
            self.violated("I4", f"{ref} has {cum} filled after {self._filled[ref]}")
        self._filled[ref] = cum
        order = life.engine.state.blotter.find(ref)
        if order is None:
            return
        truth = self._world.broker.orders.get(order.order_id)
        if cum > (truth.filled if truth else 0):
            self.violated("I4", f"{ref} has {cum} filled, in truth {truth.filled if truth else 0}")
        if output.was is OrdStatus.UNKNOWN and output.status in AT_BROKER:
            self._world.marks.hit("unknown_resolved_by_tag")
        if output.status is OrdStatus.UNKNOWN and isinstance(message, m.Started):
            self._world.marks.hit("boot_unknown")
        if output.status is OrdStatus.REJECTED and truth is not None:
            self._refused(order.order_id, ref, "I4")

    def _refused(self, order_id: str, ref: str, invariant: str) -> None:
        truth = self._world.broker.orders.get(order_id)
        if truth is None or truth.word is not Word.REJECTED:
            said = truth.word if truth else "nothing"
            self.violated(invariant, f"{ref} is called REJECTED, and the broker says {said}")

    # What people do.

    def commanding(self, said: m.Commanded) -> None:
        if said.order in (Order.RESET_HALT, Order.RESET_STRATEGY) and said.incident:
            self.is_reset_asked = True

    def ticked(self) -> None:
        self.bounds.ticked()

    # Lives.

    def synced(self, life: "Life", upto: int) -> None:
        """Nothing to be said of it: what must be on the disk is looked for there."""

    def died(self, life: "Life", why: str) -> None:
        marks, record = self._world.marks, life.record
        if life.is_settled:
            self._digests[record.head.sequence] = life.engine.state.digest()
        name = _DEATHS.get(why)
        if name is not None:
            marks.hit(name)
        if any(o.status is OrdStatus.IN_FLIGHT for o in life.engine.state.blotter.orders.values()):
            marks.hit("crash_in_flight")

    def checked(self, engine: Engine, found: Sequence[Entry]) -> Iterator[Entry]:
        """The journal's entries as they are recovered from; where the live state was looked at, it must be the same."""
        for entry in found:
            yield entry
            self._compare(engine, entry.sequence)
        self._digests = {}

    def _compare(self, engine: Engine, sequence: int) -> None:
        live = self._digests.get(sequence)
        if live is not None and engine.state.digest() != live:
            self.violated("REPLAY", f"what is recovered up to entry {sequence} is not what was live then")

    def recovered(self, life: "Life", report: Report) -> None:
        world, state = self._world, life.engine.state
        world.marks.hit("recovered_torn" if report.findings else "recovered_whole")
        if self._is_halted:
            if state.halt is None and not self.is_reset_asked:
                self.violated("I6", "a halt is forgotten by a restart")
            elif report.entries:
                world.marks.hit("halt_survived_crash")
        orders = state.blotter.orders
        self._filled = {ref: order.cum_qty for ref, order in orders.items()}
        self._executions = {(o.order_id, exec_id) for o in orders.values() for exec_id in o.fills}
        self._is_halted = state.halt is not None
        self._halting.recovered(life)
        for judge in self._judges:
            judge.recovered(life)
        self.bounds.told(life)
        self.bounds.recovered(self._executions)

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
        """Minutes after all has healed, before everything is flattened."""
        life = self._world.life
        if life is None:
            self.violated("L1", "no process is running")
            return
        state = life.engine.state
        if state.phase is Phase.ACTIVE:
            self._world.marks.hit("traded_to_the_end")
        elif state.halt is None or not {state.halt.code, self._persists} & LASTING:
            self.violated(
                "L1", f"{state.phase} minutes after all has healed: {state.phase_why}; {state.agreement.breaks}"
            )
        self._all_equal(life)
        self._all_protected(life)

    def look_at_the_end(self) -> None:
        world, life = self._world, self._world.life
        if life is None:
            self.violated("L1", "no process is running")
            return
        self._all_equal(life)
        for place, net in sorted(world.broker.net.items()):
            if net:
                self.violated("L2", f"{net} of {place} after minutes of flattening")
        for order in world.broker.orders.values():
            if order.leaves:
                self.violated("L2", f"order {order.order_id} still works after minutes of flattening")

    def _all_equal(self, life: "Life") -> None:
        blotter, world_now = life.engine.state.blotter, self._world.agenda.now_ns
        for truth in self._world.broker.orders.values():
            ours = blotter.find(f"#{truth.order_id}")
            if ours is None:
                self.violated("I3" if truth.origin == OURS else "I8", f"order {truth.order_id} is not known")
                continue
            if truth.origin == OURS and ours.ref != truth.order.tag:
                self.violated("I3", f"order {truth.order_id} is {truth.order.tag}, not {ours.ref}")
            if truth.origin != OURS and truth.order_id not in self._alarmed:
                self.violated("I8", f"nobody was told of the foreign order {truth.order_id}")
            self._equal(truth, ours.ref, ours.status, ours.cum_qty)
            if world_now - truth.filled_ns < SETTLED_NS:
                continue  # trades are read every half minute
            paid = sum(fill.qty * fill.price_paise for fill in ours.fills.values())
            if paid != truth.value:
                self.violated("I3", f"{ours.ref} is worth {paid} by its fills, in truth {truth.value}")
        for order in blotter.orders.values():
            if not order.order_id and not order.ended:
                self.violated("I3", f"{order.ref} is still {order.status}")
        self._books_equal(life)

    def _equal(self, truth: BrokerOrder, ref: str, status: OrdStatus, cum: int) -> None:
        if cum != truth.filled:
            self.violated("I3", f"{ref} has {cum} filled, in truth {truth.filled}")
        if truth.ended and status is not _WORDS[truth.word]:
            self.violated("I3", f"{ref} is {status}, in truth {truth.word}")
        if not truth.ended and status not in AT_BROKER:
            self.violated("I3", f"{ref} is {status}, in truth {truth.word}")

    def _books_equal(self, life: "Life") -> None:
        state, net, orders = life.engine.state, self._world.broker.net, self._world.broker.orders
        if state.books is None:
            self.violated("L1", "positions were never read")
            return
        recent = {o.place for o in orders.values() if self._world.agenda.now_ns - o.filled_ns < SETTLED_NS}
        held = ((p.key, p.product, p.qty) for p in state.books.positions())
        ours = {(key, product): qty for key, product, qty in held if qty and (key, product) not in recent}
        truth = {place: qty for place, qty in net.items() if qty and place not in recent}
        if ours != truth:
            self.violated("I4", f"the books say {sorted(ours.items())}, in truth {sorted(truth.items())}")

    def _all_protected(self, life: "Life") -> None:
        """Where only entries with stops of ours have traded, all that is held has a closing order at the exchange."""
        world, state = self._world, life.engine.state
        mixed = set(world.broker.carried)
        for truth in world.broker.orders.values():
            if truth.filled and (truth.origin != OURS or not self._is_plain(life, truth)):
                mixed.add(truth.place)
        for place, net in sorted(world.broker.net.items()):
            if not net or place in mixed or place in state.exits:
                continue
            side = Side.SELL if net > 0 else Side.BUY
            closing = [o for o in world.broker.orders.values() if o.place == place and o.order.side is side]
            resting = sum(o.leaves for o in closing if not o.ended)
            if resting < abs(net):
                self.violated("L3", f"{net} of {place} with {resting} of stops, minutes after all has healed")

    def _is_plain(self, life: "Life", truth: BrokerOrder) -> bool:
        """An entry with a stop, or what covers one."""
        order = life.engine.state.blotter.find(truth.order.tag)
        if order is None or order.intent is None:
            return False
        return order.intent.purpose is not Purpose.ENTRY or order.ref in life.engine.state.stops


_DEATHS = {
    "append": "crash_before_append",
    "sync": "crash_before_sync",
    "written": "crash_before_sync",
    "synced": "crash_after_sync",
    "appended": "crash_after_sync",
    "request": "crash_before_request",
    "requested": "crash_after_request",
}
