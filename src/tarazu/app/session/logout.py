"""The session's end: at the broker, then in `.env`."""

import getpass

import msgspec

from tarazu.app.broker_address import BrokerAddress
from tarazu.app.depth_ws.health import BadHealth
from tarazu.app.home import Home
from tarazu.app.main.health import Stage, read_main_health
from tarazu.app.secrets.store import BadSecrets, Name, Secret, read_secrets, write_secrets
from tarazu.app.session.exchange import Failed, Why, end_session
from tarazu.app.verdict import Exit
from tarazu.runtime.desk_record import BadDeskRecord, DeskKind, append


class Logout(msgspec.Struct, frozen=True, kw_only=True):
    exit_code: Exit
    code: str = ""
    """MAIN_RUNS, MAIN_UNKNOWN, NO_BROKER, OUTCOME_UNKNOWN, BROKER_SILENT, NOT_FORGOTTEN, NOT_NOTED."""
    detail: str = ""
    hint: str = ""


def why_not(home: Home) -> Logout | None:
    """main cannot leave a position, or cancel, without its token; None where nothing hangs on it."""
    try:
        health = read_main_health(home.main_health)
    except (BadHealth, OSError) as bad:
        told = f"what main is doing cannot be told: {bad}"
        return Logout(exit_code=Exit.REFUSED, code="MAIN_UNKNOWN", detail=told, hint="tarazu down main")
    if health is None or not health.is_current() or health.stage in (Stage.FAILED, Stage.STOPPING):
        return None
    told = f"main runs (pid {health.pid}) with {len(health.positions)} positions: it exits and cancels by this token"
    return Logout(exit_code=Exit.REFUSED, code="MAIN_RUNS", detail=told, hint="tarazu down")


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
        append(home.desk, DeskKind.SESSION, {"logout": True, "told": told}, who=getpass.getuser(), now_ns=now_ns)
    except (BadDeskRecord, OSError) as bad:
        told = f"the desk's record could not be written: {bad}"
        return Logout(exit_code=Exit.WARN, code="NOT_NOTED", detail=told, hint="tarazu doctor")
    return Logout(exit_code=Exit.OK, detail=told)
