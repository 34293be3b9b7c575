"""The profile's home: whose it is and who may read it, the credentials, the settings."""

import os
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path

from tarazu.app.home import Home, Profile
from tarazu.app.secrets.store import BadSecrets, Name, read_secrets, secrets_file
from tarazu.app.verdict import Check, Status, worst

FOLDER_MODE, SECRET_MODE = 0o700, 0o600


def home_checks(home: Home, environ: Mapping[str, str]) -> Iterator[Check]:
    if not home.root.exists():
        told = f"there is no {home.root} yet"
        yield Check(
            id="home", status=Status.WARN, code="NO_HOME", detail=told, hint=f"tarazu init --profile {home.profile}"
        )
    else:
        yield folder_check(home)
        yield private_check(home)
    yield secrets_check(home)
    yield from _sources(home, environ)
    yield settings_check(home, environ)


def folder_check(home: Home) -> Check:
    """The home is ours, and nobody else's to look into."""
    return _mode(Check(id="home", status=Status.OK), home.root, FOLDER_MODE)


def private_files(home: Home) -> list[Path]:
    """Those there are."""
    files = [home.env_file, home.env_file.with_name(".env.age"), home.sim_broker, *home.keys.glob("*.key")]
    return [path for path in files if path.exists()]


def private_check(home: Home) -> Check:
    """What holds credentials or keys: `.env`, the simulated broker's address file, the journal's key."""
    for path in private_files(home):
        found = _mode(Check(id="secrets.mode", status=Status.OK), path, SECRET_MODE)
        if found.status is not Status.OK:
            return found
    return Check(id="secrets.mode", status=Status.OK, observed="0600")


def _mode(check: Check, path: Path, most: int) -> Check:
    try:
        found = path.stat()
    except OSError as bad:
        return check.broken(Status.UNKNOWN, "UNREADABLE", f"{path}: {bad.strerror}")
    mode = stat.S_IMODE(found.st_mode)
    if found.st_uid != os.geteuid():
        return check.broken(Status.CRIT, "NOT_OURS", f"{path} belongs to user {found.st_uid}", f"chown $USER {path}")
    if mode & ~most:
        told = f"{path} has mode {mode:04o}: others of this machine may read it"
        return check.broken(Status.CRIT, "NOT_PRIVATE", told, f"chmod {most:04o} {path}")
    return check


def secrets_check(home: Home) -> Check:
    """That the credentials read, and those that the profile needs are there. The broker is not asked."""
    check = Check(id="secrets", status=Status.OK)
    try:
        names, path = read_secrets(home).names, secrets_file(home)
    except BadSecrets as bad:
        return check.broken(Status.CRIT, "BAD_SECRETS", str(bad))
    if home.profile is Profile.SIM:
        return Check(id="secrets", status=Status.SKIP, detail="the sim profile needs none")
    missing = [name for name in (Name.KITE_API_KEY, Name.KITE_API_SECRET) if name not in names]
    if missing:
        return check.broken(Status.CRIT, "NO_APP", f"{path} has no {' and no '.join(missing)}", f"edit {path}")
    return check


def _sources(home: Home, environ: Mapping[str, str]) -> Iterator[Check]:
    """Credentials in the environment: not used, and in the environment of every process that is started."""
    if "KITE_ADMIN_ROOT" in environ:  # of a command of `tarazu sim run`
        return
    named = [name for name in (Name.KITE_API_KEY, Name.KITE_API_SECRET, Name.KITE_ACCESS_TOKEN) if environ.get(name)]
    if named:
        told = f"{', '.join(named)} of the environment is not used: .env is the one source"
        hint = f"unset {' '.join(named)}"
        yield Check(id="secrets.source", status=Status.WARN, code="TWO_SOURCES", detail=told, hint=hint)


def settings_check(home: Home, environ: Mapping[str, str]) -> Check:
    from tarazu.app.config.problems import problems

    check = Check(id="settings", status=Status.OK)
    try:
        found = problems(home, home.settings_file, environ)
    except OSError as bad:
        return check.broken(Status.UNKNOWN, "UNREADABLE", f"{home.settings_file}: {bad.strerror}")
    status = worst(found)
    if status is Status.OK:
        return check
    first = next(each for each in found if each.status is status)
    more = f", and {len(found) - 1} more" if len(found) > 1 else ""
    return check.broken(status, first.code, f"{first.id} {first.detail}{more}", "tarazu config validate")
