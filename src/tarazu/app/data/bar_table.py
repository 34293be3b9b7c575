"""A day's bars as a table that others read: names, IST, VWAP; as Parquet or CSV."""

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from tarazu.app.data.record import Record
from tarazu.app.data.tables import whole_or_os_error
from tarazu.model.ist import IST_OFFSET_NS

COLUMNS = (
    "start_ns", "start_ist", "token", "symbol", "open", "high", "low", "close", "volume", "vwap", "oi", "ticks",
    "spread", "imbalance",
)  # fmt: skip
"""`start_ns` UTC; prices, VWAP and the mean spread in the wire's integers (paise for NSE, BSE, NFO, BFO); `open`,
`high`, `low`, `close` 0 where nothing traded, `vwap` null then and for what has no volume; means are over the packets
that brought a book, null without any; `symbol` empty where nothing in the day names the token."""


def bar_table(bars: NDArray[Any], record: Record) -> pl.DataFrame:
    """`bars` as `roll.bars_of` gives them."""
    columns = {name: np.ascontiguousarray(bars[name]) for name in bars.dtype.names or ()}
    names = {token: record.names.get(token, "") for token in np.unique(bars["token"]).tolist()}
    return (
        pl.DataFrame(columns)
        .with_columns(
            start_ist=(pl.col("start_ns") + IST_OFFSET_NS).cast(pl.Datetime("ns")).dt.strftime("%Y-%m-%d %H:%M:%S"),
            symbol=pl.col("token").replace_strict(names, default="", return_dtype=pl.String),
            vwap=pl.when(pl.col("volume") > 0).then(pl.col("turnover") / pl.col("volume")),
            spread=pl.when(pl.col("spreads") > 0).then(pl.col("spread") / pl.col("spreads")),
            imbalance=pl.when(pl.col("books") > 0).then(pl.col("imbalance") / pl.col("books")),
        )
        .select(COLUMNS)
    )


def write_bars(table: pl.DataFrame, path: Path) -> None:
    """CSV for `.csv`, Parquet otherwise; the file is there whole or not at all. Raises OSError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f"{path.name}.new")
    if path.suffix == ".csv":
        table.write_csv(beside, float_precision=4)
    else:
        with whole_or_os_error(beside):
            table.write_parquet(beside, compression="zstd")
    beside.replace(path)
