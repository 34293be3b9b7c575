"""ticks.parquet holds every packet as the decoder reads it, and null where the packet says nothing."""

import tempfile
from pathlib import Path

import numpy as np
import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.market_rows import CARRIED
from harness.raw_days import DAY, OPEN_NS, Plain, quiet, write_day
from tarazu.app.data.archive import TICKS
from tarazu.app.data.convert import convert
from tarazu.app.data.frames import segment_batches
from tarazu.app.data.tables import CARRIERS, TICK_SCHEMA, tick_table
from tarazu.runtime.segment import Kind
from tarazu.wire.kite_ticks import TICK, Mode, TickFrame, decode, encode

SHARE, INDEX = 408065, 256265


def some_rows(seed: int, count: int) -> np.ndarray:
    rows = np.frombuffer(np.random.default_rng(seed).bytes(TICK.itemsize * count), TICK).copy()
    rows["token"] = [INDEX if n % 3 == 0 else SHARE for n in range(count)]
    return rows


def value(row: np.ndarray, name: str) -> int:
    if name in (TICK.names or ()):
        return int(row[name])
    side, level, what = name[:3] + "s", int(name[3]) - 1, name[5:]
    return int(row[side][level][what])


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 1 << 30), st.lists(st.sampled_from([Mode.LTP, Mode.QUOTE, Mode.FULL]), max_size=12))
def test_every_field_is_the_decoders_or_null(seed, modes):
    rows = some_rows(seed, len(modes))
    payload = encode(rows, np.array(modes, np.uint8))
    frame = TickFrame()
    decode(payload, frame)
    with tempfile.TemporaryDirectory() as name:
        folder = write_day(Path(name), [Plain(1, Kind.BINARY, 0, payload, OPEN_NS, 5)], segment_bytes=1 << 16)
        table, broken = tick_table(next(segment_batches(folder)))
    assert table.schema == TICK_SCHEMA and len(table) == frame.count == len(modes) and broken == 0
    for n, told in enumerate(table.iter_rows(named=True)):
        length = int(frame.packet_bytes[n])
        assert (told["sequence"], told["wall_ns"]) == (1, OPEN_NS)
        assert (told["token"], told["packet_bytes"]) == (rows["token"][n], length)
        carried = set(CARRIED[length])
        for column in CARRIERS:
            family = column if column in (TICK.names or ()) else column[:3] + "s"
            expected = value(frame.rows[n], column) if family in carried else None
            assert told[column] == expected, (length, column)


def test_other_kinds_and_heartbeats_give_no_ticks_and_broken_frames_are_counted(tmp_path):
    whole = encode(some_rows(1, 6), Mode.FULL)
    payloads = [(Kind.TEXT, whole), (Kind.BINARY, b"\0"), (Kind.BINARY, whole[:-10]), (Kind.BINARY, whole)]
    frames = [Plain(n, kind, 0, payload, n, n) for n, (kind, payload) in enumerate(payloads, start=1)]
    manifest = convert(write_day(tmp_path / "feed", frames, 1 << 16), tmp_path / "archive" / DAY.isoformat(), quiet)
    assert (manifest.ticks, manifest.broken_frames) == (11, 1)
    ticks = pl.read_parquet(tmp_path / "archive" / DAY.isoformat() / TICKS)
    assert ticks["sequence"].to_list() == [3] * 5 + [4] * 6


def test_a_day_without_frames_has_files_without_rows(tmp_path):
    folder = tmp_path / "feed" / DAY.isoformat()
    folder.mkdir(parents=True)
    manifest = convert(folder, tmp_path / "archive" / DAY.isoformat(), quiet)
    assert (manifest.frames, manifest.ticks, manifest.first_wall_ns) == (0, 0, None)
    assert pl.read_parquet(tmp_path / "archive" / DAY.isoformat() / TICKS).schema == TICK_SCHEMA
