"""Whether the flags are what was made of them: the active version, those before it, the known good one, the record."""

from collections.abc import Iterator

import msgspec

from tarazu.app.flags.recorded import last_recorded
from tarazu.app.flags.store import active_flags, history, known_good
from tarazu.app.flags.versions import BadFlags, FlagSet, numbers
from tarazu.app.home import Home
from tarazu.app.verdict import Check, Status
from tarazu.runtime.desk_record import BadDeskRecord

LIST = "tarazu flags list"
AGAIN = "tarazu flags rollback --to VERSION makes another version active, --to 0 everything on"
RESTORE = "bring the file back from a backup (tarazu dr restore)"


class Looked(msgspec.Struct, frozen=True, kw_only=True):
    """The flags of a home as they were found."""

    active: FlagSet | None
    """None: it cannot be told, and nothing is entered."""
    versions: tuple[FlagSet, ...]
    """The latest first, as far as each is what it was made."""
    known_good: FlagSet | None
    checks: tuple[Check, ...]


def look(home: Home) -> Looked:
    """Raises nothing."""
    active, (versions, broken), good = _active(home), _history(home), _known_good(home)
    checks = [found for found in (active, broken, good) if isinstance(found, Check)]
    is_active = isinstance(active, FlagSet)
    checks += [_recorded(home, active)] if isinstance(active, FlagSet) else []
    checks += _strays(home, versions) if broken is None else []
    return Looked(
        active=active if isinstance(active, FlagSet) else None,
        versions=versions,
        known_good=None if isinstance(good, Check) else good,
        checks=(*([Check(id="flags.active", status=Status.OK)] if is_active else []), *checks),
    )


def _active(home: Home) -> FlagSet | Check:
    try:
        return active_flags(home.flags)
    except (BadFlags, OSError) as bad:
        return _wrong("flags.active", "FLAGS_BAD", f"nothing is entered: {bad}", AGAIN)


def _history(home: Home) -> tuple[tuple[FlagSet, ...], Check | None]:
    found: list[FlagSet] = []
    try:
        found.extend(history(home.flags))
    except (BadFlags, OSError) as bad:
        return tuple(found), _wrong("flags.history", "FLAG_VERSION", str(bad), RESTORE)
    return tuple(found), None


def _known_good(home: Home) -> FlagSet | Check | None:
    try:
        return known_good(home.flags)
    except (BadFlags, OSError) as bad:
        return _wrong("flags.known_good", "KNOWN_GOOD", str(bad), RESTORE)


def _recorded(home: Home, active: FlagSet) -> Check:
    """Nobody changes them but by a command, which writes it down first."""
    row = Check(id="flags.record", status=Status.OK)
    try:
        said = last_recorded(home.desk)
    except (BadDeskRecord, OSError) as bad:
        return row.broken(Status.UNKNOWN, "RECORD_UNREADABLE", str(bad), "tarazu audit verify")
    version, sha256 = (said.version, said.sha256) if said is not None else (0, "")
    if (version, sha256) == (active.version, active.sha256):
        return row
    told = f"version {active.version} is active, and by the desk's record it is version {version}"
    if active.version == 0 and not numbers(home.flags):
        told = f"{home.flags} is empty, and by the desk's record version {version} is active: the flags are gone"
    return row.broken(Status.CRIT, "FLAGS_MOVED", told, f"{RESTORE}, or {AGAIN}")


def _strays(home: Home, versions: tuple[FlagSet, ...]) -> Iterator[Check]:
    known = {found.version for found in versions}
    if left := [number for number in numbers(home.flags) if number not in known]:
        told = f"version {', '.join(map(str, left))} was never active: a command was cut off, or the file is nobody's"
        yield Check(id="flags.strays", status=Status.WARN, code="STRAY_VERSION", detail=told)


def _wrong(row: str, code: str, told: str, hint: str) -> Check:
    return Check(id=row, status=Status.CRIT, code=code, detail=told, hint=hint)
