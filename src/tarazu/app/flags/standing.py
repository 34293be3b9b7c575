"""The flags at one look: in a line, with a check for each thing that can be wrong, and as facts for a bundle."""

from pathlib import Path
from typing import Any

from tarazu.app.flags.checks import look
from tarazu.app.flags.known import ENTRIES, said
from tarazu.app.flags.store import active_flags
from tarazu.app.flags.taken import by_engine
from tarazu.app.flags.versions import BadFlags, FlagSet
from tarazu.app.home import Home
from tarazu.app.main.health import MainHealth
from tarazu.app.verdict import Check, Status

OFF_SHOWN = 3


def flags_standing(home: Home, engine: MainHealth | Check) -> tuple[str, tuple[Check, ...]]:
    """`engine`: main's health, or why there is none to believe. Raises nothing."""
    found = look(home)
    if found.active is None:
        return "UNREADABLE: nothing is entered", found.checks
    return words(found.active), (*found.checks, entries_check(found.active), by_engine(engine, found.active))


def words(active: FlagSet) -> str:
    """`version 3 9f2c41d: entries=off, strategy.orb.size_pct=25`."""
    if not active.version:
        return "version 0, everything on"
    lines = [f"{name}={said(value)}" for name, value in sorted(active.values.items())]
    more = f", +{len(lines) - OFF_SHOWN}" if len(lines) > OFF_SHOWN else ""
    shown = f"{', '.join(lines[:OFF_SHOWN])}{more}" if lines else "everything on"
    return f"version {active.version} {active.sha256[:7]}: {shown}"


def entries_check(active: FlagSet) -> Check:
    """A desk that may enter nothing is told so at every look: somebody meant it, and somebody may have forgotten."""
    row = Check(id="flags.entries", status=Status.OK)
    if active.values.get(ENTRIES.form, True):
        return row
    told = f"entries is off since version {active.version} ({active.who}: {active.why}): every entry is denied"
    return row.broken(Status.WARN, "FLAG_OFF", told, 'tarazu flags set entries=on --reason "..."')


def flags_facts(folder: Path) -> dict[str, Any]:
    """Which version is active, and what it says; else why nobody knows."""
    try:
        active = active_flags(folder)
    except (BadFlags, OSError) as bad:
        return {"unreadable": str(bad)}
    return {"version": active.version, "sha256": active.sha256, "who": active.who, "values": dict(active.values)}
