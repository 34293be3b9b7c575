"""`tarazu doctor`: is this machine fit for the desk, and what would make it so?"""

import os
import time

import click

from tarazu.app.feed.flags import feed_flags, home_of
from tarazu.app.home import Home
from tarazu.app.verdict import Check, Status, Verdict, exit_of, worst

_WORDS = {Status.OK: "FIT", Status.WARN: "FIT", Status.CRIT: "NOT_FIT", Status.UNKNOWN: "UNKNOWN"}

EXAMPLES = """
\b
Examples:
  tarazu doctor
  tarazu doctor --profile live    and what a live desk needs besides
"""


@click.command("doctor", epilog=EXAMPLES)
@feed_flags
def command(profile: str | None, as_json: bool) -> int:
    """Look at this machine and the profile's home: Python, packages, compiled kernels, clock, disk, open files, ports,
    permissions (0700, 0600), credentials, settings, systemd. Asks no broker. Changes nothing; makes and removes one
    file to see that the disk takes it.

    Exit code 0: fit; 1: fit, and something would be better; 2: not fit; 3: something could not be looked at.
    """
    return doctor(home_of(profile)).show(as_json)


def doctor(home: Home) -> Verdict:
    from tarazu.app.doctor.home import home_checks
    from tarazu.app.doctor.install import install_checks
    from tarazu.app.doctor.machine import machine_checks

    found = (*machine_checks(home), *install_checks(home, os.environ), *home_checks(home, os.environ))
    status = worst(found)
    count = {each: sum(check.status is each for check in found) for each in Status}
    look = count[Status.WARN] + count[Status.UNKNOWN]
    told = f"{count[Status.CRIT]} wrong, {look} to look at, {count[Status.OK]} ok, {count[Status.SKIP]} skipped"
    return Verdict(
        command="doctor",
        word=_WORDS[status],
        exit_code=exit_of(status),
        profile=home.profile,
        now_ns=time.time_ns(),
        summary=told,
        checks=found,
        body=tuple(_fine(check) for check in found if check.status is Status.OK),
    )


def _fine(check: Check) -> str:
    unit = f" {check.unit}" if check.unit else ""
    limit = "" if check.limit is None else f" (limit {check.limit:,}{unit})" if not isinstance(check.limit, str) else ""
    observed = "" if check.observed is None else f"{check.observed}{unit}"
    return f"ok      {check.id:<18} {observed}{limit}".rstrip()
