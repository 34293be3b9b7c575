"""The processes of a profile taken down: who watches first, so that a stop is taken for no death, then who trades, then
what listens, the broker, and the supervisor. What becomes of orders and positions is `app.stack.take_down`'s."""

import contextlib
import os
import signal
from collections.abc import Callable, Mapping, Sequence

import msgspec

from tarazu.app.depth_ws.health import DepthWsHealth
from tarazu.app.home import Home
from tarazu.app.main.health import MainHealth
from tarazu.app.supervision.feed_start import current_health
from tarazu.app.supervision.link import SupervisorRefused, SupervisorSilent
from tarazu.app.supervision.main_standing import current_main
from tarazu.app.supervision.outcome import Outcome, supervisor_failed
from tarazu.app.supervision.process import SupervisorFailed
from tarazu.app.supervision.programs import DEPTH_WS, MAIN, SIM_BROKER, WATCHDOG
from tarazu.app.supervision.state import ProcessState, State
from tarazu.app.supervision.supervisor import Busy, Supervision
from tarazu.app.supervision.waiting import until
from tarazu.app.supervision.watchdog_start import current_watchdog
from tarazu.app.verdict import Exit
from tarazu.app.watchdog.health import WatchdogHealth

KILL_S = 10.0
ALREADY = "was not running"
UNREADABLE = "HEALTH_UNREADABLE"

_CURRENT: Mapping[str, Callable[[Home], DepthWsHealth | MainHealth | WatchdogHealth | None]] = {
    DEPTH_WS: current_health,
    MAIN: current_main,
    WATCHDOG: current_watchdog,
}


def bring_down(
    home: Home, names: Sequence[str], *, supervisor_too: bool, supervision: Supervision | None = None
) -> list[Outcome]:
    """Stop those named, which are in the order of a start. Idempotent; reads no settings, so that a mistake in them
    keeps nothing running. `supervision`: the caller's, who may hold it alone."""
    supervision = supervision or Supervision(home)
    outcomes: list[Outcome] = []
    try:
        with supervision.alone():
            for name in reversed(names):
                outcomes.append(_stopped(supervision, name))
            if SIM_BROKER in names:
                # Nobody is to be sent to a broker that is gone, or that another command's environment had named.
                home.sim_broker.unlink(missing_ok=True)
            if supervisor_too:
                supervision.shutdown()
    except SupervisorSilent as silent:
        return [*outcomes, supervisor_failed(Exit.UNKNOWN, "SUPERVISOR_SILENT", str(silent))]
    except Busy as busy:
        return [supervisor_failed(Exit.REFUSED, "BUSY", str(busy))]
    except (SupervisorFailed, SupervisorRefused) as failed:
        return [*outcomes, supervisor_failed(Exit.CRIT, "SUPERVISOR_FAILED", str(failed))]
    except OSError as broken:
        return [*outcomes, supervisor_failed(Exit.CRIT, "DISK", str(broken))]
    return [*outcomes, *_elsewhere(home, names)]


def _stopped(supervision: Supervision, name: str) -> Outcome:
    before = supervision.state(name)
    left = _told_by_main(supervision.home) if name == MAIN else ""
    supervision.end_orphans(name)  # the others have their turn: main is asked for its entries while it can answer
    after = supervision.stop(name)
    if after.state.is_up and after.pid is not None:
        after = _killed(supervision, name, after.pid)
    if after.state.is_up or after.state is State.UNKNOWN:
        told = f"{after.state}: {after.description}"
        return Outcome(name=name, exit_code=Exit.CRIT, did="not stopped", code="STILL_UP", detail=told, pid=after.pid)
    stopped = Outcome(name=name, exit_code=Exit.OK, did="stopped" if _ran(before) else ALREADY, pid=before.pid)
    if not left:
        return stopped
    hint = f'tarazu up {MAIN}; tarazu engine tell FLATTEN --why "..."'
    return msgspec.structs.replace(stopped, exit_code=Exit.WARN, code="LEFT", detail=left, hint=hint)


def _killed(supervision: Supervision, name: str, pid: int) -> ProcessState:
    """The supervisor has asked, has killed, and it is still there by its account: once more, by our own hand."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
    until(lambda: not supervision.state(name).state.is_up, KILL_S)
    return supervision.state(name)


def _told_by_main(home: Home) -> str:
    try:
        return left_by_main(home)
    except OSError:  # `_elsewhere` tells it; who is to be stopped is stopped
        return ""


def left_by_main(home: Home) -> str:
    """What stays at the broker, and nobody looks after, when main ends, by its own word; empty when nothing does.
    Raises OSError."""
    health = current_main(home)
    if health is None or health.orders is None:
        return ""
    held = [f"{place.qty:+} {place.key}" for place in health.positions if place.qty]
    counts = health.orders
    told = [f"{counts.working} orders rest ({counts.stops} of them stops)"] if counts.working else []
    told += [f"{counts.unknown} orders are unknown"] if counts.unknown else []
    told += [f"held: {', '.join(held)}"] if held else []
    return "; ".join(told)


def _ran(state: ProcessState) -> bool:
    return state.state.is_up or state.pid is not None


def _elsewhere(home: Home, names: Sequence[str]) -> list[Outcome]:
    """One outcome for each of them that runs on, or of which nobody can tell. No other's health is read."""
    found = [_one_elsewhere(home, name) for name in _CURRENT if name in names]
    return [outcome for outcome in found if outcome is not None]


def _one_elsewhere(home: Home, name: str) -> Outcome | None:
    try:
        health = _CURRENT[name](home)
    except OSError as bad:
        return Outcome(
            name=name,
            exit_code=Exit.UNKNOWN,
            did="is down here, and not known elsewhere",
            code=UNREADABLE,
            detail=f"whether one runs in somebody's terminal is in its health, which does not read: {bad}",
            hint=f"ps -ef | grep tarazu.app.{name}; ls -l {home.run}",
        )
    if health is None:
        return None
    return Outcome(
        name=name,
        exit_code=Exit.PARTIAL,
        did="goes on",
        code="NOT_SUPERVISED",
        detail="runs outside the supervisor, in somebody's terminal",
        hint=f"kill -TERM {health.pid}",
        pid=health.pid,
    )
