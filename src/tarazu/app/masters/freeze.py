"""The exchange's list of freeze quantities: the largest quantity of one order, by the underlying's name.

No instrument master tells them, and the exchange issues them anew each month. A person puts the list into the home:

    <profile>/freeze/2026-12-01.csv      NSE's qtyfreeze.csv as it is: SYMBOL, VOL_FRZ_QTY; the date it holds from

The newest list that holds on a day is the day's. Where there is none, the dated figures of the rules that ship with
tarazu are taken for the indices they name (the simulated exchange has the same); a name that neither knows has none,
and the exchange refuses what is too large. main journals what it took (`engine.messages.Started.freeze`), so that a
replay slices by the same. Who took a list in is in the desk's record.
"""

import csv
import hashlib
import os
from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path

import msgspec

from tarazu.app.home import Home
from tarazu.model.instrument import Instrument
from tarazu.model.rules import RuleBook
from tarazu.runtime.desk_record import DeskKind, append
from tarazu.runtime.whole import sync_folder

SYMBOL, QUANTITY = "SYMBOL", "VOL_FRZ_QTY"
BYTES_MAX = 1 << 20
QUANTITY_MAX = 100_000_000


class BadFreezeList(ValueError):
    """It does not read as the exchange's list; the message names file and line, and nothing of it is used."""


class FreezeList(msgspec.Struct, frozen=True, kw_only=True):
    """`quantities` are units, by the underlying's name: `{"NIFTY": 1800}`."""

    valid_from: date
    sha256: str
    """Of the file."""
    quantities: dict[str, int]
    replaced: str = ""
    """SHA-256 of the list of the same date that was there before it was taken in."""


def freeze_folder(home: Home) -> Path:
    return home.root / "freeze"


def freeze_list(home: Home, day: date) -> FreezeList | None:
    """The newest list that holds on `day`; None where there is none. Raises BadFreezeList, OSError."""
    chosen: Path | None = None
    for path in sorted(freeze_folder(home).glob("????-??-??.csv")):
        if path.stem <= day.isoformat():
            chosen = path
    if chosen is None:
        return None
    text = _text(chosen)
    return FreezeList(
        valid_from=_day_of(chosen),
        sha256=hashlib.sha256(text).hexdigest(),
        quantities=parse_freeze(text.decode("utf-8-sig", "replace"), str(chosen)),
    )


def import_freeze(home: Home, source: Path, valid_from: date, *, who: str, now_ns: int) -> FreezeList:
    """Check the file, say in the desk's record who takes it in, and keep it as it is, for `valid_from` and after; on
    the disk when this returns. Raises BadFreezeList, BadDeskRecord, OSError: the lists are not changed then."""
    text = _text(source)
    quantities = parse_freeze(text.decode("utf-8-sig", "replace"), str(source))
    folder = freeze_folder(home)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    kept = folder / f"{valid_from.isoformat()}.csv"
    taken = FreezeList(
        valid_from=valid_from,
        sha256=hashlib.sha256(text).hexdigest(),
        quantities=quantities,
        replaced=hashlib.sha256(kept.read_bytes()).hexdigest() if kept.exists() else "",
    )
    beside = kept.with_suffix(".new")
    try:
        with beside.open("wb") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        _note(home, taken, source, who, now_ns)
        beside.replace(kept)
    finally:
        beside.unlink(missing_ok=True)
    sync_folder(folder)
    return taken


def parse_freeze(text: str, name: str) -> dict[str, int]:
    """Columns may stand in any order, with others between and blanks around; thousands may have commas. Raises
    BadFreezeList for a name twice, a quantity that is none, or a list without a row."""
    rows = csv.reader(text.splitlines())
    head = [cell.strip().upper() for cell in next(rows, [])]
    if SYMBOL not in head or QUANTITY not in head:
        raise BadFreezeList(
            f"{name}: line 1 names no {SYMBOL} and {QUANTITY}: this is not the exchange's qtyfreeze list"
        )
    at, of = head.index(SYMBOL), head.index(QUANTITY)
    found: dict[str, int] = {}
    for row in rows:
        if not any(cell.strip() for cell in row):
            continue
        symbol = row[at].strip().upper() if len(row) > max(at, of) else ""
        digits = row[of].replace(",", "").strip() if symbol else ""
        if not digits.isascii() or not digits.isdecimal() or not 0 < int(digits) <= QUANTITY_MAX:
            raise BadFreezeList(f"{name}: line {rows.line_num}: {','.join(row)[:80]!r} has no symbol and quantity")
        if symbol in found:
            raise BadFreezeList(f"{name}: line {rows.line_num}: {symbol} is there twice")
        found[symbol] = int(digits)
    if not found:
        raise BadFreezeList(f"{name} has no row")
    return found


def quantities_for(rows: Iterable[Instrument], kept: FreezeList | None, rules: RuleBook) -> dict[str, int]:
    """For every name that has contracts among `rows` and a known quantity: by the list where it has the name, else by
    the rules' own figure for that index; without a list by theirs for all shares, too."""
    known = {name: contract.freeze_qty for name, contract in rules.contracts.items()}
    other = rules.stock_freeze_qty if kept is None else 0
    listed = kept.quantities if kept is not None else {}
    found = {name: listed.get(name) or known.get(name, other) for name in sorted(_names(rows))}
    return {name: qty for name, qty in found.items() if qty}


def todays_freeze(home: Home, day: date, rules: RuleBook, rows: Iterable[Instrument]) -> dict[str, int]:
    """What a process of this home goes by on that day. Raises BadFreezeList, OSError."""
    return quantities_for(rows, freeze_list(home, day), rules)


def with_freeze(instrument: Instrument, freeze: Mapping[str, int]) -> Instrument:
    """The contract with its underlying's quantity; whatever else as it is."""
    qty = freeze.get(instrument.name, 0) if instrument.is_derivative else 0
    return msgspec.structs.replace(instrument, freeze_qty=qty) if qty else instrument


def _note(home: Home, taken: FreezeList, source: Path, who: str, now_ns: int) -> None:
    """Before the list holds: none is in use that nobody has taken in."""
    told = {"valid_from": taken.valid_from.isoformat(), "sha256": taken.sha256, "replaced": taken.replaced}
    body = {"act": "take_in", **told, "names": len(taken.quantities), "source": str(source)}
    append(home.desk, DeskKind.FREEZE, body, who=who, now_ns=now_ns)


def _names(rows: Iterable[Instrument]) -> set[str]:
    return {row.name for row in rows if row.is_derivative}


def _text(path: Path) -> bytes:
    with path.open("rb") as file:
        text = file.read(BYTES_MAX + 1)
    if len(text) > BYTES_MAX:
        raise BadFreezeList(f"{path} is larger than {BYTES_MAX} bytes: this is not the exchange's qtyfreeze list")
    return text


def _day_of(path: Path) -> date:
    try:
        return date.fromisoformat(path.stem)
    except ValueError as bad:
        raise BadFreezeList(
            f"{path}: {path.stem} is no date: the file is named by the day from which it holds"
        ) from bad
