"""The figures themselves, read anew for every answer from what the processes say of themselves.

Of a process that is not there, or says nothing current, there is `tarazu_up 0` and no other figure: a number that has
stopped moving is not told as if it were one of now. Times are seconds, sizes bytes, money paise.
"""

import contextlib
import os
from collections.abc import Callable, Iterable, Iterator, Mapping

from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from tarazu import __version__
from tarazu.app.alerts.alert import RANK
from tarazu.app.depth_ws.health import DepthWsHealth, read_health
from tarazu.app.health import BadHealth
from tarazu.app.home import Home
from tarazu.app.incidents.store import read as read_incidents
from tarazu.app.main.health import MainHealth, read_main_health
from tarazu.app.main.timings_health import TimingPage
from tarazu.app.supervision.orphans import is_running
from tarazu.app.watchdog.health import WatchdogHealth, read_watchdog_health
from tarazu.engine.halts import RiskState
from tarazu.engine.phase import Phase
from tarazu.market.feed_events import FeedHealth, FeedState
from tarazu.model.units import SECOND_NS

Health = DepthWsHealth | MainHealth | WatchdogHealth
Labels = Mapping[str, str]
Sample = tuple[Labels, float | int | None]
"""None: not known, and not told."""


class Measured(Collector):
    """Every figure there is now. Reads files and changes nothing."""

    def __init__(self, home: Home, mono_ns: Callable[[], int]) -> None:
        """`mono_ns`: CLOCK_MONOTONIC."""
        self._home, self._mono_ns = home, mono_ns

    def collect(self) -> Iterator[Metric]:
        home, mono_ns = self._home, self._mono_ns()
        found: dict[str, Health | None] = {
            "depth_ws": _read(lambda: read_health(home.feed_health)),
            "main": _read(lambda: read_main_health(home.main_health)),
            "watchdog": _read(lambda: read_watchdog_health(home.watchdog_health)),
        }
        there = {name: health for name, health in found.items() if health is not None and _is_up(health, mono_ns)}
        yield _gauge("tarazu_build", "Which version tells.", [({"version": __version__, "profile": home.profile}, 1)])
        yield from _processes(found, there, mono_ns)
        feed, main, watchdog = there.get("depth_ws"), there.get("main"), there.get("watchdog")
        if isinstance(feed, DepthWsHealth):
            yield from _feed(feed)
        if isinstance(main, MainHealth):
            yield from _engine(main)
            yield from _timings(main)
        if isinstance(watchdog, WatchdogHealth):
            yield from _watchdog(watchdog)
        yield from _desk(home)


def _read(read: Callable[[], Health | None]) -> Health | None:
    """What cannot be read says nothing of the process."""
    try:
        return read()
    except (BadHealth, OSError):
        return None


def _is_up(health: Health, mono_ns: int) -> bool:
    return health.is_current(mono_ns) and is_running(health.pid)


def _gauge(name: str, text: str, samples: Iterable[Sample]) -> Metric:
    samples = list(samples)
    family = GaugeMetricFamily(name, text, labels=list(samples[0][0]) if samples else ())
    for labels, value in samples:
        if value is not None:
            family.add_metric(list(labels.values()), value)
    return family


def _one(name: str, text: str, value: float | int | None) -> Metric:
    return _gauge(name, text, [({}, value)])


def _s(ns: int | None) -> float | None:
    return None if ns is None else ns / SECOND_NS


def _processes(found: dict[str, Health | None], there: dict[str, Health], mono_ns: int) -> Iterator[Metric]:
    def of(read: Callable[[Health], float | int]) -> Iterator[Sample]:
        return (({"process": name}, read(health)) for name, health in there.items())

    up = [({"process": name}, int(name in there)) for name in found]
    yield _gauge("tarazu_up", "Whether the process is there and says so: 1, or 0.", up)
    age = of(lambda health: health.age_ns(mono_ns) / SECOND_NS)
    yield _gauge("tarazu_heartbeat_age_seconds", "Since the process last said something of itself.", age)
    yield _gauge("tarazu_uptime_seconds", "Of the process.", of(lambda h: (mono_ns - h.started_mono_ns) / SECOND_NS))
    yield _gauge("tarazu_resident_memory_bytes", "Of the process.", of(lambda health: health.rss_bytes))
    yield _gauge("tarazu_open_files", "Descriptors of the process.", of(lambda health: health.fds))


_LAGS: tuple[tuple[str, str, Callable[[FeedHealth], int | None]], ...] = (
    ("tick_lag", "Age of the last tick", lambda feed: feed.tick_lag_ns),
    ("tick_lag_limit", "Limit of the age of the last tick", lambda feed: feed.tick_limit_ns),
    ("depth_lag", "Age of the last depth", lambda feed: feed.depth_lag_ns if feed.depth_limit_ns else None),
    ("depth_lag_limit", "Limit of the age of the last depth", lambda feed: feed.depth_limit_ns or None),
)


