"""Questions to a running supervisord: XML-RPC over the unix socket in the home, each answered in seconds or not at all.

supervisor's own client knows neither a timeout nor a path longer than 107 bytes; this one has both.
"""

import os
import socket
from pathlib import Path
from typing import Any

from tarazu.adapters.local_http import exchange
from tarazu.app.supervision.conf import SOCKET
from tarazu.wire.xml_rpc import BadAnswer, Fault, answered, call

TIMEOUT_S = 5.0
OK = 200

# Fault codes of supervisor.xmlrpc that callers tell apart.
SHUTDOWN_STATE, BAD_NAME, ALREADY_STARTED, NOT_RUNNING, ALREADY_ADDED = 6, 10, 60, 70, 90


class SupervisorSilent(OSError):
    """Nobody answers at the socket, or not in time; the message says what to do."""


class SupervisorRefused(Exception):
    """supervisord says no. `code` is its fault."""

    def __init__(self, method: str, code: int, text: str) -> None:
        super().__init__(f"supervisord refuses {method}: {text}")
        self.code = code


def ask(run: Path, method: str, *words: str | bool, timeout_s: float = TIMEOUT_S) -> Any:
    """One call of `supervisor.METHOD`. Raises SupervisorSilent, SupervisorRefused."""
    try:
        with _connected(run, timeout_s) as line:
            status, told = exchange(line, "POST", "/RPC2", call(f"supervisor.{method}", *words), timeout_s=timeout_s)
        if status != OK:
            raise OSError(f"it answers {status}")
        return answered(told)
    except Fault as fault:
        raise SupervisorRefused(method, fault.code, fault.text) from fault
    except (OSError, BadAnswer) as silent:
        why = str(silent) or type(silent).__name__
        raise SupervisorSilent(f"no answer from the supervisor at {run / SOCKET} ({why})") from silent


def _connected(run: Path, timeout_s: float) -> socket.socket:
    """To the socket in a folder whose path may be of any length: the folder is opened, and named by its number."""
    line = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    line.settimeout(timeout_s)
    try:
        folder = os.open(run, os.O_PATH | os.O_DIRECTORY)
        try:
            line.connect(f"/proc/self/fd/{folder}/{SOCKET}")
        finally:
            os.close(folder)
    except OSError:
        line.close()
        raise
    return line
