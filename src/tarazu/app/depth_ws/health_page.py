"""The health document, put together from the parts of the running process."""

import os
from pathlib import Path

from tarazu.app.depth_ws.feed_day import FeedDay
from tarazu.app.depth_ws.health import DepthWsHealth, LogHealth, MasterHealth, SentinelHealth, Stage, Throughput
from tarazu.app.health import boot
from tarazu.app.home import Profile
from tarazu.market.breaker import Breaker
from tarazu.model.calendar import TradingSession, Venue
from tarazu.model.units import SECOND_NS
from tarazu.runtime.feed_log import FeedLog

_STATM, _FDS = Path("/proc/self/statm"), Path("/proc/self/fd")
_NO_SENTINELS = SentinelHealth(instruments=0, asked=0, unanswered=0, last_answer_mono_ns=None, disagreeing=())
_NO_THROUGHPUT = Throughput(
    frames=0,
    packets=0,
    unknown_packets=0,
    regressed_packets=0,
    damaged_frames=0,
    packets_per_s=0.0,
    seen=0,
    subscribed=0,
)
RATE_NS = 5 * SECOND_NS


class PacketRate:
    """Packets a second, over the last five seconds or so."""

    def __init__(self) -> None:
        self._points: list[tuple[int, int]] = []

    def at(self, mono_ns: int, packets: int) -> float:
        if self._points and packets < self._points[-1][1]:
            self._points.clear()  # another day's count
        self._points.append((mono_ns, packets))
        while len(self._points) > 2 and self._points[1][0] <= mono_ns - RATE_NS:
            self._points.pop(0)
        (began, before), (ended, after) = self._points[0], self._points[-1]
        return (after - before) * SECOND_NS / (ended - began) if ended > began else 0.0


def health_page(
    *,
    profile: Profile,
    started: tuple[int, int],
    now: tuple[int, int],
    every_ns: int,
    stage: Stage,
    detail: str,
    session: TradingSession | None,
    feed_log: FeedLog | None,
    master: MasterHealth | None,
    day: FeedDay | None,
    breaker: Breaker,
    rate: PacketRate,
) -> DepthWsHealth:
    """`started` and `now` are (wall, monotonic) ns. While a day runs, its links say what the stage is."""
    wall_ns, mono_ns = now
    if day is not None and stage is not Stage.STOPPING:
        stage, detail = day.stage
    phase, ends_ns = _phase(session, wall_ns)
    return DepthWsHealth(
        profile=profile,
        pid=os.getpid(),
        boot=boot(),
        started_ns=started[0],
        started_mono_ns=started[1],
        wall_ns=wall_ns,
        mono_ns=mono_ns,
        every_ns=every_ns,
        day=feed_log.day if feed_log else None,
        stage=stage,
        detail=detail,
        market_open=day.market_open if day else False,
        phase=phase,
        phase_ends_ns=ends_ns,
        feeds=day.watch.rows(day.symbols, wall_ns, mono_ns) if day else (),
        connections=day.links.health() if day else (),
        breaker=breaker,
        log=_log_health(feed_log) if feed_log else None,
        selection=day.selection_health() if day else None,
        master=master,
        sentinels=day.sentinels.health() if day else _NO_SENTINELS,
        throughput=_throughput(day, rate, mono_ns) if day else _NO_THROUGHPUT,
        tidied_mono_ns=day.tidied_mono_ns if day else None,
        rss_bytes=int(_STATM.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE"),
        fds=sum(1 for _ in _FDS.iterdir()),
    )


def _phase(session: TradingSession | None, wall_ns: int) -> tuple[str, int | None]:
    """The derivatives' phase and its end."""
    if session is None:
        return "", None
    window = session.window_at(Venue.DERIVATIVES, wall_ns)
    return session.phase_at(Venue.DERIVATIVES, wall_ns), window.end_ns if window else None


def _log_health(feed_log: FeedLog) -> LogHealth:
    stats = feed_log.stats
    return LogHealth(
        state=feed_log.state,
        last_sequence=stats.last_sequence,
        not_recorded=stats.not_recorded,
        segment=stats.segment,
        free_bytes=stats.free_bytes,
        sync_lag_ns=stats.sync_lag_ns,
        readers=stats.readers,
        failure=stats.failure,
    )


def _throughput(day: FeedDay, rate: PacketRate, mono_ns: int) -> Throughput:
    counters, intake = day.state.counters, day.intake
    return Throughput(
        frames=intake.frames,
        packets=intake.packets,
        unknown_packets=counters["unknown"],
        regressed_packets=counters["regressed"],
        damaged_frames=intake.damaged_frames,
        packets_per_s=rate.at(mono_ns, intake.packets),
        seen=day.watch.seen,
        subscribed=len(day.selection.chosen),
    )
