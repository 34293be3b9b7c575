"""What main's health amounts to: one check for each thing that can be wrong with the engine."""

from collections.abc import Iterator

from tarazu.app.feed.words import seconds
from tarazu.app.health import STALE_AFTER_INTERVALS, BadHealth, boot
from tarazu.app.home import Home
from tarazu.app.main.health import MainHealth, Stage, read_main_health
from tarazu.app.main.risk_words import RESET, risk_checks, strategy_checks
from tarazu.app.supervision.main_standing import TOKEN_HINT, Standing, main_standing
from tarazu.app.supervision.orphans import is_running
from tarazu.app.verdict import Check, Status, epoch, plain
from tarazu.engine.phase import Phase
from tarazu.model.units import MILLISECOND_NS, SECOND_NS

UP = "tarazu up main"
LOGS = "tarazu logs main"

TICK_LATE_NS = 5 * SECOND_NS
"""The engine counts each second; one that has not for so long protects nothing, whatever its process says."""
LOOP_LATE_NS = 250 * MILLISECOND_NS
READ_LATE_NS = 120 * SECOND_NS
"""Books are read every half minute at the least."""


def read_engine(home: Home, mono_ns: int) -> MainHealth | Check:
    """The health of the profile's main, or why there is none to believe."""
    try:
        health = read_main_health(home.main_health)
    except (BadHealth, OSError) as bad:
        return _unknown("HEALTH_UNREADABLE", str(bad))
    if health is None:
        return _unknown("MAIN_DOWN", f"main has not run in this home: there is no {home.main_health}")
    if health.profile != home.profile:
        return _unknown("HEALTH_UNREADABLE", f"{home.main_health} is of profile {health.profile}")
    if health.is_current(mono_ns) and is_running(health.pid):
        return health
    if health.age_ns(mono_ns) < 0 or health.boot != boot():
        return _unknown("MAIN_DOWN", "its health is from before this machine started")
    seen = Check(
        id="main",
        status=Status.UNKNOWN,
        observed=seconds(health.age_ns(mono_ns)),
        limit=seconds(STALE_AFTER_INTERVALS * health.every_ns),
        unit="s",
    )
    there = is_running(health.pid)
    said = "is there and tells nothing" if there else "is gone"
    last = f"{health.stage} {health.detail}".rstrip()
    detail = f"process {health.pid} {said}; it was {last}"
    return seen.broken(Status.UNKNOWN, "MAIN_SILENT" if there else "MAIN_DOWN", detail, UP, epoch(health.wall_ns))


def engine_checks(health: MainHealth) -> tuple[Check, ...]:
    """In the order they are told."""
    return tuple(
        check
        for check in (
            _phase(health),
            _tick(health),
            _loop(health),
            _journal(health),
            *_feeds(health),
            *_books(health),
            *risk_checks(health.risk),
            *strategy_checks(health.risk),
        )
        if check is not None
    )


def _unknown(code: str, detail: str) -> Check:
    return Check(id="main", status=Status.UNKNOWN, code=code, detail=detail, hint=UP)


def _phase(health: MainHealth) -> Check:
    standing = main_standing(health)
    seen = Check(id="engine.phase", status=Status.OK, observed=str(health.phase or health.stage))
    match standing.standing:
        case Standing.NO_TOKEN:
            return seen.broken(Status.CRIT, "AUTH_LOST", standing.told, TOKEN_HINT)
        case Standing.HALTED:
            since = epoch(health.halt.since_ns) if health.halt else None
            return seen.broken(Status.CRIT, "HALTED", health.why, RESET, since)
        case Standing.WAITS if health.stage is Stage.FAILED:
            return seen.broken(Status.CRIT, "FAILED", health.detail, LOGS)
        case Standing.WAITS:
            return seen.broken(Status.WARN, str(health.phase or health.stage), health.why or health.detail, LOGS)
        case Standing.WORKS:
            if health.phase is Phase.ACTIVE:
                return seen
            if health.halt is not None:
                since = epoch(health.halt.since_ns)
                return seen.broken(Status.CRIT, "SOFT_HALT", f"no entries: {health.why}", RESET, since)
            return seen.broken(Status.WARN, "REDUCE_ONLY", f"no entries: {health.why}")


def _tick(health: MainHealth) -> Check | None:
    if health.stage is not Stage.RUNNING or health.ticked_mono_ns is None:
        return None
    late_ns = health.mono_ns - health.ticked_mono_ns
    seen = Check(id="engine.tick", status=Status.OK, observed=seconds(late_ns), limit=seconds(TICK_LATE_NS), unit="s")
    return seen if late_ns <= TICK_LATE_NS else seen.broken(Status.CRIT, "STUCK", "its second does not come", LOGS)


def _loop(health: MainHealth) -> Check | None:
    if health.loop_lag_ns <= LOOP_LATE_NS:
        return None
    lag, limit = health.loop_lag_ns // MILLISECOND_NS, LOOP_LATE_NS // MILLISECOND_NS
    seen = Check(id="engine.loop", status=Status.OK, observed=lag, limit=limit, unit="ms")
    return seen.broken(Status.WARN, "LOOP_LATE", "answers and ticks wait for it", LOGS)


def _journal(health: MainHealth) -> Check | None:
    journal = health.journal
    if journal is None:
        return None
    seen = Check(id="engine.journal", status=Status.OK, observed=journal.sequence, unit="entries")
    if journal.dead:
        return seen.broken(Status.CRIT, "JOURNAL_DEAD", journal.dead, "df -h; tarazu up main")
    if journal.space != "OK":
        return seen.broken(Status.CRIT, "DISK", f"room is {journal.space}: no entries are taken", "df -h")
    return seen


def _feeds(health: MainHealth) -> Iterator[Check]:
    for feed in health.feeds:
        if not feed.fresh:
            status = Status.CRIT if feed.required else Status.WARN
            seen = Check(id=f"engine.feed.{feed.feed}", status=Status.OK)
            yield seen.broken(status, "FEED_STALE", plain(feed.reason), "tarazu feed status")


def _books(health: MainHealth) -> Iterator[Check]:
    for row in health.reads:
        seen = Check(id=f"engine.read.{row.what.lower()}", status=Status.OK, observed=seconds(row.age_ns), unit="s")
        if row.failing:
            yield seen.broken(Status.WARN, "READ_FAILED", row.failing, LOGS)
        elif row.age_ns is not None and row.age_ns > READ_LATE_NS:
            yield seen.broken(Status.WARN, "READ_LATE", "the broker's book was not read for long", LOGS)
    if health.breaks:
        yield Check(id="engine.books", status=Status.WARN, code="RECONCILE", detail="; ".join(health.breaks[:3]))
    counts = health.orders
    if counts is not None and counts.unknown > counts.pending:
        detail = f"{counts.unknown} orders are unknown: they count in full, and are looked for at the broker"
        yield Check(id="engine.orders", status=Status.WARN, code="UNKNOWN_ORDERS", detail=detail)
    for of, text in health.trouble.items():
        yield Check(id=f"engine.{of.lower()}", status=Status.CRIT, code=of, detail=text, hint=LOGS)
