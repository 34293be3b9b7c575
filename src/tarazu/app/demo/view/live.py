"""The demo on a terminal: the screen of the moment, drawn again several times a second by a thread of its own."""

import atexit
import contextlib
import os
import sys
import termios
import threading
import time
from collections.abc import Callable
from typing import Any

from rich.console import Console, ConsoleOptions, RenderResult
from rich.live import Live

from tarazu.app.demo.told import DemoTold, Happened, Sample, StepTold
from tarazu.app.demo.view.frame import frame
from tarazu.app.demo.view.ink import ink_of

EVERY_S = 0.2
LAST_LOOK_S = 2.0
"""The thread has that long to end."""
LOCAL_FLAGS, CHARACTERS = 3, 6
"""Of what tcgetattr answers (termios(3): c_lflag, c_cc)."""


class LiveView:
    """Takes the terminal's other screen from `began` to `ended`, and shows no keys meanwhile; Ctrl-C stays the
    caller's. What it stands on changes while it draws: the size of the window, and the demo.

    Where the terminal goes away the demo goes on unseen. A fault of the drawing itself is raised by `ended`, when the
    terminal is as it was.
    """

    def __init__(self) -> None:
        self._console = Console(file=sys.stdout)
        self._ink = ink_of(self._console.encoding, os.environ.get("TERM", ""))
        self._live = Live(self, console=self._console, screen=True, auto_refresh=False)
        self._thread = threading.Thread(target=self._draw_on, name="demo-view", daemon=True)
        self._over = threading.Event()
        self._fault: BaseException | None = None
        self._told: DemoTold | None = None
        self._said, self._began_s = "", time.monotonic()
        self._give_back: Callable[[], None] = lambda: None

    def began(self, told: DemoTold) -> None:
        self._told, self._began_s = told, time.monotonic()
        self._give_back = _silenced_keys()
        atexit.register(self.ended)
        self._live.start()
        self._thread.start()

    def step_began(self, step: StepTold) -> None:
        self._said = ""

    def said(self, line: str) -> None:
        self._said = line

    def step_ended(self, step: StepTold) -> None:
        self._said = ""

    def happened(self, what: Happened) -> None:
        """It is in what was handed to `began`."""
        self._heard(what.at_s)

    def sampled(self, sample: Sample) -> None:
        """As above."""
        self._heard(sample.at_s)

    @property
    def now_s(self) -> float:
        """Of the demo: nothing that was told of is later."""
        return time.monotonic() - self._began_s

    def ended(self) -> None:
        """Called twice as good as once."""
        if self._told is None:
            return
        self._told = None
        self._over.set()
        try:
            self._thread.join(LAST_LOOK_S)
        finally:  # a second Ctrl-C must not leave the terminal as it is
            with contextlib.suppress(OSError):  # as in `_draw_on`
                self._live.stop()
            self._give_back()
            atexit.unregister(self.ended)
        if self._fault is not None:
            raise self._fault

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        told = self._told
        if told is not None:
            yield frame(told, self.now_s, options.max_width, options.size.height, self._said, self._ink)

    def _heard(self, at_s: float) -> None:
        """The demo began before it was told to us."""
        self._began_s = min(self._began_s, time.monotonic() - at_s)

    def _draw_on(self) -> None:
        while not self._over.wait(EVERY_S):
            try:
                self._live.refresh()
            except OSError:
                return  # the terminal has gone away
            except Exception as fault:  # noqa: BLE001 - told by `ended`: a demo under way is not broken off by its picture
                self._fault = fault
                return


def _silenced_keys() -> Callable[[], None]:
    """What is typed is not shown on the screen, nor handed to the shell afterwards, and Ctrl-Z stops nobody in front of
    a screen that is not his. Returns what undoes it."""
    if not sys.stdin.isatty():
        return lambda: None
    keys = sys.stdin.fileno()
    before: list[Any] = termios.tcgetattr(keys)
    silent = [*before]
    silent[LOCAL_FLAGS] &= ~termios.ECHO
    silent[CHARACTERS] = [*before[CHARACTERS]]
    silent[CHARACTERS][termios.VSUSP] = bytes([os.fpathconf(keys, "PC_VDISABLE")])
    termios.tcsetattr(keys, termios.TCSADRAIN, silent)

    def give_back() -> None:
        with contextlib.suppress(termios.error):  # the terminal has gone away
            termios.tcsetattr(keys, termios.TCSAFLUSH, before)

    return give_back
