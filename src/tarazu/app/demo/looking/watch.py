"""Who looks on: several times a second the desk as `tarazu top` sees it, the market's prices, and what has happened."""

import threading
import time
from collections.abc import Iterator

from tarazu.app.demo.curtain import Curtain
from tarazu.app.demo.looking.diary import Diary
from tarazu.app.demo.looking.happenings import FeedEvents, JournalEvents
from tarazu.app.demo.looking.quotes import Quotes
from tarazu.app.demo.told import Kind, ProcessSeen, Sample
from tarazu.app.depth_ws.health import DepthWsHealth
from tarazu.app.feed.words import market
from tarazu.app.home import Home
from tarazu.app.incidents.incident import Incident
from tarazu.app.incidents.store import Book
from tarazu.app.main.health import MainHealth, Stage
from tarazu.app.stack.standing import ProcessRow, RowState
from tarazu.app.verdict import Check, Status, plain
from tarazu.app.watching.look import Look, look_now
from tarazu.engine.phase import Phase
from tarazu.market.feed_events import FeedState

EVERY_S = 0.25
READY = (Phase.ACTIVE, Phase.HALTED)
HUNG_S = 3.0
"""Shorter, and it is the machine that stood still, with all that runs on it."""
_WORST = {FeedState.FRESH: 0, FeedState.UNKNOWN: 1, FeedState.STALE: 2}


class Watch:
    """A thread of its own, from `begin` to `end`."""

    def __init__(self, home: Home, diary: Diary, quotes: Quotes, curtain: Curtain) -> None:
        self.home, self._diary, self._quotes, self._curtain = home, diary, quotes, curtain
        self._journal, self._feed = JournalEvents(home, diary), FeedEvents(home, diary)
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="demo-watch", daemon=True)
        self._seen: dict[str, ProcessRow] = {}
        self._hung_at: dict[str, float] = {}
        self._incidents: dict[str, Incident] = {}
        self._risk = ""
        self.broken: BaseException | None = None
        """Why it has stopped looking."""

    def begin(self) -> None:
        self._thread.start()

    def end(self) -> None:
        """After a last look. Idempotent."""
        self._over.set()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        try:
            while not self._over.is_set():
                began = time.monotonic()
                self.once()
                self._over.wait(max(EVERY_S - (time.monotonic() - began), 0.02))
            self.once()
        except Exception as broken:  # noqa: BLE001 - kept, and told as a proof that failed: the walk goes on and ends
            self.broken = broken

    def once(self) -> None:
        seen = look_now(self.home)
        self._curtain.tend(self._diary.market_ns(), isinstance(seen.engine, MainHealth) and seen.engine.phase in READY)
        self._processes(seen)
        self._feed.read()
        self._journal.read()
        self._happened(seen)
        self._diary.sampled(self._sample(seen))

    # What has changed.

    def _processes(self, seen: Look) -> None:
        if isinstance(seen.stack, Check):
            return
        for row in seen.stack.rows:
            before = self._seen.get(row.process)
            if row.state is not RowState.HUNG:
                self._hung_at.pop(row.process, None)
            elif time.monotonic() < self._hung_at.setdefault(row.process, time.monotonic()) + HUNG_S:
                continue
            for status, text in changes(before, row):
                self._diary.happened(Kind.PROCESS, status, text)
            self._seen[row.process] = row

    def _happened(self, seen: Look) -> None:
        if isinstance(seen.engine, MainHealth) and seen.engine.stage is Stage.RUNNING:
            state = str(seen.engine.risk.state)
            if self._risk and state != self._risk:
                bad = Status.OK if state == "NORMAL" else Status.CRIT
                self._diary.happened(Kind.RISK, bad, f"risk {self._risk} -> {state}")
            self._risk = state
        if isinstance(seen.incidents, Book):
            for incident in seen.incidents.incidents:
                self._incident(incident)

    def _incident(self, now: Incident) -> None:
        before = self._incidents.get(now.id)
        self._incidents[now.id] = now
        if before is None:
            text = f"{now.id} {now.severity} {now.code} opened: {plain(now.detail)}"
            self._diary.happened(Kind.INCIDENT, Status.CRIT, text, now.opened_ns)
        elif before.is_open and not now.is_open:
            self._diary.happened(Kind.INCIDENT, Status.OK, f"{now.id} closed: {plain(now.closed_why)}", now.closed_ns)

    # How it stands.

    def _sample(self, seen: Look) -> Sample:
        feed = seen.feed if isinstance(seen.feed, DepthWsHealth) else None
        engine = seen.engine if isinstance(seen.engine, MainHealth) else None
        is_well = engine is not None and engine.stage is Stage.RUNNING
        told = engine if is_well else None
        spot, future = self._quotes.latest()
        lag, limit = _lag(feed)
        return Sample(
            at_s=self._diary.now_s(),
            market_ns=self._diary.market_ns(),
            market="" if feed is None else market(feed),
            spot_paise=spot,
            future_paise=future,
            day_pnl_paise=None if told is None else told.risk.net_paise,
            phase=_phase(engine),
            risk="" if told is None else str(told.risk.state),
            feed=_worst(feed),
            tick_lag_ns=lag,
            tick_limit_ns=limit,
            packets_per_s=0.0 if feed is None else round(feed.throughput.packets_per_s, 1),
            positions=_positions(told),
            working=None if told is None or told.orders is None else told.orders.working,
            orders=None if told is None or told.orders is None else told.orders.today,
            processes=tuple(_process(row) for row in self._seen.values()),
            used=_used(told),
            incidents_open=_open(seen),
        )


