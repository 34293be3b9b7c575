"""What a demo leaves, and what to do with it."""

import os
import shlex
from collections.abc import Iterator
from datetime import date
from pathlib import Path

from tarazu.app.closing.whole import close_folder
from tarazu.app.demo.place import Place
from tarazu.app.demo.told import DemoTold

CLOSE_FILES = {
    "audit": "audit.html",
    "audit, for machines": "audit.json",
    "reconciliation": "reconciliation.json",
    "trades": "trades.csv",
    "rollup": "rollup.json",
}


def files_left(place: Place, told: DemoTold) -> dict[str, str]:
    """Those that are there, relative to the demo's folder."""
    return {what: str(path.relative_to(place.folder)) for what, path in _files(place, told) if path.exists()}


def things_to_try(place: Place, told: DemoTold) -> list[tuple[str, str]]:
    """Commands that work where the demo was begun, and what each shows."""
    home = f"TARAZU_HOME={shlex.quote(shorter(place.home.root.parent))}"
    folder = close_folder(place.home, date.fromisoformat(told.day))
    order = told.fills[0].order_id if told.fills else ""
    first = (f"{home} tarazu why {order}", "the first order's whole story, from the journal") if order else None
    return [
        (f"xdg-open {shlex.quote(shorter(place.report))}", "the report of this day"),
        first or (f"{home} tarazu status", "where the desk stands"),
        (f"{home} tarazu replay {told.day} --verify", "the day decided again in another process, byte for byte"),
        (f"xdg-open {shlex.quote(shorter(folder / 'audit.html'))}", "the day's audit, as its close made it"),
        (f"tarazu demo --incident {_other(told)}", "another day of it: with something else going wrong"),
    ]


def shorter(path: Path) -> str:
    """As it is written where the demo was begun."""
    try:
        return os.path.relpath(path) if path.is_relative_to(Path.cwd()) else str(path)
    except OSError:
        return str(path)


def _other(told: DemoTold) -> str:
    return "main-killed" if told.incident != "main-killed" else "hard-halt"


def _files(place: Place, told: DemoTold) -> Iterator[tuple[str, Path]]:
    folder = close_folder(place.home, date.fromisoformat(told.day))
    yield from ((what, folder / name) for what, name in CLOSE_FILES.items())
    for kind, where, pattern in (
        ("backup", place.home.backups, "*.tar"),
        ("bundle", place.home.incidents, "INC-*.tar.*"),
    ):
        for path in sorted(where.glob(pattern)) if where.is_dir() else ():
            yield f"{kind} {path.name}", path
