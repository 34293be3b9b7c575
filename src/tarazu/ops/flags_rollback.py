"""`tarazu flags rollback`: back to the last known good version, or to another one."""

import click

from tarazu.app.feed.flags import feed_flags, home_of
from tarazu.app.home import Home
from tarazu.app.verdict import Exit, Verdict

NAME = "flags.rollback"

EXAMPLES = """
\b
Examples:
  tarazu flags rollback --dry-run    what would be another
  tarazu flags rollback              to the set that the last clean close has seen
  tarazu flags rollback --to 0 --reason "everything on"
"""


@click.command("rollback", epilog=EXAMPLES)
@click.option(
    "--to", type=click.IntRange(min=0), metavar="VERSION", help="This version, older or newer; 0: everything on."
)
@click.option("--reason", default="rolled back", show_default=True, help="Why; kept in the desk's record.")
@click.option("--dry-run", "dry", is_flag=True, help="Show what would be another, and change nothing.")
@feed_flags
def command(to: int | None, reason: str, dry: bool, profile: str | None, as_json: bool) -> int:
    """Make the last known good version active again (a clean close of a day notes it), or the one that --to names; wait
    until main keeps to it. Works where the active version cannot be read, too. Nothing outranks it.

    Exit code 0: done, and what runs keeps to it; 2: that version was altered, or the disk does not let it; 4: there is
    no such version; 5: rolled back, and main has not taken it.
    """
    return flags_rollback(home_of(profile), to, reason, dry=dry).show(as_json)


def flags_rollback(home: Home, to: int | None, reason: str, *, dry: bool) -> Verdict:
    from tarazu.app.flags.store import NoTarget, rollback_flags, would_be_back
    from tarazu.app.flags.told import change_verdict, refused
    from tarazu.app.flags.versions import BadFlags
    from tarazu.app.incidents.moment import desk_now_ns
    from tarazu.app.person import person
    from tarazu.runtime.desk_record import BadDeskRecord

    try:
        if dry:
            return change_verdict(home, NAME, "ROLLED_BACK", would_be_back(home.flags, to), dry=True)
        change = rollback_flags(home, to, who=person(), why=reason, now_ns=desk_now_ns(home))
    except NoTarget as none:
        return refused(home, NAME, "NO_VERSION", str(none), "tarazu flags list; tarazu flags rollback --to VERSION")
    except BadFlags as bad:
        hint = "tarazu flags list; tarazu flags rollback --to VERSION"
        return refused(home, NAME, "FLAG_VERSION", str(bad), hint, exit_code=Exit.CRIT)
    except (BadDeskRecord, OSError, ValueError) as bad:
        hint = "tarazu doctor; tarazu risk halt stops entries without the flags"
        return refused(home, NAME, "NOT_WRITTEN", str(bad), hint, exit_code=Exit.CRIT)
    return change_verdict(home, NAME, "ROLLED_BACK" if change.is_one else "UNCHANGED", change, dry=False)
