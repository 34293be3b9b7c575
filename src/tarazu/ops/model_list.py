"""`tarazu model list`: every version of every family, and which one is active."""

import click

from tarazu.app.feed.flags import feed_flags, home_of
from tarazu.app.home import Home
from tarazu.app.verdict import Verdict

EXAMPLES = """
\b
Examples:
  tarazu model list
  tarazu model list --family xgb
"""


@click.command("list", epilog=EXAMPLES)
@click.option("--family", help="One family alone.")
@feed_flags
def command(family: str | None, profile: str | None, as_json: bool) -> int:
    """List the versions, and prove each: that its bytes are what its name says and that this home has signed for it.

    Changes nothing.

    Exit code 0: all are what they say; 1: a pointer that no command moved, or a version nobody has signed for; 2: one
    is altered, or what is active cannot be used; 3: the desk's record does not read.
    """
    return listed(home_of(profile), family).show(as_json)


def listed(home: Home, family: str | None) -> Verdict:
    from tarazu.app.feed.words import table
    from tarazu.app.incidents.moment import desk_now_ns
    from tarazu.app.models.look import checks_of, line_of, looked
    from tarazu.app.models.versions import families
    from tarazu.app.verdict import Status, exit_of, worst

    now_ns = desk_now_ns(home)
    known = [name for name in families(home.models) if family in (None, name)]
    found = [looked(home, name) for name in known]
    checks = tuple(check for one in found for check in checks_of(one))
    rows = [line_of(one, version) for one in found for version in one.versions]
    status = worst(checks)
    head = ("FAMILY", "VERSION", "STATE", "MADE", "NET OUT OF SAMPLE", "WITHOUT MODEL", "FILE")
    none = f"none in {home.models}: tarazu train xgb makes one"
    active = sum(bool(one.stands and one.stands.active) for one in found)
    return Verdict(
        command="model.list",
        word="OK" if status is Status.OK else status.name,
        exit_code=exit_of(status),
        profile=home.profile,
        now_ns=now_ns,
        summary=f"{len(known)} families, {len(rows)} versions, {active} active",
        checks=checks,
        body=table([head, *rows]) if rows else (none,),
        facts={"families": [one.facts() for one in found]},
    )
