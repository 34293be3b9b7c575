"""A day's trade log, made from its journal and the master that the engine knew."""

from collections.abc import Mapping
from datetime import date

import msgspec

from tarazu import reference
from tarazu.app.closing.entries import TellingEntries
from tarazu.app.data.steps import Progress
from tarazu.app.home import Home
from tarazu.app.replaying.past_day import CannotReplay
from tarazu.app.trade_log.executions import Executions
from tarazu.app.trade_log.reckoning import rows_of
from tarazu.app.trade_log.row import Row
from tarazu.engine.codec import BadPayload, Record
from tarazu.engine.messages import Started
from tarazu.model.calendar import NotCovered
from tarazu.model.instrument import Instrument
from tarazu.runtime.journal_reader import BrokenChain


class BadDay(Exception):
    """The day's journal is not what was written, or cannot be read; the message says where. Nothing is made of it."""


class TradeDay(msgspec.Struct, frozen=True, kw_only=True):
    day: date
    rows: list[Row]
    entries: int
    """Of the journal; 0: there is none of that day."""
    unknown: tuple[str, ...] = ()
    """Why amounts are not known; empty: all are."""


def trade_day(home: Home, day: date, expected: int, progress: Progress) -> TradeDay:
    """`expected`: how many entries there may be, for the progress. Raises BadDay, OSError."""
    told, entries = Executions(), TellingEntries(home, day, progress, expected)
    try:
        for entry, record in entries:
            if isinstance(record, Record):
                told.told(entry.sequence, record)
    except (BrokenChain, BadPayload) as bad:
        raise BadDay(str(bad)) from bad
    rows, unknown = reckoned(home, day, told)
    return TradeDay(day=day, rows=rows, entries=entries.count, unknown=unknown)


def reckoned(home: Home, day: date, told: Executions) -> tuple[list[Row], tuple[str, ...]]:
    """The rows, and why amounts in them are not known. Raises BadDay for a day that the charges' rates do not reach."""
    if not told.found:
        return [], ()
    instruments, missing = _instruments(home, day, told.started)
    try:
        rows = rows_of(day, told.found, told.opening, told.gone, reference.charge_rates(), instruments)
    except NotCovered as bad:
        raise BadDay(f"the charges of {day} are not known: {bad}") from bad
    unknown = [missing] if missing else []
    if told.opening is None:
        unknown.append("the broker's positions were never read: what was carried in is not known")
    vague = sorted({f"{row.exchange}:{row.symbol}" for row in rows if row.net_paise is None})
    if vague and not unknown:
        unknown.append(f"not in the day's master, or without yesterday's close: {', '.join(vague[:5])}")
    return rows, tuple(unknown) if vague else ()


def _instruments(home: Home, day: date, started: Started | None) -> tuple[Mapping[str, Instrument], str]:
    from tarazu.app.replaying.parts import past_day

    if started is None:
        return {}, "the day's journal has no start"
    try:
        past = past_day(home, day, decides=False)
        return past.instruments(started.master_sha256, started.freeze), ""
    except CannotReplay as lacking:
        return {}, str(lacking)
