"""`tarazu flags set NAME=VALUE`: a new version of the flags, active at once."""

import click

from tarazu.app.feed.flags import feed_flags, home_of
from tarazu.app.home import Home
from tarazu.app.verdict import Exit, Verdict

NAME = "flags.set"

EXAMPLES = """
\b
Examples:
  tarazu flags set entries=off --reason "budget speech"
  tarazu flags set strategy.momentum.size_pct=50 --reason "half size this week" --dry-run
"""


@click.command("set", epilog=EXAMPLES)
@click.argument("changes", nargs=-1, required=True, metavar="NAME=VALUE...")
@click.option("--reason", required=True, help="Why; kept in the version and in the desk's record.")
@click.option("--ahead", is_flag=True, help="For a strategy that does not run yet.")
@click.option("--dry-run", "dry", is_flag=True, help="Show what would be another, and change nothing.")
@feed_flags
def command(changes: tuple[str, ...], reason: str, ahead: bool, dry: bool, profile: str | None, as_json: bool) -> int:
    """Make a new version of the flags, active at once; wait until main keeps to it.

    \b
    entries=on|off                    whether anything may be entered
    strategy.NAME.entries=on|off      whether this strategy may enter
    strategy.NAME.size_pct=0-100      of the size it wants, cut to whole lots; 0 is none

    Exits, stops and cancellations ask no flag; entries that rest are taken back where they are switched off.

    Exit code 0: done, and what runs keeps to it; 2: the flags or the disk do not let it; 4: refused; 5: set, and main
    has not taken it.
    """
    if not reason.strip():
        raise click.UsageError('--reason "..." says why: it is kept with the version')
    pairs = [change.partition("=") for change in changes]
    if odd := next((name for name, sign, _ in pairs if not sign), None):
        raise click.UsageError(f"{odd!r} is no NAME=VALUE")
    said = {name.strip(): value for name, _, value in pairs}
    if len(said) < len(pairs):
        raise click.UsageError("a flag is named twice")
    return flags_set(home_of(profile), said, reason, ahead=ahead, dry=dry).show(as_json)


def flags_set(home: Home, said: dict[str, str], reason: str, *, ahead: bool, dry: bool) -> Verdict:
    from tarazu.app.flags.known import BadFlag, known, read_value, strategy_of
    from tarazu.app.flags.store import set_flags, would_be
    from tarazu.app.flags.taken import running_strategies
    from tarazu.app.flags.told import change_verdict, refused, unknown_strategies
    from tarazu.app.flags.versions import BadFlags
    from tarazu.app.incidents.moment import desk_now_ns
    from tarazu.app.person import person
    from tarazu.runtime.desk_record import BadDeskRecord

    try:
        changes = {name: read_value(name, text) for name, text in said.items()}
    except BadFlag as bad:
        return refused(home, NAME, "NO_SUCH_FLAG", str(bad), "tarazu flags set --help")
    running = running_strategies(home)
    named = [strategy_of(name) for name, value in changes.items() if value != known(name).default]
    if not ahead and (strange := unknown_strategies(named, running)):
        told = f"no strategy {strange} runs; running: {', '.join(running or ()) or 'none'}"
        return refused(home, NAME, "NO_SUCH_STRATEGY", told, "the same with --ahead sets it all the same")
    try:
        if dry:
            return change_verdict(home, NAME, "SET", would_be(home.flags, changes), dry=True)
        change = set_flags(home, changes, who=person(), why=reason, now_ns=desk_now_ns(home))
    except BadFlags as bad:
        return refused(home, NAME, "FLAGS_BAD", str(bad), "tarazu flags list", exit_code=Exit.CRIT)
    except (BadDeskRecord, OSError, ValueError) as bad:
        hint = "tarazu doctor; tarazu risk halt stops entries without the flags"
        return refused(home, NAME, "NOT_WRITTEN", str(bad), hint, exit_code=Exit.CRIT)
    return change_verdict(home, NAME, "SET" if change.is_one else "UNCHANGED", change, dry=False)
