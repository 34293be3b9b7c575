"""depth_ws in a terminal instead of under the supervisor: whether it may, and what it is run with."""

import os
from collections.abc import Callable
from typing import NoReturn

from tarazu.app.home import Home, Profile
from tarazu.app.supervision.bring_up import bring_up
from tarazu.app.supervision.conf import environment, python_words
from tarazu.app.supervision.feed_start import current_health
from tarazu.app.supervision.outcome import Outcome
from tarazu.app.supervision.programs import DEPTH_WS, SIM_BROKER
from tarazu.app.supervision.state import State
from tarazu.app.supervision.supervisor import Supervision
from tarazu.app.verdict import Exit


def in_the_way(home: Home, patience_s: float, tell: Callable[[str], None]) -> list[Outcome]:
    """Why it cannot run here: another one runs, or the sim profile's broker, made sure of first, does not. Or none."""
    state = Supervision(home).state(DEPTH_WS)
    if state.state.is_up or state.state is State.UNKNOWN:
        told = f"a supervised one is {state.state}: {state.description}"
        return [_refused(told, f"tarazu down {DEPTH_WS}", state.pid)]
    health = current_health(home)
    if health is not None:
        return [_refused("another one runs outside the supervisor", f"kill -TERM {health.pid}", health.pid)]
    if home.profile is not Profile.SIM:
        return []
    broker = bring_up(home, (SIM_BROKER,), patience_s=patience_s, tell=tell)
    return [] if all(outcome.holds for outcome in broker) else broker


def become_depth_ws(home: Home) -> NoReturn:
    """This process goes on as depth_ws."""
    home.make()
    words = python_words(["-m", "tarazu.app.depth_ws", "--profile", home.profile])
    os.execve(words[0], words, environment(home, os.environ))


def _refused(detail: str, hint: str, pid: int | None) -> Outcome:
    return Outcome(
        name=DEPTH_WS,
        exit_code=Exit.REFUSED,
        did="not started here",
        code="ALREADY_RUNNING",
        detail=detail,
        hint=hint,
        pid=pid,
    )
