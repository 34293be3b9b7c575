"""Synthetic days: the simulator's market, stepped once a second, as the frames a ticker would have sent of it."""

from collections.abc import Iterator, Mapping
from datetime import date, time
from functools import partial
from pathlib import Path

import msgspec
import numpy as np

from tarazu import __version__, reference
from tarazu.app.depth_ws.watchlist import plan_of, reach
from tarazu.app.feed.record import FeedRecordEvent, FeedStarted, MasterLoaded, Selected, encode_event
from tarazu.app.masters.listed import listed
from tarazu.app.research.day import ResearchDay
from tarazu.app.settings import FeedSettings
from tarazu.model import ist
from tarazu.model.calendar import TradingSession
from tarazu.model.units import SECOND_NS
from tarazu.runtime.feed_log import FeedLog
from tarazu.runtime.segment import Frame, Kind
from tarazu.sim.synthetic.clock import StepClock
from tarazu.sim.synthetic.market import SyntheticMarket
from tarazu.sim.synthetic.scenario import SCENARIOS
from tarazu.sim.synthetic.universe import build_universe
from tarazu.sim.universe import Universe
from tarazu.wire.kite_instruments import InstrumentMaster, decode_csv, encode_csv
from tarazu.wire.kite_ticks import Mode, encode

RULES = "nse-2026"


class Making(msgspec.Struct, frozen=True, kw_only=True):
    """What a made day is made from: equal ones are equal to the byte."""

    date: date
    seed: int
    scenario: str = "normal"
    size: str = "desk"
    feed: FeedSettings = FeedSettings()
    """What is followed, as a desk would."""
    closes: Mapping[str, int] = {}
    since: time | None = None
    """Only the frames from here on (IST)..."""
    until: time | None = None
    """...and before here."""


def made_day(making: Making) -> ResearchDay:
    """Raises model.calendar.NotCovered; AssertionError for a day without trading."""
    session = reference.calendar().session(making.date)
    assert session is not None, f"{making.date} is no trading day"
    universe = _followed(making)
    market = _market(making, universe, session)
    csv = encode_csv((i, int(price)) for i, price in zip(universe.instruments, market.rows["close"], strict=True))
    master = decode_csv(csv)
    assert isinstance(master, InstrumentMaster), master
    closes = {i.key: int(price) for i, price in zip(universe.instruments, market.rows["close"], strict=True)}
    first_ns, last_ns = _hours(making, session)
    return ResearchDay(
        name=f"synthetic {making.seed} {making.scenario} {making.date}",
        date=making.date,
        session=session,
        instruments=listed(master.instruments, making.date),
        csv=csv,
        traded=universe.instruments,
        closes=closes,
        frames=partial(_frames, making, universe, session),
        first_ns=first_ns,
        last_ns=last_ns,
        seed=making.seed,
    )


def closing_prices(making: Making) -> Mapping[str, int]:
    """What the day after begins with. The whole day is played for it."""
    session = reference.calendar().session(making.date)
    assert session is not None, f"{making.date} is no trading day"
    market = _market(making, _followed(making), session)
    while market.next_ns() is not None:
        market.step()
    return market.closes()


def record(day: ResearchDay, feed: Path) -> Path:
    """The day as a feed log under `feed`, as depth_ws would have recorded it; its folder."""
    log = FeedLog.open(feed, day.date, sync_period_s=3_600.0)
    try:
        for event in _opening(day):
            log.append(Kind.EVENT, 0, encode_event(event), day.first_ns, day.first_ns)
        for frame in day.frames():
            log.append(Kind(frame.kind), frame.connection, frame.payload, frame.wall_ns, frame.mono_ns)
    finally:
        log.close()
    return log.folder


def _opening(day: ResearchDay) -> Iterator[FeedRecordEvent]:
    ts_ns, tokens = day.first_ns, tuple(i.instrument_token for i in day.traded)
    yield FeedStarted(ts_ns=ts_ns, profile="research", pid=0, version=__version__, day=day.date)
    yield MasterLoaded(ts_ns=ts_ns, day=day.date, instruments=len(day.instruments), sha256="", before=None, alarms=())
    yield Selected(
        ts_ns=ts_ns,
        tokens=tokens,
        symbols=tuple(i.key for i in day.traded),
        connections=(0,) * len(tokens),
        centres=(),
        left_out=0,
        again=False,
    )


def _followed(making: Making) -> Universe:
    """What a desk with these settings would follow, and what that derives from."""
    whole = build_universe(
        making.date, reference.calendar(), reference.rules(RULES), making.size, making.seed, dict(making.closes)
    )
    wanted = {i.key for i in reach(whole.instruments, plan_of(making.feed), making.date)}
    wanted |= {i.underlying for i in whole.instruments if i.key in wanted and i.underlying}
    return Universe(making.date, [i for i in whole.instruments if i.key in wanted])


def _market(making: Making, universe: Universe, session: TradingSession) -> SyntheticMarket:
    scenario, rules = SCENARIOS[making.scenario], reference.rules(RULES)
    return SyntheticMarket(universe, session, scenario, making.seed, dict(making.closes), SECOND_NS, rules)


def _hours(making: Making, session: TradingSession) -> tuple[int, int]:
    """The times of the first and of the last frame."""
    first_ns, last_ns = session.first_ns, session.last_ns
    if making.since is not None:
        first_ns = max(first_ns, ist.at_ns(making.date, making.since))
    if making.until is not None:
        last_ns = min(last_ns, ist.at_ns(making.date, making.until) - 1)
    times = StepClock(session, SCENARIOS[making.scenario], SECOND_NS).times
    played = times[(times >= first_ns) & (times <= last_ns)]
    assert len(played), f"no second of {making.date} lies between {making.since} and {making.until}"
    return int(played[0]), int(played[-1])


def _frames(making: Making, universe: Universe, session: TradingSession) -> Iterator[Frame]:
    """A snapshot of everything first, as a subscription brings it; then what each second changed."""
    market = _market(making, universe, session)
    first_ns, last_ns = _hours(making, session)
    sequence, whole = 0, np.ones(len(universe), np.bool_)
    while market.next_ns() is not None:
        now_ns = market.step()
        if now_ns < first_ns:
            continue
        if now_ns > last_ns:
            return
        rows = market.rows[market.changed | whole]
        whole[:] = False
        sequence += 1
        payload = encode(rows, Mode.FULL) if len(rows) else b"\0"
        yield Frame(sequence, now_ns, now_ns, 0, int(Kind.BINARY), memoryview(payload), 0, 0)
