"""The story of one order, line by line, and where it leaves it."""

import msgspec

from tarazu.app.why import events, words
from tarazu.app.why.decided import Origins
from tarazu.app.why.events import Scene, Subject
from tarazu.app.why.names import Day, NoSuchOrder, records, recovery
from tarazu.engine.acts import Deny
from tarazu.engine.messages import Wanted
from tarazu.engine.state import EngineState
from tarazu.model.units import SECOND_NS
from tarazu.orders.exposure import open_part
from tarazu.orders.intent import Purpose
from tarazu.orders.lifecycle import AT_BROKER, UNANSWERED
from tarazu.orders.order_state import OrderState
from tarazu.orders.protection import gaps


class Line(msgspec.Struct, kw_only=True):
    ts_ns: int
    sequence: int
    text: str
    times: int = 1
    """How often this was so, one after the other; `until_ns` says until when."""
    until_ns: int = 0
    fold: str = ""

    def __str__(self) -> str:
        more = f" (and {self.times - 1} more until {words.clock(self.until_ns)})" if self.times > 1 else ""
        return f"{words.clock(self.ts_ns)} {self.sequence:>8}  {self.text}{more}"


class Story(msgspec.Struct, kw_only=True):
    ref: str
    order_id: str
    status: str
    """DENIED of a want that came to no order."""
    lines: list[Line]
    standing: list[str]
    """Where it is now: what may still fill, what protects it."""
    summary: str
    """One sentence."""
    open_question: str = ""
    """What nobody knows yet, or what a person should look at; empty when nothing is."""


def tell(day: Day, ref: str) -> Story:
    """Of the order that is `ref` at the day's end. Raises BadPayload."""
    order = day.state.blotter.orders[ref]
    covers = order.intent.covers if order.intent else ""
    names = frozenset({ref, f"#{order.order_id}"} if order.order_id else {ref})
    subject = Subject(ref=ref, order_id=order.order_id, refs=names, covers=covers)
    stops = frozenset(o.ref for o in _stops(day.state, ref))
    engine, lines, origins = recovery(), list[Line](), Origins()
    for told in records(day.folder, day.last):
        origins.take(told)
        before = _found(engine.state, subject)
        engine.recover(told.record.stamped, told.record.step)
        after = _found(engine.state, subject)
        if before is None and after is None:
            continue
        scene = Scene(
            told=told, subject=subject, before=before, after=after, state=engine.state, stops=stops, origins=origins
        )
        for text, fold in events.lines(scene):
            _add(lines, Line(ts_ns=told.record.stamped.ts_ns, sequence=told.sequence, text=text, fold=fold))
    return Story(
        ref=ref,
        order_id=order.order_id,
        status=order.status,
        lines=lines,
        standing=_standing(day.state, order),
        summary=_summary(day.state, order),
        open_question=_open_question(day.state, order),
    )


def tell_entry(day: Day, sequence: int) -> Story:
    """Of the wants that the entry denied. Raises NoSuchOrder where it denied none."""
    told = next((told for told in records(day.folder, sequence) if told.sequence == sequence), None)
    denied = [act for act in told.record.step.acts if isinstance(act, Deny)] if told else []
    if told is None or not denied:
        show = f"tarazu audit show --date {day.day} --from {sequence} --to {sequence}"
        raise NoSuchOrder(f"entry {sequence} of {day.day} denied nothing; {show}")
    stamped, lines = told.record.stamped, list[Line]()
    for act in denied:
        outside = "somebody outside the engine, as " if isinstance(stamped.message, Wanted) else "strategy "
        said = [f"wanted by {outside}{act.want.strategy or 'nobody'}: {words.want(act.want)}"]
        said += [f"denied, {words.denial(no)}" for no in act.denials]
        lines += [Line(ts_ns=stamped.ts_ns, sequence=sequence, text=text) for text in said]
    codes = [no.code for act in denied for no in act.denials]
    wants = "; ".join(words.want(act.want) for act in denied)
    return Story(
        ref=f"@{sequence}",
        order_id="",
        status="DENIED",
        lines=lines,
        standing=[
            "exposure  none: nothing was written down as an intent, and nothing was sent",
            *words.meanings(codes),
        ],
        summary=f"{wants}: denied by {', '.join(dict.fromkeys(codes)) or 'the gate'}, nothing was sent.",
    )


