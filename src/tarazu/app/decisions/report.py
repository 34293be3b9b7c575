"""All of a day's decisions: read once from the journal, and once more through the market for what was refused."""

from datetime import date

import msgspec

from tarazu import reference
from tarazu.app.decisions.funnel import Funnel, funnels
from tarazu.app.decisions.told import Decided, Vetoed, decided, vetoed
from tarazu.app.decisions.vetoes import Veto, gathered, look, settle
from tarazu.app.home import Home
from tarazu.app.replaying.market import ReplayedMarket
from tarazu.app.replaying.parts import past_day
from tarazu.app.replaying.past_day import CannotReplay
from tarazu.app.why.names import records, recovery
from tarazu.engine.messages import MarketMoved, Started
from tarazu.runtime.journal_files import day_folder
from tarazu.runtime.segment import day_folder as feed_folder


class Report(msgspec.Struct, kw_only=True):
    day: date
    decisions: list[Decided]
    funnels: list[Funnel]
    vetoes: list[Veto]
    unknown: str = ""
    """Why what was refused cannot be reckoned; empty where it was."""


def report(desk: Home, day: date, strategy: str | None, *, with_cost: bool = True) -> Report:
    """Of one strategy, or of all. Raises BadPayload."""
    engine, decisions, no = recovery(), list[Decided](), list[Vetoed]()
    for told in records(day_folder(desk.journal, day)):
        engine.recover(told.record.stamped, told.record.step)
        decisions += decided(told)
        no += vetoed(told)
    told_of = funnels(engine.state, decisions, no)
    found = Report(
        day=day,
        decisions=[one for one in decisions if strategy in (None, one.decision.strategy)],
        funnels=[one for one in told_of if strategy in (None, one.strategy)],
        vetoes=[one for one in gathered(no) if strategy in (None, one.strategy)],
    )
    if found.vetoes and with_cost:
        try:
            _reckon(desk, day, found.vetoes)
        except CannotReplay as cannot:
            found.unknown = str(cannot)
    return found


def _reckon(desk: Home, day: date, vetoes: list[Veto]) -> None:
    """Through the day's market as the engine saw it. Raises CannotReplay."""
    past = past_day(desk, day, decides=False)
    market: ReplayedMarket | None = None
    instruments = past.instruments("")
    try:
        for told in records(past.journal):
            message = told.record.stamped.message
            if isinstance(message, Started):
                instruments = past.instruments(message.master_sha256, message.freeze)
                if market is not None:
                    market.close()
                key_of = {int(i.instrument_token): i.key for i in instruments.values()}
                market = ReplayedMarket(feed_folder(desk.feed, day), message.watch, key_of)
            elif isinstance(message, MarketMoved) and market is not None:
                market.move_to(message)
            if market is not None:
                for veto in vetoes:
                    if told.sequence >= veto.sequence:
                        look(veto, market.quotes, told.record.stamped.wall_ns)
        if market is not None:
            for veto in vetoes:
                settle(veto, day, reference.charge_rates(), instruments, market.quotes)
    finally:
        if market is not None:
            market.close()
