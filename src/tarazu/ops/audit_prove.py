"""`tarazu audit prove SEQUENCE`: one entry, and why nobody can say that it was not there."""

import time
from datetime import date, datetime
from pathlib import Path

import click

from tarazu.app.feed.flags import PROFILE
from tarazu.app.home import BadProfile, Home, home
from tarazu.app.verdict import Exit, Verdict
from tarazu.model import ist

COMMAND = "audit.prove"

EXAMPLES = """
\b
Examples:
  tarazu audit prove 48211 --out order.proof
  python scripts/verify_journal.py proof order.proof --key journal.vkey      by whoever gets it, without tarazu
"""


@click.command("prove", epilog=EXAMPLES)
@click.argument("sequence", type=click.IntRange(1))
@PROFILE
@click.option("--date", "day", type=click.DateTime(["%Y-%m-%d"]), help="Of this day; default: the last.")
@click.option("--out", type=click.Path(path_type=Path), help="Write the proof there.", metavar="FILE")
@click.option("--json", "as_json", is_flag=True, help="One JSON object, the proof in it.")
def command(sequence: int, profile: str | None, day: datetime | None, out: Path | None, as_json: bool) -> int:
    """Prove that an entry is in the journal, by its path to the root of a signed checkpoint.

    The proof tells that one entry and nothing of the others. The day is verified first.

    Exit code 0: proven; 2: the day is not what was written; 3: there is no such entry, or no checkpoint that covers it
    yet.
    """
    try:
        desk = home(profile)
    except BadProfile as bad:
        raise click.UsageError(str(bad)) from bad
    return _prove(desk, sequence, day.date() if day else None, out).show(as_json)


def _prove(desk: Home, sequence: int, asked: date | None, out: Path | None) -> Verdict:
    import msgspec

    from tarazu.app import audit
    from tarazu.journal.checkpoint import parse, split_notes
    from tarazu.journal.merkle import Tree
    from tarazu.journal.proof import entry_in, prove
    from tarazu.runtime.journal_files import checkpoints_path, day_folder
    from tarazu.runtime.journal_reader import leaf_in

    def verdict(word: str, exit_code: Exit, summary: str, **facts: object) -> Verdict:
        now_ns = time.time_ns()
        return Verdict(
            command=COMMAND,
            word=word,
            exit_code=exit_code,
            profile=desk.profile,
            now_ns=now_ns,
            summary=summary,
            facts=facts,
        )

    try:
        day = audit.chosen_day(desk, asked)
        by = audit.trust(desk, None, ())
    except audit.CannotAudit as cannot:
        return verdict("UNKNOWN", Exit.UNKNOWN, str(cannot))
    with audit.progress(str(day)) as tell:
        report = audit.judge(desk, day, by, tell)
    if report.gravest is not None and report.gravest.fault != "TORN_TAIL":
        return verdict(report.gravest.fault, Exit.CRIT, f"nothing is proven from a damaged day: {report.gravest}")
    folder = day_folder(desk.journal, day)
    path = checkpoints_path(folder)
    points = [parse(note) for note in split_notes(path.read_bytes() if path.exists() else b"")[0]]
    point = min((p for p in points if sequence <= p.size <= report.entries), key=lambda p: p.size, default=None)
    leaf = leaf_in(folder, sequence)
    if leaf is None or point is None:
        covered = max((p.size for p in points), default=0)
        return verdict("UNKNOWN", Exit.UNKNOWN, f"{day} has {report.entries:,} entries, {covered:,} under checkpoints")
    proof = prove(sequence, leaf, Tree(report.leaves), point)
    entry = entry_in(proof, by.verifiers)
    raw = msgspec.json.format(msgspec.json.encode(proof), indent=1)
    if out is not None:
        out.write_bytes(raw + b"\n")
    told = f"entry {sequence} of {day}, {ist.stamp(entry.ts_ns)} IST, kind {entry.kind}, {len(proof.path)} hashes"
    found = verdict("PROVEN", Exit.OK, told, proof=proof)
    body = (f"in {out}",) if out is not None else tuple(raw.decode().splitlines())
    return msgspec.structs.replace(found, body=body)
