"""A small feed log as a morning leaves one: ticks in two modes, events, texts, heartbeats, and frames cut short."""

from pathlib import Path

import numpy as np

from harness.market_rows import row
from harness.order_story import DAY
from tarazu.model.ids import InstrumentToken, TradingSymbol
from tarazu.model.instrument import Exchange, Instrument, SegmentByte, token_of
from tarazu.model.instrument import Kind as InstrumentKind
from tarazu.model.units import MILLISECOND_NS, SECOND_NS
from tarazu.runtime.feed_log import FeedLog
from tarazu.runtime.segment import Kind
from tarazu.wire.kite_ticks import Mode, encode

START_NS = 1_795_404_600 * SECOND_NS
STEP_NS = 250 * MILLISECOND_NS
LISTED = tuple(
    Instrument(
        instrument_token=InstrumentToken(token_of(40_000 + n, SegmentByte.NFO)),
        exchange=Exchange.NFO,
        tradingsymbol=TradingSymbol(f"NIFTY26NOV{20_000 + 50 * n}CE"),
        name="NIFTY",
        kind=InstrumentKind.CE,
        segment="NFO-OPT",
        lot_size=75,
        expiry=DAY,
        strike_paise=100 * (20_000 + 50 * n),
        underlying="NSE:NIFTY 50",
    )
    for n in range(5)
)
KEYS = tuple(instrument.key for instrument in LISTED)
"""Of the last no program and no strategy here knows."""


def ticks(n: int, *places: int, mode: Mode = Mode.FULL) -> bytes:
    """The `n`-th frame: a trade and a moved book of each of these."""
    price = 10_000 + 5 * (n * 7 % 40)
    told = {"ltp": price, "volume": n + 1, "exchange_ts": (START_NS + n * STEP_NS) // SECOND_NS}
    rows = [
        row(LISTED[at].instrument_token, **told, bids=[(price - 5 - at, 75)], asks=[(price + 5, 75)]) for at in places
    ]
    return encode(np.concatenate(rows), mode)


def record(feed: Path, frames: int) -> Path:
    """So many frames; every third tells of the first instrument alone, every seventh of the last alone. Its folder."""
    log = FeedLog.open(feed, DAY, segment_bytes=1 << 16)
    for n in range(frames):
        at_ns = START_NS + n * STEP_NS
        for kind, payload in _frames(n):
            log.append(kind, 0, payload, at_ns, at_ns)
    log.close()
    return log.folder


def _frames(n: int) -> list[tuple[Kind, bytes]]:
    if n % 10 == 9:
        return [(Kind.BINARY, b"\0"), (Kind.EVENT, b"{}"), (Kind.TEXT, b'{"type":"message"}')]
    if n % 7 == 6:
        return [(Kind.BINARY, ticks(n, 4))]
    if n % 3 == 2:
        return [(Kind.BINARY, ticks(n, 0))]
    if n % 11 == 10:
        return [(Kind.BINARY, ticks(n, 1, 2)[:-3])]
    return [(Kind.BINARY, ticks(n, 0, 1, 2, 3, mode=Mode.QUOTE if n % 5 == 4 else Mode.FULL))]