def changes(before: ProcessRow | None, now: ProcessRow) -> Iterator[tuple[Status, str]]:
    """What has become of a process between two looks."""
    if before is None or (before.pid == now.pid and before.state is now.state):
        return
    if now.pid is not None and before.pid not in (None, now.pid):
        died = f": {now.last_death}" if now.last_death and now.restarts > before.restarts else ""
        yield Status.WARN, f"{now.process} is another process, pid {now.pid} after {before.pid}{plain(died)}"
    elif now.pid is not None and before.pid is None:
        yield Status.OK, f"{now.process} started, pid {now.pid}"
    elif now.pid is None and before.pid is not None:
        has_died = now.restarts > before.restarts or now.state is RowState.DOWN
        why = now.last_death or now.detail
        yield (
            (Status.CRIT if has_died else Status.OK),
            f"{now.process} {'died' if has_died else 'stopped'}: {plain(why)}",
        )
    elif now.state is RowState.HUNG:
        yield Status.CRIT, f"{now.process} hangs: {plain(now.detail)}"
    elif now.state is RowState.RUNNING and before.state is not RowState.RUNNING:
        yield Status.OK, f"{now.process} works: {plain(now.doing) or 'it answers'}"


def _phase(engine: MainHealth | None) -> str:
    if engine is None:
        return ""
    return str(engine.phase or engine.stage)


def _worst(feed: DepthWsHealth | None) -> str:
    """Of the required feeds that are judged; empty while none is."""
    if feed is None:
        return ""
    states = [row.health.state for row in feed.feeds if row.health.required and row.health.enforced]
    return str(max(states, key=_WORST.__getitem__)) if states else ""


def _lag(feed: DepthWsHealth | None) -> tuple[int | None, int | None]:
    """Of the required feed that is nearest its limit, or furthest beyond it."""
    if feed is None:
        return None, None
    judged = [row.health for row in feed.feeds if row.health.required and row.health.enforced]
    pairs = [(each.tick_lag_ns, each.tick_limit_ns) for each in judged if each.tick_limit_ns]
    return max(pairs, key=lambda pair: pair[0] / pair[1]) if pairs else (None, None)


def _positions(engine: MainHealth | None) -> dict[str, int]:
    found: dict[str, int] = {}
    for place in engine.positions if engine is not None else ():
        found[place.key] = found.get(place.key, 0) + place.qty
    return {key: qty for key, qty in found.items() if qty}


def _used(engine: MainHealth | None) -> dict[str, int]:
    """Per cent of each limit: what halts, and what the portfolio may be."""
    if engine is None:
        return {}
    found = {gauge.code: gauge.percent for gauge in engine.risk.gauges}
    for use in engine.portfolio.used:
        if use.limit_paise:
            found[use.name] = round(100 * use.paise / use.limit_paise)
    return found


def _process(row: ProcessRow) -> ProcessSeen:
    doing = plain(row.doing or row.detail)
    return ProcessSeen(name=row.process, state=str(row.state), pid=row.pid, restarts=row.restarts, doing=doing)


def _open(seen: Look) -> int | None:
    return None if isinstance(seen.incidents, Check) else sum(one.is_open for one in seen.incidents.incidents)
