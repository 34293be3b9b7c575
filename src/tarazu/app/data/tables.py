"""Frames and ticks as Polars tables: the columns of the archive's files, and the way there and back."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray
from polars.io.plugins import register_io_source

from tarazu.app.data.frame_kernels import rows_of
from tarazu.app.data.frames import Batch
from tarazu.runtime.segment import Kind
from tarazu.wire.kite_ticks import (
    DEPTH_LEVELS,
    FULL_BYTES,
    INDEX_FULL_BYTES,
    INDEX_QUOTE_BYTES,
    LTP_BYTES,
    QUOTE_BYTES,
    TICK,
)
from tarazu.wire.tick_kernels import ROW_WORDS, TALLY_SLOTS

FRAME_SCHEMA = pl.Schema(
    {
        "sequence": pl.UInt64(),
        "wall_ns": pl.Int64(),
        "mono_ns": pl.Int64(),
        "connection": pl.UInt16(),
        "kind": pl.UInt8(),
        "payload": pl.Binary(),
    }
)
"""Row per frame, in the log's order. `kind` is runtime.segment.Kind; seals are no frames."""

_ALL = (LTP_BYTES, INDEX_QUOTE_BYTES, INDEX_FULL_BYTES, QUOTE_BYTES, FULL_BYTES)
_DAY_PRICES = (INDEX_QUOTE_BYTES, INDEX_FULL_BYTES, QUOTE_BYTES, FULL_BYTES)
# Which packets carry a field, by their length: Kite v3 "Quote packet structure" and "Index packet structure".
CARRIERS = {
    "ltp": _ALL,
    **dict.fromkeys(("last_qty", "avg_price", "volume", "buy_qty", "sell_qty"), (QUOTE_BYTES, FULL_BYTES)),
    **dict.fromkeys(("open", "high", "low", "close"), _DAY_PRICES),
    **dict.fromkeys(("last_trade_ts", "oi", "oi_high", "oi_low"), (FULL_BYTES,)),
    "exchange_ts": (INDEX_FULL_BYTES, FULL_BYTES),
    **{
        f"{side}{level}_{what}": (FULL_BYTES,)
        for side in ("bid", "ask")
        for level in range(1, DEPTH_LEVELS + 1)
        for what in ("qty", "price", "orders")
    },
}
_SIGNED = {"ltp", "avg_price", "open", "high", "low", "close"}


def _type_of(name: str) -> Any:
    if name.endswith("_orders"):
        return pl.UInt16()
    signed = name in _SIGNED or (name not in (TICK.names or ()) and name.endswith(("_qty", "_price")))
    return pl.Int32() if signed else pl.UInt32()


TICK_SCHEMA = pl.Schema(
    {
        "sequence": pl.UInt64(),
        "wall_ns": pl.Int64(),
        "token": pl.UInt32(),
        "packet_bytes": pl.UInt16(),
        **{name: _type_of(name) for name in CARRIERS},
    }
)
"""Row per valid packet, in the order of frames and of packets in a frame. `sequence` and `wall_ns` are the frame's.
What a packet does not carry is null; see CARRIERS. Prices are the wire's integers, stamps whole seconds UTC."""

_NOTHING = pl.Series([None], dtype=pl.Null)
TICK_ROWS_A_GROUP = 1 << 17


def frame_table(batch: Batch) -> pl.DataFrame:
    payload = pl.Series("payload", [bytes(p) for p in batch.payloads()], dtype=pl.Binary)
    columns = {
        "sequence": batch.sequences,
        "wall_ns": batch.wall_ns,
        "mono_ns": batch.mono_ns,
        "connection": batch.connections,
        "kind": batch.kinds,
    }
    return pl.DataFrame({**columns, "payload": payload}, schema=FRAME_SCHEMA)


def batch_of(table: pl.DataFrame) -> Batch:
    """`frame_table` back."""
    payloads = table["payload"].to_list()
    sizes = np.array([len(p) for p in payloads], np.int64)
    return Batch(
        octets=np.frombuffer(b"".join(payloads), np.uint8),
        starts=np.cumsum(sizes) - sizes,
        sizes=sizes,
        sequences=table["sequence"].to_numpy(),
        wall_ns=table["wall_ns"].to_numpy(),
        mono_ns=table["mono_ns"].to_numpy(),
        connections=table["connection"].to_numpy(),
        kinds=table["kind"].to_numpy(),
    )


