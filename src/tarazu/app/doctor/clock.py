"""Whether somebody keeps this machine's clock right: what the kernel says of it (adjtimex(2)), asked and not set."""

import ctypes
import os

from tarazu.app.verdict import Check, Status

ERROR_MAX_S = 0.5
"""Ours: as much as the gate allows between our clock and the broker's (`readiness.clock_ask.SKEW_NS_MAX`)."""

_UNSYNC = 0x0040  # STA_UNSYNC
_ERROR = 5  # TIME_ERROR: the clock is not synchronised
_HINT = "timedatectl set-ntp true"


class _Timex(ctypes.Structure):
    """`struct timex` of linux/timex.h; what follows is not read, and padded so that the kernel has room."""

    _fields_ = (
        ("modes", ctypes.c_uint),
        ("offset", ctypes.c_long),
        ("freq", ctypes.c_long),
        ("maxerror", ctypes.c_long),
        ("esterror", ctypes.c_long),
        ("status", ctypes.c_int),
        ("rest", ctypes.c_long * 64),
    )


def clock_check() -> Check:
    try:
        asked, state = _ask()
    except (OSError, AttributeError) as bad:
        return Check(id="clock.kept", status=Status.SKIP, detail=f"the kernel does not tell: {type(bad).__name__}")
    return judged(state, asked.status, asked.maxerror)


def judged(state: int, status: int, maxerror_us: int) -> Check:
    """Of adjtimex's return value, status bits and `maxerror` in microseconds."""
    error_s = maxerror_us / 1e6
    check = Check(id="clock.kept", status=Status.OK, observed=round(error_s, 3), limit=ERROR_MAX_S, unit="s")
    if state == _ERROR or status & _UNSYNC:
        told = "nobody keeps this clock right: stamps, the token's age and freshness go by it"
        return check.broken(Status.WARN, "CLOCK_NOT_KEPT", told, _HINT)
    if error_s > ERROR_MAX_S:
        return check.broken(Status.WARN, "CLOCK_UNSURE", "it may be off by so much", _HINT)
    return check


def _ask() -> tuple[_Timex, int]:
    asked = _Timex()
    state = ctypes.CDLL(None, use_errno=True).adjtimex(ctypes.byref(asked))
    if state < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return asked, state
