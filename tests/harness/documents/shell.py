"""A line of a document, typed: by bash, in a folder, by somebody at a terminal who answers what is asked."""

import contextlib
import fcntl
import os
import pty
import re
import select
import signal
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import msgspec

from harness.documents.commands import commands, tarazu_words
from harness.documents.tables import ENDLESS, best

PATIENCE_S = 150.0
"""Of one line."""
ENDS = ("--once", "--for", "--help", "--json")
"""What does not go on, though its verb does."""
HOLDS_ON = re.compile(r"(export|cd) [^;&|]*|[A-Z_]+=(\"[^\"]*\"|\S*)")
"""Lines that change the shell and not the world: they are said again before every later line of their block."""

LISTENS_S = 1.0
"""To what goes on until Ctrl-C, from its first word."""
Answer = tuple[str, Callable[[re.Match[str]], str]]
"""Where the text so far ends with this pattern, this is typed."""


class Said(msgspec.Struct, frozen=True):
    """What came of a line."""

    line: str
    code: int
    text: str
    """Both streams, as they came."""
    took_s: float


class Shell:
    def __init__(self, folder: Path, environ: Mapping[str, str], answers: Sequence[Answer] = ()) -> None:
        plain = {name: value for name, value in os.environ.items() if not name.startswith(("KITE_", "TARAZU_"))}
        bins = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        self._environ = {**plain, "PATH": bins, "TERM": "dumb", "COLUMNS": "160", **environ}
        self._folder, self._answers = folder, answers
        self._before = list[str]()

    def type(self, line: str) -> Said:
        began = time.monotonic()
        if HOLDS_ON.fullmatch(line.partition("#")[0].strip()):
            self._before.append(line)
        with _terminal() as (person, terminal):
            process = subprocess.Popen(
                ["bash", "-c", "\n".join([*self._before, line])],
                cwd=self._folder,
                env=self._environ,
                stdin=terminal,
                stdout=terminal,
                stderr=terminal,
                start_new_session=True,
                preexec_fn=_takes_terminal,
            )
            os.close(terminal)
            text = self._attended(process, person, is_endless(line))
        return Said(line, process.returncode, text, time.monotonic() - began)

    def _attended(self, process: subprocess.Popen[bytes], person: int, endless: bool) -> str:
        """All that it says until it ends."""
        heard, answered, spoke, deadline = "", 0, 0.0, time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            ready, _, _ = select.select([person], [], [], 0.2)
            if ready:
                try:
                    heard += os.read(person, 65_536).decode(errors="replace").replace("\r\n", "\n")
                    spoke = spoke or time.monotonic()
                except OSError:  # nobody has the terminal any more
                    process.wait(PATIENCE_S)
                    return heard
            if process.poll() is not None and not ready:
                return heard  # what it began and left running keeps the terminal
            if endless and spoke and time.monotonic() > spoke + LISTENS_S:
                endless = False
                os.killpg(process.pid, signal.SIGINT)
            if (answer := self._answer(heard[answered:])) is not None:
                answered = len(heard)
                os.write(person, answer.encode() + b"\n")
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        return f"{heard}\n(ended after {PATIENCE_S:.0f} s)"

    def _answer(self, heard: str) -> str | None:
        for pattern, answer in self._answers:
            if found := re.search(pattern + r"\s*\Z", heard):
                return answer(found)
        return None


def _takes_terminal() -> None:
    """In the new session: what asks without echo asks the session's own terminal."""
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


@contextlib.contextmanager
def _terminal() -> Iterator[tuple[int, int]]:
    """Its two ends; the program's end is closed by whoever has given it away."""
    person, terminal = pty.openpty()
    try:
        yield person, terminal
    finally:
        os.close(person)


def is_endless(line: str) -> bool:
    told = [words for typed in commands(line) if (words := tarazu_words(typed))]
    return bool(told) and bool(best(told[-1], ENDLESS)) and not any(word in line for word in ENDS)
