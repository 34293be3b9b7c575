"""The live view on a terminal of its own: what it takes, and that it gives it back."""

import os
import pty
import select
import signal
import struct
import subprocess
import sys
import time
from fcntl import ioctl
from pathlib import Path
from termios import ECHO, TIOCSWINSZ, tcgetattr

from tarazu.app.demo.view.onlooker import onlooker
from tarazu.app.demo.view.plain_lines import PlainLines


def test_without_a_terminal_the_lines_are_plain_and_rich_is_not_read() -> None:
    assert isinstance(onlooker(plain=True), PlainLines)
    script = (
        "import sys; from tarazu.app.demo.view.onlooker import onlooker; v = onlooker(False);"
        "print(type(v).__name__, 'rich' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.split() == ["PlainLines", "False"]


SCRIPT = """
import os, signal, sys, time
from demo_parts.made_demo import made_demo
from tarazu.app.demo.view.onlooker import onlooker
told = made_demo()
told.took_s = 0.0
view = onlooker(plain=False)
view.began(told)
view.step_began(told.steps[0])
view.said("a line of a command")
try:
    time.sleep(60)
finally:
    view.ended()
    print("LEFT", flush=True)
"""


def test_ctrl_c_leaves_the_terminal_as_it_was_and_a_resize_is_followed() -> None:
    """On a real terminal: the other screen, no echo, the cursor hidden; and all of it back."""
    process, ours = _on_a_terminal(24, 80)
    try:
        first = _read_until(ours, "TARAZU DEMO")
        assert "\x1b[?1049h" in first and "\x1b[?25l" in first
        assert not tcgetattr(ours)[3] & ECHO
        ioctl(ours, TIOCSWINSZ, struct.pack("HHHH", 40, 130, 0, 0))
        _read_until(ours, "2026-11-23")  # the day is in the head of a wide terminal alone
        os.write(ours, b"\x03")
        rest = _read_until(ours, "LEFT")
        assert rest.index("\x1b[?1049l") < rest.index("LEFT") and "\x1b[?25h" in rest
        assert tcgetattr(ours)[3] & ECHO
        process.wait(20)
        assert process.returncode == -signal.SIGINT
    finally:
        process.kill()
        process.wait()
        os.close(ours)


def test_a_terminal_that_goes_away_stops_nothing(tmp_path: Path) -> None:
    """The window is closed on a demo that nohup keeps."""
    after = tmp_path / "after"
    script = f"import signal; signal.signal(signal.SIGHUP, signal.SIG_IGN)\n{SCRIPT}".replace("sleep(60)", "sleep(3)")
    process, ours = _on_a_terminal(24, 80, script.replace('print("LEFT", flush=True)', f"open({str(after)!r}, 'x')"))
    try:
        _read_until(ours, "TARAZU DEMO")
        os.close(ours)
        process.wait(30)
        assert after.exists()
    finally:
        process.kill()
        process.wait()


def test_a_fault_of_the_drawing_is_raised_when_the_terminal_is_back() -> None:
    """The demo itself goes to its end."""
    script = SCRIPT.replace("sleep(60)", "sleep(2)").replace("told.took_s = 0.0", "told.samples = [None]")
    process, ours = _on_a_terminal(24, 80, script)
    try:
        text = _read_until(ours, "AttributeError")
        assert text.index("\x1b[?1049l") < text.index("Traceback")
        process.wait(20)
        assert process.returncode == 1
    finally:
        process.kill()
        process.wait()
        os.close(ours)


def _on_a_terminal(rows: int, columns: int, script: str = SCRIPT) -> tuple[subprocess.Popen[bytes], int]:
    ours, theirs = pty.openpty()
    ioctl(theirs, TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
    tests = str(Path(__file__).parents[1])
    env = {k: v for k, v in os.environ.items() if k not in ("COLUMNS", "LINES")}
    env |= {"TERM": "xterm-256color", "PYTHONPATH": tests, "PYTHONIOENCODING": "utf-8"}
    process = subprocess.Popen(
        [sys.executable, "-c", f"import fcntl, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0)\n{script}"],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env=env,
        start_new_session=True,
    )
    os.close(theirs)
    return process, ours


def _read_until(terminal: int, word: str, patience_s: float = 30.0) -> str:
    text, until = "", time.monotonic() + patience_s
    while word not in text:
        ready, _, _ = select.select([terminal], [], [], max(until - time.monotonic(), 0))
        assert ready, f"no {word} in {patience_s} s: {text[-2000:]!r}"
        text += os.read(terminal, 65_536).decode("utf-8", "replace")
    return text
