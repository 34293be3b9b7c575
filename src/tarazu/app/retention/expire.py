"""Days that go: first seen as a plan, then by its own name, then written down, then taken away."""

import shutil
from datetime import date
from typing import Any

from tarazu.app.data.listing import size_text
from tarazu.app.data.steps import Steps
from tarazu.app.home import Home
from tarazu.app.retention.kept import Kept, NotKept, kept
from tarazu.app.retention.plan import Due, Plan, due_days, folders_of, oldest_kept, plan
from tarazu.app.verdict import Check, Exit, Status, Verdict, answer
from tarazu.runtime.desk_record import BadDeskRecord, DeskKind, append
from tarazu.runtime.whole import sync_folder

COMMAND = "retention"
SHA = 12
"""Of a plan's name."""


def retire(home: Home, today: date, years: int, chosen: str, who: str, steps: Steps, now_ns: int) -> Verdict:
    """With `chosen` empty the plan is told and nothing is changed. With the plan's own name, as it was told, its days
    go: where anything is another now, nothing does."""
    before = oldest_kept(today, years)
    try:
        if not due_days(home, before):
            return _verdict(home, now_ns, "NOTHING", Exit.OK, f"no day is older than {years} years")
        with steps("backup") as progress:
            backup = kept(home, progress)
        with steps("days") as progress:
            found = plan(home, before, backup, progress)
    except NotKept as why:
        check = Check(id=COMMAND, status=Status.CRIT).broken(Status.CRIT, "NOT_KEPT", str(why), why.hint)
        return _verdict(home, now_ns, "CRIT", Exit.CRIT, "nothing goes", (check,))
    except OSError as failed:
        check = Check(id=COMMAND, status=Status.UNKNOWN).broken(Status.UNKNOWN, "NOT_READ", str(failed))
        return _verdict(home, now_ns, "UNKNOWN", Exit.UNKNOWN, "nothing goes", (check,))
    if not chosen:
        return _planned(home, found, now_ns)
    if len(chosen) < SHA or not found.sha256.startswith(chosen):
        check = Check(id=COMMAND, status=Status.CRIT).broken(
            Status.CRIT, "OTHER_PLAN", "what may go now is not what that plan said", "tarazu rollup --expire"
        )
        return _verdict(home, now_ns, "REFUSED", Exit.REFUSED, "nothing goes", (check,))
    return _gone(home, found, backup, who, now_ns)


def _planned(home: Home, found: Plan, now_ns: int) -> Verdict:
    going = found.going
    size = size_text(sum(due.bytes for due in going))
    tail = (f"next       tarazu rollup --expire --plan {found.sha256[:SHA]}",) if going else ()
    told = f"{len(going)} days before {found.before}, {size}: nothing was taken away"
    return _verdict(home, now_ns, "PLAN", Exit.OK, told, body=_lines(found), tail=tail, found=found)


def _gone(home: Home, found: Plan, backup: Kept, who: str, now_ns: int) -> Verdict:
    """Each day is written down before it goes: what is missing then is not missed."""
    checks: list[Check] = []
    for due in found.going:
        body = {
            "day": due.day.isoformat(),
            "plan": found.sha256,
            "backup": {"path": backup.path, "sha256": backup.sha256},
            "bytes": due.bytes,
            "files": {file.name: file.sha256 for file in due.files},
        }
        try:
            append(home.desk, DeskKind.EXPIRED, body, who=who, now_ns=now_ns)
            _take_away(home, due)
        except (BadDeskRecord, OSError, ValueError) as failed:
            checks.append(Check(id=COMMAND, status=Status.CRIT).broken(Status.CRIT, "NOT_GONE", f"{due.day}: {failed}"))
            break  # a later day may not go before it
    done = len(found.going) - len(checks)
    told = f"{done} days of {len(found.going)} are gone; they are in {backup.path}"
    word, code = ("PARTIAL", Exit.PARTIAL) if checks else ("DONE", Exit.OK)
    return _verdict(home, now_ns, word, code, told, tuple(checks), _lines(found), found=found)


def _take_away(home: Home, due: Due) -> None:
    """The journal last: while it is there, the day is known."""
    for name in reversed(folders_of(due.day)):
        path = home.root / name
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
            sync_folder(path.parent)


def _lines(found: Plan) -> tuple[str, ...]:
    return tuple(
        f"{due.day}  stays: {due.stays}" + (f"  ({due.hint})" if due.hint else "")
        if due.stays
        else f"{due.day}  goes   {len(due.files)} files, {size_text(due.bytes)}"
        for due in found.days
    )


def _verdict(
    home: Home,
    now_ns: int,
    word: str,
    code: Exit,
    summary: str,
    checks: tuple[Check, ...] = (),
    body: tuple[str, ...] = (),
    tail: tuple[str, ...] = (),
    found: Plan | None = None,
) -> Verdict:
    facts: dict[str, Any] = {"before": None, "going": [], "staying": {}, "plan": None}
    if found is not None:
        facts = {
            "before": found.before,
            "going": [due.day for due in found.going],
            "staying": {due.day.isoformat(): due.stays for due in found.days if due.stays},
            "plan": found.sha256[:SHA],
        }
    return answer(COMMAND, word, code, home, now_ns, summary, checks, body, tail, facts)
