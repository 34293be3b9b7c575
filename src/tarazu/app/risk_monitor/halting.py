"""A person halts, or takes a halt back. A halt needs no main: who cannot tell it writes it where main looks, at its
start and each second."""

from collections.abc import Iterator
from typing import Any

from tarazu.app.account.whose import now_ns
from tarazu.app.home import Home
from tarazu.app.incidents import store
from tarazu.app.main.telling import MainSilent, tell_main
from tarazu.app.person import person
from tarazu.app.risk_monitor.standing import Standing, standing_of
from tarazu.app.risk_monitor.told import facts_of, standing_lines
from tarazu.app.verdict import Check, Exit, Status, Verdict, answer
from tarazu.engine.halts import RiskState
from tarazu.engine.messages import Order
from tarazu.runtime.desk_record import BadDeskRecord, DeskEntry, DeskKind, append, whole

TELL_S = 6.0
UP = "tarazu up main"
RESET_WITH = 'tarazu risk reset-halt --incident ID --reason "..."'

_ORDERS = {RiskState.HARD_HALT: Order.HALT, RiskState.SOFT_HALT: Order.SOFT_HALT}


def halt(home: Home, level: RiskState, why: str, command: str) -> Verdict:
    """Exit 0: main has it in its journal, 1: it waits in the desk's record, 2: it is nowhere."""
    asked = {"order": _ORDERS[level], "who": person(), "why": why}
    try:
        told = tell_main(home, asked, TELL_S)
        silent = str(told["error"] or told["declined"] or "main did not follow it, and said not why")
    except MainSilent as none:
        told, silent = {}, str(none)
    if told.get("accepted"):
        line = f"{level} is entry {told['sequence']} of the journal, phase {told['phase']}"
        return _verdict(home, command, "DONE", Exit.OK, line, facts={"answer": told})
    return _written(home, level, why, command, silent)


def _written(home: Home, level: RiskState, why: str, command: str, silent: str) -> Verdict:
    body = {"level": str(level), "why": why}
    try:
        entry = append(home.desk, DeskKind.HALT_ASKED, body, who=person(), now_ns=now_ns(home))
    except (OSError, BadDeskRecord, ValueError) as bad:
        detail = f"main was not told ({silent}), and the desk's record cannot be written: {bad}"
        hint = "free or repair the disk; what is open: tarazu flatten --dry-run"
        check = Check(id="risk.halt", status=Status.CRIT, code="NOT_HALTED", detail=detail, hint=hint)
        return _verdict(home, command, "CRIT", Exit.CRIT, f"{level} is nowhere", (check,))
    detail = f"{silent}; it waits as entry {entry.seq} of the desk's record, and main takes it when it is there"
    hint = "tarazu flatten --dry-run shows the working orders: nothing of them was cancelled by this"
    check = Check(id="risk.halt", status=Status.WARN, code="MAIN_SILENT", detail=detail, hint=hint)
    checks = (check, *_record_checks(home, entry))
    return _verdict(home, command, "ASKED", Exit.WARN, f"{level} is written down", checks, facts={"seq": entry.seq})


def _record_checks(home: Home, entry: DeskEntry) -> Iterator[Check]:
    """Whether the record proves, so that main takes the halt as it stands there and no other with it."""
    try:
        told = next((e for e in whole(home.desk) if e.hash() == entry.hash()), None)
        bad = "" if told is not None else "the entry is not in it any more"
    except (BadDeskRecord, OSError) as broken:
        bad = str(broken)
    if bad:
        detail = f"{bad}: main takes every halt in it that reads, perhaps one that was taken back, and no entry is made"
        hint = "tarazu incident open; keep the file, a person has to look"
        yield Check(id="risk.record", status=Status.WARN, code="RECORD_BROKEN", detail=detail, hint=hint)


