"""The session's end: at the broker, then in `.env`."""

import msgspec

from tarazu.app.broker_address import BrokerAddress
from tarazu.app.health import BadHealth, boot
from tarazu.app.home import Home
from tarazu.app.main.health import read_main_health
from tarazu.app.person import person
from tarazu.app.secrets.store import BadSecrets, Name, Secret, read_secrets, write_secrets
from tarazu.app.session.exchange import Failed, Why, end_session
from tarazu.app.supervision.link import SupervisorRefused
from tarazu.app.supervision.orphans import is_running
from tarazu.app.supervision.programs import MAIN, WATCHDOG
from tarazu.app.supervision.state import State
from tarazu.app.supervision.supervisor import Supervision
from tarazu.app.verdict import Exit
from tarazu.app.watchdog.health import read_watchdog_health
from tarazu.runtime.desk_record import BadDeskRecord, DeskKind, append


class Logout(msgspec.Struct, frozen=True, kw_only=True):
    exit_code: Exit
    code: str = ""
    """MAIN_RUNS, WATCHDOG_RUNS, MAIN_UNKNOWN, NO_BROKER, OUTCOME_UNKNOWN, BROKER_SILENT, NOT_FORGOTTEN, NOT_NOTED."""
    detail: str = ""
    hint: str = ""


def why_not(home: Home) -> Logout | None:
    """main cannot leave a position, or cancel, without its token, and the watchdog reads the books by it; None where
    nothing hangs on it. A process that is stopped or hung needs it still, and one that stops cancels by it."""
    try:
        main, watchdog = read_main_health(home.main_health), read_watchdog_health(home.watchdog_health)
        states = {name: Supervision(home).state(name).state for name in (MAIN, WATCHDOG)}
    except (BadHealth, SupervisorRefused, OSError) as bad:
        return _unknown(f"what main is doing cannot be told: {bad}")
    if main is not None and main.boot == boot() and is_running(main.pid):
        if not main.is_current():
            return _unknown(f"process {main.pid} was main, is there still, and says nothing any more: it may be hung")
        held = f"main runs (pid {main.pid}) with {len(main.positions)} positions"
        return _refused("MAIN_RUNS", f"{held}: it exits and cancels by this token", "tarazu down")
    if watchdog is not None and watchdog.boot == boot() and is_running(watchdog.pid):
        return _refused("WATCHDOG_RUNS", f"the watchdog runs (pid {watchdog.pid}): it cancels by this token")
    for name, state in states.items():
        if state is State.UNKNOWN:
            return _unknown("the supervisor does not say whether it keeps main")
        if state.is_up:
            code = "MAIN_RUNS" if name == MAIN else "WATCHDOG_RUNS"
            return _refused(code, f"the supervisor keeps {name} ({state}): it works by this token")
    return None


def _unknown(told: str) -> Logout:
    return _refused("MAIN_UNKNOWN", told, "tarazu status; tarazu down main")


def _refused(code: str, told: str, hint: str = "tarazu down") -> Logout:
    return Logout(exit_code=Exit.REFUSED, code=code, detail=told, hint=hint)


def log_out(home: Home, address: BrokerAddress, token: Secret, now_ns: int) -> Logout:
    """End it. A token that the broker refuses is dead already, and forgotten; one whose end is not known is kept, for
    this to be done again."""
    failed = end_session(address, token)
    if failed is not None and failed.why is not Why.REFUSED:
        code = "BROKER_SILENT" if failed.why is Why.UNREACHABLE else "OUTCOME_UNKNOWN"
        told = f"{failed.told}; the token may be alive, and stays in .env"
        return Logout(exit_code=Exit.UNKNOWN, code=code, detail=told, hint="tarazu session logout")
    try:
        if Name.KITE_ACCESS_TOKEN in read_secrets(home).names:
            write_secrets(home, {Name.KITE_ACCESS_TOKEN: "", Name.KITE_TOKEN_ISSUED: ""})
    except (BadSecrets, OSError) as bad:
        told = f"the session is over, and its token is still in .env: {bad}"
        return Logout(exit_code=Exit.WARN, code="NOT_FORGOTTEN", detail=told, hint="tarazu doctor")
    return _noted(home, failed, now_ns)


def _noted(home: Home, failed: Failed | None, now_ns: int) -> Logout:
    told = f"it was dead already ({failed.told})" if failed else ""
    try:
        append(home.desk, DeskKind.SESSION, {"logout": True, "told": told}, who=person(), now_ns=now_ns)
    except (BadDeskRecord, OSError) as bad:
        told = f"the desk's record could not be written: {bad}"
        return Logout(exit_code=Exit.WARN, code="NOT_NOTED", detail=told, hint="tarazu doctor")
    return Logout(exit_code=Exit.OK, detail=told)
