"""The processes of a profile brought up: the broker, who listens to it, who trades on that, and who watches them."""

import os
import time
from collections.abc import Callable, Mapping, Sequence

from tarazu.app.home import Home, Profile
from tarazu.app.settings import BadSettings, Settings, read_settings
from tarazu.app.supervision.feed_start import FeedStart, current_health, last_health
from tarazu.app.supervision.link import SupervisorRefused, SupervisorSilent
from tarazu.app.supervision.main_start import MainStart
from tarazu.app.supervision.outcome import Outcome, supervisor_failed
from tarazu.app.supervision.own_broker import OwnBroker
from tarazu.app.supervision.process import SupervisorFailed
from tarazu.app.supervision.programs import DEPTH_WS, MAIN, SIM_BROKER, WATCHDOG, programs
from tarazu.app.supervision.state import State
from tarazu.app.supervision.supervisor import Busy, Supervision
from tarazu.app.supervision.watchdog_start import WatchdogStart
from tarazu.app.verdict import Exit
from tarazu.app.warm import warm_up

Tell = Callable[[str], None]
Start = FeedStart | MainStart | WatchdogStart
STARTS: tuple[tuple[str, Callable[[Home, Supervision], Start]], ...] = (
    (DEPTH_WS, FeedStart),
    (MAIN, MainStart),
    (WATCHDOG, WatchdogStart),
)
"""In the order of a start."""


def bring_up(
    home: Home,
    names: Sequence[str],
    *,
    patience_s: float,
    again: bool = False,
    tell: Tell = lambda _: None,
    environ: Mapping[str, str] = os.environ,
) -> list[Outcome]:
    """Make sure of the processes named; in the sim profile of the broker first, and of those that talked to it.
    `again` restarts those named.

    Ends after about `patience_s` for each. One outcome a process; none for the others where the broker failed. main is
    made sure of whatever the feed is worth: positions are left, and stops kept, without one.
    """
    try:
        return _bring_up(home, read_settings(home.settings_file), names, patience_s, again, tell, environ)
    except BadSettings as bad:
        return [_unread(bad)]
    except SupervisorSilent as silent:
        return [supervisor_failed(Exit.UNKNOWN, "SUPERVISOR_SILENT", str(silent))]
    except Busy as busy:
        return [supervisor_failed(Exit.REFUSED, "BUSY", str(busy))]
    except (SupervisorFailed, SupervisorRefused) as failed:
        return [supervisor_failed(Exit.CRIT, "SUPERVISOR_FAILED", str(failed), "tarazu logs supervisord")]
    except OSError as broken:
        return [supervisor_failed(Exit.CRIT, "DISK", str(broken), f"df -h {home.root}; ls -ld {home.root}")]


def _bring_up(
    home: Home,
    settings: Settings,
    names: Sequence[str],
    patience_s: float,
    again: bool,
    tell: Tell,
    environ: Mapping[str, str],
) -> list[Outcome]:
    supervision = Supervision(home)
    starts: list[Start] = []
    outcomes: list[Outcome] = []
    warm_up(tell, environ)
    with supervision.alone(patience_s):
        ran = [name for name, _ in STARTS if supervision.state(name).state.is_up]
        if home.profile is Profile.SIM:
            broker = OwnBroker(home, settings, supervision, environ)
            outcomes.append(broker.ensure(patience_s, again and SIM_BROKER in names, tell))
        else:
            supervision.ensure(programs(home, settings.sim, None))
        if not all(outcome.holds for outcome in outcomes):
            return outcomes
        for name, make in STARTS:
            if name not in names and name not in ran:
                continue
            start = make(home, supervision)
            elsewhere = start.elsewhere()
            if elsewhere is not None:
                outcomes.append(elsewhere)
                continue
            if name in names and supervision.state(name).state in (State.BACKOFF, State.FATAL):
                supervision.stop(name)  # a command's start is a new count (`storm`)
            start.decide(again and name in names)
            starts.append(start)
    return [*outcomes, *(start.wait(patience_s, tell) for start in starts)]


def now_ns(home: Home) -> int:
    """Wall time of the profile's clock as depth_ws tells it; in sim as it last told it, for that clock stands still
    with its broker; the machine's where nothing was told, or what was does not read."""
    try:
        health = current_health(home)
        last = last_health(home) if home.profile is Profile.SIM else None
    except OSError:
        return time.time_ns()
    if health is not None:
        return health.wall_ns + health.age_ns()
    return time.time_ns() if last is None else last.wall_ns


def _unread(bad: BadSettings) -> Outcome:
    hint = "tarazu config validate"
    return Outcome(
        name="settings", exit_code=Exit.CRIT, did="do not read", code="BAD_SETTINGS", detail=str(bad), hint=hint
    )
