"""What came of a login, as a verdict."""

from tarazu.app.home import Home
from tarazu.app.session.issued import expiry_ns
from tarazu.app.session.login import Login
from tarazu.app.verdict import Check, Exit, Status, Verdict
from tarazu.model import ist

_WORDS = {Exit.OK: "LOGGED_IN", Exit.WARN: "LOGGED_IN", Exit.UNKNOWN: "UNKNOWN", Exit.REFUSED: "REFUSED"}
_STATUSES = {Exit.OK: Status.OK, Exit.WARN: Status.WARN, Exit.UNKNOWN: Status.UNKNOWN}


def login_verdict(home: Home, login: Login, now_ns: int) -> Verdict:
    status = _STATUSES.get(login.exit_code, Status.CRIT)
    return Verdict(
        command="session.login",
        word=_WORDS.get(login.exit_code, "NOT_LOGGED_IN"),
        exit_code=login.exit_code,
        profile=home.profile,
        now_ns=now_ns,
        summary=_summary(login),
        checks=(Check(id="session.login", status=status, code=login.code, detail=login.detail, hint=login.hint),),
        tail=("note    running processes take it within a second: tarazu status",) if login.kept else (),
        facts={"user_id": login.issued.user_id if login.issued else None, "env_updated": login.kept},
    )


def _summary(login: Login) -> str:
    kept = ".env updated (0600)" if login.kept else ".env not changed"
    if login.issued is None:
        return kept
    since, until = ist.stamp(login.issued.at_ns), ist.stamp(expiry_ns(login.issued.at_ns))[:16]
    return f"user {login.issued.user_id}, token issued {since} IST, expires {until} IST, {kept}"
