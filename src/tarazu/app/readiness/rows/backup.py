"""The last backup, and how long ago a restore was proven."""

from tarazu.app.backup.latest import BackupStanding, latest_backup
from tarazu.app.readiness.look import Look
from tarazu.app.readiness.rows.row import block, ok, unknown, warn
from tarazu.app.verdict import Check, Status
from tarazu.model import ist
from tarazu.model.units import DAY_NS
from tarazu.runtime.desk_record import BadDeskRecord
from tarazu.runtime.journal_files import days

WARN_DAYS, BLOCK_DAYS = 8, 15
"""Of the last backup, and of the last proven restore, by a backup or a drill: a week that was missed, and two."""
MAKE, DRILL = "tarazu dr backup", "tarazu dr drill"


def backup(look: Look, row: Check) -> Check:
    """A first boot has none and is READY; a desk that goes on for a fortnight without a proven one is not, in live."""
    try:
        standing = latest_backup(look.home)
    except BadDeskRecord as bad:
        return unknown(row, "BACKUP_UNKNOWN", str(bad), "tarazu ready --only desk")
    if standing is None:
        return _none(look, row)
    told = f"{ist.stamp(standing.file.made_ns)[5:16]} {'restore-verified' if standing.file.proven else 'not proven'}"
    if not standing.there:
        is_blocked = look.is_live and _made_days(look, standing) > BLOCK_DAYS
        gone = f"{told}; {standing.file.path} is not there any more"
        return (block if is_blocked else warn)(row, "BACKUP_GONE", gone, MAKE)
    found = _aged(look, row, standing, told)
    return found if standing.restored_ns is None or found.status is not Status.OK else _restored(row, standing)


def _made_days(look: Look, standing: BackupStanding) -> float:
    return max(0, look.now_ns - standing.file.made_ns) / DAY_NS


def _restored(row: Check, standing: BackupStanding) -> Check:
    """Two desks on one account see each other in no file of theirs, and a halt of after the backup is in neither."""
    when, of = ist.stamp(standing.restored_ns or 0)[5:16], ist.stamp(standing.file.made_ns)[5:16]
    told = (
        f"restored {when} as of {of}: halts, flags and orders of after it are not in it; the old machine must be dead"
    )
    return warn(row, "RESTORED", told, f"tarazu reconcile; tarazu flags list; {MAKE}")


def _aged(look: Look, row: Check, standing: BackupStanding, told: str) -> Check:
    age_ns = standing.age_ns(look.now_ns)
    if age_ns is None:
        return _late(look, row, BLOCK_DAYS + 1, f"{told}; no restore of a backup was ever proven here")
    proven, made = age_ns / DAY_NS, _made_days(look, standing)
    age = max(proven, made)
    if age <= WARN_DAYS:
        return ok(row, told)
    seen = ok(row, "", observed=round(age, 1), limit=WARN_DAYS, unit="days")
    why = "since then no restore was proven" if proven > WARN_DAYS else "a drill of it makes it no newer"
    return _late(look, seen, age, f"{told}; {why}", MAKE if made > WARN_DAYS else f"{MAKE}, or {DRILL}")


def _none(look: Look, row: Check) -> Check:
    """By the desk's age: the first day of its journal."""
    known = days(look.home.journal)
    age = (ist.day_of(look.now_ns) - known[0]).days if known else 0
    return _late(look, row, age, "there is no backup of this desk")


def _late(look: Look, row: Check, age: float, told: str, hint: str = MAKE) -> Check:
    is_blocked = look.is_live and age > BLOCK_DAYS
    return (block if is_blocked else warn)(row, "NO_BACKUP" if row.observed is None else "BACKUP_OLD", told, hint)
