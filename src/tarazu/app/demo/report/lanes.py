"""Who was up and which step ran, as lanes below the day's curves: each process with its deaths, each command with its
verdict."""

from collections.abc import Iterator
from itertools import groupby

import msgspec

from tarazu.app.demo.report.seconds import axis, end_of, on_both, seconds
from tarazu.app.demo.told import DemoTold, ProcessSeen, StepTold
from tarazu.app.pages.lanes import Bar, Lane, lanes
from tarazu.app.pages.tables import none
from tarazu.app.runbook.runs.judging import How
from tarazu.app.stack.standing import RowState

_STATES = {
    RowState.RUNNING: "run",
    RowState.UNSUPERVISED: "run",
    RowState.STARTING: "begin",
    RowState.HUNG: "dead",
    RowState.DOWN: "dead",
    RowState.UNKNOWN: "dark",
}
"""The class of a bar. STOPPED has none: nobody wants it there."""
STEP_STYLES = {How.OK: "ok", How.FAILED: "crit", How.UNKNOWN: "unknown", How.SKIPPED: "skip", None: "unknown"}


class Spell(msgspec.Struct, frozen=True, kw_only=True):
    """A process in one state, under one pid."""

    first: float
    last: float
    seen: ProcessSeen


def processes(told: DemoTold) -> str:
    names = list(dict.fromkeys(one.name for sample in told.samples for one in sample.processes))
    if not names:
        return none("No process was ever seen.")
    rows = [_process(name, list(spells(told, name))) for name in names]
    return on_both(lambda paper: lanes(axis(told, paper), rows, "each process and its states", paper))


def spells(told: DemoTold, name: str) -> Iterator[Spell]:
    """From look to look; a look at which it was not there ends the one before."""
    looks = [(s.at_s, next((p for p in s.processes if p.name == name), None)) for s in told.samples]
    ends = [at for at, _ in looks[1:]] + [looks[-1][0]]
    known = [(at, end, seen) for (at, seen), end in zip(looks, ends, strict=True) if seen is not None]
    for _, group in groupby(known, key=lambda look: (look[2].state, look[2].pid)):
        spell = list(group)
        yield Spell(first=spell[0][0], last=spell[-1][1], seen=spell[-1][2])


def _process(name: str, found: list[Spell]) -> Lane:
    bars = [_bar(spell) for spell in found if RowState(spell.seen.state) in _STATES]
    deaths = max((spell.seen.restarts for spell in found), default=0)
    return Lane(name=f"{name}, died {deaths}x" if deaths else name, bars=bars)


def _bar(spell: Spell) -> Bar:
    seen, state = spell.seen, RowState(spell.seen.state)
    pid = f", pid {seen.pid}" if seen.pid is not None else ""
    title = f"{state}{pid}, {seconds(spell.first)} to {seconds(spell.last)}. {seen.doing}"
    label = f"{state}{pid}"
    return Bar(first=spell.first, last=spell.last, style=f"state {_STATES[state]}", title=title, label=label)


def steps(told: DemoTold) -> str:
    if not told.steps:
        return none("No step was begun.")
    rows = list(_steps(told))
    return on_both(lambda paper: lanes(axis(told, paper), rows, "each step of the runbook, when and how long", paper))


def _steps(told: DemoTold) -> Iterator[Lane]:
    """A heading for each runbook that was walked, in the order of the day."""
    end = end_of(told)
    for (chapter, runbook), group in groupby(told.steps, key=lambda step: (step.chapter, step.runbook)):
        yield Lane(name=runbook or f"{chapter}", is_head=True)
        for step in group:
            last = end if step.how is None else step.began_s + step.took_s
            bar = Bar(
                first=step.began_s,
                last=last,
                style=f"step {STEP_STYLES[step.how]}",
                title=f"{step.command}: {step.first_line}",
            )
            yield Lane(name=step.step, bars=[bar], told=step_told(step), style=STEP_STYLES[step.how])


def step_told(step: StepTold) -> str:
    how = "not ended" if step.how is None else str(step.how)
    code = "" if step.exit is None else f", exit {step.exit}"
    return f"{how} {seconds(step.took_s)}{code}"
