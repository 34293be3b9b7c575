"""`tarazu dr backup`: everything a desk needs, in one signed file whose restore is proven."""

from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tarazu.app.closing.flags import close_flags, day_meant
from tarazu.app.feed.flags import home_of
from tarazu.app.home import Home, Profile
from tarazu.app.incidents.moment import desk_now_ns
from tarazu.app.person import person
from tarazu.app.verdict import Check, Exit, Status, Verdict, answer, exit_of, worst

if TYPE_CHECKING:
    from tarazu.app.backup.make import Asked, Made

COMMAND = "dr.backup"
EXAMPLES = """
\b
Examples:
  tarazu dr backup
  tarazu dr backup --to /mnt/backup/desk
  tarazu dr backup --recipient age1...        another machine alone can open it
"""


@click.command("backup", epilog=EXAMPLES)
@click.option(
    "--to", "folder", type=click.Path(path_type=Path, file_okay=False), help="Folder; default: [backup] folder."
)
@click.option(
    "--feed-days", type=click.IntRange(min=0), help="Of the feed log so many days; default: [backup] feed_days."
)
@click.option("--recipient", metavar="AGE", help="Encrypt it for this age recipient; default: [backup] recipient.")
@click.option("--passphrase", is_flag=True, help="Encrypt it for the passphrase in TARAZU_AGE_PASSPHRASE_FILE.")
@click.option("--who", default=person, show_default="your login name", help="Who makes it.")
@close_flags
def command(
    folder: Path | None,
    feed_days: int | None,
    recipient: str | None,
    passphrase: bool,
    who: str,
    day: datetime | None,
    profile: str | None,
    as_json: bool,
) -> int:
    """Back up the home while the desk runs: the journal as far as it is acknowledged, feed log, desk record, database,
    settings, flags, models, incidents, what the days' closes made. No credentials, and no signing key.

    The file is signed, then restored into a scratch folder, and only gets its name once journal roots and tables came
    back equal. It closes DAY.

    Exit code 0: made and proven; 1: that, and something to look at; 2: none was made, or what was backed up is damaged;
    4: a guard said no.
    """
    home = home_of(profile)
    now_ns = desk_now_ns(home)
    from tarazu.app.backup.make import Asked
    from tarazu.app.backup.told import failed
    from tarazu.app.settings import BadSettings, read_settings

    try:
        said = read_settings(home.settings_file).backup
    except (BadSettings, OSError) as bad:
        return failed(COMMAND, home, now_ns, bad, "tarazu config validate").show(as_json)
    asked = Asked(
        folder=(folder or (Path(said.folder).expanduser() if said.folder else home.backups)).absolute(),
        day=day_meant(home, day),
        feed_days=said.feed_days if feed_days is None else feed_days,
        recipient="" if passphrase else said.recipient if recipient is None else recipient,
        passphrase=passphrase,
    )
    return dr_backup(home, asked, who, now_ns).show(as_json)


def dr_backup(home: Home, asked: "Asked", who: str, now_ns: int) -> Verdict:
    from tarazu.adapters.signing import BadKeyFile
    from tarazu.app.backup.make import make_backup
    from tarazu.app.backup.refusal import Refused
    from tarazu.app.backup.told import failed, refused
    from tarazu.app.data.steps import steps
    from tarazu.journal.checkpoint import BadNote

    try:
        made = make_backup(home, asked, who=who, now_ns=now_ns, steps=steps())
    except (OSError, BadKeyFile, BadNote) as bad:
        told = failed(COMMAND, home, now_ns, bad, f"df -h {asked.folder}; ls -ld {asked.folder}")
        return _noted(home, asked.day, told, {}, who, now_ns)
    if isinstance(made, Refused):
        return _noted(home, asked.day, refused(COMMAND, home, now_ns, made), {}, who, now_ns)
    return _noted(home, asked.day, _made(home, asked, made, now_ns), _entry(asked.day, made), who, now_ns)


