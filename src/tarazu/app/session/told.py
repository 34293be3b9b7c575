"""A session's standing as a verdict: of `tarazu session check`, and the rows that others show of it."""

from collections.abc import Mapping
from typing import Any

from tarazu.app.home import Home
from tarazu.app.secrets.store import Name
from tarazu.app.session.standing import SessionStanding, SessionState
from tarazu.app.verdict import Check, Exit, Status, Verdict, epoch
from tarazu.model import ist
from tarazu.model.units import SECOND_NS

_EXITS = {SessionState.VALID: Exit.OK, SessionState.INVALID: Exit.CRIT, SessionState.UNREACHABLE: Exit.UNKNOWN}
_STATUSES = {SessionState.VALID: Status.OK, SessionState.INVALID: Status.CRIT, SessionState.UNREACHABLE: Status.UNKNOWN}


def session_verdict(home: Home, found: SessionStanding, environ: Mapping[str, str]) -> Verdict:
    return Verdict(
        command="session.check",
        word=found.state,
        exit_code=_EXITS[found.state],
        profile=home.profile,
        now_ns=found.now_ns,
        summary=_summary(found),
        checks=session_checks(found),
        tail=_ignored(found, environ),
        facts={"session": _facts(found)},
    )


def session_checks(found: SessionStanding) -> tuple[Check, ...]:
    """`session.token`: does the broker take it; `session.age`: how old it is, skipped where nobody wrote that down."""
    token = Check(
        id="session.token",
        status=_STATUSES[found.state],
        code=found.code,
        detail=found.detail,
        hint=found.hint,
    )
    if found.state is not SessionState.VALID:
        return (token,)
    if found.issued is None:
        why = "the token was not put there by `tarazu session login`: when it was issued is not known"
        if not found.own_token:
            why = f"no {Name.KITE_ACCESS_TOKEN} in .env: the simulated broker's own token is used"
        return token, Check(id="session.age", status=Status.SKIP, detail=why)
    age_s = round((found.now_ns - found.issued.at_ns) / SECOND_NS)
    return token, Check(id="session.age", status=Status.OK, observed=age_s, unit="s")


def span(ns: int) -> str:
    """`21h14m`, `14m`, `40s`: for people."""
    seconds = max(0, ns) // SECOND_NS
    hours, minutes = seconds // 3600, seconds // 60 % 60
    return f"{hours}h{minutes:02}m" if hours else f"{minutes}m" if minutes else f"{seconds}s"


def _summary(found: SessionStanding) -> str:
    parts = [f"user {found.user_id}"] if found.user_id else []
    if found.issued is not None:
        age = span(found.now_ns - found.issued.at_ns)
        parts.append(f"token issued {ist.stamp(found.issued.at_ns)} IST, {age} old")
    elif found.state is SessionState.VALID:
        parts.append("token age not known")
    if found.expires_ns is not None:
        left = span(found.expires_ns - found.now_ns)
        parts.append(f"expires {ist.stamp(found.expires_ns)[:16]} IST, in {left}")
    return ", ".join(parts) or found.code


def _ignored(found: SessionStanding, environ: Mapping[str, str]) -> tuple[str, ...]:
    """A token in the environment is no second source, and whoever set it should know."""
    if "KITE_ADMIN_ROOT" in environ or not environ.get(Name.KITE_ACCESS_TOKEN):
        return ()
    return (f"note    {Name.KITE_ACCESS_TOKEN} of the environment is not used: .env is the one source",)


def _facts(found: SessionStanding) -> dict[str, Any]:
    return {
        "user_id": found.user_id or None,
        "issued_epoch": epoch(found.issued.at_ns) if found.issued else None,
        "age_sec": epoch(found.now_ns - found.issued.at_ns) if found.issued else None,
        "expires_epoch": epoch(found.expires_ns) if found.expires_ns else None,
    }
