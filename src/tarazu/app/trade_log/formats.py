"""Rows as the bytes of a file. The same rows give the same bytes, whenever it is done."""

import csv
import io
from collections.abc import Sequence
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING

import msgspec

from tarazu.app.trade_log.row import COLUMNS, SCHEMA, Row

if TYPE_CHECKING:
    import polars as pl

_MADE = datetime(2000, 1, 1, tzinfo=UTC)
"""Excel files name a moment of making; the same rows are the same file."""


class Format(StrEnum):
    CSV = "csv"
    XLSX = "xlsx"
    PARQUET = "parquet"


def encoded(rows: Sequence[Row], form: Format) -> bytes:
    """With its header alone where there are none."""
    match form:
        case Format.CSV:
            return _csv(rows)
        case Format.XLSX:
            return _xlsx(rows)
        case Format.PARQUET:
            return _parquet(rows)


def _csv(rows: Sequence[Row]) -> bytes:
    """RFC 4180, UTF-8; an empty field where an amount is not known."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    writer.writerows(msgspec.structs.astuple(row) for row in rows)
    return out.getvalue().encode()


def _parquet(rows: Sequence[Row]) -> bytes:
    out = io.BytesIO()
    _table(rows).write_parquet(out, compression="zstd", metadata={"tarazu": SCHEMA})
    return out.getvalue()


def _xlsx(rows: Sequence[Row]) -> bytes:
    import polars as pl
    import xlsxwriter  # type: ignore[import-untyped]

    out, table = io.BytesIO(), _table(rows)
    # Excel has numbers of 53 bits and rounds what is beyond, without a word: nanoseconds are text there.
    table = table.with_columns(pl.col(name).cast(pl.String) for name in COLUMNS if name.endswith("_ns"))
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        book.set_properties({"title": SCHEMA, "created": _MADE.replace(tzinfo=None)})
        table.write_excel(book, "trades", dtype_formats={pl.Int64: "#,##0"}, autofit=True, freeze_panes=(1, 0))
    return out.getvalue()


def _table(rows: Sequence[Row]) -> "pl.DataFrame":
    import polars as pl

    schema = {name: pl.Int64 if kind is int else pl.String for name, kind in COLUMNS.items()}
    return pl.DataFrame([msgspec.structs.astuple(row) for row in rows], schema=schema, orient="row")
