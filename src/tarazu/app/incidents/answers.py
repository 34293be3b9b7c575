"""What the `incident` commands answer, whichever act they were asked for."""

from collections.abc import Callable

from tarazu.app.home import Home
from tarazu.app.incidents.incident import Incident
from tarazu.app.incidents.store import NoSuchIncident, NotKept
from tarazu.app.incidents.words import headline
from tarazu.app.verdict import Check, Exit, Status, Verdict, answer


def acted(home: Home, command: str, id_: str, now_ns: int, act: Callable[[], tuple[str, Incident]]) -> Verdict:
    """Of an act on one incident, which returns what it did in a few words and the incident as it is then."""
    try:
        did, incident = act()
    except NoSuchIncident:
        check = _no_such(id_, Status.CRIT)
        return _verdict(home, command, now_ns, Exit.REFUSED, f"{id_}: nothing was changed", check)
    except OSError as failed:
        told = str(failed) if isinstance(failed, NotKept) else f"the desk's record does not read: {failed}"
        check = Check(id="desk.record", status=Status.CRIT, code="NOT_KEPT", detail=told, hint="tarazu doctor")
        return _verdict(home, command, now_ns, Exit.CRIT, "nothing was changed", check)
    return Verdict(
        command=command,
        word="DONE",
        exit_code=Exit.OK,
        profile=home.profile,
        now_ns=now_ns,
        summary=f"{incident.id} {did}",
        body=(headline(incident, now_ns),),
        facts={"incident": incident},
    )


def no_such(home: Home, command: str, id_: str, now_ns: int) -> Verdict:
    """For what only reads."""
    return _verdict(home, command, now_ns, Exit.UNKNOWN, id_, _no_such(id_, Status.UNKNOWN))


def unreadable(home: Home, command: str, now_ns: int, failed: OSError) -> Verdict:
    """For what only reads."""
    told = f"the desk's record does not read: {failed}"
    check = Check(id="desk.record", status=Status.UNKNOWN, code="RECORD_UNREADABLE", detail=told, hint="tarazu doctor")
    return _verdict(home, command, now_ns, Exit.UNKNOWN, "incidents unknown", check)


def _no_such(id_: str, status: Status) -> Check:
    detail = f"there is no incident {id_}"
    return Check(id="incident", status=status, code="NO_SUCH_INCIDENT", detail=detail, hint="tarazu incident list")


def _verdict(home: Home, command: str, now_ns: int, exit_code: Exit, line: str, check: Check) -> Verdict:
    return answer(command, exit_code.name, exit_code, home, now_ns, line, (check,))
