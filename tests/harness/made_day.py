"""A recorded day made by hand: a few instruments, a frame a second, events where depth_ws writes them."""

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

from tarazu.app.feed.record import FeedRecordEvent, MasterLoaded, Selected, encode_event
from tarazu.app.home import Home, Profile
from tarazu.app.masters.store import MasterStore
from tarazu.app.recordings.clips import day_master
from tarazu.model import ist
from tarazu.model.ids import InstrumentToken, TradingSymbol
from tarazu.model.instrument import Exchange, Instrument, Kind
from tarazu.model.units import HOUR_NS, SECOND_NS
from tarazu.runtime.feed_log import FeedLog
from tarazu.runtime.segment import Kind as FrameKind
from tarazu.wire.kite_instruments import InstrumentMaster, encode_csv
from tarazu.wire.kite_ticks import TICK, Mode, encode

DAY = date(2026, 11, 23)
TEN_NS = ist.midnight_ns(DAY) + 10 * HOUR_NS
"""The first frame."""


def _row(token: int, exchange: Exchange, symbol: str, name: str, kind: Kind, segment: str, **more: Any) -> Instrument:
    return Instrument(
        instrument_token=InstrumentToken(token),
        exchange=exchange,
        tradingsymbol=TradingSymbol(symbol),
        name=name,
        kind=kind,
        segment=segment,
        **more,
    )


_LATE = {"lot_size": 75, "expiry": date(2026, 12, 1)}
NIFTY = _row(256265, Exchange.NSE, "NIFTY 50", "NIFTY 50", Kind.INDEX, "INDICES")
CALL = _row(
    1000 << 8 | 2, Exchange.NFO, "NIFTY26D0126100CE", "NIFTY", Kind.CE, "NFO-OPT", strike_paise=26_100_00, **_LATE
)
PUT = _row(
    1001 << 8 | 2, Exchange.NFO, "NIFTY26D0126100PE", "NIFTY", Kind.PE, "NFO-OPT", strike_paise=26_100_00, **_LATE
)
INFY = _row(1594 << 8 | 1, Exchange.NSE, "INFY", "INFOSYS", Kind.EQ, "NSE")
# Neither is known to the synthetic market.
OTHER = _row(777 << 8 | 1, Exchange.NSE, "NOSUCHSHARE", "NO SUCH SHARE", Kind.EQ, "NSE")
OTHER_FUTURE = _row(1002 << 8 | 2, Exchange.NFO, "NOSUCHSHARE26NOVFUT", "NOSUCHSHARE", Kind.FUT, "NFO-FUT", **_LATE)
GOLD = _row(900 << 8 | 7, Exchange.MCX, "GOLD26DECFUT", "GOLD", Kind.FUT, "MCX-FUT", **_LATE)
UNASKED = _row(5 << 8 | 1, Exchange.NSE, "SBIN", "STATE BANK OF INDIA", Kind.EQ, "NSE")

PRICES = {
    NIFTY: 26_100_00,
    CALL: 120_00,
    PUT: 110_00,
    INFY: 1_520_00,
    OTHER: 800_00,
    OTHER_FUTURE: 801_00,
    GOLD: 1,
    UNASKED: 900_00,
}
ROWS = tuple(PRICES)
TICKING = (NIFTY, CALL, PUT, INFY, OTHER, OTHER_FUTURE)


def packets(second: int, instruments: tuple[Instrument, ...] = TICKING) -> bytes:
    """A full-mode frame in which every price is `second` ticks above yesterday's close, one unit wide around it."""
    rows = np.zeros(len(instruments), TICK)
    for row, i in zip(rows, instruments, strict=True):
        row["token"], row["close"] = i.instrument_token, PRICES[i]
        row["ltp"] = row["open"] = row["high"] = row["low"] = PRICES[i] + 5 * second
        row["volume"], row["oi"], row["exchange_ts"] = 1_000 + 75 * second, 10_000, TEN_NS // SECOND_NS + second
        for side, step in (("bids", -5), ("asks", 5)):
            for n in range(5):
                row[side][n] = (750 * (n + 1), row["ltp"] + step * (n + 1), 0, n + 1)
    return encode(rows, Mode.FULL)


def selected(ts_ns: int, *instruments: Instrument) -> Selected:
    tokens = tuple(i.instrument_token for i in instruments)
    keys = tuple(i.key for i in instruments)
    return Selected(
        ts_ns=ts_ns, tokens=tokens, symbols=keys, connections=(0,) * len(keys), centres=(), left_out=0, again=False
    )


class MadeDay:
    """A home of the sim profile with a master and a log; `write` adds to it, `close` ends the writing."""

    def __init__(self, root: Path, rows: tuple[Instrument, ...] = ROWS, **options: Any) -> None:
        self.home = Home(Profile.SIM, root / "sim")
        self.home.make()
        self.folder = self.home.feed / str(DAY)
        csv = encode_csv((i, PRICES.get(i, 0)) for i in rows)
        MasterStore(self.home.masters).keep(DAY, csv, TEN_NS, rows=len(rows), source="by hand")
        self.log = FeedLog.open(self.home.feed, DAY, **options)
        self.mono_ns: Callable[[int], int] = lambda at_ns: at_ns // 7

    @property
    def master(self) -> InstrumentMaster:
        found = day_master(self.home.masters, DAY)
        assert found is not None
        return found

    def tell(self, second: float, event: FeedRecordEvent) -> None:
        self._append(FrameKind.EVENT, 0, second, encode_event(event))

    def ticks(self, second: float, connection: int = 0, instruments: tuple[Instrument, ...] = TICKING) -> None:
        self._append(FrameKind.BINARY, connection, second, packets(round(second), instruments))

    def raw(self, second: float, payload: bytes, kind: FrameKind = FrameKind.BINARY) -> None:
        self._append(kind, 0, second, payload)

    def begin(self, *chosen: Instrument) -> None:
        """What depth_ws writes as it starts."""
        loaded = MasterLoaded(ts_ns=TEN_NS, day=DAY, instruments=len(ROWS), sha256="", before=None, alarms=())
        self.tell(0, loaded)
        self.tell(0, selected(TEN_NS, *(chosen or TICKING)))

    def close(self) -> None:
        self.log.close()

    def _append(self, kind: FrameKind, connection: int, second: float, payload: bytes) -> None:
        at_ns = TEN_NS + round(second * SECOND_NS)
        self.log.append(kind, connection, payload, at_ns, self.mono_ns(at_ns))


def usual_day(root: Path, seconds: int = 60) -> MadeDay:
    """Ten o'clock and a minute: events, ticks each second, a heartbeat and a text frame now and then; closed."""
    day = MadeDay(root)
    day.begin()
    for second in range(seconds):
        day.ticks(second, connection=second % 3)
        if second % 10 == 5:
            day.raw(second + 0.5, b"\x00")
            day.raw(second + 0.6, b'{"type": "order", "data": {}}', FrameKind.TEXT)
    day.close()
    return day
