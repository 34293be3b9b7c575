"""`tarazu status`: every process of the desk, the risk state, the feed and the books, at one look."""

import time

import click

from tarazu.app.feed.checks import feed_checks
from tarazu.app.feed.flags import feed_flags, home_of
from tarazu.app.feed.snapshot import read_feed, wall_of
from tarazu.app.feed.words import market
from tarazu.app.home import Home
from tarazu.app.main.checks import engine_checks, read_engine
from tarazu.app.main.health import MainHealth
from tarazu.app.shipping.checks import ship_standing
from tarazu.app.stack.standing import StackStanding, stack_standing
from tarazu.app.stack.words import feed_line, process_checks, process_lines, restart_notes, risk_line
from tarazu.app.verdict import Check, Exit, Status, Verdict, exit_of, worst

EXAMPLES = """
\b
Examples:
  tarazu status
  tarazu status --profile live --json    one object for machines
"""


@click.command("status", epilog=EXAMPLES)
@feed_flags
def command(profile: str | None, as_json: bool) -> int:
    """Show the desk: each process with what it does and when it last did, risk state, feed, P&L, positions.

    A process is RUNNING when its health is current, not when it has a pid. Changes nothing.

    Exit code 0: all of it works; 1: something needs a look; 2: a required process is dead or hung, the risk state is a
    halt, or a required feed is stale; 3: it cannot be told (the supervisor does not answer).
    """
    return status(home_of(profile), time.monotonic_ns(), time.time_ns()).show(as_json)


def status(home: Home, mono_ns: int, wall_ns: int) -> Verdict:
    """The answer at this moment of the machine's two clocks."""
    try:
        standing = stack_standing(home, mono_ns)
    except OSError as bad:
        return _cannot(home, wall_ns, str(bad))
    feed, engine = read_feed(home, mono_ns), read_engine(home, mono_ns)
    works = {row.process for row in standing.rows if row.works}
    feeds = feed_checks(feed, home) if not isinstance(feed, Check) else ()
    engines = engine_checks(engine) if isinstance(engine, MainHealth) else ()
    shipped, ship = ship_standing(home, mono_ns)
    checks = (*process_checks(home, standing), *_of(works, "depth_ws", feeds), *_of(works, "main", engines))
    checks += (ship,) if ship.status is not Status.SKIP else ()
    state = worst(checks)
    found = engine if isinstance(engine, MainHealth) else None
    lines = [risk_line(found, _word(feeds), _broker(found)), *process_lines(standing)]
    lines += [feed_line(feed)] if not isinstance(feed, Check) else []
    lines += [f"SHIP       {shipped}"] if ship.status is not Status.SKIP else []
    return Verdict(
        command="status",
        word=state.name,
        exit_code=Exit.UNKNOWN if standing.supervisor_silent else exit_of(state),
        profile=home.profile,
        now_ns=wall_of(feed, mono_ns, wall_ns),
        age_ns=_age_ns(standing),
        summary=market(feed) if not isinstance(feed, Check) else "market UNKNOWN",
        checks=checks,
        body=tuple(lines),
        tail=tuple(restart_notes(standing)),
        facts={
            "processes": standing.rows,
            "supervisor_pid": standing.supervisor_pid,
            "risk": found.risk if found else None,
            "phase": found.phase if found else None,
            "positions": found.positions if found else None,
            "orders": found.orders if found else None,
        },
    )


def _of(works: set[str], name: str, checks: tuple[Check, ...]) -> tuple[Check, ...]:
    """What a process says of its work counts while it does any; the process's own row has been told already."""
    return tuple(check for check in checks if check.id != name) if name in works else ()


def _word(checks: tuple[Check, ...]) -> str:
    """Of the feeds alone."""
    feeds = [check for check in checks if check.id.startswith("feed.")]
    if not feeds:
        return "UNKNOWN"
    if all(check.status is Status.SKIP for check in feeds):
        return "not enforced"
    return worst(feeds).name


def _broker(health: MainHealth | None) -> str:
    if health is None:
        return "UNKNOWN"
    failing = [row.what.lower() for row in health.reads if row.failing]
    return f"WARN ({', '.join(failing)} not read)" if failing else "OK"


def _age_ns(standing: StackStanding) -> int | None:
    """Of the oldest sign of life among those that work: as old as what is told may be."""
    ages = [row.heartbeat_age_s for row in standing.rows if row.works and row.heartbeat_age_s is not None]
    return round(max(ages) * 1_000_000_000) if ages else None


def _cannot(home: Home, wall_ns: int, why: str) -> Verdict:
    check = Check(id="home", status=Status.UNKNOWN, code="HOME_UNREADABLE", detail=why, hint=f"ls -ld {home.root}")
    return Verdict(
        command="status",
        word="UNKNOWN",
        exit_code=Exit.UNKNOWN,
        profile=home.profile,
        now_ns=wall_ns,
        summary="the home cannot be read",
        checks=(check,),
    )
