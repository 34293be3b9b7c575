"""`tarazu close import-note FILE`: the broker's contract note of a day, taken in to be reconciled."""

from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tarazu.app.closing.flags import close_flags, day_meant
from tarazu.app.feed.flags import home_of
from tarazu.app.home import Home
from tarazu.app.incidents.moment import desk_now_ns
from tarazu.app.person import person
from tarazu.app.verdict import Check, Exit, Status, Verdict

if TYPE_CHECKING:
    from tarazu.app.reconcile.note.contract_note import ContractNote

EXAMPLES = """
\b
Examples:
  tarazu close import-note tradebook-EQ.csv tradebook-FO.csv --date 2026-11-23
  tarazu close import-note charges.json                     what the contract-note endpoint answered
  tarazu reconcile --date 2026-11-23                        then compares our fills and charges with it
"""


@click.command("import-note", epilog=EXAMPLES)
@click.argument("files", type=click.Path(path_type=Path, dir_okay=False), nargs=-1, required=True, metavar="FILE...")
@click.option("--who", default=person, show_default="your login name", help="Who takes it in.")
@close_flags
def command(files: tuple[Path, ...], who: str, day: datetime | None, profile: str | None, as_json: bool) -> int:
    """Take in the broker's contract note of a day: the tradebook as CSV (a file a segment: give
    all of them), or the JSON of the contract-note endpoint.

    It is kept as it is, its hash goes into the desk's record, and `tarazu reconcile` compares our fills and charges
    with it from then on. Another note of the same day takes its place; the same again changes nothing.

    Exit code 0: taken in; 2: it does not read, or could not be kept, and nothing was changed.
    """
    home = home_of(profile)
    return import_note(home, files, day_meant(home, day), who).show(as_json)


def import_note(home: Home, files: tuple[Path, ...], day: date, who: str) -> Verdict:
    from tarazu.app.closing.alone import step_alone
    from tarazu.app.reconcile.note.contract_note import BadNote
    from tarazu.app.reconcile.note.kept import read_note
    from tarazu.runtime.desk_record import BadDeskRecord, DeskKind

    try:
        note = read_note(files, day)
    except (BadNote, OSError) as bad:
        return _failed(home, day, "BAD_NOTE", str(bad), "tarazu close import-note --help")
    try:
        with step_alone(home, day, DeskKind.CONTRACT_NOTE):
            return _taken_in(home, day, note, who)
    except (BadDeskRecord, OSError, ValueError) as failed:
        return _failed(home, day, "NOT_KEPT", str(failed), "tarazu doctor")


def _taken_in(home: Home, day: date, note: "ContractNote", who: str) -> Verdict:
    """Raises BadDeskRecord, OSError, ValueError."""
    from tarazu.app.closing.steps import record_step
    from tarazu.app.closing.written import about, cut_off
    from tarazu.app.reconcile.kept import latest_note
    from tarazu.app.reconcile.note.kept import AlteredNote, file_name, keep_note
    from tarazu.runtime.desk_record import DeskKind

    try:
        before = latest_note(home, day)
    except (AlteredNote, FileNotFoundError):
        before = None
    now_ns = desk_now_ns(home)
    is_open = DeskKind.CONTRACT_NOTE in cut_off(about(home, day))
    if before != note or is_open:
        files = keep_note(home, day, note, who, now_ns)
        body = {"verdict": "TAKEN_IN", "exit": 0, "files": files, "sha256": note.sha256}
        record_step(home, DeskKind.CONTRACT_NOTE, day, body, who, now_ns)
    word = "UNCHANGED" if before == note and not is_open else "TAKEN_IN"
    told = f"{day}: {len(note.fills):,} fills, {len(note.charges):,} rows of charges  sha256 {note.sha256[:12]}"
    facts: dict[str, Any] = {"day": day, "sha256": note.sha256, "file": file_name(note)}
    facts |= {"fills": len(note.fills), "charges": len(note.charges)}
    tail = (f"next  tarazu reconcile --date {day}",)
    return _verdict(home, word, Exit.OK, told, now_ns=now_ns, tail=tail, facts=facts)


def _failed(home: Home, day: date, code: str, detail: str, hint: str) -> Verdict:
    check = Check(id="close.note", status=Status.CRIT, code=code, detail=detail, hint=hint)
    told = f"{day}: not taken in"
    return _verdict(home, "CRIT", Exit.CRIT, told, now_ns=desk_now_ns(home), checks=(check,), facts={"day": day})


def _verdict(home: Home, word: str, exit_code: Exit, summary: str, **more: Any) -> Verdict:
    return Verdict(
        command="close.import_note", word=word, exit_code=exit_code, profile=home.profile, summary=summary, **more
    )
