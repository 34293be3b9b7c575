"""Incidents as people read them."""

from collections.abc import Iterable

from tarazu.app.alerts.words import clock, for_long
from tarazu.app.incidents.incident import Act, Incident, Said
from tarazu.app.verdict import Check, Status, plain
from tarazu.model import ist

_VERBS = {
    Act.OPEN: "opened",
    Act.NOTE: "noted",
    Act.ACK: "has it",
    Act.CLOSE: "closed",
    Act.BUNDLE: "bundled",
}


def headline(incident: Incident, now_ns: int) -> str:
    """`INC-20261123-02  SEV2  FEED_STALE  closed 10:47:44 (24 s)`."""
    return f"{incident.id}  {incident.severity}  {plain(incident.code)}  {state(incident, now_ns)}"


def state(incident: Incident, now_ns: int) -> str:
    if not incident.is_open:
        return f"closed {_moment(incident.closed_ns, now_ns)} ({for_long(incident.closed_ns - incident.opened_ns)})"
    who = f"{plain(incident.acked_by)} has it" if incident.acked_by else "nobody has it"
    return f"open since {_moment(incident.opened_ns, now_ns)}, {who}"


def told(said: Said) -> str:
    """One line of the timeline."""
    return f"{ist.stamp(said.ts_ns)}  {plain(said.who)} {_VERBS[said.act]}" + (
        f": {plain(said.text)}" if said.text else ""
    )


def check_of(incident: Incident) -> Check:
    """An open one is a problem; a closed one is not."""
    check = Check(id=incident.id, status=Status.OK, observed=incident.severity)
    if not incident.is_open:
        return check
    status = Status.CRIT if incident.severity == "SEV1" else Status.WARN
    who = "" if incident.acked_by else "; nobody has it"
    hint = f"tarazu runbook run {incident.runbook}" if incident.runbook else f"tarazu incident show {incident.id}"
    detail = f"{incident.detail}{who}"
    return check.broken(status, incident.code, detail, hint, since_epoch=incident.opened_ns / 1e9)


def unread_check(unread: Iterable[str]) -> tuple[Check, ...]:
    """Lines of the record that do not read: an incident may be hidden there."""
    lines = list(unread)
    if not lines:
        return ()
    text = f"{len(lines)} lines do not read, the first is {lines[0]}: an incident may be hidden there"
    return (Check(id="desk.record", status=Status.UNKNOWN, code="RECORD_UNREADABLE", detail=text),)


def _moment(ts_ns: int, now_ns: int) -> str:
    """The time of today; with the date of another day."""
    return clock(ts_ns) if ist.day_of(ts_ns) == ist.day_of(now_ns) else ist.stamp(ts_ns)
