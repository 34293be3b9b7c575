"""The processes of a profile brought up: the broker first, then what listens to it."""

import os
import time
from collections.abc import Callable, Mapping, Sequence

from tarazu.app.home import Home, Profile
from tarazu.app.settings import BadSettings, Settings, read_settings
from tarazu.app.supervision.feed_start import FeedStart, current_health
from tarazu.app.supervision.link import SupervisorRefused, SupervisorSilent
from tarazu.app.supervision.outcome import Outcome
from tarazu.app.supervision.own_broker import OwnBroker
from tarazu.app.supervision.process import SupervisorFailed
from tarazu.app.supervision.programs import DEPTH_WS, SIM_BROKER, programs
from tarazu.app.supervision.supervisor import Busy, Supervision
from tarazu.app.verdict import Exit

SUPERVISOR = "supervisor"
Tell = Callable[[str], None]


def bring_up(
    home: Home,
    names: Sequence[str],
    *,
    patience_s: float,
    again: bool = False,
    tell: Tell = lambda _: None,
    environ: Mapping[str, str] = os.environ,
) -> list[Outcome]:
    """Make sure of the processes named; in the sim profile of the broker first, and of a depth_ws that listened to it.
    `again` restarts those named.

    Ends after about `patience_s` for each. One outcome a process, and none for those after one that failed.
    """
    try:
        return _bring_up(home, read_settings(home.settings_file), names, patience_s, again, tell, environ)
    except BadSettings as bad:
        return [_failed(Exit.CRIT, "BAD_SETTINGS", str(bad), f"edit {home.settings_file}")]
    except SupervisorSilent as silent:
        return [_failed(Exit.UNKNOWN, "SUPERVISOR_SILENT", str(silent), "")]
    except Busy as busy:
        return [_failed(Exit.REFUSED, "BUSY", str(busy), "")]
    except (SupervisorFailed, SupervisorRefused) as failed:
        return [_failed(Exit.CRIT, "SUPERVISOR_FAILED", str(failed), f"tarazu logs {SUPERVISOR}d")]


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
    feed, outcomes = FeedStart(home, supervision), []
    with supervision.alone(patience_s):
        listened = supervision.state(DEPTH_WS).state.is_up
        if home.profile is Profile.SIM:
            broker = OwnBroker(home, settings, supervision, environ)
            outcomes.append(broker.ensure(patience_s, again and SIM_BROKER in names, tell))
        else:
            supervision.ensure(programs(home, settings.sim, None))
        if not (DEPTH_WS in names or listened) or not all(outcome.holds for outcome in outcomes):
            return outcomes
        elsewhere = feed.elsewhere()
        if elsewhere is not None:
            return [*outcomes, elsewhere]
        feed.decide(again and DEPTH_WS in names)
    return [*outcomes, feed.wait(patience_s, tell)]


def now_ns(home: Home) -> int:
    """Wall time of the profile's clock as depth_ws tells it; the machine's where it tells nothing."""
    health = current_health(home)
    return time.time_ns() if health is None else health.wall_ns + health.age_ns()


def _failed(exit_code: Exit, code: str, detail: str, hint: str) -> Outcome:
    return Outcome(name=SUPERVISOR, exit_code=exit_code, did="", code=code, detail=detail, hint=hint)