def reset(home: Home, who: str, why: str, incident: str, command: str) -> Verdict:
    """Shows what is overridden, whatever comes of it."""
    was = standing_of(home)
    body = standing_lines(was)
    facts = {"before": facts_of(was)}
    if was.state is RiskState.NORMAL:
        return _verdict(home, command, "NORMAL", Exit.OK, "nothing is halted, nothing was changed", (), body, facts)
    if refused := _unready(home, was, why, incident):
        return _verdict(home, command, "REFUSED", Exit.REFUSED, "nothing was changed", (refused,), body, facts)
    other = tuple(_of_another(home, was, incident))
    asked = {"order": Order.RESET_HALT, "who": who, "why": why, "incident": incident.upper()}
    try:
        told = tell_main(home, asked, TELL_S)
    except MainSilent as silent:
        check = Check(id="main", status=Status.UNKNOWN, code="MAIN_SILENT", detail=str(silent), hint=UP)
        line = "main did not answer: it is not known whether the halt was taken back"
        return _verdict(home, command, "UNKNOWN", Exit.UNKNOWN, line, (check,), body, facts)
    if not told["accepted"]:
        detail = told["error"] or told["declined"] or "main did not follow it"
        check = Check(
            id="risk.cause", status=Status.CRIT, code="CAUSE_PERSISTS", detail=detail, hint="tarazu risk show"
        )
        return _verdict(home, command, "REFUSED", Exit.REFUSED, "the halt stays", (check,), body, facts)
    line = f"the halt is taken back by {who} for {incident.upper()}: entry {told['sequence']}, phase {told['phase']}"
    tail = _noted(home, incident, who, why, was)
    return _verdict(home, command, "DONE", Exit.OK, line, other, body, facts | {"answer": told}, tail)


def _of_another(home: Home, was: Standing, incident: str) -> Iterator[Check]:
    """The incident need not be the halt's own; where its code is none of the halt's, that is said."""
    known = store.find(home, incident)
    if was.halt is None or known is None or known.code in (was.halt.code, str(was.halt.level)):
        return
    detail = f"{known.id} is of {known.code}, the halt was {was.halt.code}: the journal has them together now"
    yield Check(id="risk.incident", status=Status.WARN, code="OTHER_INCIDENT", detail=detail)


def _unready(home: Home, was: Standing, why: str, incident: str) -> Check | None:
    """What is missing before main is asked."""
    missing = [name for name, said in (("--reason", why), ("--incident", incident)) if not said.strip()]
    if missing:
        detail = f"it needs {' and '.join(missing)}: who has looked, and where it is written down what was found"
        return Check(id="risk.reset", status=Status.CRIT, code="NOT_SAID", detail=detail, hint=RESET_WITH)
    try:
        known = store.find(home, incident)
    except OSError as bad:
        detail = f"incidents cannot be read: {bad}"
        return Check(id="risk.incident", status=Status.CRIT, code="NO_RECORD", detail=detail, hint="tarazu doctor")
    if known is None:
        detail = f"there is no incident {incident!r} in this profile"
        hint = "tarazu incident list; tarazu incident open"
        return Check(id="risk.incident", status=Status.CRIT, code="NO_INCIDENT", detail=detail, hint=hint)
    if not known.is_open:
        detail = f"{known.id} ({known.code}) is closed: what was found in it is not what is found now"
        hint = "tarazu incident list; tarazu incident open"
        return Check(id="risk.incident", status=Status.CRIT, code="INCIDENT_CLOSED", detail=detail, hint=hint)
    if was.health is None:
        detail = "main judges whether the cause persists, and it does not run"
        return Check(id="main", status=Status.CRIT, code="MAIN_DOWN", detail=detail, hint=UP)
    return None


def _noted(home: Home, incident: str, who: str, why: str, was: Standing) -> tuple[str, ...]:
    code = was.halt.code if was.halt else "?"
    text = f"halt {code} taken back: {why}"
    try:
        store.note(home, incident.upper(), text, who=who, now_ns=now_ns(home))
    except (OSError, store.NoSuchIncident) as bad:
        return (f"note      not in the incident's timeline: {bad}; the engine's journal has it",)
    return (f"next      RECONCILING: the books are compared before anything is entered; then close {incident.upper()}",)


def _verdict(
    home: Home,
    command: str,
    word: str,
    exit_code: Exit,
    line: str,
    checks: tuple[Check, ...] = (),
    body: tuple[str, ...] = (),
    facts: dict[str, Any] | None = None,
    tail: tuple[str, ...] = (),
) -> Verdict:
    return answer(command, word, exit_code, home, now_ns(home), line, checks, body, tail, facts)
