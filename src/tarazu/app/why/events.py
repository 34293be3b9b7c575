"""What one record of the journal says about one order, in words: what was heard, what that changed, what was done."""

from collections.abc import Iterator, Mapping

import msgspec

from tarazu.app.why import decided, words
from tarazu.app.why.decided import Origins
from tarazu.app.why.names import Told
from tarazu.engine import messages as m
from tarazu.engine.acts import Alert, AskCancel, AskChange, BeginExit, Deny, EndExit, Intend
from tarazu.engine.state import EngineState
from tarazu.orders.intent import Purpose
from tarazu.orders.lifecycle import UNANSWERED, OrdStatus
from tarazu.orders.messages import Filled, Moved, NotAsked
from tarazu.orders.order_state import OrderState
from tarazu.orders.report import OrderReport
from tarazu.strategy.wants import CancelWant, ChangeWant

_ASKED = (OrdStatus.PENDING_MODIFY, OrdStatus.PENDING_CANCEL)

Said = tuple[str, str]
"""A line, and what it is folded by with the lines before that are of the same kind; empty: it is not."""


class Subject(msgspec.Struct, kw_only=True):
    """The order a story is about, under all its names."""

    ref: str
    order_id: str
    refs: frozenset[str]
    """Ours, and the stranger's it may have been taken for."""
    covers: str = ""
    """The entry it protects, of a stop."""

    def is_row(self, report: OrderReport) -> bool:
        return report.order_id == self.order_id or (bool(report.tag) and report.tag.strip().upper() == self.ref)


class Scene(msgspec.Struct, kw_only=True):
    """One record, and the order before it and after."""

    told: Told
    subject: Subject
    before: OrderState | None
    after: OrderState | None
    state: EngineState
    stops: frozenset[str]
    """The tags of the stops that protect it."""
    origins: Origins
    """Of all entries up to this one."""


def lines(scene: Scene) -> Iterator[Said]:
    step = scene.told.record.step
    heard = _heard(scene)
    moved = [said for said in step.outputs if isinstance(said, Moved) and said.ref in scene.subject.refs]
    intended = [act for act in step.acts if isinstance(act, Intend) and act.intent.ref == scene.subject.ref]
    asked = [said for said in moved if said.status in _ASKED]
    moved = [said for said in moved if said.status not in _ASKED]
    if heard is not None:
        text, fold = heard
        yield f"{text}{_change(scene, moved)}", "" if moved else fold
    elif moved and not intended:
        yield f"{_cause(scene)}{_change(scene, moved)}", ""
    yield from _resolved(scene, moved)
    for said in step.outputs:
        if isinstance(said, Filled) and said.ref in scene.subject.refs:
            fill = said.fill
            at = f"{words.price(fill.price_paise)}, trade {fill.exec_id}"
            yield f"{fill.qty} filled at {at}, by the exchange's clock {words.clock(fill.ts_event_ns)}", ""
        if isinstance(said, Moved) and said.ref in scene.stops and said.was is not OrdStatus.INTENDED:
            yield f"its stop {said.ref}: {said.was} -> {said.status}", ""
    for act in intended:
        yield from _intended(scene, act)
    yield from _acts(scene)
    if asked:
        yield f"it is {asked[-1].status} until its rows show what came of that", ""


# What was heard.


def _heard(scene: Scene) -> Said | None:
    stamped, subject = scene.told.record.stamped, scene.subject
    match stamped.message:
        case m.Started() as said if scene.before is not None and not scene.before.ended:
            lost = ": the answer to it is lost" if scene.before.status in UNANSWERED else ""
            return f"main began anew, epoch {said.epoch}{lost}", ""
        case m.OrderHeard(report=report) if subject.is_row(report):
            return f"{_first(scene)}update heard: {words.row(report)}", "update"
        case m.Answered() as said if said.ref in subject.refs:
            return f"answer to the {words.ASKED[said.call]}: {words.answer(said.answer)}", ""
        case m.OrdersRead() as read:
            return _read(scene, read)
        case m.Commanded() as said if subject.order_id and said.order_id == subject.order_id:
            return f"{said.who} says {said.order} of order {said.order_id}: {said.why}", ""
        case _:
            return None


def _read(scene: Scene, read: m.OrdersRead) -> Said | None:
    began = f"read of the book, begun {words.clock(read.started_ns)}"
    report = next((row for row in read.reports if scene.subject.is_row(row)), None)
    if report is not None:
        return f"{_first(scene)}{began}: {words.row(report)}", ""
    if scene.subject.order_id in read.gone:
        return f"{began}: the book does not show it any more", ""
    before, after = scene.before, scene.after
    if before is None or before.status is not OrdStatus.UNKNOWN or after is None or after.order_id:
        return None
    if not read.whole:
        return f"{began}, not whole, without it: proves nothing", "not whole"
    patience = scene.state.blotter.patience
    counted = len(after.absent_reads)
    if counted > len(before.absent_reads):
        return f"{began}, whole, without it: {counted} of {patience.reads_min} that count for its absence", ""
    ends = words.clock(before.unknown_ns + patience.quarantine_ns)
    return f"{began}, whole, without it: too early to count, it may still arrive until {ends}", "early"


def _first(scene: Scene) -> str:
    return "" if scene.before is not None else "first seen, an order of nobody here: "


