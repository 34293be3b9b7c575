"""main's health put together from its parts, as they are at one moment."""

import os
from collections.abc import Iterator
from pathlib import Path

from tarazu import __version__
from tarazu.app.health import boot
from tarazu.app.home import Home
from tarazu.app.main.engine_day import EngineDay
from tarazu.app.main.flags_page import flags_page
from tarazu.app.main.guards_health import GuardsPage
from tarazu.app.main.guards_page import guards_page
from tarazu.app.main.health import (
    FeedMark,
    JournalHealth,
    MainHealth,
    MarketHealth,
    OrderCounts,
    PlaceHealth,
    ReadHealth,
    Stage,
)
from tarazu.app.main.models_health import ModelsPage
from tarazu.app.main.portfolio_health import PortfolioPage
from tarazu.app.main.portfolio_page import portfolio_page
from tarazu.app.main.risk_health import RiskPage
from tarazu.app.main.risk_page import risk_page
from tarazu.app.main.timings_health import TimingsPage
from tarazu.engine.messages import What
from tarazu.engine.phases import due
from tarazu.engine.state import EngineState
from tarazu.orders.exposure import exposures
from tarazu.orders.intent import Purpose
from tarazu.orders.lifecycle import AT_BROKER, UNANSWERED

_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")


def health_page(
    *,
    home: Home,
    started: tuple[int, int],
    now: tuple[int, int],
    every_ns: int,
    stage: Stage,
    detail: str,
    day: EngineDay | None,
    failed_of: str = "",
) -> MainHealth:
    """`started` and `now` are (wall ns, monotonic ns); without a day there is no engine yet, or none any more."""
    wall_ns, mono_ns = now
    state = day.state if day else None
    offset = day.broker.clock_offset() if day else None
    phase, why = (state.phase, due(state, day.times.steady_ns())[1]) if state and day else (None, "")
    return MainHealth(
        profile=home.profile,
        version=__version__,
        pid=os.getpid(),
        boot=boot(),
        started_ns=started[0],
        started_mono_ns=started[1],
        wall_ns=wall_ns,
        mono_ns=mono_ns,
        every_ns=every_ns,
        stage=stage,
        detail=detail,
        failed_of=failed_of,
        day=state.day.isoformat() if state and state.epoch else "",
        epoch=state.epoch if state else 0,
        phase=phase,
        why=why,
        halt=state.halt if state else None,
        stopping=bool(state and state.stopping),
        entries_off=state.entries_off if state else "",
        flattening=state.flattening if state else "",
        positions=tuple(_places(state)) if state else (),
        orders=_orders(state, day) if state and day else None,
        reads=tuple(_reads(state, day)) if state and day else (),
        feeds=tuple(_feeds(state)) if state else (),
        trouble=dict(state.trouble) if state else {},
        breaks=state.agreement.breaks if state else (),
        alerts=tuple(day.desk.alerts) if day else (),
        strategies=tuple(day.strategies.names) if day else (),
        spreads=len(state.spreads) if state else 0,
        journal=_journal(day) if day else None,
        market=_market(day, mono_ns) if day else None,
        clock_offset_ns=offset.offset_ns if offset else None,
        clock_uncertainty_ns=offset.uncertainty_ns if offset else None,
        ticked_mono_ns=day.ticked_mono_ns if day else None,
        loop_lag_ns=max(day.lags_ns, default=0) if day else 0,
        rss_bytes=_rss_bytes(),
        fds=sum(1 for _ in Path("/proc/self/fd").iterdir()),
        flags=flags_page(state) if state and state.epoch else None,
        risk=risk_page(state, day.times.steady_ns(), wall_ns) if state and day else RiskPage(),
        portfolio=portfolio_page(day.shell.engine, day.times.steady_ns()) if day else PortfolioPage(),
        guards=guards_page(day.shell.engine, day.times.steady_ns()) if day else GuardsPage(),
        models=_models(day) if day else ModelsPage(),
        timings=day.timings.page(mono_ns, day.desk.waiting_ns(mono_ns)) if day else TimingsPage(),
    )


def _rss_bytes() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * _PAGE_BYTES


def _places(state: EngineState) -> Iterator[PlaceHealth]:
    for (key, product), place in exposures(state.blotter, state.before).items():
        if place.filled or place.lowest or place.highest:
            yield PlaceHealth(
                key=key,
                product=product,
                qty=place.filled,
                lowest=place.lowest,
                highest=place.highest,
                leaving=state.exits.get((key, product), ""),
            )


def _orders(state: EngineState, day: EngineDay) -> OrderCounts:
    orders = state.blotter.orders.values()
    working = [order for order in orders if order.status in AT_BROKER]
    return OrderCounts(
        today=len(orders),
        working=len(working),
        unknown=sum(order.status in UNANSWERED for order in orders),
        foreign=sum(order.intent is None for order in orders),
        stops=sum(order.intent is not None and order.intent.purpose is Purpose.STOP for order in working),
        sent=day.desk.sent,
        pending=day.desk.pending,
    )


def _reads(state: EngineState, day: EngineDay) -> Iterator[ReadHealth]:
    now_ns = day.times.steady_ns()
    for what in (What.ORDERS, What.TRADES, What.POSITIONS, What.MARGINS):
        began_ns = state.readings[what].began_ns
        age_ns = now_ns - began_ns if began_ns > state.started_ns else None
        yield ReadHealth(what=what, age_ns=age_ns, failing=day.desk.failing.get(what, ""))
    yield ReadHealth(what=What.BANDS, age_ns=None, failing=day.bands.failing)


def _feeds(state: EngineState) -> Iterator[FeedMark]:
    for feed in state.feeds.values():
        yield FeedMark(feed=feed.feed, fresh=feed.fresh, required=feed.required, reason=feed.reason)


def _models(day: EngineDay) -> ModelsPage:
    watch = day.models
    if watch is None:
        return ModelsPage()
    return ModelsPage(is_used=True, active=dict(day.state.models), drift=watch.drift.pages(), trouble=watch.trouble)


def _journal(day: EngineDay) -> JournalHealth:
    journal = day.journal
    return JournalHealth(
        sequence=journal.sequence,
        acknowledged=journal.acknowledged,
        mode=journal.mode,
        space=journal.space,
        dead=journal.dead,
        syncs=journal.syncs,
    )


def _market(day: EngineDay, mono_ns: int) -> MarketHealth:
    follower = day.market.follower
    return MarketHealth(
        instruments=len(day.prepared.watched),
        sequence=follower.sequence,
        age_ns=mono_ns - follower.mono_ns if follower.sequence else None,
        caught_up=day.market.caught_up,
        damages=len(day.market.damages),
        bands=len(day.state.bands),
    )
