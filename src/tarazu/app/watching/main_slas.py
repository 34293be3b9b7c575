"""What main is promised to do in time: each measurement of its health against its limit."""

from typing import Any

import msgspec

from tarazu.app.health import BadHealth
from tarazu.app.home import Home
from tarazu.app.main.checks import LOGS, read_engine
from tarazu.app.main.health import MainHealth, Stage, read_main_health
from tarazu.app.main.timings_health import TimingPage
from tarazu.app.verdict import Check, Status
from tarazu.model.units import HOUR_NS, MILLISECOND_NS, SECOND_NS

SESSION_NS = 12 * HOUR_NS
"""A main that ended longer ago was another day's: governance hours are eight (RUNBOOK_LIVE.md)."""

IDS = ("order_ack_ms", "decision_loop_ms", "db_write_ms", "clock_skew_sec")


class Promise(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    limit: float
    unit_ns: int
    breach: Status
    code: str
    late: str
    """What is wrong, for people."""
    hint: str

    @property
    def unit(self) -> str:
        return "ms" if self.unit_ns == MILLISECOND_NS else "s"

    def said(self, ns: int | None) -> float | None:
        return None if ns is None else round(ns / self.unit_ns, 3)


# Limits are OPERATOR.md 3(3)'s. What is slow costs money and blocks nothing by itself: WARN. By a clock that is a
# second wrong, sessions and quarantines are judged wrongly, and the engine takes no entries: CRIT.
PROMISES = (
    Promise(
        id="order_ack_ms",
        limit=1_000,
        unit_ns=MILLISECOND_NS,
        breach=Status.WARN,
        code="ORDER_ACK_LATE",
        late="the broker is slow to answer",
        hint="tarazu engine status",
    ),
    Promise(
        id="decision_loop_ms",
        limit=250,
        unit_ns=MILLISECOND_NS,
        breach=Status.WARN,
        code="DECISIONS_LATE",
        late="what comes waits for the engine; does the machine do something else?",
        hint=LOGS,
    ),
    Promise(
        id="db_write_ms",
        limit=100,
        unit_ns=MILLISECOND_NS,
        breach=Status.WARN,
        code="DB_SLOW",
        late="the database's disk is slow",
        hint="tarazu db check",
    ),
    Promise(
        id="clock_skew_sec",
        limit=1.0,
        unit_ns=SECOND_NS,
        breach=Status.CRIT,
        code="CLOCK_SKEW",
        late="our clock is off the broker's, and no entries are taken",
        hint="timedatectl timesync-status",
    ),
)


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One promise: the check, and what only the table shows."""

    check: Check
    p99: float | None = None
    """Over five minutes; None where none is kept."""


class Observed(msgspec.Struct, frozen=True, kw_only=True):
    """What main's health tells of its promises."""

    rows: list[Row] = []
    unobserved: tuple[Check, ...] = ()
    """Why there are no rows: main is not there, or not at work."""
    told: dict[str, Any] | None = None
    """For machines; None without rows."""

    @property
    def checks(self) -> tuple[Check, ...]:
        return (*(row.check for row in self.rows), *self.unobserved)


def main_slas(home: Home, mono_ns: int) -> Observed:
    """At this moment of CLOCK_MONOTONIC."""
    found = read_engine(home, mono_ns)
    if isinstance(found, Check):
        return Observed(unobserved=(_absent(home, found, mono_ns),))
    if found.stage is not Stage.RUNNING:
        return Observed(unobserved=(_skip(f"main is {found.stage}{': ' if found.detail else ''}{found.detail}"),))
    pages = _pages(found)
    return Observed(
        rows=[_row(promise, pages[promise.id]) for promise in PROMISES],
        told={promise.id: _told(promise, pages[promise.id]) for promise in PROMISES},
    )


def _pages(health: MainHealth) -> dict[str, TimingPage]:
    page = health.timings
    return dict(zip(IDS, (page.order_ack, page.decision_loop, page.db_write, page.clock_skew), strict=True))


def _row(promise: Promise, page: TimingPage) -> Row:
    now = promise.said(page.now_ns)
    seen = Check(id=promise.id, status=Status.OK, observed=now, limit=promise.limit, unit=promise.unit)
    if now is None:
        seen = seen.broken(Status.SKIP, "", "nothing to measure in the last 10 s")
    elif now > promise.limit:
        seen = seen.broken(promise.breach, promise.code, promise.late, promise.hint)
    return Row(check=seen, p99=promise.said(page.p99_ns))


def _told(promise: Promise, page: TimingPage) -> dict[str, Any]:
    """Of ten seconds, and of five minutes."""
    return {
        "now": promise.said(page.now_ns),
        "p99": promise.said(page.p99_ns),
        "worst": promise.said(page.worst_ns),
        "count": page.count,
        "limit": promise.limit,
        "unit": promise.unit,
    }


def _absent(home: Home, why: Check, mono_ns: int) -> Check:
    """Before its start and after its end there is nothing to observe; of one that was killed, or says nothing, it
    cannot be told."""
    try:
        last = read_main_health(home.main_health)
    except (BadHealth, OSError):
        return why
    if last is None or last.stage in (Stage.STOPPING, Stage.STARTING) or not 0 <= last.age_ns(mono_ns) <= SESSION_NS:
        return _skip("main does not run, order and decision SLAs are not observed")
    return why


def _skip(why: str) -> Check:
    return Check(id=IDS[0], status=Status.SKIP, detail=f"and {', '.join(IDS[1:])}: {why}")
