"""`tarazu session logout`: end the session at the broker, and forget its token."""

import click

from tarazu.app.feed.flags import feed_flags, home_of
from tarazu.app.home import Home
from tarazu.app.verdict import Check, Exit, Status, Verdict

EXAMPLES = """
\b
Examples:
  tarazu session logout --profile live    after the close; Kite ends it at 06:00 anyhow
"""


@click.command("logout", epilog=EXAMPLES)
@click.option(
    "--anyway", is_flag=True, help="Also while main or the watchdog runs: it can then neither exit nor cancel."
)
@feed_flags
def command(anyway: bool, profile: str | None, as_json: bool) -> int:
    """End the session at the broker, then forget its token in .env. Resting orders are not touched by it.

    Exit code 0: it is over, or there was none; 1: over, and not forgotten or not written down; 2: not, and why; 3: not
    known, and the token is kept; 4: main or the watchdog runs, or it cannot be told, and needs it.
    """
    return session_logout(home_of(profile), anyway).show(as_json)


def session_logout(home: Home, anyway: bool) -> Verdict:
    from tarazu.app.broker_address import NoAddress, access_token
    from tarazu.app.secrets.secret import Secret
    from tarazu.app.session.clock import session_now_ns
    from tarazu.app.session.logout import Logout, log_out, why_not
    from tarazu.app.supervision.reach import reach

    address = None
    done = None if anyway else why_not(home)
    if done is None:
        try:
            address = reach(home)
            token = access_token(home, address)
        except NoAddress as none:
            done = Logout(exit_code=Exit.CRIT, code="NO_BROKER", detail=str(none), hint="tarazu doctor")
        else:
            now_ns = session_now_ns(address)
            nothing = Logout(exit_code=Exit.OK, detail="there was no token")
            done = log_out(home, address, Secret(token), now_ns) if token else nothing
    words = {Exit.OK: "LOGGED_OUT", Exit.WARN: "LOGGED_OUT", Exit.UNKNOWN: "UNKNOWN", Exit.REFUSED: "REFUSED"}
    statuses = {Exit.OK: Status.OK, Exit.WARN: Status.WARN, Exit.UNKNOWN: Status.UNKNOWN}
    status = statuses.get(done.exit_code, Status.CRIT)
    check = Check(id="session.logout", status=status, code=done.code, detail=done.detail, hint=done.hint)
    return Verdict(
        command="session.logout",
        word=words.get(done.exit_code, "NOT_LOGGED_OUT"),
        exit_code=done.exit_code,
        profile=home.profile,
        now_ns=session_now_ns(address),
        summary=done.detail if status is Status.OK else "",
        checks=(check,),
    )
