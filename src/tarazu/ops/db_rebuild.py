"""`tarazu db rebuild`: the database anew from the journal."""

import time

import click
import msgspec

from tarazu.app.feed.flags import PROFILE
from tarazu.app.home import BadProfile, Home, home
from tarazu.app.verdict import Exit, Verdict

COMMAND = "db.rebuild"
DIGITS = 16

EXAMPLES = """
\b
Examples:
  tarazu db rebuild                 after damage, or to see that nothing but the journal is needed
  tarazu db rebuild --json
While main runs it goes on: it steps aside for the moment of the swap, and catches up in the new file.
"""


@click.command("rebuild", epilog=EXAMPLES)
@PROFILE
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def command(profile: str | None, as_json: bool) -> int:
    """Build the database from all days of the journal, check it, and put it in the old one's place.

    The same journal gives the same tables: their digest is printed, and whether the old tables had it. The old file
    stays until the new one is whole.

    Exit code 0: done; 1: done, and the old tables were damaged or told something else; 2: the journal is damaged, or
    the disk; 3: there is no journal; 4: somebody keeps the old file open, or it shows days that the journal has not.
    """
    try:
        desk = home(profile)
    except BadProfile as bad:
        raise click.UsageError(str(bad)) from bad
    return _rebuild(desk).show(as_json)


def _rebuild(desk: Home) -> Verdict:
    from tarazu.adapters.sqlite_projection.connect import CannotUse, Damaged
    from tarazu.app import audit
    from tarazu.app.database import database_file
    from tarazu.app.database.day_fold import OtherJournal
    from tarazu.app.database.rebuilding import DaysLost, rebuild
    from tarazu.engine.codec import BadPayload
    from tarazu.runtime.journal_reader import BrokenChain

    answer = Verdict(command=COMMAND, word="", exit_code=Exit.OK, profile=desk.profile, now_ns=time.time_ns())

    def said(word: str, exit_code: Exit, summary: str) -> Verdict:
        return msgspec.structs.replace(answer, word=word, exit_code=exit_code, summary=summary, now_ns=time.time_ns())

    journal, file = desk.journal, database_file(desk)
    try:
        audit.chosen_day(desk, None)
        with audit.progress("rebuild", "entries") as tell:
            done = rebuild(journal, file, tell)
    except audit.CannotAudit as cannot:
        return said("UNKNOWN", Exit.UNKNOWN, str(cannot))
    except (DaysLost, CannotUse) as no:
        return said("REFUSED", Exit.REFUSED, f"{no}; the old database is as it was")
    except (BrokenChain, OtherJournal) as broken:
        return said("CRIT", Exit.CRIT, f"{broken}; see tarazu audit verify --all. The old database is as it was")
    except (BadPayload, Damaged, OSError) as bad:
        return said("CRIT", Exit.CRIT, f"{bad}; the old database is as it was")
    is_well = not done.old_damage and not done.is_another
    told = said(
        "OK" if is_well else "WARN",
        Exit.OK if is_well else Exit.WARN,
        f"rebuilt from {done.entries:,} entries; {done.comparison}",
    )
    body = [f"{name:<13} {table.rows:>9,} rows  {table.sha256[:DIGITS]}" for name, table in done.new.tables.items()]
    facts = {
        "entries": done.entries,
        "digest": done.new.digest,
        "old_digest": done.old.digest if done.old else None,
        "tables": done.new.tables,
    }
    return msgspec.structs.replace(told, body=(*body, f"digest {done.new.digest}"), facts=facts)
