"""What one record of the journal tells, as rows: of tables whose rows never change."""

from collections.abc import Iterator, Mapping
from itertools import count

import msgspec

from tarazu.adapters.sqlite_projection.schema import BY_NAME
from tarazu.engine import messages as m
from tarazu.engine.acts import Alert, AskCancel, AskChange, Deny, Intend, MovePhase, SetHalt, Step
from tarazu.engine.codec import Failure, Record
from tarazu.engine.messages import Stamped
from tarazu.orders.messages import CancelOrder, Filled, ModifyOrder, Moved, SendOrder
from tarazu.strategy.wants import CancelWant, ChangeWant, EntryWant, ExitWant, SpreadWant, Want

Value = str | int | bytes | None
Row = tuple[Value, ...]


class Reply(msgspec.Struct, frozen=True):
    """What fills the last five columns of the last request of this call about this order, if nothing has before."""

    call: str
    ref: str
    row: Row


class Source(msgspec.Struct, frozen=True):
    """Where a row is from: the first columns of each."""

    day: str
    sequence: int


def told(source: Source, record: Record) -> Iterator[tuple[str, Row]]:
    """Table and row."""
    stamped = record.stamped
    at = (source.day, source.sequence)
    yield from _of_message(at, stamped)
    counts = {name: count() for name in ("denials", "requests", "order_events", "phases", "halts", "alerts")}
    if isinstance(stamped.message, m.Started) and stamped.message.halt is not None:
        halt = stamped.message.halt
        yield "halts", (*at, next(counts["halts"]), stamped.ts_ns, 1, halt.code, halt.why, halt.since_ns)
    for act in record.step.acts:
        match act:
            case Intend():
                yield "intents", _intent(at, stamped.ts_ns, act)
            case Deny():
                nth = next(counts["denials"])
                yield from (("denials", row) for row in _denials((*at, nth), stamped.ts_ns, act))
            case MovePhase():
                yield "phases", (*at, next(counts["phases"]), stamped.ts_ns, act.phase, act.why)
            case SetHalt():
                said = (1, act.halt.code, act.halt.why, act.halt.since_ns) if act.halt else (0, "", "", 0)
                yield "halts", (*at, next(counts["halts"]), stamped.ts_ns, *said)
            case Alert():
                yield "alerts", (*at, next(counts["alerts"]), stamped.ts_ns, act.severity, act.code, act.of, act.text)
            case _:
                pass  # of the engine's own memory; orders and positions show what it comes to
    for said_ in record.step.outputs:
        match said_:
            case Moved():
                nth = next(counts["order_events"])
                moved = (said_.ref, said_.was, said_.status, said_.cum_qty, said_.text)
                yield "order_events", (*at, nth, stamped.ts_ns, *moved)
            case Filled(ref=ref, fill=fill):
                of = (ref, fill.key, fill.product, fill.side, fill.qty, fill.price_paise, fill.ts_event_ns)
                yield "fills", (source.day, fill.order_id, fill.exec_id, source.sequence, stamped.ts_ns, *of)
            case SendOrder() | ModifyOrder() | CancelOrder():
                yield "requests", _request((*at, next(counts["requests"]), stamped.ts_ns), said_, record.step)
            case _:
                pass  # not asked for: nothing went out


def answer_of(source: Source, record: Record) -> Reply | None:
    message = record.stamped.message
    if not isinstance(message, m.Answered):
        return None
    said = message.answer
    row = (source.sequence, record.stamped.ts_ns, said.kind, said.order_id, said.refusal or "", said.text)
    return Reply(message.call, message.ref, row)


def strangers_of(rows: Mapping[str, list[Row]]) -> frozenset[str]:
    """The refs of foreign orders of which these rows tell fills."""
    place = BY_NAME["fills"].columns.index("ref")
    refs = (row[place] for row in rows.get("fills", ()))
    return frozenset(ref for ref in refs if isinstance(ref, str) and ref.startswith("#"))


def failure_row(source: Source, failure: Failure) -> Row:
    name = type(failure.stamped.message).__name__
    return (source.day, source.sequence, failure.stamped.ts_ns, name, failure.error)


def _of_message(at: tuple[str, int], stamped: Stamped) -> Iterator[tuple[str, Row]]:
    times = (stamped.ts_ns, stamped.wall_ns)
    match stamped.message:
        case m.Started() as said:
            halt = said.halt.code if said.halt else ""
            yield "runs", (*at, *times, said.epoch, said.profile, said.build, said.master_sha256, halt)
        case m.Commanded() as said:
            yield "commands", (*at, *times, said.order, said.who, said.why, said.ref, said.order_id)
        case _:
            pass


def _intent(at: tuple[str, int], ts_ns: int, act: Intend) -> Row:
    intent, order, stop = act.intent, act.intent.order, act.stop
    day, sequence = at
    return (
        *(day, intent.ref, sequence, ts_ns, intent.strategy, intent.purpose, intent.covers, intent.group, act.leg),
        *(intent.key, order.side, order.qty, order.product, order.order_type, order.variety, order.validity),
        *(order.price_paise, order.trigger_paise, order.protection_bps),
        *((stop.distance_paise, stop.width_paise) if stop else (None, None)),
    )


def _denials(at: tuple[str, int, int], ts_ns: int, act: Deny) -> Iterator[Row]:
    """One row a no. A want that was denied without one, which the gate does not do, has one row without a code."""
    want = _want(act.want)
    said: list[Row] = [(denial.code, denial.observed, denial.limit) for denial in act.denials] or [("", "", "")]
    for control, words in enumerate(said):
        yield (*at, control, ts_ns, *words, *want)


def _want(want: Want) -> Row:
    """Kind, strategy, instrument, side, quantity, price, the order it is about, and all of it in words."""
    kind = type(want).__name__.removesuffix("Want").upper()
    match want:
        case EntryWant():
            about: Row = (want.key, want.side, want.qty, want.price_paise, "")
        case SpreadWant():
            about = ("", "", want.sets, None, "")
        case ExitWant():
            about = (want.key, "", None, None, "")
        case ChangeWant():
            about = ("", "", want.qty, want.price_paise, want.ref)
        case CancelWant():
            about = ("", "", None, None, want.ref)
    return (kind, want.strategy, *about, msgspec.json.encode(want, order="deterministic").decode())


def _request(at: Row, said: SendOrder | ModifyOrder | CancelOrder, step: Step) -> Row:
    unanswered = (None,) * 6
    asked: Row
    match said:
        case SendOrder(order=order):
            asked = (order.qty, order.price_paise, order.trigger_paise)
            return (*at, m.Call.PLACE, said.ref, "", *asked, "", *unanswered)
        case ModifyOrder(change=change):
            why = _why(step, AskChange, said.ref)
            asked = (change.qty, change.price_paise, change.trigger_paise)
            return (*at, m.Call.MODIFY, said.ref, change.order_id, *asked, why, *unanswered)
        case CancelOrder(cancellation=cancellation):
            why = _why(step, AskCancel, said.ref)
            return (*at, m.Call.CANCEL, said.ref, cancellation.order_id, None, None, None, why, *unanswered)


def _why(step: Step, kind: type[AskChange] | type[AskCancel], ref: str) -> str:
    return next((act.why for act in step.acts if isinstance(act, kind) and act.ref == ref), "")
