"""supervisord as a process: whether it runs, and how it is begun."""

import os
from pathlib import Path

from tarazu.app.home import Home
from tarazu.app.supervision import orphans
from tarazu.app.supervision.conf import CONF, LOG, PID_FILE, environment, python_words
from tarazu.app.supervision.waiting import until

BEGIN_S = 20.0


class SupervisorFailed(OSError):
    """supervisord does not begin; the message says why."""


def running_pid(home: Home) -> int | None:
    """Of the supervisord of this home. A pid file that it left behind may name another process by now: what counts is
    a process that was begun with our configuration."""
    try:
        pid = int((home.run / PID_FILE).read_text())
        words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except (FileNotFoundError, ProcessLookupError, ValueError):
        return None
    return pid if os.fsencode(home.run / CONF) in words and orphans.is_running(pid) else None


def begin(home: Home) -> None:
    """A session of its own, no descriptor of ours, and `environment`: it outlives the terminal and knows no secret.

    It makes a daemon of itself once it listens; its socket and pid file may lie there from an earlier one. Raises
    SupervisorFailed.
    """
    import subprocess  # most questions find a supervisord that runs

    words = python_words(["-m", "supervisor.supervisord", "-c", str(home.run / CONF)])
    log = home.logs / LOG
    try:
        said = subprocess.run(
            words,
            cwd=home.root,
            env=environment(home, os.environ),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
            umask=0o077,
            timeout=BEGIN_S,
            check=False,
        )
    except subprocess.TimeoutExpired as late:
        raise SupervisorFailed(f"supervisord does not begin within {BEGIN_S:g} s; see {log}") from late
    if said.returncode or not until(lambda: running_pid(home) is not None, BEGIN_S):
        reason = (said.stdout.strip().splitlines() or [f"see {log}"])[-1]
        raise SupervisorFailed(f"supervisord does not begin: {reason}")
