"""`tarazu dr verify FILE`: is a backup what was written, and would it restore?"""

from pathlib import Path

import click

from tarazu.app.feed.flags import feed_flags, home_of
from tarazu.app.home import Home
from tarazu.app.incidents.moment import desk_now_ns
from tarazu.app.verdict import Verdict

COMMAND = "dr.verify"

EXAMPLES = """
\b
Examples:
  tarazu dr verify tarazu-sim-20261123T160412.backup.tar
  tarazu dr verify old.backup.tar --key journal.vkey    by the key that you kept elsewhere
"""


@click.command("verify", epilog=EXAMPLES)
@click.argument("path", type=click.Path(path_type=Path), metavar="FILE")
@click.option("--key", metavar="VKEY", help="Judge it by this verifier key, text or file; default: the home's own.")
@click.option("--scratch", type=click.Path(path_type=Path, file_okay=False, exists=True), help="Where to try it.")
@feed_flags
def command(path: Path, key: str | None, scratch: Path | None, profile: str | None, as_json: bool) -> int:
    """Judge its signature, its names and every byte, then restore it into a scratch folder and prove the journal's
    roots, the tables and the desk's record. Changes nothing.

    Exit code 0: it would restore; 1: that, and something to look at; 2: it is not what was written, and what is wrong;
    3: there is no such file; 4: there is no key to judge or to open it by.
    """
    home = home_of(profile)
    return dr_verify(home, path, key, scratch, desk_now_ns(home)).show(as_json)


def dr_verify(home: Home, path: Path, key: str | None, scratch: Path | None, now_ns: int) -> Verdict:
    from tarazu.app.backup.refusal import Refused
    from tarazu.app.backup.rehearsal import tried
    from tarazu.app.backup.told import failed, keys_given, made_text, refused, source_checks, well
    from tarazu.app.data.steps import steps

    try:
        keys = keys_given(home, key)
        found = keys if isinstance(keys, Refused) else tried(path, scratch, keys, steps())
    except OSError as bad:
        return failed(COMMAND, home, now_ns, bad, "--scratch DIR: a folder with room that can be written to")
    if isinstance(found, Refused):
        return refused(COMMAND, home, now_ns, found)
    summary = f"{path.name}  made {made_text(found.manifest.made_ns)} by {found.manifest.made_by}"
    return well(COMMAND, "VERIFIED", home, now_ns, summary, source_checks(found.manifest), found)
