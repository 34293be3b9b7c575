"""What a demo has to have shown, each as a check: the steps, the invariants, the books to the paisa, the day CLOSED."""

from collections.abc import Iterator, Sequence
from datetime import date

from tarazu.app.closing.steps import open_because
from tarazu.app.demo.books import BrokerDay, OurDay
from tarazu.app.demo.looking.happenings import BEGINS, IS
from tarazu.app.demo.steps.chapters import Ran
from tarazu.app.demo.told import DemoTold, Happened, Kind, Sample, StepTold
from tarazu.app.home import Home
from tarazu.app.runbook.runs.judging import How
from tarazu.app.verdict import Check, Exit, Status

AUDIT = ("eod", "audit")
"""Where an order was filled that nobody decided, the audit says no, and the day stays open: `of_exception`."""
NO_INTENT = "NO_INTENT"
DONE = ("DONE", "DONE_WITH_WARNINGS")
FIELDS = {
    "orders": "orders",
    "trades": "trades",
    "units_bought": "units bought",
    "units_sold": "units sold",
    "gross_paise": "gross, paise",
    "charges_paise": "charges, paise",
    "net_paise": "net, paise",
}


def of_steps(steps: Sequence[StepTold], halts: bool) -> Iterator[Check]:
    """Each step as expected."""
    for number, step in enumerate(steps, start=1):
        if halts and (step.runbook, step.step) == AUDIT:
            continue
        name = f"step.{number:02}.{step.runbook or step.chapter}.{step.step}"
        seen = Check(id=name, status=Status.OK, observed=step.exit, detail=f"{step.command}: {step.first_line}"[:300])
        if step.how is How.OK:
            yield seen
        elif step.how is None:
            yield seen.broken(Status.CRIT, "BROKEN_OFF", f"{step.command} did not end")
        else:
            yield seen.broken(Status.CRIT, "NOT_AS_EXPECTED", f"{step.command}: {'; '.join(step.missed)}{_said(step)}")


def _said(step: StepTold) -> str:
    return f"; it said: {step.first_line[:200]}" if step.first_line else ""


def of_runbooks(ran: Sequence[Ran], halts: bool) -> Iterator[Check]:
    """Each went to its end; the close of a day that the audit says no to is told by `of_exception`."""
    for each in ran:
        if halts and each.runbook == AUDIT[0]:
            continue
        told = f"{each.verdict or 'stopped'}: {each.why}"
        seen = Check(id=f"runbook.{each.chapter}.{each.runbook}", status=Status.OK, detail=told)
        yield seen if each.verdict in DONE else seen.broken(Status.CRIT, "BROKEN_OFF", f"run {each.id} {told}")


def of_conduct(happened: Sequence[Happened]) -> Iterator[Check]:
    """In the journal's own order: no entry but while the engine is ACTIVE."""
    journalled = [each for each in happened if each.kind in (Kind.DESK, Kind.ORDER)]
    phase, strangers = "", list[str]()
    for each in journalled:
        if each.text.startswith((IS, BEGINS)):  # a main that begins has no phase yet
            phase = each.text.removeprefix(IS).partition(":")[0] if each.text.startswith(IS) else ""
        if " ENTRY: " in each.text and phase != "ACTIVE":
            strangers.append(f"{each.text} while {phase or 'not begun'}")
    yield _so(
        "conduct.entries", "nothing was entered but while the engine was ACTIVE", not strangers, "; ".join(strangers)
    )


def of_processes(samples: Sequence[Sample], dies: str) -> Check:
    """That nothing was started again by its supervisor but what was killed on purpose, and that once."""
    most: dict[str, int] = {}
    for row in (row for sample in samples for row in sample.processes):
        most[row.name] = max(row.restarts, most.get(row.name, 0))
    found, meant = {name: times for name, times in most.items() if times}, {dies: 1} if dies else {}
    told = f"no process died{f' but {dies}, once' if dies else ''}"
    return _so("processes.died", told, found == meant, f"started again: {found or 'none'}")


