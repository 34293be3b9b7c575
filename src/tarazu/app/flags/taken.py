"""Whether what runs keeps to the flags that are active: main says so in its health, and nothing else reads them."""

import time

from tarazu.app.flags.versions import FlagSet
from tarazu.app.home import Home
from tarazu.app.main.checks import read_engine
from tarazu.app.main.health import MainHealth
from tarazu.app.verdict import Check, Status

TAKEN_S = 10.0
"""How long a change is waited for: main looks once a second, and writes its health twice a second."""
_LOOK_S = 0.1
TROUBLE = "FLAGS"


def taken(home: Home, active: FlagSet) -> Check:
    """OK: main keeps to it. SKIP: no engine runs, and the next one begins with it."""
    return by_engine(read_engine(home, time.monotonic_ns()), active)


def by_engine(found: MainHealth | Check, active: FlagSet) -> Check:
    """`found`: main's health, or why there is none to believe."""
    row = Check(id="flags.main", status=Status.OK, observed=f"version {active.version}")
    if isinstance(found, Check):
        if found.code == "MAIN_DOWN":
            return row.broken(Status.SKIP, "", f"main does not run; it begins with version {active.version}")
        return row.broken(Status.UNKNOWN, found.code, found.detail, found.hint)
    return _by_health(row, found, active)


def _by_health(row: Check, health: MainHealth, active: FlagSet) -> Check:
    if trouble := health.trouble.get(TROUBLE, ""):
        return row.broken(Status.CRIT, "FLAGS_BAD", f"main enters nothing: {trouble}", "tarazu flags list")
    if health.flags is None:
        told = f"main has no engine yet, it is {health.stage}; it begins with version {active.version}"
        return row.broken(Status.SKIP, "", told)
    if (health.flags.version, health.flags.sha256) == (active.version, active.sha256):
        return row
    told = f"main keeps to version {health.flags.version}, not to {active.version}"
    return row.broken(Status.WARN, "NOT_TAKEN", told, "tarazu engine status; tarazu logs main")


def waited_for(home: Home, active: FlagSet, patience_s: float = TAKEN_S) -> Check:
    """As `taken`, once main has it or the patience is over."""
    end_s = time.monotonic() + patience_s
    while True:
        found = taken(home, active)
        if found.status in (Status.OK, Status.SKIP) or time.monotonic() > end_s:
            return found
        time.sleep(_LOOK_S)


def running_strategies(home: Home) -> tuple[str, ...] | None:
    """Their names; None where no engine runs that could tell."""
    found = read_engine(home, time.monotonic_ns())
    return found.strategies if isinstance(found, MainHealth) and found.flags is not None else None
