"""Our side of a day: the engine's own books, brought back from the journal by messages and acts alone."""

from collections.abc import Iterable, Iterator
from datetime import date
from typing import TYPE_CHECKING

import msgspec

from tarazu import reference
from tarazu.app.closing.standing import NOTHING_JOURNALLED, Standing, standing_of
from tarazu.app.home import Home
from tarazu.app.masters.store import DamagedMaster, MasterStore
from tarazu.engine import codec
from tarazu.engine.acts import Step
from tarazu.engine.messages import MarketMoved, Started
from tarazu.engine.state import EngineState
from tarazu.model.instrument import Instrument
from tarazu.orders.order_state import OrderState
from tarazu.runtime.journal_files import day_folder, days
from tarazu.runtime.journal_telling import TellingReader
from tarazu.wire.kite_instruments import InstrumentMaster, decode_csv

if TYPE_CHECKING:
    from tarazu.engine.process import Engine


class OurDay(msgspec.Struct, frozen=True, kw_only=True):
    """As the journal tells it up to `standing`; an engine that was never started where nothing is journalled."""

    standing: Standing
    state: EngineState
    trouble: str = ""
    """Why the instruments are not known; empty: they are."""

    @property
    def orders(self) -> list[OrderState]:
        return list(self.state.blotter.orders.values())

    @property
    def fills(self) -> int:
        return sum(len(order.fills) for order in self.orders)


def our_day(home: Home, day: date) -> OurDay:
    """Raises BadPayload, BrokenChain, OSError."""
    from tarazu.engine.process import Engine  # compiled kernels come with it: whoever reads a result needs none

    standing = standing_of(home, day) if day in days(home.journal) else NOTHING_JOURNALLED
    instruments: dict[str, Instrument] = {}
    engine = Engine(instruments, reference.charge_rates())
    started = _taken(engine, home, day, standing.entries)
    trouble = ""
    if started is not None:
        # Books look an instrument up when they are asked for charges, so those that traded are enough, and only now.
        trouble = _fill_in(instruments, home, day, started.master_sha256, _keys(engine.state))
    return OurDay(standing=standing, state=engine.state, trouble=trouble)


def records(home: Home, day: date, end: int) -> Iterator[codec.Record]:
    """Of the first `end` entries those that may change a book. Raises BadPayload, BrokenChain, OSError."""
    if not end:
        return
    # A market that moved and of which nothing came changes no book, and most entries are such.
    reader = TellingReader(day_folder(home.journal, day), (codec.KINDS[MarketMoved],), _NOTHING_CAME, end)
    for entry in reader.telling():
        if entry.sequence > end:
            break
        record = codec.decode(entry.kind, entry.payload)
        if isinstance(record, codec.Record):
            yield record


def _taken(engine: "Engine", home: Home, day: date, end: int) -> Started | None:
    """The last start there was."""
    started = None
    for record in records(home, day, end):
        engine.recover(record.stamped, record.step)
        started = record.stamped.message if isinstance(record.stamped.message, Started) else started
    return started


def _keys(state: EngineState) -> set[str]:
    return {order.key for order in state.blotter.orders.values()} | {key for key, _ in state.before}


def _fill_in(instruments: dict[str, Instrument], home: Home, day: date, sha256: str, keys: Iterable[str]) -> str:
    """Of the master that the engine knew; why there are none, or empty."""
    wanted = set(keys)
    if not wanted:
        return ""
    try:
        csv = MasterStore(home.masters).named(day, sha256)
    except (DamagedMaster, OSError) as bad:
        return f"the instrument master that the engine knew does not read: {bad}"
    if csv is None:
        return f"the instrument master that the engine knew ({sha256[:12] or 'none'}) is not in {home.masters}"
    master = decode_csv(_rows_of(csv, wanted))
    if not isinstance(master, InstrumentMaster):
        return f"the instrument master that the engine knew does not read: {master}"
    instruments.update({i.key: i for i in master.instruments if i.key in wanted})
    return ""


def _rows_of(csv: bytes, keys: set[str]) -> bytes:
    """The header and the lines of these symbols, so that not all of 120,000 are read."""
    symbols = {key.partition(":")[2].encode() for key in keys}
    header, *lines = csv.split(b"\n")
    found = [
        line for line in lines if line.count(b",") >= _SYMBOL and line.split(b",", _SYMBOL + 1)[_SYMBOL] in symbols
    ]
    return b"\n".join([header, *found]) + b"\n"


_NOTHING_CAME = msgspec.msgpack.encode(Step())
"""The end of an entry whose message nobody acted on."""

_SYMBOL = 2
"""Kite v3 "Instruments": instrument_token, exchange_token, tradingsymbol, ..."""
