"""What the kernel says of a process: since when it runs, what memory it holds, whether somebody has stopped it."""

import os
from pathlib import Path

import msgspec

PROC = Path("/proc")
TICK_S = 1.0 / os.sysconf("SC_CLK_TCK")
PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")


class Running(msgspec.Struct, frozen=True, kw_only=True):
    up_s: float
    """By the machine's uptime, which no set clock changes."""
    rss_bytes: int
    stopped: bool
    """By SIGSTOP or a debugger: it is there and does nothing."""


def running(pid: int) -> Running | None:
    """proc(5), `stat` and `uptime`; None where there is no such process, or nothing of it but its exit code."""
    try:
        stat = (PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
        uptime_s = float((PROC / "uptime").read_text().split()[0])
    except (FileNotFoundError, ProcessLookupError):
        return None
    state, started, pages = stat[0], int(stat[19]), int(stat[21])
    if state in "ZX":
        return None
    return Running(up_s=max(uptime_s - started * TICK_S, 0.0), rss_bytes=pages * PAGE_BYTES, stopped=state in "Tt")
