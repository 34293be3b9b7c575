"""The data clocks, from frames as they come off the wire."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from tarazu.market.arrivals import Arrivals
from tarazu.model.instrument import SegmentByte, token_of
from tarazu.wire.kite_ticks import TICK, Mode, TickFrame, decode, encode

OPTION, INDEX, STRANGER = (
    token_of(1234, SegmentByte.NFO),
    token_of(1001, SegmentByte.INDICES),
    token_of(9, SegmentByte.NSE),
)
OPTION_SLOT, INDEX_SLOT = 0, 1


def row(token: int, **fields: int) -> NDArray[Any]:
    rows = np.zeros(1, TICK)
    rows["token"], rows["ltp"], rows["exchange_ts"] = token, 100_00, 1_000
    for name, value in fields.items():
        rows[name] = value
    return rows


def clocks(arrivals: Arrivals, slot: int) -> tuple[int, ...]:
    """Data, depth, changed, stamp."""
    return tuple(int(c[slot]) for c in (arrivals.data_ns, arrivals.depth_ns, arrivals.changed_ns, arrivals.stamp_s))


def receive(arrivals: Arrivals, mono_ns: int, *rows: NDArray[Any], mode: Mode = Mode.FULL) -> None:
    frame = TickFrame(10)
    count = decode(encode(np.concatenate(rows), mode), frame)
    arrivals.take(frame.rows, frame.packet_bytes, count, mono_ns)


def test_a_full_packet_moves_all_four_clocks() -> None:
    arrivals = Arrivals([OPTION, INDEX])
    receive(arrivals, 5, row(OPTION), row(STRANGER))
    assert clocks(arrivals, OPTION_SLOT) == (5, 5, 5, 1_000)
    assert clocks(arrivals, INDEX_SLOT) == (0, 0, 0, 0)


def test_an_index_has_a_stamp_and_no_depth() -> None:
    arrivals = Arrivals([OPTION, INDEX])
    receive(arrivals, 5, row(INDEX))
    assert clocks(arrivals, INDEX_SLOT) == (5, 0, 5, 1_000)


def test_a_quote_packet_has_neither_stamp_nor_depth() -> None:
    arrivals = Arrivals([OPTION, INDEX])
    receive(arrivals, 5, row(OPTION), mode=Mode.QUOTE)
    assert clocks(arrivals, OPTION_SLOT) == (5, 0, 5, 0)


def test_a_repeated_picture_with_new_stamps_is_no_news() -> None:
    arrivals = Arrivals([OPTION, INDEX])
    receive(arrivals, 5, row(OPTION))
    receive(arrivals, 6, row(OPTION, exchange_ts=1_001, last_trade_ts=1_001))
    assert clocks(arrivals, OPTION_SLOT) == (6, 6, 5, 1_001)


def test_any_price_quantity_or_level_is_news() -> None:
    for name in set(TICK.names or ()) - {"token", "exchange_ts", "last_trade_ts", "bids", "asks"}:
        arrivals = Arrivals([OPTION, INDEX])
        receive(arrivals, 5, row(OPTION))
        receive(arrivals, 6, row(OPTION, **{name: 7}))
        assert clocks(arrivals, OPTION_SLOT)[2] == 6, name
    for side in ("bids", "asks"):
        arrivals = Arrivals([OPTION, INDEX])
        receive(arrivals, 5, row(OPTION))
        moved = row(OPTION)
        moved[side]["orders"][0, 4] = 1
        receive(arrivals, 6, moved)
        assert clocks(arrivals, OPTION_SLOT)[2] == 6, side


def test_an_older_stamp_is_taken_as_it_came() -> None:
    """The market state refuses such a packet; the clocks must show it, or a replay would look like silence."""
    arrivals = Arrivals([OPTION, INDEX])
    receive(arrivals, 5, row(OPTION))
    receive(arrivals, 6, row(OPTION, exchange_ts=400, ltp=99_00))
    assert clocks(arrivals, OPTION_SLOT) == (6, 6, 6, 400)
