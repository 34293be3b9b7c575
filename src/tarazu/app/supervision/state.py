"""One supervised process as its supervisor sees it: alive or not. Whether it does its work, its own health says."""

import re
from enum import StrEnum
from pathlib import Path
from typing import Any

import msgspec


class State(StrEnum):
    """supervisor's own words."""

    STOPPED = "STOPPED"
    STARTING = "STARTING"
    RUNNING = "RUNNING"
    BACKOFF = "BACKOFF"
    """Died right after its start; tried again in a moment."""
    STOPPING = "STOPPING"
    EXITED = "EXITED"
    FATAL = "FATAL"
    """Died right after its start several times: given up."""
    UNKNOWN = "UNKNOWN"

    @property
    def is_up(self) -> bool:
        """There is a process, or there will be one without anybody's doing."""
        return self in (State.STARTING, State.RUNNING, State.BACKOFF, State.STOPPING)


# Exit codes of our processes: 2 needs a person, 4 another one runs, 64 settings or arguments that cannot be used.
HOPELESS = ("exit status 2", "exit status 4", "exit status 64")


class ProcessState(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    state: State
    pid: int | None = None
    started_epoch: float | None = None
    """The machine's clock, whole seconds; None when it never was."""
    restarts: int = 0
    """Times it died unasked, since this supervisord began and as far back as its log reaches."""
    last_death: str = ""
    """How, in supervisor's words: `exit status 2`, `terminated by SIGKILL`."""
    description: str = ""
    """For people."""

    def is_hopeless(self, deaths_before: int) -> bool:
        """Given up, or died since with a code that says that another try comes to the same (`HOPELESS`)."""
        died = self.restarts > deaths_before and self.last_death in HOPELESS
        return self.state is State.FATAL or (died and self.state is not State.RUNNING)


def state_of(info: dict[str, Any], supervisor_log: Path) -> ProcessState:
    """`info` as getProcessInfo and getAllProcessInfo give it."""
    name = str(info["name"])
    died = deaths(supervisor_log, name)
    return ProcessState(
        name=name,
        state=State(info["statename"]),
        pid=info["pid"] or None,
        started_epoch=float(info["start"]) if info["start"] else None,
        restarts=len(died),
        last_death=died[-1] if died else "",
        description=str(info["spawnerr"] or info["description"]),
    )


def deaths(supervisor_log: Path, name: str) -> list[str]:
    """How it ended each time that nobody had asked it to, since supervisord last began.

    From its log: `exited: NAME (exit status 2; not expected)`; an end that was asked for is `stopped: NAME (...)`.
    """
    text = supervisor_log.read_text(errors="replace") if supervisor_log.exists() else ""
    present = text[text.rfind("supervisord started with pid") + 1 :]
    return re.findall(rf" exited: {re.escape(name)} \((.*); (?:not )?expected\)", present)
