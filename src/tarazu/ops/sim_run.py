"""`tarazu sim run -- COMMAND`: a simulated broker for the length of one command."""

import contextlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import click

from tarazu.app.sim_broker.flags import argv_of, broker_flags

EXAMPLES = """
\b
Examples:
  tarazu sim run -- python my_strategy.py
  tarazu sim run --session short --scenario crash -- pytest tests/live
  tarazu sim run -- sh -c 'curl -s $KITE_ADMIN_ROOT/status'
"""

# What the command finds in its environment, by the name in the broker's first line.
VARIABLES = {
    "rest_url": "KITE_ROOT",
    "ws_url": "KITE_WS_ROOT",
    "admin_url": "KITE_ADMIN_ROOT",
    "login_url": "KITE_LOGIN_URL",
    "api_key": "KITE_API_KEY",
    "api_secret": "KITE_API_SECRET",
    "access_token": "KITE_ACCESS_TOKEN",
}
STOP_S = 10.0
NOT_FOUND, NOT_EXECUTABLE = 127, 126


@click.command("run", epilog=EXAMPLES)
@broker_flags
@click.argument("words", nargs=-1, required=True, type=click.UNPROCESSED, metavar="-- COMMAND...")
def command(words: tuple[str, ...], **flags: Any) -> int:
    """Start a simulated broker on free ports, run COMMAND against it, stop it; returns COMMAND's exit code.

    COMMAND finds KITE_ROOT, KITE_WS_ROOT, KITE_ADMIN_ROOT, KITE_LOGIN_URL, KITE_API_KEY, KITE_API_SECRET and
    KITE_ACCESS_TOKEN in its environment.

    Exit code: COMMAND's own, 0 to 255.
    """
    with _broker(argv_of(flags)) as (broker, line):
        if not line:
            return broker.wait()
        ready = json.loads(line)
        return _run(words, {**os.environ, **{name: ready[key] for key, name in VARIABLES.items()}})


@contextlib.contextmanager
def _broker(flags: list[str]) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A broker in a process of its own, and its first line; empty when it could not start."""
    argv = [sys.executable, "-P", "-m", "tarazu", "sim", "serve", "--log-level", "warning", *flags]
    # Ctrl-C reaches the command alone; the broker is stopped after it.
    broker = subprocess.Popen(argv, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True, process_group=0)
    assert broker.stdout is not None
    try:
        yield broker, broker.stdout.readline()
    finally:
        broker.terminate()
        try:
            broker.wait(STOP_S)
        except subprocess.TimeoutExpired:
            broker.kill()
            broker.wait()
        broker.stdout.close()


def _run(words: tuple[str, ...], environment: dict[str, str]) -> int:
    """Run the command and pass SIGINT and SIGTERM on to it. A command killed by signal n returns 128 + n."""
    try:
        child = subprocess.Popen(words, env=environment)
    except FileNotFoundError:
        print(f"tarazu sim run: {words[0]}: not found", file=sys.stderr)
        return NOT_FOUND
    except OSError as refused:
        print(f"tarazu sim run: {words[0]}: {refused.strerror}", file=sys.stderr)
        return NOT_EXECUTABLE
    before = {s: signal.signal(s, lambda number, _: child.send_signal(number)) for s in (signal.SIGINT, signal.SIGTERM)}
    try:
        code = child.wait()
    finally:
        for number, old in before.items():
            signal.signal(number, old)
    return 128 - code if code < 0 else code
