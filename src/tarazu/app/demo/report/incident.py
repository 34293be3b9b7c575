"""What was broken on purpose and what came of it: moment by moment since the fault, as a waterfall."""

from collections.abc import Callable, Iterator
from html import escape

import msgspec

from tarazu.app.demo.told import Chapter, DemoTold, Happened, Kind, StepTold
from tarazu.app.pages.tables import Cell, none, number, table, text
from tarazu.app.runbook.runs.judging import How
from tarazu.app.verdict import Status
from tarazu.engine.phase import Phase

_SEEN = (Kind.FEED, Kind.PROCESS, Kind.RISK, Kind.INCIDENT)
_CAME_OF_IT = (
    ("entries blocked", (Kind.DESK, Kind.RISK)),
    ("an order denied", (Kind.DENIED,)),
    ("an incident opened", (Kind.INCIDENT,)),
)
_STATUS = {
    How.OK: Status.OK,
    How.SKIPPED: Status.WARN,
    How.FAILED: Status.CRIT,
    How.UNKNOWN: Status.UNKNOWN,
    None: Status.UNKNOWN,
}
"""How a step ended, as a status; None: it has not."""
_TRADES = (Kind.ORDER, Kind.FILL)


class Moment(msgspec.Struct, frozen=True, kw_only=True):
    at_s: float
    name: str
    text: str
    status: Status


def broken(told: DemoTold) -> Happened | None:
    """The fault; None where nothing was broken."""
    return next((one for one in told.happened if one.kind is Kind.FAULT), None)


def seen(told: DemoTold, fault: Happened) -> Happened | None:
    """The desk's first word of it."""
    return _first(told, fault.at_s, _is_trouble(_SEEN))


def again(told: DemoTold, noticed: Happened) -> Happened | None:
    """Entries are taken again; None: not before the day was over."""
    return _first(told, noticed.at_s, lambda one: one.kind is Kind.DESK and str(Phase.ACTIVE) in one.text.split())


def recovered(told: DemoTold, noticed: Happened) -> Happened | None:
    """The last good word of who saw it, before entries were taken again; its first one where they never were."""
    until = again(told, noticed)
    words = [
        one for one in told.happened if one.kind is noticed.kind and one.status is Status.OK and one.at_s > noticed.at_s
    ]
    if until is None:
        return words[0] if words else None
    return next((one for one in reversed(words) if one.at_s <= until.at_s), None)


def playbook(told: DemoTold) -> list[StepTold]:
    """What was done about it, by the document."""
    return [step for step in told.steps if step.chapter is Chapter.INCIDENT]


def moments(told: DemoTold) -> list[Moment]:
    """In their order; empty where nothing was broken."""
    fault = broken(told)
    return [] if fault is None else sorted(_moments(told, fault), key=lambda one: one.at_s)


def _moments(told: DemoTold, fault: Happened) -> Iterator[Moment]:
    yield _of("broken on purpose", fault)
    whole = [one for one in told.happened if one.kind is Kind.FAULT][-1]
    if whole is not fault:
        yield _of("no longer broken", whole)
    yield from _playbook(told)
    noticed = seen(told, fault)
    if noticed is None:
        return
    yield _of("seen", noticed)
    back, open_again = recovered(told, noticed), again(told, noticed)
    for name, kinds in _CAME_OF_IT:
        one = _first(told, fault.at_s, _is_trouble(kinds))
        if one is not None and one is not noticed and (open_again is None or one.at_s <= open_again.at_s):
            yield _of(name, one)
    if back is not None:
        yield _of("recovered", back)
    if open_again is not None:
        yield _of("entries again", open_again)
        first = _first(told, open_again.at_s, lambda one: one.kind in _TRADES)
        if first is not None:
            yield _of("trading again", first)


def _playbook(told: DemoTold) -> Iterator[Moment]:
    steps = playbook(told)
    if steps:
        last = steps[-1]
        how = f"{last.command} {last.how or ''}".strip()
        began, ended = _named(steps[0], "begins", "first command"), _named(last, "ends", "last command ends")
        yield Moment(at_s=steps[0].began_s, name=began, text=steps[0].command, status=Status.OK)
        yield Moment(at_s=last.began_s + last.took_s, name=ended, text=how, status=_STATUS[last.how])


def _named(step: StepTold, does: str, otherwise: str) -> str:
    """A command of the demo's own belongs to no playbook."""
    return f"playbook {does}" if step.runbook else otherwise


def waterfall(told: DemoTold) -> str:
    found = moments(told)
    if not found:
        return none("Nothing was broken on purpose in this run.")
    first, whole = found[0].at_s, max(found[-1].at_s - found[0].at_s, 0.1)
    rows, before = [], first
    for one in found:
        left, wide = 100 * (before - first) / whole, 100 * (one.at_s - before) / whole
        bar = f'<i class="fall {_style(one)}" style="margin-left:{left:.1f}%;width:{wide:.1f}%"></i>'
        rows.append(
            (
                number(f"{one.at_s:.1f} s"),
                number(f"+{one.at_s - first:.1f} s" if one.at_s > first else ""),
                f'<div class="what"><b>{escape(one.name)}</b><span>{text(one.text)}</span></div>',
                Cell(bar, "run"),
            )
        )
        before = one.at_s
    head = (number("at"), number("since"), "what was said", Cell("", "run"))
    return table(head, rows, "falls")


def _style(moment: Moment) -> str:
    return "ok" if moment.status is Status.OK else "crit" if moment.status is Status.CRIT else "warn"


def _of(name: str, one: Happened) -> Moment:
    return Moment(at_s=one.at_s, name=name, text=one.text, status=one.status)


def _is_trouble(kinds: tuple[Kind, ...]) -> Callable[[Happened], bool]:
    return lambda one: one.kind in kinds and one.status is not Status.OK


def _first(told: DemoTold, after_s: float, holds: Callable[[Happened], bool]) -> Happened | None:
    return next((one for one in told.happened if one.at_s > after_s and holds(one)), None)
