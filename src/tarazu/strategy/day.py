"""The day a strategy is made for: its date, its hours, its instruments, and the models that are active on it."""

from collections.abc import Mapping
from datetime import date

import msgspec

from tarazu.model.calendar import Phase, TradingSession, Venue
from tarazu.model.instrument import Instrument
from tarazu.strategy.scored import Model

NONE: Mapping[str, str] = {}


class TradingDay(msgspec.Struct, frozen=True, kw_only=True):
    """Looked at and not changed: `instruments` is the engine's own."""

    date: date
    instruments: Mapping[str, Instrument]
    """All of the day's master, by key."""
    opens_ns: int = 0
    """Continuous trading of derivatives, wall clock UTC ns; 0 where nobody has said: a strategy of hours then waits."""
    closes_ns: int = 0
    knots: tuple[tuple[int, int], ...] = ()
    """Of a session played short: `model.calendar.TradingSession.knots`. Minutes of the day are the market's."""
    models: Mapping[str, Model] = {}
    """Active ones, by name."""
    model_hashes: Mapping[str, str] = {}
    """Which ones the engine was told to use: SHA-256 by name. Who makes the strategies finds `models` by it."""


def trading_day(
    day: date,
    instruments: Mapping[str, Instrument],
    session: TradingSession | None,
    model_hashes: Mapping[str, str] = NONE,
) -> TradingDay:
    """As the session has it, a shortened one too: what is started with it is journalled, and replays by it."""
    window = session.window(Venue.DERIVATIVES, Phase.CONTINUOUS) if session is not None else None
    opens_ns, closes_ns = (window.start_ns, window.end_ns) if window is not None else (0, 0)
    return TradingDay(
        date=day,
        instruments=instruments,
        opens_ns=opens_ns,
        closes_ns=closes_ns,
        knots=session.knots if session is not None else (),
        model_hashes=model_hashes,
    )
