"""Questions to a running supervisord: XML-RPC over the unix socket in the home, each answered in seconds or not at all.

supervisor's own transport knows neither a timeout nor a path longer than 107 bytes; this one has both.
"""

import http.client
import os
import socket
import xmlrpc.client
from pathlib import Path
from typing import Any

from tarazu.app.supervision.conf import SOCKET

TIMEOUT_S = 5.0

# Fault codes of supervisor.xmlrpc that callers tell apart.
SHUTDOWN_STATE, BAD_NAME, ALREADY_STARTED, NOT_RUNNING, ALREADY_ADDED = 6, 10, 60, 70, 90


class SupervisorSilent(OSError):
    """Nobody answers at the socket, or not in time; the message says what to do."""


class SupervisorRefused(Exception):
    """supervisord says no. `code` is its fault."""

    def __init__(self, method: str, code: int, text: str) -> None:
        super().__init__(f"supervisord refuses {method}: {text}")
        self.code = code


def ask(run: Path, method: str, *words: Any, timeout_s: float = TIMEOUT_S) -> Any:
    """One call of `supervisor.METHOD`. Raises SupervisorSilent, SupervisorRefused."""
    with xmlrpc.client.ServerProxy("http://localhost", transport=_Transport(run, timeout_s)) as proxy:
        try:
            return getattr(proxy, f"supervisor.{method}")(*words)
        except xmlrpc.client.Fault as fault:
            raise SupervisorRefused(method, fault.faultCode, fault.faultString) from fault
        except (OSError, http.client.HTTPException, xmlrpc.client.Error) as silent:
            why = str(silent) or type(silent).__name__
            raise SupervisorSilent(f"no answer from the supervisor at {run / SOCKET} ({why})") from silent


class _Transport(xmlrpc.client.Transport):
    def __init__(self, run: Path, timeout_s: float) -> None:
        super().__init__()
        self._run, self._timeout_s = run, timeout_s

    def make_connection(self, host: Any) -> http.client.HTTPConnection:
        return _UnixConnection(self._run, self._timeout_s)


class _UnixConnection(http.client.HTTPConnection):
    """HTTP to the socket in a folder whose path may be of any length: the folder is opened, and named by its number."""

    def __init__(self, run: Path, timeout_s: float) -> None:
        super().__init__("localhost", timeout=timeout_s)
        self._run = run

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        folder = os.open(self._run, os.O_PATH | os.O_DIRECTORY)
        try:
            self.sock.connect(f"/proc/self/fd/{folder}/{SOCKET}")
        finally:
            os.close(folder)