def of_books(broker: BrokerDay, ours: OurDay, halts: bool) -> Iterator[Check]:
    for field, words in FIELDS.items():
        yield _equal(f"books.{field}", words, getattr(ours.books, field), getattr(broker.books, field))
    held = ours.books.open_positions
    yield _equal("books.open_positions", "what is held by audit.json", held, broker.books.open_positions)
    audited = (broker.books.gross_paise, broker.books.charges_paise, broker.books.net_paise)
    yield _equal("books.audit", "gross, charges and net of audit.json", ours.audit_paise, audited)
    counted = (broker.books.orders, broker.books.orders)
    yield _equal("books.reconciled_orders", "orders of reconciliation.json", ours.reconciled_orders, counted)
    traded = (broker.books.trades, broker.books.trades)
    yield _equal("books.reconciled_trades", "trades of reconciliation.json", ours.reconciled_trades, traded)
    note = ours.reconciled_charges_paise
    yield _equal("books.note", "charges by the broker's contract note, paise", note, broker.note_paise)
    if halts:
        told = "reconciliation has no break of money"
        yield _so("books.breaks", told, not ours.money_breaks, f"{ours.money_breaks} breaks of money")
    else:
        yield _so("books.breaks", "reconciliation has no break", not ours.breaks, f"{ours.breaks} breaks")


def of_replay(ours: OurDay) -> Check:
    """By the close's audit, which warns only of a day that it could not decide again."""
    of, equal = ours.replay
    seen = Check(id="day.replay", status=Status.OK, observed=equal, limit=of, detail="entries decided again, all equal")
    if of and of == equal and not ours.replay_wrong:
        return seen
    return seen.broken(Status.CRIT, "NOT_SO", f"{equal} of {of} entries are equal: {'; '.join(ours.replay_wrong)}")


def of_account(broker: BrokerDay) -> Iterator[Check]:
    """By the broker's own rows."""
    yield _so("orders.once", "no intent has two orders", not broker.doubled, ", ".join(broker.doubled))
    yield _so("orders.ended", "no order works any more", not broker.working, f"{broker.working} work")
    yield _so(
        "books.flat", "flat at the end of the day", not broker.books.open_positions, f"{broker.books.open_positions}"
    )


def of_day(home: Home, day: str, now_ns: int) -> Check:
    """Whether the day is CLOSED, by the desk's own record."""
    why = open_because(home, date.fromisoformat(day), now_ns)
    return _so("day.closed", "the day is CLOSED", not why, "; ".join(why))


def of_exception(home: Home, told: DemoTold, ours: OurDay, now_ns: int) -> Iterator[Check]:
    """Of a day with an order that nobody decided: the audit names it and nothing else, and the day is not CLOSED."""
    audits = [step for step in told.steps if (step.runbook, step.step) == AUDIT]
    is_no = len(audits) == 1 and audits[0].exit == Exit.CRIT
    yield _so("audit.says_no", "the audit says no: exit 2", is_no, f"{[step.exit for step in audits]}")
    found = ours.findings == (NO_INTENT,)
    yield _so("audit.names_it", "it names the order that nobody decided, and nothing else", found, f"{ours.findings}")
    why = open_because(home, date.fromisoformat(told.day), now_ns)
    by_audit = len(why) == 1 and why[0].startswith("audit daily CRIT")
    yield _so("day.open", "the day stays open by its audit alone, until a person has looked", by_audit, "; ".join(why))


def of_trading(told: DemoTold) -> Iterator[Check]:
    """That something was to be seen."""
    yield _so("traded.ticks", "the market was recorded", told.first_tick_s is not None, "no frame was recorded")
    yield _so("traded.fills", "orders were filled", bool(told.fills), "nothing was filled")
    names = {fill.strategy for fill in told.fills if fill.strategy}
    yield _so("traded.strategies", "strategies traded", bool(names), "none of them did")


def _equal(id_: str, words: str, ours: object, broker: object) -> Check:
    """A number of ours beside the broker's."""
    seen = Check(id=id_, status=Status.OK, observed=str(ours), limit=str(broker), detail=f"{words}: ours and broker's")
    return seen if ours == broker else seen.broken(Status.CRIT, "DIFFERS", f"{words}: ours {ours}, broker {broker}")


def _so(id_: str, told: str, is_so: bool, otherwise: str) -> Check:
    seen = Check(id=id_, status=Status.OK, detail=told)
    return seen if is_so else seen.broken(Status.CRIT, "NOT_SO", f"not so: {told}: {otherwise}")


def of_watching(broken: BaseException | None) -> Check:
    """That what is told of the day was seen to its end."""
    return _so("demo.watched", "the day was looked at to its end", broken is None, f"{type(broken).__name__}: {broken}")
