"""One command, run to its end or to the end of our patience, heard while it runs."""

import contextlib
import os
import signal
import subprocess
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO

from tarazu.app.runbook.runs.judging import Answer

OUT_BYTES_MAX = 1 << 20
"""More of an answer is not kept."""
GRACE_S = 10.0
"""Between SIGTERM and SIGKILL."""
_DRAIN_S = 2.0
EXIT_TIMED_OUT = 124
"""As timeout(1) has it; nobody reads it as the command's own, `Answer.timed_out` says what it was."""


def execute(
    argv: Sequence[str],
    *,
    folder: Path,
    environ: Mapping[str, str],
    timeout_s: float,
    interactive: bool = False,
    hear: Callable[[str], None] = lambda _: None,
) -> Answer:
    """Standard output is kept; `hear` gets each line of both, of a command that talks to a person standard output's.

    One that does not end in time is ended, with all it began in its own group; Ctrl-C ends it too, and is raised.
    """
    process = subprocess.Popen(
        argv,
        cwd=folder,
        env=dict(environ),
        stdin=None if interactive else subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=None if interactive else subprocess.PIPE,
        text=True,
        errors="replace",
        start_new_session=not interactive,
    )
    kept: list[str] = []
    pumps = [_pump(process.stdout, kept, hear), _pump(process.stderr, [], hear)]
    timed_out = False
    try:
        process.wait(timeout_s)
    except subprocess.TimeoutExpired:
        timed_out = True
        _end(process, alone=not interactive)
    except KeyboardInterrupt:
        _end(process, alone=not interactive)
        raise
    for pump in pumps:
        pump.join(_DRAIN_S)  # what it has left running may hold the pipe: then what was said until now is what is kept
    code = EXIT_TIMED_OUT if timed_out else process.returncode
    return Answer(exit=code if code >= 0 else 128 - code, out="".join(kept)[:OUT_BYTES_MAX], timed_out=timed_out)


def _pump(stream: IO[str] | None, kept: list[str], hear: Callable[[str], None]) -> threading.Thread:
    def pump() -> None:
        assert stream is not None
        for line in stream:
            kept.append(line)
            hear(line.rstrip("\n"))

    thread = threading.Thread(target=pump if stream is not None else lambda: None, daemon=True)
    thread.start()
    return thread


def _end(process: subprocess.Popen[str], *, alone: bool) -> None:
    for number in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, number) if alone else process.send_signal(number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(GRACE_S)
            return