def _feed(health: DepthWsHealth) -> Iterator[Metric]:
    rows = [(row, {"feed": row.health.feed, "required": str(row.health.required).lower()}) for row in health.feeds]
    judged = [(row, labels) for row, labels in rows if row.health.enforced]
    states = (
        ({**labels, "state": state}, int(row.health.state is state)) for row, labels in judged for state in FeedState
    )
    yield _gauge("tarazu_feed_state", "1 at the state the feed is in; told while its market trades.", states)
    for name, text, read in _LAGS:
        samples = [(labels, _s(read(row.health))) for row, labels in judged]
        yield _gauge(f"tarazu_feed_{name}_seconds", f"{text}, of the worst of the feed's groups.", samples)
    yield _gauge(
        "tarazu_feed_seen_ratio",
        "Share of the feed's instruments that are alive.",
        [(labels, row.health.tokens_seen_pct / 100) for row, labels in judged],
    )
    today = [(labels, row.stales_today) for row, labels in rows]
    yield _gauge("tarazu_feed_stales_today", "FEED_STALEs of the day.", today)
    recovered = [(labels, row.recovers_today) for row, labels in rows]
    yield _gauge("tarazu_feed_recovers_today", "FEED_STALEs of the day that FEED_RECOVER has ended.", recovered)
    links = [({"connection": str(one.connection)}, max(one.links - 1, 0)) for one in health.connections]
    yield _gauge("tarazu_feed_reconnects", "Since depth_ws began.", links)
    yield _one("tarazu_feed_packets_per_second", "Lately.", health.throughput.packets_per_s)
    yield _one("tarazu_feed_breaker_open", "1: it dials no more until a person lets it.", int(health.breaker.tripped))
    yield _one("tarazu_market_open", "1: freshness is enforced.", int(health.market_open))
    if health.log is not None:
        yield _one("tarazu_feed_log_sync_lag_seconds", "What a power cut now would cost.", _s(health.log.sync_lag_ns))
        yield _one("tarazu_feed_frames_not_recorded", "Lost today.", health.log.not_recorded)


def _engine(health: MainHealth) -> Iterator[Metric]:
    if health.phase is not None:
        phases = (({"phase": phase}, int(health.phase is phase)) for phase in Phase)
        yield _gauge("tarazu_engine_phase", "1 at the phase the engine is in.", phases)
        states = (({"state": state}, int(health.risk.state is state)) for state in RiskState)
        yield _gauge("tarazu_risk_state", "1 at the RiskState of the account.", states)
    if (counts := health.orders) is not None:
        told = {"today": counts.today, "working": counts.working, "unknown": counts.unknown, "foreign": counts.foreign}
        yield _gauge("tarazu_orders", "By what is known of them.", [({"are": k}, n) for k, n in told.items()])
        yield _one("tarazu_positions", "Places that hold something.", sum(bool(p.qty) for p in health.positions))
    risk = health.risk
    net, fallen = (None, None) if risk.unknown else (risk.net_paise, risk.drawdown_paise)
    yield _one("tarazu_day_result_paise", "Charges and open positions counted.", net)
    yield _one("tarazu_drawdown_paise", "Below the day's best.", fallen)
    used = [({"limit": gauge.code}, gauge.percent / 100) for gauge in risk.gauges]
    yield _gauge("tarazu_limit_used_ratio", "1: it halts the account.", used)
    if (journal := health.journal) is not None:
        yield _one("tarazu_journal_entries", "Of the day.", journal.sequence)
        yield _one("tarazu_journal_not_durable", "Entries.", journal.sequence - journal.acknowledged)
    yield _one("tarazu_strategies_halted", "By their own halts.", len(risk.strategy_halts))


def _timings(health: MainHealth) -> Iterator[Metric]:
    page = health.timings
    named: dict[str, TimingPage] = {
        "order_ack": page.order_ack,
        "decision_loop": page.decision_loop,
        "db_write": page.db_write,
        "clock_skew": page.clock_skew,
    }
    for name, one in named.items():
        told = {"now": one.now_ns, "p99": one.p99_ns, "worst": one.worst_ns}
        samples = [({"is": which}, _s(ns)) for which, ns in told.items()]
        text = "The worst of ten seconds (now); p99 and the worst of five minutes."
        yield _gauge(f"tarazu_{name}_seconds", text, samples)
    yield _one("tarazu_loop_lag_seconds", "The event loop's worst lateness of late.", _s(health.loop_lag_ns))


def _watchdog(health: WatchdogHealth) -> Iterator[Metric]:
    yield _one("tarazu_watchdog_findings", "What it holds to be wrong now.", len(health.findings))
    yield _one("tarazu_watchdog_restarts_asked", "Hung processes it has ended.", health.restarts_asked)
    if health.pnl is not None:
        text = "The day's result by the broker's own books, charges taken off."
        yield _one("tarazu_watchdog_day_result_paise", text, health.pnl.net_paise)


def _desk(home: Home) -> Iterator[Metric]:
    """What needs no process. What cannot be read is absent."""
    with contextlib.suppress(OSError):
        book = read_incidents(home)
        counts = dict.fromkeys(RANK, 0)
        for one in book.incidents:
            counts[one.severity] += one.is_open
        told = [({"severity": severity}, count) for severity, count in counts.items()]
        yield _gauge("tarazu_incidents_open", "By severity.", told)
        yield _one("tarazu_record_unread", "Lines of the desk's record that do not read.", len(book.unread))
    with contextlib.suppress(OSError):
        disk = os.statvfs(home.root)
        yield _one("tarazu_disk_free_bytes", "Of the home's disk.", disk.f_bavail * disk.f_frsize)
