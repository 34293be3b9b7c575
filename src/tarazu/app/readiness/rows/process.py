"""While the market trades: the processes do their work, and every required feed is fresh."""

import time

from tarazu.app.depth_ws.health import DepthWsHealth
from tarazu.app.feed.checks import feed_checks
from tarazu.app.feed.snapshot import read_feed
from tarazu.app.main.checks import engine_checks, read_engine
from tarazu.app.readiness.look import Look
from tarazu.app.readiness.rows.row import block, ok, unknown, warn
from tarazu.app.stack.standing import RowState, required, stack_standing
from tarazu.app.verdict import Check, Status, plain

UP = "tarazu up all"


def processes(look: Look, row: Check) -> Check | tuple[Check, ...]:
    """RUNNING is said of a process whose own health is current, and of no pid alone."""
    standing = stack_standing(look.home)
    if standing.supervisor_silent:
        return unknown(row, "SUPERVISOR_SILENT", standing.supervisor_silent, "tarazu status")
    wrong = []
    for one in standing.rows:
        if one.process not in required(look.home) or one.state is RowState.RUNNING:
            continue
        told = f"{one.process} is {one.state}: {one.detail}" if one.detail else f"{one.process} is {one.state}"
        at = ok(row, "")
        if one.state is RowState.UNSUPERVISED:
            wrong.append(warn(at, "UNSUPERVISED", told, UP))
        elif one.state in (RowState.UNKNOWN, RowState.STARTING):
            wrong.append(unknown(at, "PROCESS_UNKNOWN", told, "tarazu status"))
        else:
            wrong.append(block(at, "PROCESS_DOWN", told, UP))
    return tuple(wrong) or ok(row, ", ".join(one.process for one in standing.rows))


def feeds(look: Look, row: Check) -> Check | tuple[Check, ...]:
    """A required feed that is stale blocks, an optional one warns (COMMANDS.md)."""
    health = read_feed(look.home, time.monotonic_ns())
    if not isinstance(health, DepthWsHealth):
        return _renamed(row, health)
    wrong = tuple(_renamed(row, c) for c in feed_checks(health, look.home) if c.status not in (Status.OK, Status.SKIP))
    return wrong or ok(row, f"{len(health.feeds)} feeds fresh")


def engine(look: Look, row: Check) -> Check | tuple[Check, ...]:
    """What `tarazu engine status` finds; halts are the row `risk`."""
    health = read_engine(look.home, time.monotonic_ns())
    if isinstance(health, Check):
        return _renamed(row, health)
    wrong = [c for c in engine_checks(health) if c.status not in (Status.OK, Status.SKIP)]
    told = tuple(_renamed(row, c) for c in wrong if c.code not in ("HALTED", "SOFT_HALT"))
    return told or ok(row, plain(str(health.phase or health.stage)))


def _renamed(row: Check, found: Check) -> Check:
    """Under the gate's id, with what it was of in the text."""
    told = f"{found.id}: {found.detail}" if found.detail else found.id
    return row.broken(found.status, found.code, told, found.hint, found.since_epoch)
