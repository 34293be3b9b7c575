"""A command that is ended from outside ends as by Ctrl-C: what it had begun is undone, or said to be half done."""

import signal
from types import FrameType

ENDS = (signal.SIGTERM, signal.SIGHUP)


def ends_as_by_ctrl_c() -> None:
    """SIGTERM, and SIGHUP of a terminal that goes away, raise KeyboardInterrupt: once, for the undoing is not to be
    ended by a second of them (a shell and the kernel both send SIGHUP). One that is ignored, as by nohup, stays so."""
    for number in ENDS:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _once)


def outlives_its_terminal() -> None:
    """SIGHUP changes nothing: what is asked for is done to its end."""
    signal.signal(signal.SIGHUP, signal.SIG_IGN)


def _once(number: int, frame: FrameType | None) -> None:
    for each in ENDS:
        signal.signal(each, signal.SIG_IGN)
    raise KeyboardInterrupt
