"""`tarazu audit verify`: is the journal what was written?"""

import time
from datetime import date, datetime
from pathlib import Path

import click

from tarazu.app.feed.flags import PROFILE
from tarazu.app.home import BadProfile, Home, home
from tarazu.app.verdict import Exit, Status, Verdict, exit_of, worst

COMMAND = "audit.verify"
WORDS = {Status.OK: "OK", Status.WARN: "WARN", Status.CRIT: "CRIT"}

EXAMPLES = """
\b
Examples:
  tarazu audit verify                                   the last day
  tarazu audit verify --all                             every day, and that each follows the one before
  tarazu audit verify --date 2026-11-20 --kept noon.note --key tarazu.local/live+1f2e3d4c+AR...
The same, without tarazu: python scripts/verify_journal.py day FOLDER --key VKEY
"""


@click.command("verify", epilog=EXAMPLES)
@PROFILE
@click.option("--date", "day", type=click.DateTime(["%Y-%m-%d"]), help="This day; default: the last.")
@click.option("--all", "every", is_flag=True, help="Every day there is.")
@click.option("--key", help="Verifier key or its file; default: the profile's own.", metavar="VKEY")
@click.option(
    "--kept",
    multiple=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A checkpoint kept elsewhere; may be given again.",
    metavar="FILE",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def command(
    profile: str | None, day: datetime | None, every: bool, key: str | None, kept: tuple[Path, ...], as_json: bool
) -> int:
    """Check every byte of a day: checksums, chain, sequence, epochs, watermark, and the tree under each checkpoint.

    Names what it finds: TORN_TAIL (a crash; the next start repairs it), CORRUPT, TRUNCATED, REWRITTEN, SWAPPED_DAY,
    FORK, EPOCH.

    Exit code 0: what was written; 1: a torn tail, or nothing signed vouches for it; 2: it is not; 3: there is nothing
    to verify.
    """
    if every and (day or kept):
        raise click.UsageError("--all takes neither --date nor --kept")
    try:
        desk = home(profile)
    except BadProfile as bad:
        raise click.UsageError(str(bad)) from bad
    return _verify(desk, day.date() if day else None, every, key, kept).show(as_json)


def _verify(desk: Home, asked: date | None, every: bool, key: str | None, kept: tuple[Path, ...]) -> Verdict:
    from tarazu.app import audit
    from tarazu.runtime.journal_files import days

    try:
        chosen = audit.chosen_day(desk, asked)
        by = audit.trust(desk, key, kept)
    except audit.CannotAudit as cannot:
        return Verdict(
            command=COMMAND,
            word="UNKNOWN",
            exit_code=Exit.UNKNOWN,
            profile=desk.profile,
            now_ns=time.time_ns(),
            summary=str(cannot),
        )
    reports = []
    for one in days(desk.journal) if every else [chosen]:
        with audit.progress(str(one)) as tell:
            reports.append(audit.judge(desk, one, by, tell))
        by = audit.following(by, reports[-1])
    checks = tuple(check for report in reports for check in audit.checks(report))
    found = worst(checks)
    told = [
        {
            "day": str(r.day),
            "entries": r.entries,
            "segments": r.segments,
            "root": r.root.hex(),
            "head": r.head.hash.hex(),
            "epoch": r.epoch,
            "checkpoints": r.checkpoints,
            "covered": r.checkpoint_size,
            "fault": r.fault,
        }
        for r in reports
    ]
    fault = next((r.fault for r in reports if r.fault), None)
    return Verdict(
        command=COMMAND,
        word=fault or WORDS[found],
        exit_code=exit_of(found),
        profile=desk.profile,
        now_ns=time.time_ns(),
        summary=f"{sum(r.entries for r in reports):,} entries of {len(reports)} days"
        if every
        else f"{reports[0].entries:,} entries of {chosen}, {reports[0].checkpoint_size:,} under checkpoints",
        checks=checks,
        body=tuple(f"{r.day}  {r.entries:>10,} entries  root {r.root.hex()[:16]}  epoch {r.epoch}" for r in reports),
        facts={"days": told},
    )
