"""`tarazu drill run NAME`: rehearse an incident on a simulated broker of its own, with real processes."""

import signal
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tarazu.app.feed.flags import feed_flags, home_of
from tarazu.app.home import Home, Profile
from tarazu.app.offered import drills
from tarazu.app.verdict import Check, Exit, Status, Verdict

if TYPE_CHECKING:
    from tarazu.app.drills.rehearsing import Rehearsed

EXAMPLES = """
\b
Examples:
  tarazu drill run mute-feed             a feed that says nothing, from fault to recovery
  tarazu drill run main-killed --keep    and its home stays, to be looked at
"""


@click.command("run", epilog=EXAMPLES)
@click.argument("name", shell_complete=drills)
@click.option("--keep", is_flag=True, help="Leave the drill's home where it is, to be looked at.")
@click.option("--folder", type=click.Path(file_okay=False, path_type=Path), help="Make its home in here.")
@feed_flags
def command(name: str, keep: bool, folder: Path | None, profile: str | None, as_json: bool) -> int:
    """Rehearse NAME (tarazu drill list): a fresh home, a simulated broker, depth_ws, main and watchdog, something that
    goes wrong, and what must come of it. Each is told as it is seen, on standard error; what decides is the broker's
    own books. Nothing of this desk is touched, and no process is left; that it was rehearsed is in the desk's record.

    Exit code 0: everything was seen; 2: something was not; 5: it was, and this desk's record does not take it.
    """
    from tarazu.app.drills.drill import NoDrill, drill
    from tarazu.app.drills.rehearsing import rehearse

    try:
        chosen = drill(name)
    except NoDrill as none:
        raise click.UsageError(str(none)) from none
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
    # Ended from outside as by Ctrl-C: its processes go with it.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    told = rehearse(chosen, lambda line: print(line, file=sys.stderr, flush=True), parent=folder, keep=keep)
    return drill_verdict(home_of(profile), told).show(as_json)


def drill_verdict(home: Home, told: "Rehearsed") -> Verdict:
    """Written into the record of the desk that rehearsed it, and told."""
    lost = _note(home, told)
    checks = [*told.checks, *([lost] if lost else [])]
    seen = sum(check.status is Status.OK for check in told.checks)
    code = Exit.CRIT if not told.passed else Exit.PARTIAL if lost else Exit.OK
    return Verdict(
        command="drill.run",
        word="PASSED" if told.passed else "FAILED",
        exit_code=code,
        # A rehearsal is always on a simulated broker, whatever desk it is rehearsed for.
        profile=Profile.SIM,
        now_ns=time.time_ns(),
        summary=f"drill {told.drill.name}  {seen} of {len(told.checks)} seen, {told.took_s:.0f} s",
        checks=tuple(checks),
        body=tuple(f"ok      {c.id:<20} {c.detail}{_took(c)}" for c in told.checks if c.status is Status.OK),
        tail=(f"kept      {told.folder}",) if told.folder else (),
        facts={"drill": told.drill, "took_s": round(told.took_s, 1), "why": told.why, "kept": told.folder},
    )


def _note(home: Home, told: "Rehearsed") -> Check | None:
    from tarazu.app.person import person
    from tarazu.app.runbook.runs.moment import profile_now_ns
    from tarazu.runtime.desk_record import BadDeskRecord, DeskKind, append

    body = {"drill": told.drill.name, "passed": told.passed, "why": told.why[:1000], "took_s": round(told.took_s, 1)}
    try:
        append(home.desk, DeskKind.DRILL, body, who=person(), now_ns=profile_now_ns(home))
    except (OSError, BadDeskRecord) as failed:
        return Check(id="desk_record", status=Status.WARN, code="NOT_RECORDED", detail=str(failed))
    return None


def _took(check: Check) -> str:
    return "" if check.observed is None else f" ({check.observed} s)"
