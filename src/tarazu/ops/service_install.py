"""`tarazu service install`: systemd units for the desk, written and checked; nothing is started or enabled."""

import os
import shutil
import subprocess
import time
from pathlib import Path

import click

from tarazu.app.feed.flags import feed_flags, home_of
from tarazu.app.home import Home
from tarazu.app.person import person
from tarazu.app.stack.units import name_of, units
from tarazu.app.verdict import Check, Exit, Status, Verdict

SYSTEM, USER = Path("/etc/systemd/system"), Path("~/.config/systemd/user")
VERIFY_S = 60.0


def _login() -> str:
    """Of this process's user, as a unit's `User=` takes it: a number where there is no name."""
    return person().removeprefix("uid ")


EXAMPLES = """
\b
Examples:
  tarazu service install --profile paper                              of your own systemd
  tarazu service install --profile live --system --into /tmp/units    hardened, to be read before it is copied
"""


@click.command("install", epilog=EXAMPLES)
@click.option("--system", is_flag=True, help="Of the machine, hardened; without it of your own systemd.")
@click.option("--user", "of_user", default=_login, metavar="NAME", help="With --system: whose processes.")
@click.option("--into", type=click.Path(path_type=Path, file_okay=False), metavar="FOLDER", help="Write them there.")
@click.option("--force", is_flag=True, help="Replace units that are there and are others.")
@feed_flags
def command(system: bool, of_user: str, into: Path | None, force: bool, profile: str | None, as_json: bool) -> int:
    """Write the profile's units: the supervisor as a service, begun again when it dies, and an alarm for its end.

    They are checked by systemd-analyze where there is one. Nothing is started or enabled: what to run is said.

    Exit code 0: written, and good; 1: written, and nobody could check them; 2: cannot be written, or systemd-analyze
    finds fault; 4: others are there by these names, and stay.
    """
    folder = (into or (SYSTEM if system else USER)).expanduser().absolute()
    return install(home_of(profile), folder, of_user if system else None, force).show(as_json)


def install(home: Home, folder: Path, user: str | None, force: bool) -> Verdict:
    """`user`: of a system unit; None: a unit of the user's own systemd."""
    made = units(home, user=user)
    paths = [folder / name for name in made]
    try:
        strange = [path for path in paths if path.exists() and path.read_text() != made[path.name]]
        if strange and not force:
            told = f"another unit is there: {', '.join(map(str, strange))}"
            return _told(home, "REFUSED", Exit.REFUSED, _bad("EXISTS", told, "--force replaces it"), folder, [])
        folder.mkdir(parents=True, exist_ok=True)
        for path in paths:
            path.write_text(made[path.name])
    except OSError as broken:
        return _told(home, "FAILED", Exit.CRIT, _bad("NOT_WRITTEN", str(broken), f"ls -ld {folder}"), folder, [])
    check = _verified(paths, user)
    exit_code = {Status.OK: Exit.OK, Status.SKIP: Exit.WARN}.get(check.status, Exit.CRIT)
    return _told(home, "FAILED" if exit_code is Exit.CRIT else "WRITTEN", exit_code, check, folder, paths, user)


def _verified(paths: list[Path], user: str | None) -> Check:
    seen = Check(id="systemd-analyze", status=Status.OK)
    program = shutil.which("systemd-analyze")
    if program is None:
        return seen.broken(Status.SKIP, "", "there is no systemd-analyze on this machine: the units were not checked")
    words = [program, "verify", *([] if user else ["--user"]), *map(str, paths)]
    try:
        # Of a user's units it wants to know where that user's sockets would be, even where no session is.
        environ = {"XDG_RUNTIME_DIR": str(paths[0].parent), **os.environ}
        said = subprocess.run(words, capture_output=True, text=True, timeout=VERIFY_S, check=False, env=environ)
    except (OSError, subprocess.TimeoutExpired) as failed:
        return seen.broken(Status.SKIP, "", f"systemd-analyze does not answer: {failed}")
    # It speaks of other units of the machine as well: ours are named.
    names = tuple(path.name for path in paths)
    faults = [line for line in said.stderr.splitlines() if any(name in line for name in names)]
    if faults or (said.returncode and not said.stderr.strip()):
        return seen.broken(Status.CRIT, "UNIT_FAULT", "; ".join(faults[:3]) or f"exit {said.returncode}")
    if said.returncode and "Failed to" in said.stderr:
        return seen.broken(Status.SKIP, "", f"systemd-analyze cannot look here: {said.stderr.splitlines()[0]}")
    return seen


def _told(
    home: Home, word: str, code: Exit, check: Check, folder: Path, paths: list[Path], user: str | None = None
) -> Verdict:
    ctl, name = "systemctl" if user else "systemctl --user", name_of(home.profile)
    then = f"then    {ctl} daemon-reload; {ctl} enable --now {name}.service"
    linger = "        loginctl enable-linger: without it your systemd ends with your last login"
    return Verdict(
        command="service.install",
        word=word,
        exit_code=code,
        profile=home.profile,
        now_ns=time.time_ns(),
        summary=f"{len(paths)} units in {folder}",
        checks=(check,),
        body=tuple(f"wrote   {path}" for path in paths),
        tail=(then, *(() if user else (linger,))) if paths and code is not Exit.CRIT else (),
        facts={"units": [str(path) for path in paths]},
    )


def _bad(code: str, detail: str, hint: str) -> Check:
    return Check(id="units", status=Status.CRIT, code=code, detail=detail, hint=hint)
