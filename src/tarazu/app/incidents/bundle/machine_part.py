"""What it ran on and with: settings, build, machine, models, what each process said of itself, and its log.

env/tarazu.toml     as it is, without credentials; none: the defaults
env/machine.json    version, source, python, packages, host, disk, clock, which models and flags are active
health/*.json       what each process last said of itself
logs/*.log          the lines of the window, by the machine's clock; the last lines where they carry no time
"""

import hashlib
import importlib.metadata
import os
import platform
import re
import shutil
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import tarazu
from tarazu.app.flags.standing import flags_facts
from tarazu.app.identity import identity
from tarazu.app.incidents.bundle.scope import Scope
from tarazu.app.incidents.bundle.staging import Staging
from tarazu.model import ist
from tarazu.model.units import SECOND_NS

LOG_BYTES_MAX = 8 << 20
"""Of a log's end, looked at."""
TIMELESS_LINES = 500
_STAMP = re.compile(r"(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d),(\d{3}) ")
"""`logging`'s, in UTC as every process of the desk sets it."""


def environment_part(scope: Scope, staging: Staging) -> None:
    toml = scope.home.settings_file
    staging.text("env/tarazu.toml", toml.read_text(errors="replace") if toml.exists() else "# none: the defaults\n")
    free = shutil.disk_usage(scope.home.root if scope.home.root.exists() else Path("/"))
    machine = {
        "tarazu": tarazu.__version__,
        "git": str(identity()),
        "python": sys.version,
        "machine": platform.platform(),
        "host": platform.node(),
        "cpus": os.cpu_count(),
        "disk_free_bytes": free.free,
        "disk_total_bytes": free.total,
        "clock": {"machine_utc_ns": time.time_ns(), "profile_ns": scope.now_ns, "profile_ist": ist.stamp(scope.now_ns)},
        "models": _models(scope.home.models),
        "flags": flags_facts(scope.home.flags),
        "packages": dict(sorted(_packages())),
    }
    staging.json("env/machine.json", machine)


def health_part(scope: Scope, staging: Staging) -> None:
    """Addresses of the simulated broker hold its app's secrets, and stay out."""
    home = scope.home
    for path in sorted(home.run.glob("*_health.json")):
        staging.text(f"health/{path.name}", path.read_text(errors="replace"))
    for path in (home.main_health, home.feed_health, home.watchdog_health):
        if not path.exists():
            staging.lack(f"health/{path.name}", "the process has said nothing of itself since the machine's start")


def logs_part(scope: Scope, staging: Staging) -> None:
    logs = sorted(scope.home.logs.glob("*.log*"))
    if not logs:
        staging.lack("logs", f"there is none in {scope.home.logs}")
    for path in logs:
        staging.text(f"logs/{path.name}", "".join(_lines(path, scope)))


def _lines(path: Path, scope: Scope) -> list[str]:
    """Those of the window; a line without a time goes with the one before it. All timeless: the last ones."""
    with path.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(0, size - LOG_BYTES_MAX))
        lines = file.read().decode(errors="replace").splitlines(keepends=True)
    if size > LOG_BYTES_MAX:
        lines = lines[1:]  # the first is a part of a line
    kept, inside, has_times = [], False, False
    for line in lines:
        ts_ns = _time_of(line)
        if ts_ns is not None:
            has_times, inside = True, scope.has(ts_ns + scope.offset_ns)
        if inside:
            kept.append(line)
    return kept if has_times else lines[-TIMELESS_LINES:]


def _time_of(line: str) -> int | None:
    found = _STAMP.match(line)
    if found is None:
        return None
    try:
        at = datetime.strptime(found[1], "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC)
    except ValueError:
        return None
    return int(at.timestamp()) * SECOND_NS + int(found[2]) * 1_000_000


def _packages() -> list[tuple[str, str]]:
    return [(dist.metadata["Name"], dist.version) for dist in importlib.metadata.distributions()]


def _models(folder: Path) -> dict[str, dict[str, str]]:
    """By name: the hash it should have, and the one it has."""
    found = {}
    for active in sorted(folder.glob("*/active")):
        sha256 = active.read_text(errors="replace").strip()[:64]
        path = active.parent / f"{Path(sha256).name}.json"
        is_now = hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else "missing"
        found[active.parent.name] = {"active": sha256, "sha256": is_now}
    return found
