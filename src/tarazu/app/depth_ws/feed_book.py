"""What happened to each feed today, as people ask for it: how often stale, when last, how many packets a minute."""

from collections import deque
from collections.abc import Iterable, Mapping

import msgspec

from tarazu.app.depth_ws.health import FeedRow
from tarazu.market.feed_events import FeedEvent, FeedHealth, FeedStale, StaleReason
from tarazu.market.lag_window import LagWindow
from tarazu.model.units import MINUTE_NS

HALF_HOUR_NS = 30 * MINUTE_NS
SHOWN_SILENT = 20
KEPT_STALES = 200
"""Of one feed and day; a feed that goes stale more often needs no exact list."""


class _Page(msgspec.Struct):
    stales_ns: list[int] = []
    last_stale_ns: int | None = None
    last_reason: StaleReason | None = None
    last_recover_ns: int | None = None
    stales: int = 0
    recovers: int = 0
    """Of `stales`: a recovery ends all there were, also those of a process that died stale."""


class FeedBook:
    """One day's pages by feed. A restart goes on with what the process before it had shown (`resume`)."""

    def __init__(self) -> None:
        self._pages: dict[str, _Page] = {}
        self._counts: deque[tuple[int, Mapping[str, int]]] = deque()

    def resume(self, rows: Iterable[FeedRow]) -> None:
        """Take over an earlier health of the same day."""
        for row in rows:
            self._pages[row.health.feed] = _Page(
                stales_ns=list(row.stale_times_ns),
                last_stale_ns=row.last_stale_ns,
                last_reason=row.last_stale_reason,
                last_recover_ns=row.last_recover_ns,
                stales=row.stales_today,
                recovers=row.recovers_today,
            )

    def enter(self, event: FeedEvent) -> None:
        page = self._pages.setdefault(event.feed, _Page())
        if isinstance(event, FeedStale):
            page.stales += 1
            page.stales_ns = [*page.stales_ns, event.ts_ns][-KEPT_STALES:]
            page.last_stale_ns, page.last_reason = event.ts_ns, event.reason
        else:
            page.recovers, page.last_recover_ns = page.stales, event.ts_ns

    def count(self, mono_ns: int, packets: Mapping[str, int]) -> None:
        """Packets so far by feed; called about every second."""
        self._counts.append((mono_ns, packets))
        while len(self._counts) > 2 and self._counts[1][0] <= mono_ns - MINUTE_NS:
            self._counts.popleft()

    def row(
        self,
        health: FeedHealth,
        symbols: Mapping[int, str],
        tick: LagWindow,
        depth: LagWindow,
        now: tuple[int, int],
    ) -> FeedRow:
        """`now` is (wall, monotonic) ns."""
        page = self._pages.get(health.feed, _Page())
        wall_ns, mono_ns = now
        return FeedRow(
            health=health,
            silent_symbols=tuple(symbols.get(t, str(t)) for t in health.silent[:SHOWN_SILENT]),
            packets_per_min=self._per_min(health.feed),
            tick_lag_p99_ns=tick.p99_ns(mono_ns),
            depth_lag_p99_ns=depth.p99_ns(mono_ns),
            last_stale_ns=page.last_stale_ns,
            last_stale_reason=page.last_reason,
            last_recover_ns=page.last_recover_ns,
            stales_today=page.stales,
            recovers_today=page.recovers,
            stales_30m=sum(1 for t in page.stales_ns if wall_ns - HALF_HOUR_NS < t <= wall_ns),
            stale_times_ns=tuple(page.stales_ns),
        )

    def _per_min(self, feed: str) -> float:
        if len(self._counts) < 2:
            return 0.0
        (began, before), (ended, after) = self._counts[0], self._counts[-1]
        gained = max(after.get(feed, 0) - before.get(feed, 0), 0)  # a re-centred feed may count fewer instruments
        return gained * MINUTE_NS / (ended - began) if ended > began else 0.0