def _found(state: EngineState, subject: Subject) -> OrderState | None:
    orders = state.blotter.orders
    return orders.get(subject.ref) or (orders.get(f"#{subject.order_id}") if subject.order_id else None)


def _add(lines: list[Line], line: Line) -> None:
    """What is said again, and of which nothing came in between, is said once."""
    if lines and line.fold and lines[-1].fold == line.fold:
        lines[-1].times += 1
        lines[-1].until_ns = line.ts_ns
        return
    lines.append(line)


def _stops(state: EngineState, ref: str) -> list[OrderState]:
    return [o for o in state.blotter.orders.values() if o.intent is not None and o.intent.covers == ref]


# Where it is now.


def _standing(state: EngineState, order: OrderState) -> list[str]:
    said = [f"stands    {order.status} since {words.clock(order.status_ns)}, {words.filled(order)}"]
    said += [f"exit      {o.ref} is {o.status}, {words.filled(o)}" for o in _stops(state, order.ref)]
    if order.intent is not None and order.intent.covers:
        entry = state.blotter.find(order.intent.covers)
        said.append(f"protects  {order.intent.covers}" + (f", {entry.status}, {words.filled(entry)}" if entry else ""))
    if _is_unprotected(state, order):
        said.append("stop      none for all that is filled of it")
    return [*said, f"exposure  {_exposure(state, order)}"]


def _exposure(state: EngineState, order: OrderState) -> str:
    part = open_part(order, state.blotter.read_ns, state.blotter.patience.cooling_ns)
    held = state.exposure(order.key, order.product).filled
    there = f"{order.key} {order.product} is {held:+,}" if held else f"{order.key} {order.product} is flat"
    if part.unknown:
        return f"{part.unknown} may be there or may come: unknown counts in full; {there}"
    if part.working:
        return f"{part.working} may still fill; {there}"
    if part.cooling:
        seconds = state.blotter.patience.cooling_ns // SECOND_NS
        return f"{part.cooling} may still fill, until a read begun {seconds} s after its end shows otherwise; {there}"
    return f"nothing of it may still fill; {there}"


def _is_unprotected(state: EngineState, order: OrderState) -> bool:
    return order.ref in state.stops and any(gap.entry == order.ref for gap in gaps(state.blotter, state.before))


def _summary(state: EngineState, order: OrderState) -> str:
    if order.intent is None:
        whose = "Disowned, and counted all the same" if order.disowned else "Nobody here decided it"
        named = f"order {order.order_id}"
    else:
        purpose = {Purpose.ENTRY: "an entry", Purpose.STOP: "a stop", Purpose.EXIT: "an exit"}
        whose = (
            f"{purpose.get(order.intent.purpose, 'a square-off').capitalize()} of {order.intent.strategy or 'the desk'}"
        )
        named = f"tag {order.ref}" + (f", order {order.order_id}" if order.order_id else ", no order id")
    what = f"{order.side} {order.qty} {order.key} {order.product} ({named})"
    end = "ended" if order.ended else "is"
    return f"{whose}: {what} {end} {order.status}, {words.filled(order)}; {_exposure(state, order)}."


def _open_question(state: EngineState, order: OrderState) -> str:
    if order.status in UNANSWERED:
        return f"{order.status}: nobody knows yet whether the broker has it; it is not sent again"
    if order.intent is None and order.status in AT_BROKER and not order.disowned:
        return "an order that nobody here decided is at work"
    if _is_unprotected(state, order):
        return "filled, and without a stop at the exchange"
    return ""
