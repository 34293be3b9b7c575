"""`tarazu dr drill`: lose a home, restore it, and say how long that took."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from tarazu.app.feed.flags import feed_flags, home_of
from tarazu.app.home import Home
from tarazu.app.incidents.moment import desk_now_ns
from tarazu.app.person import person
from tarazu.app.verdict import Check, Status, Verdict

if TYPE_CHECKING:
    from tarazu.app.backup.rehearsal import Rehearsed

COMMAND = "dr.drill"

EXAMPLES = """
\b
Examples:
  tarazu dr drill    the last backup, restored and thrown away
  tarazu dr drill old.backup.tar --scratch /mnt/scratch
"""


@click.command("drill", epilog=EXAMPLES)
@click.argument("path", type=click.Path(path_type=Path), metavar="[FILE]", required=False)
@click.option("--key", metavar="VKEY", help="Judge it by this verifier key, text or file; default: the home's own.")
@click.option("--scratch", type=click.Path(path_type=Path, file_okay=False, exists=True), help="Where to restore it.")
@click.option("--who", default=person, show_default="your login name", help="Who rehearses.")
@feed_flags
def command(
    path: Path | None, key: str | None, scratch: Path | None, who: str, profile: str | None, as_json: bool
) -> int:
    """Restore FILE, or the last backup of this desk, into a scratch folder, prove it, throw it away, and say how long
    the way back is and what would be lost with the home now. The home itself is not touched; the desk's record has the
    drill, and `tarazu ready` its age.

    Exit code 0: it came back; 1: that, and something to look at; 2: it did not; 3: there is no backup; 4: no key.
    """
    home = home_of(profile)
    return dr_drill(home, path, key, scratch, who, desk_now_ns(home)).show(as_json)


def dr_drill(home: Home, path: Path | None, key: str | None, scratch: Path | None, who: str, now_ns: int) -> Verdict:
    import msgspec

    from tarazu.app.backup.refusal import Refused
    from tarazu.app.backup.rehearsal import rehearsed
    from tarazu.app.backup.told import age_text, failed, keys_given, made_text, refused, source_checks, well
    from tarazu.app.data.steps import steps
    from tarazu.runtime.desk_record import BadDeskRecord

    try:
        keys = keys_given(home, key)
        found = keys if isinstance(keys, Refused) else rehearsed(home, path, scratch, keys, steps())
    except (OSError, BadDeskRecord) as bad:
        return failed(COMMAND, home, now_ns, bad, "--scratch DIR: a folder with room that can be written to")
    if isinstance(found, Refused):
        return refused(COMMAND, home, now_ns, found)
    back = found.back
    checks = (*source_checks(back.manifest), *_noted(home, found, who, now_ns))
    age = age_text(max(0, now_ns - back.manifest.made_ns))
    summary = f"back in {back.took_s:.1f} s  from {made_text(back.manifest.made_ns)}, {age} ago"
    told = well(COMMAND, "RECOVERED", home, now_ns, summary, checks, back)
    facts = {**told.facts, "newer": found.newer, "age_sec": round(max(0, now_ns - back.manifest.made_ns) / 1e9, 3)}
    return msgspec.structs.replace(told, body=(f"  {back.file.path}", *told.body), tail=_lost(found), facts=facts)


def _lost(found: "Rehearsed") -> tuple[str, ...]:
    if not found.newer:
        return ("lost     nothing of the journal: the backup has every entry there is",)
    told = ", ".join(f"{count:,} of {day}" for day, count in found.newer.items())
    return (f"lost     entries since: {told}, but for what is shipped elsewhere",)


def _noted(home: Home, found: "Rehearsed", who: str, now_ns: int) -> tuple[Check, ...]:
    from tarazu.adapters.signing import verifiers_of
    from tarazu.app.backup.restore import note_restored
    from tarazu.journal.checkpoint import BadNote
    from tarazu.runtime.desk_record import BadDeskRecord

    if not home.root.is_dir():
        return ()
    try:
        if found.back.verifier not in {f"{key.name}+{key.key_id.hex()}" for key in verifiers_of(home.keys)}:
            told = f"signed by {found.back.verifier}, no key of {home.root}: it proves nothing of this desk's backups"
            return (
                Check(id="backup.desk", status=Status.WARN, code="OTHER_DESK", detail=told, hint="tarazu dr drill"),
            )
        note_restored(home, found.back, drill=True, who=who, now_ns=now_ns)
    except (BadDeskRecord, BadNote, OSError) as bad:
        hint = "df -h; tarazu ready --only desk"
        return (Check(id="desk.record", status=Status.WARN, code="NOT_RECORDED", detail=str(bad), hint=hint),)
    return ()
