"""What people read of runbooks and their runs. Times are IST."""

from collections.abc import Iterator

from tarazu.app.runbook.book.model import END, Runbook, Step, Window
from tarazu.app.runbook.runs.judging import How
from tarazu.app.runbook.runs.record import Run, StepRecord
from tarazu.app.verdict import plain
from tarazu.model import ist
from tarazu.model.units import SECOND_NS


def step_line(number: int, done: StepRecord) -> str:
    """` 1 gate     FAIL->token  08:45:12  exit 2  NOT_READY ...   evidence e-1`."""
    way = f"{done.how}->{done.went}" if done.how in (How.FAILED, How.UNKNOWN) and done.went else str(done.how)
    told = done.first_line or ", ".join(f"{name} {value:g}" for name, value in done.recorded.items())
    why = "; ".join(part for part in (*done.missed, done.because) if part)
    code = "" if done.exit is None else f"exit {done.exit}"
    parts = (f"{code:<8}", plain(told)[:100], f"({plain(why)})" if why else "", f"evidence e-{number}")
    head = f"{number:>2} {done.step:<12} {way:<18} {ist.stamp(done.ended_ns)[11:19]}"
    return "  ".join((head, *(part for part in parts if part.strip())))


def run_lines(run: Run) -> Iterator[str]:
    """Each step that was done, then what is to be done."""
    yield from (step_line(number, done) for number, done in enumerate(run.steps, start=1))
    if not run.is_open:
        return
    if run.under_way:
        yield f"{len(run.steps) + 1:>2} {run.under_way:<12} begun, and no evidence of its end"
    elif run.at:
        yield f"{len(run.steps) + 1:>2} {run.at:<12} next"


def took(run: Run, now_ns: int) -> str:
    """`1m52s`."""
    seconds = max((run.ended_ns or now_ns) - run.began_ns, 0) // SECOND_NS
    minutes, rest = divmod(seconds, 60)
    return f"{minutes}m{rest:02}s" if minutes else f"{rest}s"


def runbook_lines(runbook: Runbook) -> Iterator[str]:
    """Every step: what is done, what is expected, and where it leads."""
    for number, step in enumerate(runbook.steps, start=1):
        yield f"{number:>2} {step.id:<12} {step.run or step.manual}"
        yield from (f"   {'':<12}   {line}" for line in _details(runbook, step))


def window_text(window: Window | None) -> str:
    """`open-30m to open-6m`; `every 30 min`; empty when it is due at no time."""
    if window is None:
        return ""
    return f"every {window.every_min} min" if window.every_min else f"{window.phase} to {window.deadline}"


def _details(runbook: Runbook, step: Step) -> Iterator[str]:
    if step.issue is not None:
        yield f"absent (issue {step.issue}): the command does not exist yet"
    if step.asks:
        yield f"asks      {step.asks}"
    if step.interactive:
        yield "asks      it talks to a person"
    if step.needs:
        yield f"needs     {', '.join(step.needs)}"
    yield f"expects   {'; '.join(expected(step))}"
    if runbook.after(step) == END or step.then:
        yield f"then      {runbook.after(step)}"
    for rule in step.on_fail:
        codes = f"exit {'/'.join(map(str, rule.exit))}" if rule.exit else ""
        when = " and ".join(part for part in (codes, f"says {rule.has!r}" if rule.has else "") if part) or "otherwise"
        remains = "; the run has failed all the same" if rule.remains else ""
        yield f"{when:<9} -> {rule.to} ({rule.because}{remains})"
    if not step.on_fail:
        yield "otherwise -> stop" + (f", next: {step.leads_to}" if step.leads_to else "")


def expected(step: Step) -> Iterator[str]:
    expect = step.expect
    if step.manual:
        yield "done by a person"
        if expect.abs_diff_le is not None:
            yield f"{' and '.join(step.record)} at most {expect.abs_diff_le:g} apart"
        return
    yield f"exit {' or '.join(map(str, expect.exit))}"
    if expect.starts:
        yield f"line 1 begins {expect.starts}"
    yield from (f"a line like {pattern}" for pattern in expect.matches)
    yield from (f"line 1 without {word}" for word in expect.lacks)
    if step.patience_s:
        yield f"within {step.patience_s:g} s"
