"""What tarazu itself is made of: its packages, its compiled kernels, the ports it is to serve, who starts it again."""

import os
import shutil
import socket
from collections.abc import Iterator, Mapping
from importlib import metadata
from pathlib import Path

from tarazu.app.health import BadHealth
from tarazu.app.home import Home
from tarazu.app.identity import install_again
from tarazu.app.settings import BadSettings, read_settings
from tarazu.app.supervision.orphans import is_running
from tarazu.app.verdict import Check, Status
from tarazu.app.watchdog.health import read_watchdog_health

LOOPBACK = "127.0.0.1"


def install_checks(home: Home, environ: Mapping[str, str]) -> Iterator[Check]:
    yield packages_check()
    yield kernels_check(environ)
    yield from port_checks(home, environ)
    yield systemd_check()


def packages_check() -> Check:
    """Every package that tarazu says it needs is installed; by their names alone, none is imported."""
    try:
        needed = metadata.requires("tarazu") or []
    except metadata.PackageNotFoundError:
        return Check(id="packages", status=Status.SKIP, detail="tarazu runs from its source, and is not installed")
    names = [_name(line) for line in needed if "extra ==" not in line]
    missing = [name for name in names if not _installed(name)]
    check = Check(id="packages", status=Status.OK, observed=len(names))
    if missing:
        return check.broken(Status.CRIT, "NOT_INSTALLED", f"missing: {', '.join(missing)}", install_again())
    return check


def _name(line: str) -> str:
    return next(line[:i] for i in range(len(line) + 1) if i == len(line) or not (line[i].isalnum() or line[i] in "-_."))


def _installed(name: str) -> bool:
    try:
        metadata.version(name)
    except metadata.PackageNotFoundError:
        return False
    return True


def kernels_check(environ: Mapping[str, str]) -> Check:
    """Whether the kernels are compiled: without, the first start takes a minute and looks like one that hangs."""
    from tarazu.app.warm import KERNELS, cold

    left = cold(environ)
    check = Check(id="kernels", status=Status.OK, observed=len(KERNELS) - len(left), limit=len(KERNELS))
    if left:
        told = "are compiled; the others are before the first start, which takes a minute or two longer"
        return check.broken(Status.WARN, "KERNELS_COLD", told, "python -m tarazu.app.warm")
    return check


def port_checks(home: Home, environ: Mapping[str, str]) -> Iterator[Check]:
    """Ports that settings name: free, or served by us already."""
    try:
        port = read_settings(home.settings_file, environ).metrics.port
    except (BadSettings, OSError):
        yield Check(id="port.metrics", status=Status.SKIP, detail="the settings do not read")
        return
    if port is None:
        yield Check(id="port.metrics", status=Status.SKIP, detail="[metrics] port is not said")
        return
    check = Check(id="port.metrics", status=Status.OK, observed=port)
    if _is_free(port) or _watchdog_runs(home):
        yield check
        return
    yield check.broken(Status.WARN, "PORT_TAKEN", "somebody else serves there", f"ss -ltnp 'sport = :{port}'")


def _watchdog_runs(home: Home) -> bool:
    """It serves the metrics; yesterday's word of it says nothing."""
    try:
        health = read_watchdog_health(home.watchdog_health)
    except (BadHealth, OSError):
        return False
    return health is not None and health.is_current() and is_running(health.pid)


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
        return True


def systemd_check() -> Check:
    """Who starts the desk when the machine has started."""
    if shutil.which("systemctl") is None or not Path("/run/systemd/system").is_dir():
        return Check(
            id="systemd", status=Status.SKIP, detail="not on this machine: nobody starts the desk after a boot"
        )
    units = Path("/etc/systemd/system"), Path("~/.config/systemd/user").expanduser()
    found = any(any(folder.glob("tarazu*.service")) for folder in units if os.access(folder, os.R_OK))
    check = Check(id="systemd", status=Status.OK)
    return check if found else check.broken(Status.WARN, "NO_UNITS", "has no unit of tarazu", "tarazu service install")
