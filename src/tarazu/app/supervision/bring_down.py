"""The processes of a profile taken down: what listens first, then the broker, then the supervisor."""

from collections.abc import Sequence

from tarazu.app.home import Home
from tarazu.app.supervision.feed_start import current_health
from tarazu.app.supervision.link import SupervisorRefused, SupervisorSilent
from tarazu.app.supervision.outcome import Outcome
from tarazu.app.supervision.process import SupervisorFailed
from tarazu.app.supervision.programs import DEPTH_WS, SIM_BROKER
from tarazu.app.supervision.state import ProcessState, State
from tarazu.app.supervision.supervisor import Busy, Supervision
from tarazu.app.verdict import Exit

ALREADY = "was not running"


def bring_down(home: Home, names: Sequence[str], *, supervisor_too: bool) -> list[Outcome]:
    """Stop those named, which are in the order of a start. Idempotent; reads no settings, so that a mistake in them
    keeps nothing running."""
    supervision = Supervision(home)
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
        return [*outcomes, _failed(Exit.UNKNOWN, "SUPERVISOR_SILENT", str(silent))]
    except Busy as busy:
        return [_failed(Exit.REFUSED, "BUSY", str(busy))]
    except (SupervisorFailed, SupervisorRefused) as failed:
        return [*outcomes, _failed(Exit.CRIT, "SUPERVISOR_FAILED", str(failed))]
    return [*outcomes, *(_elsewhere(home) if DEPTH_WS in names else ())]


def _stopped(supervision: Supervision, name: str) -> Outcome:
    before = supervision.state(name)
    supervision.end_orphans()
    after = supervision.stop(name)
    if after.state.is_up or after.state is State.UNKNOWN:
        told = f"{after.state}: {after.description}"
        return Outcome(name=name, exit_code=Exit.CRIT, did="not stopped", code="STILL_UP", detail=told, pid=after.pid)
    return Outcome(name=name, exit_code=Exit.OK, did="stopped" if _ran(before) else ALREADY, pid=before.pid)


def _ran(state: ProcessState) -> bool:
    return state.state.is_up or state.pid is not None


def _elsewhere(home: Home) -> list[Outcome]:
    health = current_health(home)
    if health is None:
        return []
    told, hint = "runs outside the supervisor, in somebody's terminal", f"kill -TERM {health.pid}"
    return [
        Outcome(
            name=DEPTH_WS,
            exit_code=Exit.PARTIAL,
            did="goes on",
            code="NOT_SUPERVISED",
            detail=told,
            hint=hint,
            pid=health.pid,
        )
    ]


def _failed(exit_code: Exit, code: str, detail: str) -> Outcome:
    return Outcome(name="supervisor", exit_code=exit_code, did="", code=code, detail=detail)