def _cause(scene: Scene) -> str:
    """Of a change that no row of its own brought about."""
    kind = type(scene.told.record.stamped.message)
    return {m.TradesRead: "read of the trades", m.OrdersRead: "read of the book"}.get(kind, kind.__name__)


def _change(scene: Scene, moved: list[Moved]) -> str:
    parts = [f"{moved[0].was} is now {moved[-1].status}, {moved[-1].cum_qty} filled"] if moved else []
    before, after = scene.before, scene.after
    if before is not None and after is not None:
        old, new = ((o.qty, o.price_paise, o.trigger_paise) for o in (before, after))
        trigger = f", trigger {words.price(new[2])}" if new[2] else ""
        parts += [f"it is for {new[0]} at {words.price(new[1])}{trigger} now"] if old != new else []
    if parts:
        return f" -> {'; '.join(parts)}"
    is_row = isinstance(scene.told.record.stamped.message, m.OrderHeard | m.OrdersRead)
    return "; nothing new" if is_row and before is not None and before.row is not None else ""


def _resolved(scene: Scene, moved: list[Moved]) -> Iterator[Said]:
    before, after = scene.before, scene.after
    if not moved or before is None or after is None or before.status is not OrdStatus.UNKNOWN:
        return
    if after.status is OrdStatus.ABSENT:
        yield f"resolved: absent, {len(after.absent_reads)} whole reads after its quarantine were without it", ""
    elif after.order_id and not before.order_id:
        yield f"resolved: it is there, order id {after.order_id}, found by its tag", ""
    elif after.status is not OrdStatus.UNKNOWN:
        yield f"resolved: {after.status}", ""


# What was done.


def _intended(scene: Scene, act: Intend) -> Iterator[Said]:
    intent = act.intent
    yield f"wanted by {_who(scene, act)}", ""
    decision = scene.origins.of(scene.told, act)
    if decision is not None:
        yield decided.line(decision), ""
    if intent.purpose is Purpose.ENTRY:
        from tarazu.risk.gate import CHECKS

        yield f"the gate let it through: none of its {len(CHECKS)} controls said no", ""
    yield f"intended as entry {scene.told.sequence}, durable before anything was sent: {words.terms(intent.order)}", ""
    yield f"sent, once, under tag {intent.ref}", ""


def _who(scene: Scene, act: Intend) -> str:
    intent, message = act.intent, scene.told.record.stamped.message
    of = f", leg {act.leg} of {intent.group}" if act.leg else f", slice of {intent.group}" if intent.group else ""
    if intent.purpose is Purpose.STOP:
        entry = scene.state.blotter.find(intent.covers)
        filled = f", {words.filled(entry)}" if entry else ""
        return f"the engine, to protect entry {intent.covers}{filled}{of}"
    if intent.purpose is not Purpose.ENTRY:
        why = scene.state.flattening or scene.state.exits.get((intent.key, intent.order.product), "")
        return f"the engine, to leave {intent.key}{': ' if why else ''}{why}{of}"
    match message:
        case m.Wanted(want=want):
            return f"somebody outside the engine, as {intent.strategy}: {words.want(want)}{of}"
        case m.MarketMoved(sequence=frame):
            return f"strategy {intent.strategy}, at the market of frame {frame}{of}"
        case m.Ticked():
            return f"strategy {intent.strategy}, at the second{of}"
        case _:
            return f"strategy {intent.strategy}, at {type(message).__name__}{of}"


def _acts(scene: Scene) -> Iterator[Said]:
    refs, step = scene.subject.refs, scene.told.record.step
    not_asked = {said.ref: said.why for said in step.outputs if isinstance(said, NotAsked)}
    for act in step.acts:
        match act:
            case Intend(intent=intent) if intent.covers in refs:
                yield f"its {intent.purpose} {intent.ref} is intended and sent: {words.terms(intent.order)}", ""
            case AskChange() if act.ref in refs:
                what = f"change asked for, {words.change(act.change)}, because {act.why}"
                yield what + _unsent(not_asked, act.ref), "asked" if act.ref in not_asked else ""
            case AskCancel() if act.ref in refs:
                what = f"cancellation asked for, because {act.why}"
                yield what + _unsent(not_asked, act.ref), "asked" if act.ref in not_asked else ""
            case Deny(want=CancelWant() | ChangeWant() as want) if want.ref in refs:
                yield f"denied, {words.want(want)}: {'; '.join(map(words.denial, act.denials))}", ""
            case Alert() if act.of in refs:
                yield f"alarm {act.severity} {act.code}: {act.text}", ""
            case BeginExit() if _is_here(scene, act.key, act.product):
                why = f", {act.why}" if act.why else ""
                yield f"its place {act.key} {act.product} is to be left for {act.strategy}{why}", ""
            case EndExit() if _is_here(scene, act.key, act.product):
                yield f"its place {act.key} {act.product} is left: {act.how}", ""
            case _:
                pass


def _unsent(not_asked: Mapping[str, str], ref: str) -> str:
    return f"; not sent: {not_asked[ref]}" if ref in not_asked else ""


def _is_here(scene: Scene, key: str, product: str) -> bool:
    order = scene.after
    return order is not None and (order.key, order.product) == (key, product) and (not order.ended or order.cum_qty > 0)
