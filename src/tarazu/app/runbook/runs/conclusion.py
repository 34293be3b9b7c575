"""How a run that went as far as it goes has ended."""

from tarazu.app.runbook.book.model import Runbook
from tarazu.app.runbook.runs.judging import How
from tarazu.app.runbook.runs.record import Run

_BAD = (How.FAILED, How.UNKNOWN)


def conclusion(runbook: Runbook, run: Run) -> tuple[str, str]:
    """How a run that went as far as it goes has ended, and why: DONE, DONE_WITH_WARNINGS, FAILED or UNKNOWN."""
    last = run.steps[-1]
    leads_to = runbook.step(last.step).leads_to
    ahead = f"; next: tarazu runbook run {leads_to}" if leads_to else ""
    if last.how in (How.FAILED, How.UNKNOWN) and not last.went:
        told = f"{last.step}: {'; '.join(last.missed)}{ahead}"
        return ("UNKNOWN" if last.how is How.UNKNOWN else "FAILED"), told
    remains = [done.step for done in run.steps if done.remains]
    if remains:
        return "FAILED", f"{', '.join(remains)} failed, and the rest was done all the same{ahead}"
    told_apart = [
        *(f"{done.step} skipped ({done.because})" for done in run.steps if done.how is How.SKIPPED),
        *(f"{done.step} -> {done.went} ({done.because})" for done in run.steps if done.how in _BAD),
        *(f"{done.step} with warnings" for done in run.steps if done.how is How.OK and done.exit == 1),
    ]
    return ("DONE_WITH_WARNINGS", "; ".join(told_apart)) if told_apart else ("DONE", "every step as expected")