def _made(home: Home, asked: "Asked", made: "Made", now_ns: int) -> Verdict:
    from tarazu.app.backup.told import manifest_facts, manifest_lines, source_checks
    from tarazu.app.data.listing import size_text

    manifest, file = made.manifest, made.file
    checks = (*source_checks(manifest), *_place(home, asked), *_order(home, asked.day))
    status = worst(checks)
    took = ", ".join(f"{name} {took_s:.1f}" for name, took_s in made.steps_s.items() if took_s >= 0.05)
    body = (
        f"  {file.path}",
        f"  {size_text(file.bytes)}, of {size_text(manifest.size)}  sha256 {file.sha256}",
        *manifest_lines(manifest),
    )
    tail = (
        f"verify   tarazu dr verify {file.path}",
        f"took     {sum(made.steps_s.values()):.1f} s: {took}".rstrip(": "),
    )
    facts = {"backup": file, "steps_sec": made.steps_s, **manifest_facts(manifest)}
    sealed = "  encrypted" if file.sealed else ""
    summary = f"{len(manifest.members):,} files, {manifest.entries:,} entries  restore-verified{sealed}"
    word = "BACKED_UP" if status is Status.OK else f"BACKED_UP {status.name}"
    return answer(COMMAND, word, exit_of(status), home, now_ns, summary, checks, body, tail, facts)


def _place(home: Home, asked: "Asked") -> tuple[Check, ...]:
    """In live, a backup that goes with the disk of what it is of is half of one."""
    if home.profile is not Profile.LIVE or asked.folder.stat().st_dev != home.root.stat().st_dev:
        return ()
    told = f"{asked.folder} is on the disk of {home.root}: both are lost together"
    hint = '[backup] folder = "/mnt/..." in tarazu.toml, or --to'
    return (Check(id="backup.place", status=Status.WARN, code="SAME_DISK", detail=told, hint=hint),)


def _order(home: Home, day: date) -> tuple[Check, ...]:
    """Whether it is the turn of this step of the day's close."""
    from tarazu.app.closing.steps import out_of_order
    from tarazu.runtime.desk_record import BadDeskRecord, DeskKind

    try:
        early = out_of_order(home, day, DeskKind.BACKED_UP)
    except (BadDeskRecord, OSError) as bad:
        hint = "tarazu ready --only desk"
        return (Check(id="close.order", status=Status.UNKNOWN, code="RECORD_UNREADABLE", detail=str(bad), hint=hint),)
    return () if early is None else (early,)


def _entry(day: date, made: "Made") -> dict[str, object]:
    """What the desk's record says of it."""
    told = next((one for one in made.manifest.journal if one.day == day.isoformat()), None)
    standing = {"entries": told.entries, "root": told.root, "head": told.head} if told and told.entries else {}
    return {"backup": made.file, "standing": standing, "took_s": round(sum(made.steps_s.values()), 3)}


def _noted(home: Home, day: date, told: Verdict, body: dict[str, object], who: str, now_ns: int) -> Verdict:
    """Written down whatever came of it, where there is a home; a record that takes nothing is a warning of its own."""
    import msgspec

    from tarazu.app.closing.steps import record_step
    from tarazu.runtime.desk_record import BadDeskRecord, DeskKind

    if not home.root.is_dir():
        return told
    entry = {"verdict": told.word, "exit": int(told.exit_code), **body}
    try:
        record_step(home, DeskKind.BACKED_UP, day, msgspec.to_builtins(entry), who, now_ns)
    except (BadDeskRecord, OSError) as bad:
        hint = "df -h; tarazu ready --only desk"
        check = Check(id="desk.record", status=Status.WARN, code="NOT_RECORDED", detail=str(bad), hint=hint)
        code = Exit.WARN if told.exit_code == Exit.OK else told.exit_code
        return msgspec.structs.replace(told, checks=(*told.checks, check), exit_code=code)
    return told
