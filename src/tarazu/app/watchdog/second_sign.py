"""A sign of life that needs no disk: a full disk stops every health file, and must not cost a healthy process its life.

Stillness is counted by the looks and not by the clock, as `pulse.Vital` does.
"""

import contextlib
import errno
import os
import socket

from tarazu.app.home import Home
from tarazu.app.supervision.orphans import PROC
from tarazu.app.watchdog.pulse import PASS_NS_MAX
from tarazu.model.units import SECOND_NS

STILL_NS = 3 * SECOND_NS
"""No second sign for so long, beside a health file that is old, is a hang."""
ASK_NS = 2 * SECOND_NS
"""Between an answer of main's inbox and the next question."""


class KernelSign:
    """Whether the kernel has had a process's main thread at work: its processor time and its switches, proc(5)."""

    def __init__(self) -> None:
        self.still_ns = 0
        self._last: tuple[int, tuple[str, ...]] | None = None
        self._looked_ns = 0

    def look(self, pid: int, mono_ns: int) -> None:
        elapsed_ns, self._looked_ns = min(mono_ns - self._looked_ns, PASS_NS_MAX), mono_ns
        mark = _mark(pid)
        if mark is None or (pid, mark) != self._last:
            self.still_ns, self._last = 0, None if mark is None else (pid, mark)
        else:
            self.still_ns += elapsed_ns

    @property
    def alive(self) -> str:
        """What speaks for its life; empty: nothing does."""
        return "" if self.still_ns >= STILL_NS else "the kernel has it at work"


class InboxSign:
    """Whether main's loop answers a line on a fresh connection. Waits for nothing: asked at one look, heard at another.
    Where nobody listens (main begins, or ends) the kernel is asked instead."""

    def __init__(self, home: Home) -> None:
        self._home, self._kernel = home, KernelSign()
        self._line: socket.socket | None = None
        self._answered, self._deaf = False, False
        self._since_ns = self._looked_ns = 0

    def look(self, pid: int, mono_ns: int) -> None:
        self._kernel.look(pid, mono_ns)
        elapsed_ns, self._looked_ns = min(mono_ns - self._looked_ns, PASS_NS_MAX), mono_ns
        self._since_ns += elapsed_ns
        if self._line is not None and not self._answered:
            self._hear()
        if self._line is None or (self._answered and self._since_ns >= ASK_NS):
            self._ask()

    def forget(self) -> None:
        """Its word is fresh: nobody needs to ask."""
        self._close()
        self._answered = False

    @property
    def alive(self) -> str:
        if self._deaf:
            return self._kernel.alive
        return "" if not self._answered and self._since_ns >= STILL_NS else "its inbox answers, or may yet"

    def _ask(self) -> None:
        self._close()
        self._since_ns, self._answered, self._deaf = 0, False, False
        line = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
        folder = -1
        try:
            folder = os.open(self._home.run, os.O_PATH | os.O_DIRECTORY)
            with contextlib.suppress(BlockingIOError):  # its queue is full of those it has not heard: not answered
                line.connect(f"/proc/self/fd/{folder}/{self._home.main_socket.name}")
                line.sendall(b"{}\n")  # asks for nothing, is refused, and leaves no trace
            self._line = line
        except OSError:
            self._deaf = True
            line.close()
        finally:
            if folder >= 0:
                os.close(folder)

    def _hear(self) -> None:
        assert self._line is not None
        try:
            said = self._line.recv(4096)
        except BlockingIOError:
            return
        except OSError as failed:
            if failed.errno in (errno.EINVAL, errno.ENOTCONN):
                return  # its queue was full: it hears nobody
            said = b""
        if said:
            self._answered, self._since_ns = True, 0
        else:
            self._close()

    def _close(self) -> None:
        if self._line is not None:
            self._line.close()
            self._line = None


def _mark(pid: int) -> tuple[str, ...] | None:
    """None: not known."""
    task = PROC / str(pid) / "task" / str(pid)
    try:
        stat = (task / "stat").read_text().rpartition(")")[2].split()
        switches = tuple(line for line in (task / "status").read_text().splitlines() if "ctxt_switches" in line)
    except OSError:
        return None
    return (stat[11], stat[12], *switches)
