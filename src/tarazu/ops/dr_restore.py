"""`tarazu dr restore FILE`: a home from a backup."""

from pathlib import Path

import click

from tarazu.app.feed.flags import feed_flags, home_of
from tarazu.app.home import Home, Profile
from tarazu.app.incidents.moment import desk_now_ns
from tarazu.app.person import person
from tarazu.app.verdict import Verdict

COMMAND = "dr.restore"
EXAMPLES = """
\b
Examples:
  tarazu dr restore tarazu-live-....backup.tar --profile live --key 'tarazu.local/live+163af4b9+Acs0...'
  tarazu init --profile live                   the .env, which no backup has
"""


@click.command("restore", epilog=EXAMPLES)
@click.argument("path", type=click.Path(path_type=Path), metavar="FILE")
@click.option("--key", metavar="VKEY", help="The verifier key that you kept elsewhere, text or file.")
@click.option("--who", default=person, show_default="your login name", help="Who restores it.")
@feed_flags
def command(path: Path, key: str | None, who: str, profile: str | None, as_json: bool) -> int:
    """Make the profile's home from a backup: judged by a key that is not in it, unpacked beside its place, proven, and
    only then named. Nothing is restored over a home that is there.

    Exit code 0: the home is there, as it was backed up; 1: that, and something to look at; 2: the backup is not what
    was written; 3: there is no such file; 4: a guard said no. For 2 to 4 nothing was changed.
    """
    home = home_of(profile)
    return dr_restore(home, path, key, who, desk_now_ns(home)).show(as_json)


def dr_restore(home: Home, path: Path, key: str | None, who: str, now_ns: int) -> Verdict:
    import msgspec

    from tarazu.app.backup.refusal import Refused
    from tarazu.app.backup.restore import restored
    from tarazu.app.backup.told import failed, keys_given, made_text, refused, source_checks, well
    from tarazu.app.data.steps import steps

    try:
        keys = keys_given(home, key)
        found = keys if isinstance(keys, Refused) else restored(path, home, keys, who=who, now_ns=now_ns, steps=steps())
    except OSError as bad:
        return failed(COMMAND, home, now_ns, bad, f"df -h {home.root.parent}; ls -ld {home.root.parent}")
    if isinstance(found, Refused):
        return refused(COMMAND, home, now_ns, found)
    summary = f"{home.root}  as of {made_text(found.manifest.made_ns)}"
    told = well(COMMAND, "RESTORED", home, now_ns, summary, source_checks(found.manifest), found)
    return msgspec.structs.replace(told, tail=_next(home))


def _next(home: Home) -> tuple[str, ...]:
    steps = ["tarazu audit verify --all", "tarazu ready"]
    if home.profile is not Profile.SIM:
        steps = ["tarazu init", "tarazu session login --prompt-token --update-env", *steps]
    shown = home.keys / "journal.vkey"
    return (
        *(f"next    {step} --profile {home.profile}" for step in steps),
        f"key     main makes a new signing key when it starts: keep a copy of {shown} elsewhere",
    )
