"""Bars of a recorded day are the running market state's, packet for packet."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from harness.raw_days import OPEN_NS, Plain, write_day
from tarazu.app.data.bar_table import bar_table, write_bars
from tarazu.app.data.frames import segment_batches
from tarazu.app.data.record import Record
from tarazu.app.data.roll import WIDTHS_NS, bars_of
from tarazu.market.slots import BAR
from tarazu.market.state import MarketState
from tarazu.model.units import DAY_NS, MINUTE_NS, SECOND_NS
from tarazu.ops import data_bars
from tarazu.runtime.segment import Kind
from tarazu.wire.kite_ticks import TICK, Mode, TickFrame, decode, encode

TOKENS = [256265, 408065, 40_000 << 8 | 2, 40_001 << 8 | 2]
BARS = list(BAR.names or ())


def wild_frames(seed: int, count: int) -> list[tuple[int, bytes]]:
    """(receive time, frame): every mode, repetitions, older packets, stamps ahead, a night, a clock that goes back."""
    rng = np.random.default_rng(seed)
    now_ns, volumes, out = OPEN_NS, np.zeros(len(TOKENS), np.int64), []
    rows = np.zeros(len(TOKENS), TICK)
    rows["token"] = TOKENS
    for _ in range(count):
        now_ns += int(rng.choice([0, 200, 900, 20_000, 90_000, -300])) * 10**6 + (DAY_NS if rng.random() < 0.005 else 0)
        chosen = rng.integers(0, len(TOKENS), rng.integers(1, 5))
        volumes[chosen] += rng.choice([0, 0, 25, 75, -50], len(chosen))
        volumes = np.maximum(volumes, 0) * (rng.random() > 0.01)
        rows["volume"], rows["oi"][chosen] = volumes, rng.integers(0, 3)
        rows["ltp"][chosen] = rng.choice([10_000, 10_005, 9_995, 0], len(chosen), p=[0.4, 0.29, 0.29, 0.02])
        rows["exchange_ts"][chosen] = now_ns // SECOND_NS + rng.choice([0, 0, 0, -2, 900], len(chosen))
        rows["bids"]["price"][chosen, 0], rows["asks"]["price"][chosen, 0] = 9_990, rng.choice([10_000, 9_980])
        rows["bids"]["qty"][chosen, 0], rows["asks"]["qty"][chosen, 0] = rng.integers(0, 3), rng.integers(0, 3)
        modes = rng.choice([Mode.LTP, Mode.QUOTE, Mode.FULL], len(chosen), p=[0.2, 0.2, 0.6]).astype(np.uint8)
        out.append((now_ns, encode(rows[chosen], modes)))
    return out


def record(feed: Path, frames: list[tuple[int, bytes]], segment_bytes: int = 1 << 16) -> Path:
    plain = [Plain(n, Kind.BINARY, 0, payload, at, n) for n, (at, payload) in enumerate(frames, start=1)]
    return write_day(feed, plain, segment_bytes)


def state_bars(frames: list[tuple[int, bytes]], width: int, tokens: list[int] = TOKENS) -> list[tuple[int, ...]]:
    """What a market state completes while the frames come, and at the end."""
    state, frame = MarketState(bytearray(MarketState.layout(len(tokens))), tokens), TickFrame()
    told: list[tuple[int, ...]] = []
    for at, payload in [*frames, (0, b"")]:
        if payload:
            state.update(frame.rows, frame.packet_bytes, decode(payload, frame), at)
        else:
            state.close_bars(1 << 62)
        closed = state.closings[state.closings["width"] == width]
        told += [(tokens[c["slot"]], *(int(c[name]) for name in BARS)) for c in closed]
    return sorted(told, key=lambda bar: bar[:2])


@pytest.mark.parametrize(("width", "of_state"), [("1s", 0), ("1m", 1), ("5m", 2)])
@pytest.mark.parametrize("seed", range(12))
def test_the_bars_of_any_recording_are_the_market_states(tmp_path, seed, width, of_state):
    frames = wild_frames(seed, 1_500)
    bars = bars_of(segment_batches(record(tmp_path, frames)), width)
    assert [(int(b["token"]), *(int(b[name]) for name in BARS)) for b in bars] == state_bars(frames, of_state)


def test_more_bars_than_fit_at_once_and_instruments_that_join_late(tmp_path):
    tokens = [n << 8 | 2 for n in range(1, 901)]
    rows = np.zeros(len(tokens), TICK)
    rows["token"], frames = tokens, []
    for n in range(200):
        rows["ltp"] = 100 + n
        frames.append((OPEN_NS + n * SECOND_NS, encode(rows[: 300 + 10 * n], Mode.LTP)))
    bars = bars_of(segment_batches(record(tmp_path, frames, 1 << 21)), "1s")
    assert len(bars) == sum(min(900, 300 + 10 * n) for n in range(200)) and (bars["open"] == bars["close"]).all()
    assert (np.diff(bars["token"]) >= 0).all() and (np.diff(bars["start_ns"])[np.diff(bars["token"]) == 0] > 0).all()


def full(at_ns: int, ltp: int, volume: int, bid: int, ask: int, qty: tuple[int, int]) -> tuple[int, bytes]:
    row = np.zeros(1, TICK)
    row["token"], row["ltp"], row["volume"], row["exchange_ts"] = TOKENS[2], ltp, volume, at_ns // SECOND_NS
    row["bids"]["price"][0, 0], row["asks"]["price"][0, 0] = bid, ask
    row["bids"]["qty"][0, 0], row["asks"]["qty"][0, 0] = qty
    return at_ns, encode(row, Mode.FULL)


def test_vwap_is_turnover_over_volume_and_means_are_over_books(tmp_path):
    frames = [
        full(OPEN_NS, 100, 1_000, 90, 110, (3, 1)),
        full(OPEN_NS + SECOND_NS, 110, 1_010, 100, 106, (1, 1)),
        full(OPEN_NS + 2 * SECOND_NS, 90, 1_040, 0, 106, (0, 4)),
        full(OPEN_NS + MINUTE_NS, 95, 1_040, 90, 100, (1, 1)),
    ]
    table = bar_table(bars_of(segment_batches(record(tmp_path, frames))), Record())
    one, two = table.iter_rows(named=True)
    assert (one["open"], one["high"], one["low"], one["close"], one["volume"]) == (110, 110, 90, 90, 40)
    assert one["vwap"] == (10 * 110 + 30 * 90) / 40
    assert one["spread"] == (20 + 6) / 2 and one["imbalance"] == pytest.approx((0.5 + 0.0 - 1.0) / 3)
    assert (two["volume"], two["open"], two["vwap"], two["ticks"]) == (0, 0, None, 1)
    assert [row["start_ist"] for row in (one, two)] == ["2026-11-23 09:15:00", "2026-11-23 09:16:00"]


@pytest.mark.parametrize("name", ["bars.csv", "bars.parquet"])
def test_bars_are_written_whole(tmp_path, name):
    table = bar_table(bars_of(segment_batches(record(tmp_path, wild_frames(1, 100)))), Record())
    write_bars(table, tmp_path / "out" / name)
    assert [p.name for p in (tmp_path / "out").iterdir()] == [name]


def test_a_day_without_ticks_has_no_bars(tmp_path):
    folder = write_day(tmp_path, [Plain(1, Kind.TEXT, 0, b"{}", OPEN_NS, 1)])
    assert len(bar_table(bars_of(segment_batches(folder)), Record())) == 0


def test_every_width_begins_on_ists_marks():
    assert tuple(WIDTHS_NS) == data_bars.WIDTHS, "the command names them without importing numba"
    assert all(30 * MINUTE_NS % width == 0 for width in WIDTHS_NS.values())


def test_a_full_disk_is_told_as_one(tmp_path: Path) -> None:
    (tmp_path / "bars.parquet.new").symlink_to("/dev/full")
    with pytest.raises(OSError, match="is the disk full"):
        write_bars(pl.DataFrame({"open": [1]}), tmp_path / "bars.parquet")
