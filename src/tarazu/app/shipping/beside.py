"""The shipping beside the watchdog: a process of its own, started again when it dies, ended with the watchdog.

The watchdog waits for nothing here, and nothing that happens here ends it: what is not copied is told by the health
file growing old, as a finding, a row of the gate and a line of `tarazu status`.
"""

import logging
import os
import subprocess
import sys
import threading
import time

from tarazu.app.home import Home

log = logging.getLogger("tarazu.watchdog")

LOOK_S = 0.5
AGAIN_S_MAX = 60.0
WELL_S = 30.0
"""One that has lived so long is started again at once."""
END_S = 3.0
"""It writes a chunk to the copy's disk at most; one that a dead mount holds is left to the kernel."""


class Beside:
    """`run` by a thread of its own."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self._again_s = 1.0

    def run(self, ending: threading.Event) -> None:
        """Until `ending`. Raises nothing."""
        while not ending.is_set():
            began_s = time.monotonic()
            try:
                code = self._keep(ending)
            except Exception as bug:
                log.critical("shipping is not started", exc_info=bug)
                code = -1
            if ending.is_set():
                return
            self._again_s = 1.0 if time.monotonic() - began_s >= WELL_S else min(2 * self._again_s, AGAIN_S_MAX)
            log.error("shipping ended with %d, and is started again in %g s: see its lines above", code, self._again_s)
            ending.wait(self._again_s)

    def _keep(self, ending: threading.Event) -> int:
        """Its life; returns its exit code."""
        words = [sys.executable, "-P", "-m", "tarazu.app.shipping"]
        words += ["--profile", self._home.profile, "--with", str(os.getpid())]
        where = {"TARAZU_HOME": str(self._home.root.parent), "TARAZU_PROFILE": str(self._home.profile)}
        child = subprocess.Popen(words, env={**os.environ, **where}, stdin=subprocess.DEVNULL)
        while child.poll() is None:
            if ending.wait(LOOK_S):
                return _ended(child)
        return child.returncode


def _ended(child: subprocess.Popen[bytes]) -> int:
    for end in (child.terminate, child.kill):
        end()
        try:
            return child.wait(END_S / 2)
        except subprocess.TimeoutExpired:
            continue
    log.error("shipping, process %d, does not end: the disk of the copy holds it", child.pid)
    return -1
