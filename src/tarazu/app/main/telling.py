"""Talking to a running main: one line to its inbox, one line back. Blocking; needs no numpy."""

import os
import socket
from typing import Any

import msgspec

from tarazu.app.home import Home

ANSWER_S = 15.0


class MainSilent(OSError):
    """Nobody listens, or answers whole and in time; the message says what to do."""


def tell_main(home: Home, asked: dict[str, Any], patience_s: float = ANSWER_S) -> dict[str, Any]:
    """The answer as `app.main.inbox` gives it. Raises MainSilent: whether it was taken is then not known, unless
    nobody listens."""
    try:
        folder = os.open(home.run, os.O_PATH | os.O_DIRECTORY)
    except FileNotFoundError as none:
        raise MainSilent(f"main has not run in this home: there is no {home.run}") from none
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as line:
            line.settimeout(patience_s)
            line.connect(f"/proc/self/fd/{folder}/{home.main_socket.name}")
            line.sendall(msgspec.json.encode(asked) + b"\n")
            with line.makefile("rb") as answers:
                answer = answers.readline()
    except (FileNotFoundError, ConnectionRefusedError) as none:
        raise MainSilent(f"main does not listen at {home.main_socket}: tarazu up main") from none
    except OSError as failed:
        raise MainSilent(f"main does not answer: {failed}; see tarazu engine status") from failed
    finally:
        os.close(folder)
    if not answer.endswith(b"\n"):
        raise MainSilent("main ended before it answered; see tarazu engine status")
    try:
        return msgspec.json.decode(answer, type=dict[str, Any])
    except (msgspec.MsgspecError, UnicodeDecodeError) as strange:
        raise MainSilent(f"main's answer does not read: {strange}; see tarazu engine status") from strange
