"""What the engine decided and did in the window, its orders, and its positions before and after: from the journal.

decisions.jsonl                 every decision, and what came of it
denials.jsonl                   every want that a control denied
orders.csv                      every order that was alive or changed, as it stood at the end
positions-before-after.json     units by place, as far as fills were known
"""

import csv
import io
from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from tarazu.app.decisions.told import decided, vetoed
from tarazu.app.incidents.bundle.scope import Scope
from tarazu.app.incidents.bundle.staging import Staging
from tarazu.app.incidents.bundle.story import Event, Phase, Story
from tarazu.app.why import words
from tarazu.app.why.names import Told, records, recovery
from tarazu.engine.acts import Alert, Decline, HaltStrategy, Intend, Mark, MovePhase, SetHalt, Severity
from tarazu.engine.codec import Failure
from tarazu.engine.messages import Commanded, RecordTrouble, Started, Stopping
from tarazu.engine.recovery import Recovery
from tarazu.engine.state import EngineState
from tarazu.model import ist
from tarazu.orders.exposure import exposures
from tarazu.orders.messages import CancelOrder, Filled, ModifyOrder, Moved, SendOrder
from tarazu.orders.order_state import OrderState
from tarazu.runtime.journal_files import day_folder, days

COLUMNS = (
    *("ref", "order_id", "status", "since_ist", "strategy", "purpose", "key", "product", "side", "qty", "filled"),
    *("price_inr", "trigger_inr", "order_type", "text"),
)


def engine_part(scope: Scope, staging: Staging, story: Story) -> None:
    known = days(scope.home.journal)
    touched = [day for day in scope.days if day in known]
    if not touched:
        staging.lack("decisions, orders, positions", f"there is no journal of {scope.days[0]}")
        return
    decisions: list[Any] = []
    denials: list[Any] = []
    rows: list[dict[str, object]] = []
    before: dict[str, object] | None = None
    engine = recovery()
    for day in touched:
        # A day's engine begins with the positions that its own first reads told.
        engine = recovery()
        for told in records(day_folder(scope.home.journal, day)):
            at_ns = told.record.stamped.wall_ns
            if at_ns >= scope.until_ns:
                break
            if before is None and at_ns >= scope.since_ns:
                before = _standing(engine.state, at_ns)
            _recover(engine, told)
            if scope.has(at_ns):
                decisions += decided(told)
                denials += vetoed(told)
                _tell(told, story)
        rows += [row for order in engine.state.blotter.orders.values() if (row := _row(order, scope.since_ns))]
    staging.lines("decisions.jsonl", decisions)
    staging.lines("denials.jsonl", denials)
    staging.text("orders.csv", _csv(rows))
    told_ns = min(scope.until_ns, scope.now_ns)
    standing = {
        "before": before,
        "after": _standing(engine.state, told_ns),
        "source": "journal, as far as fills are known",
    }
    staging.json("positions-before-after.json", standing)


def _recover(engine: Recovery, told: Told) -> None:
    if not isinstance(told.record, Failure):
        engine.recover(told.record.stamped, told.record.step)


def _standing(state: EngineState, ts_ns: int) -> dict[str, object]:
    places = exposures(state.blotter, state.before).items()
    held = {f"{key} {product}": place.filled for (key, product), place in places if place.filled}
    phase = str(state.phase)
    return {"ts_ns": ts_ns, "ist": ist.stamp(ts_ns), "phase": phase, "risk": str(state.risk), "units": held}


def _row(order: OrderState, since_ns: int) -> dict[str, object] | None:
    """None for one that had ended before the window."""
    if order.ended and order.status_ns < since_ns:
        return None
    intent = order.intent
    return {
        "ref": order.ref,
        "order_id": order.order_id,
        "status": str(order.status),
        "since_ist": ist.stamp(order.status_ns),
        "strategy": intent.strategy if intent else "",
        "purpose": str(intent.purpose) if intent else "FOREIGN",
        "key": order.key,
        "product": str(order.product),
        "side": str(order.side),
        "qty": order.qty,
        "filled": order.cum_qty,
        "price_inr": words.price(order.price_paise) if order.price_paise else "",
        "trigger_inr": words.price(order.trigger_paise) if order.trigger_paise else "",
        "order_type": str(order.order_type),
        "text": order.text,
    }


def _csv(rows: Iterable[dict[str, object]]) -> str:
    file = io.StringIO()
    writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return file.getvalue()


# As events.


def _tell(told: Told, story: Story) -> None:
    at_ns = told.record.stamped.wall_ns
    for act in told.record.step.acts:
        if isinstance(act, MovePhase):
            story.phases.append(Phase(at_ns, str(act.phase)))
        elif isinstance(act, Mark):
            story.pnl.append((at_ns, act.net_paise))
    source = f"journal {told.sequence}"
    story.events += [msgspec.structs.replace(event, source=source) for event in _events(told, at_ns)]


def _events(told: Told, at_ns: int) -> Iterator[Event]:
    def event(lane: str, code: str, text: str, grave: bool = False) -> Event:
        return Event(ts_ns=at_ns, lane=lane, code=code, text=text, grave=grave)

    match told.record.stamped.message:
        case Started(epoch=epoch, build=build):
            yield event("engine", "STARTED", f"main began, epoch {epoch}, build {build}")
        case Stopping():
            yield event("engine", "STOPPING", "main was asked to end")
        case RecordTrouble(of=of, ok=ok, text=text):
            yield event("engine", f"{of}_{'WELL' if ok else 'TROUBLE'}", text, grave=not ok)
        case Commanded(order=order, who=who, why=why):
            yield event("desk", str(order), f"{who}: {why}")
    for act in told.record.step.acts:
        match act:
            case MovePhase(phase=phase, why=why):
                yield event("engine", str(phase), why, grave=str(phase) == "HALTED")
            case SetHalt(halt=halt):
                text = f"{halt.code}: {halt.why}" if halt else "a person has reset it"
                yield event("risk", str(halt.level) if halt else "HALT_RESET", text, grave=halt is not None)
            case HaltStrategy(strategy=strategy, halt=halt):
                yield event("risk", "STRATEGY_HALT" if halt else "STRATEGY_RESET", strategy, grave=halt is not None)
            case Alert(severity=severity, code=code, of=of, text=text):
                grave = severity in (Severity.SEV1, Severity.SEV2)
                yield event("alerts", code, f"{severity} {of} {text}".strip(), grave)
            case Decline(order=order, why=why):
                yield event("desk", f"{order}_DECLINED", why)
            case Intend(intent=intent):
                text = f"{intent.ref}: {words.terms(intent.order)} for {intent.strategy or 'the desk'}"
                yield event("orders", f"INTENT_{intent.purpose}", text)
    for output in told.record.step.outputs:
        match output:
            case SendOrder(order=sent):
                yield event("orders", "SENT", words.terms(sent))
            case ModifyOrder(change=change):
                yield event("orders", "CHANGE_ASKED", f"{change.order_id}: {words.change(change)}")
            case CancelOrder(cancellation=cancellation):
                yield event("orders", "CANCEL_ASKED", cancellation.order_id)
            case Moved(ref=ref, status=status, was=was, cum_qty=filled, text=text):
                grave = str(status) in ("UNKNOWN", "REJECTED")
                yield event("orders", str(status), f"{ref}: was {was}, {filled} filled; {text}".rstrip("; "), grave)
            case Filled(ref=ref, fill=fill):
                yield event("orders", "FILLED", f"{ref}: {fill.qty} at {words.price(fill.price_paise)}")