def tick_table(batch: Batch) -> tuple[pl.DataFrame, int]:
    """The packets of a batch's binary frames, and how many of these frames could not be read to their end."""
    ticks = batch.kinds == Kind.BINARY
    starts, sizes = batch.starts[ticks], batch.sizes[ticks]
    if not len(starts):
        return TICK_SCHEMA.to_frame(), 0
    most = _declared(batch.octets, starts, sizes)
    rows, lengths = np.empty((most, ROW_WORDS), np.uint32), np.empty(most, np.uint16)
    counts, tally = np.empty(len(starts), np.int64), np.zeros(TALLY_SLOTS, np.int64)
    valid, broken = rows_of(batch.octets, starts, sizes, rows, lengths, counts, tally)
    columns: dict[str, Any] = {
        "sequence": np.repeat(batch.sequences[ticks], counts),
        "wall_ns": np.repeat(batch.wall_ns[ticks], counts),
    }
    return pl.DataFrame(columns | _fields(rows[:valid], lengths[:valid]), schema=TICK_SCHEMA), int(broken)


def _declared(octets: NDArray[np.uint8], starts: NDArray[np.int64], sizes: NDArray[np.int64]) -> int:
    """The most packets that these frames can have: a packet is two bytes of its length and eight of LTP at least."""
    starts, sizes = starts[sizes >= 2], sizes[sizes >= 2]
    said = octets[starts].astype(np.int64) << 8 | octets[starts + 1]
    return int(np.minimum(said, sizes // (2 + LTP_BYTES)).sum())


def _fields(rows: NDArray[np.uint32], lengths: NDArray[np.uint16]) -> dict[str, Any]:
    """A column a field, null where the packet does not carry it. `rows`: the words of each packet."""
    words = np.ascontiguousarray(rows.T)
    columns: dict[str, Any] = {"token": words[0], "packet_bytes": lengths}
    carried = {which: np.isin(lengths, which) for which in set(CARRIERS.values())}
    for word, name in _words():
        column = words[word] >> 16 if name.endswith("_orders") else words[word]
        native = np.int32 if TICK_SCHEMA[name] == pl.Int32 else np.uint16 if name.endswith("_orders") else np.uint32
        series = pl.Series(name, column.astype(np.uint16) if native is np.uint16 else column.view(native))
        there = carried[CARRIERS[name]]
        columns[name] = series if there.all() else series.zip_with(pl.Series(there), _NOTHING.cast(series.dtype))
    return columns


def _words() -> list[tuple[int, str]]:
    """Each field's word in a TICK row; the order count is the upper half of a level's last."""
    return list(enumerate(CARRIERS, start=1))


def frame_batches(path: Path, group_rows: int) -> Iterator[Batch]:
    """The frames of a frames.parquet, a batch a row group."""
    for table in row_groups(path, group_rows):
        yield batch_of(table)


def row_groups(path: Path, group_rows: int) -> Iterator[pl.DataFrame]:
    """A file's rows, so many at a time: only these are ever in memory."""
    lazy = pl.scan_parquet(path)
    for start in range(0, lazy.select(pl.len()).collect().item(), group_rows):
        yield lazy.slice(start, group_rows).collect()


class Rows:
    """The rows of a Parquet file, in order, as many at a time as one asks for."""

    def __init__(self, path: Path, group_rows: int) -> None:
        self._coming = row_groups(path, group_rows)
        self._left = pl.scan_parquet(path).head(0).collect()

    def take(self, count: int) -> pl.DataFrame:
        """The next `count` rows; fewer at the end."""
        parts = [self._left]
        while sum(map(len, parts)) < count and (table := next(self._coming, None)) is not None:
            parts.append(table)
        rows = pl.concat(parts)
        taken, self._left = rows.head(count), rows.slice(count)
        return taken


def write_parquet(tables: Iterable[pl.DataFrame], schema: pl.Schema, path: Path, group_rows: int, about: str) -> None:
    """The tables one after the other, each gone before the next is made. Raises OSError."""

    def source(columns: object, predicate: object, most: object, size: object) -> Iterator[pl.DataFrame]:
        assert columns is None and predicate is None and most is None, "a sink asks for everything"
        yield schema.to_frame()  # a file even without rows
        yield from tables

    lazy = register_io_source(source, schema=schema, is_pure=False)
    with whole_or_os_error(path):  # what `tables` raises comes as it is
        lazy.sink_parquet(path, compression="zstd", row_group_size=group_rows, metadata={"tarazu": about})


@contextmanager
def whole_or_os_error(path: Path) -> Iterator[None]:
    """Polars calls a disk that is full, or fails, an error of the table's."""
    try:
        yield
    except pl.exceptions.ComputeError as failed:
        raise OSError(f"{path} was not written whole, is the disk full? {failed}") from failed
