"""A recorded day of 10 million ticks to one-minute bars: straight from the feed log, beside Polars on ticks.parquet.

Ours reads every segment with every checksum and decodes every packet; the peer reads five columns that were decoded
when the day was converted, and knows no repetitions and no packets older than the state. Both ends are a table of the
same bars, which is checked. The day is made by a seed and kept in the temporary folder; neither making nor converting
it is counted. Wall seconds, the files in the page cache, median of the rounds.
"""

import shutil
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import numpy as np
import polars as pl

from tarazu.app.data.archive import TICKS
from tarazu.app.data.bar_table import bar_table
from tarazu.app.data.frames import segment_batches
from tarazu.app.data.record import Record
from tarazu.app.data.roll import bars_of
from tarazu.app.data.tables import TICK_ROWS_A_GROUP, TICK_SCHEMA, tick_table, write_parquet
from tarazu.model.instrument import SegmentByte, token_of
from tarazu.model.units import MINUTE_NS, SECOND_NS
from tarazu.ops.bench import Case, against_peer, at_most
from tarazu.runtime.feed_log import FeedLog
from tarazu.runtime.segment import Kind
from tarazu.wire.kite_ticks import TICK, Mode, encode

DAY = date(2026, 11, 23)
OPEN_NS = 1_795_405_500 * SECOND_NS  # 09:15 IST
SESSION_NS = 22_500 * SECOND_NS
TICKS_IN_ALL, INSTRUMENTS, PACKETS = 10_000_000, 500, 100
SEED = 2026
ROUNDS = 7
GOAL_S = 2.0  # issue 3
KEPT = Path(tempfile.gettempdir()) / f"tarazu-rollup-{SEED}-{TICKS_IN_ALL}-{INSTRUMENTS}-{PACKETS}-v1"


def recorded_day() -> Path:
    """The folder of the day, with ticks.parquet beside it; made once, and there whole or not at all."""
    if not KEPT.exists():
        making = Path(tempfile.mkdtemp(prefix=f"{KEPT.name}."))
        try:
            record(making)
            tables = (tick_table(batch)[0] for batch in segment_batches(making / DAY.isoformat()))
            write_parquet(tables, TICK_SCHEMA, making / TICKS, TICK_ROWS_A_GROUP, "benchmark")
            making.rename(KEPT)
        except BaseException:
            shutil.rmtree(making)
            raise
    return KEPT / DAY.isoformat()


def record(feed: Path) -> None:
    """Full-mode frames of 100 packets, three connections, each packet a trade and a moved book."""
    rng = np.random.default_rng(SEED)
    rows = np.frombuffer(rng.bytes(TICK.itemsize * INSTRUMENTS), TICK).copy()
    rows["token"] = [token_of(40_000 + i, SegmentByte.NFO) for i in range(INSTRUMENTS)]
    rows["ltp"], rows["volume"] = 10_000, 0
    rows["bids"]["qty"] &= 0xFFFF
    rows["asks"]["qty"] &= 0xFFFF
    turn, frames = rng.permutation(INSTRUMENTS), TICKS_IN_ALL // PACKETS
    log = FeedLog.open(feed, DAY)
    for n in range(frames):
        chosen = turn[np.arange(n * PACKETS, (n + 1) * PACKETS) % INSTRUMENTS]
        now_ns = OPEN_NS + n * SESSION_NS // frames
        rows["volume"][chosen] += rng.integers(1, 20, PACKETS, dtype=np.uint32) * 75
        rows["ltp"][chosen] += rng.integers(-5, 6, PACKETS, dtype=np.int32)
        rows["bids"]["price"][chosen] = rows["ltp"][chosen, None] - np.arange(5, 30, 5)
        rows["asks"]["price"][chosen] = rows["ltp"][chosen, None] + np.arange(5, 30, 5)
        rows["exchange_ts"][chosen] = now_ns // SECOND_NS
        log.append(Kind.BINARY, n % 3, encode(rows[chosen], Mode.FULL), now_ns, now_ns - OPEN_NS + 1)
    log.close()


def ours(folder: Path) -> pl.DataFrame:
    return bar_table(bars_of(segment_batches(folder)), Record())


def peer(ticks: Path) -> pl.DataFrame:
    """The same from decoded columns, as one would write it with Polars."""
    traded = pl.col("qty") > 0
    return (
        pl.scan_parquet(ticks)
        .select("token", "wall_ns", "ltp", "oi", volume=pl.col("volume").cast(pl.Int64))
        .with_columns(
            qty=(pl.col("volume") - pl.col("volume").shift(1).over("token")).fill_null(0),
            start_ns=pl.col("wall_ns") // MINUTE_NS * MINUTE_NS,
        )
        .group_by("token", "start_ns")
        .agg(
            open=pl.col("ltp").filter(traded).first(),
            high=pl.col("ltp").filter(traded).max(),
            low=pl.col("ltp").filter(traded).min(),
            close=pl.col("ltp").filter(traded).last(),
            volume=pl.col("qty").sum(),
            turnover=(pl.col("qty") * pl.col("ltp")).sum(),
            oi=pl.col("oi").last(),
            ticks=pl.len(),
        )
        .with_columns(vwap=pl.col("turnover") / pl.col("volume"))
        .sort("token", "start_ns")
        .collect()
    )


def seconds(call: Callable[[], pl.DataFrame]) -> float:
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def cases() -> Iterator[Case]:
    folder = recorded_day()
    ticks = KEPT / TICKS
    mine, theirs = ours(folder), peer(ticks)
    shared = ["token", "start_ns", "open", "high", "low", "close", "volume", "oi", "ticks", "vwap"]
    assert mine.select(pl.col(shared).cast(pl.Float64)).equals(theirs.select(pl.col(shared).cast(pl.Float64)))
    turns = [(seconds(lambda: ours(folder)), seconds(lambda: peer(ticks))) for _ in range(ROUNDS)]
    ours_s, peer_s = (statistics.median(column) for column in zip(*turns, strict=True))
    yield at_most("rollup", "10 M ticks, feed log to bars", ours=ours_s, unit="s", goal=GOAL_S)
    yield against_peer(
        "rollup",
        "beside Polars on ticks.parquet",
        ours=TICKS_IN_ALL / ours_s,
        peer=TICKS_IN_ALL / peer_s,
        unit="ticks/s",
        goal=None,
    )
