"""A contract note taken in from a file: our fills and charges beside it; each thing that differs is a typed break."""

import csv
import io
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tarazu.app.reconcile.legs.charge_lines import our_lines
from tarazu.app.reconcile.legs.charges import note_of, traded
from tarazu.app.reconcile.note.contract_note import BadNote, ContractNote
from tarazu.app.reconcile.note.kept import read_note
from tarazu.portfolio.charges import NOTHING

DAY = date(2026, 11, 23)
COLUMNS = ["trade_date", "exchange", "segment", "symbol", "trade_type", "quantity", "price", "order_id", "trade_id"]
LINES = {"brokerage": "brokerage", "stt": "stt", "exchange": "exchange_charges", "sebi": "sebi", "stamp": "stamp",
         "gst": "gst", "total": "total"}  # fmt: skip
Rows = list[dict[str, str]]


def rows_of(kept: Any) -> Rows:
    """As Zerodha's tradebook has them: derivatives are of exchange NSE and segment FO."""
    fills = sorted((f for o in kept.ours.orders for f in o.fills.values()), key=lambda f: (f.order_id, f.exec_id))
    rows = []
    for fill in fills:
        exchange, _, symbol = fill.key.partition(":")
        segment = "FO" if exchange == "NFO" else "EQ"
        cells = (
            "2026-11-23",
            "NSE",
            segment,
            symbol,
            fill.side.lower(),
            str(fill.qty),
            f"{fill.price_paise / 100:.2f}",
        )
        rows.append(dict(zip(COLUMNS, (*cells, fill.order_id, fill.exec_id), strict=True)))
    return rows


def charged(kept: Any, rupee: bool = False) -> Rows:
    """A row of the whole day's charges; with STT and stamp in whole rupees, as a note of a day shows them."""
    told = our_lines(sum((note_of(kept.ours, order) for order in traded(kept.ours)), NOTHING))
    del told["total"]
    if rupee:
        told |= {line: (told[line] + 50) // 100 * 100 for line in ("stt", "stamp")}
    told["total"] = sum(told.values())
    return [{LINES[line]: f"{paise / 100:.2f}" for line, paise in told.items()}]


def note(tmp_path: Path, rows: Rows) -> ContractNote:
    text = io.StringIO()
    writer = csv.DictWriter(text, [*COLUMNS, *LINES.values()])
    writer.writeheader()
    writer.writerows(rows)
    path = tmp_path / "tradebook.csv"
    path.write_text(text.getvalue())
    return read_note([path], DAY)


@pytest.mark.control("C32")
def test_a_note_that_says_what_we_say_has_no_break(kept: Any, tmp_path: Path) -> None:
    taken = note(tmp_path, [*rows_of(kept), *charged(kept)])
    result = kept.found(note=taken)
    assert result.breaks == () and len(taken.fills) == kept.ours.fills
    assert result.note_sha256 == taken.sha256
    assert result.totals.note_charges_paise == result.totals.asked_charges_paise


def _cell(name: str, change: Callable[[str], str]) -> Callable[[Rows], None]:
    def changed(rows: Rows) -> None:
        rows[9][name] = change(rows[9][name])

    return changed


CHANGES = [
    (_cell("price", lambda price: f"{float(price) + 0.05:.2f}"), ["PRICE note"]),
    (_cell("quantity", lambda qty: str(int(qty) + 1)), ["QTY note"]),
    (_cell("trade_type", lambda side: "sell" if side == "buy" else "buy"), ["TERMS.side note"]),
    (_cell("trade_id", lambda _: "999"), ["EXTRA_FILL note", "MISSING_FILL note"]),
    (lambda rows: rows.pop(9), ["MISSING_FILL note"]),
    (lambda rows: rows.append(rows[9]), ["DUPLICATE_FILL note"]),
    (lambda rows: rows.append(rows[9] | {"trade_id": "999"}), ["EXTRA_FILL note"]),
]


@pytest.mark.parametrize(("change", "breaks"), CHANGES)
@pytest.mark.control("C32")
def test_one_row_that_differs_is_one_typed_break(
    kept: Any, told: Any, tmp_path: Path, change: Callable[[Rows], None], breaks: list[str]
) -> None:
    rows = rows_of(kept)
    change(rows)
    result = kept.found(note=note(tmp_path, rows))
    assert sorted(told(result)) == breaks
    assert all(found.money and found.order_id and found.trade_id for found in result.breaks)


@pytest.mark.parametrize("line", list(LINES))
@pytest.mark.control("C32")
def test_a_charge_of_the_day_that_is_a_paisa_off_is_a_break_of_its_line(kept: Any, tmp_path: Path, line: str) -> None:
    (day,) = charged(kept)
    day[LINES[line]] = f"{float(day[LINES[line]]) + 0.01:.2f}"
    (found,) = kept.found(note=note(tmp_path, [*rows_of(kept), day])).breaks
    assert (found.kind, found.field, found.unit, found.broker - found.ours) == ("CHARGES", line, "paise", 1)


def test_a_note_of_the_day_may_have_its_stt_and_stamp_in_whole_rupees(kept: Any, tmp_path: Path) -> None:
    rounded = charged(kept, rupee=True)
    assert rounded != charged(kept)
    assert kept.found(note=note(tmp_path, [*rows_of(kept), *rounded])).breaks == ()


def test_charges_of_one_order_are_compared_with_that_orders(kept: Any, tmp_path: Path) -> None:
    rows: Rows = []
    for order in traded(kept.ours):
        lines = our_lines(note_of(kept.ours, order))
        rows.append({"order_id": order.order_id} | {LINES[line]: f"{paise / 100:.2f}" for line, paise in lines.items()})
    assert kept.found(note=note(tmp_path, rows)).breaks == ()
    rows[3]["gst"] = f"{float(rows[3]['gst']) + 1:.2f}"
    (found,) = kept.found(note=note(tmp_path, rows)).breaks
    assert (found.kind, found.field, found.order_id) == ("CHARGES", "gst", rows[3]["order_id"])


def test_a_total_without_its_lines_is_compared_to_the_paisa(kept: Any, tmp_path: Path) -> None:
    rows: Rows = [
        {"order_id": order.order_id, "total": f"{note_of(kept.ours, order).total / 100:.2f}"}
        for order in traded(kept.ours)
    ]
    assert kept.found(note=note(tmp_path, rows)).breaks == ()
    rows[3]["total"] = f"{float(rows[3]['total']) - 0.01:.2f}"
    assert [b.field for b in kept.found(note=note(tmp_path, rows)).breaks] == ["total"]


def test_the_json_of_the_endpoint_is_compared_with_orders_that_are_as_it_says(
    kept: Any, told: Any, tmp_path: Path
) -> None:
    rows = msgspec.to_builtins(kept.notes.value)
    path = tmp_path / "charges.json"
    path.write_bytes(msgspec.json.encode({"status": "success", "data": rows}))
    assert kept.found(note=read_note([path], DAY)).breaks == ()
    rows[4]["charges"]["brokerage"] += 0.01
    path.write_bytes(msgspec.json.encode(rows))
    assert told(kept.found(note=read_note([path], DAY))) == ["CHARGES.brokerage note"]
    rows[4]["quantity"] += 1
    path.write_bytes(msgspec.json.encode(rows))
    assert sorted(told(kept.found(note=read_note([path], DAY)))) == ["MISSING_AT_BROKER note", "UNKNOWN_ORDER note"]


def test_files_of_two_segments_are_one_note(kept: Any, told: Any, tmp_path: Path) -> None:
    rows = rows_of(kept)
    parts = []
    for segment in ("EQ", "FO"):
        of_segment = note(tmp_path, [row for row in rows if row["segment"] == segment])
        path = tmp_path / f"{segment}.csv"
        path.write_text(of_segment.files[0].text)
        parts.append(path)
    assert kept.found(note=read_note(parts, DAY)).breaks == ()
    lone = kept.found(note=read_note(parts[:1], DAY))
    assert {found.kind for found in lone.breaks} == {"MISSING_FILL"}, "a segment without its file is not passed over"


BAD = [
    (b"", "no column"),
    (b"a,b,c\n1,2,3\n", "no column order_id"),
    (b"%PDF-1.7\n", "no text"),
    (b"\x00\x01", "no text"),
    (b"\xff\xfe\x41", "UTF-8"),
    (b"[]", "no order"),
    (b'{"status": "error"}', "endpoint"),
    (b"[" * 100_000, "endpoint"),
    (b'[{"charges": 1}]', "endpoint"),
]


@pytest.mark.parametrize(("raw", "says"), BAD)
def test_what_is_no_note_is_refused_and_says_why(tmp_path: Path, raw: bytes, says: str) -> None:
    path = tmp_path / "file"
    path.write_bytes(raw)
    with pytest.raises(BadNote, match=says):
        read_note([path], DAY)


ROW = {"trade_date": "2026-11-23", "exchange": "NSE", "segment": "EQ", "symbol": "INFY", "trade_type": "buy",
       "quantity": "5", "price": "100.05", "order_id": "1", "trade_id": "2"}  # fmt: skip
ODD = [
    ({"trade_date": "2026-11-20"}, "not of 2026-11-23"),
    ({"quantity": "5.5"}, "whole number"),
    ({"quantity": "-5"}, "no amount"),
    ({"price": "100.001"}, "whole number"),
    ({"price": "NaN"}, "no amount"),
    ({"price": "1e99"}, "no amount"),
    ({"trade_type": "lend"}, "neither buy nor sell"),
    ({"order_id": ""}, "without order_id"),
    ({"brokerage": "twenty"}, "no number"),
]


@pytest.mark.parametrize(("cells", "says"), ODD)
def test_a_row_that_does_not_read_ends_it_all_and_names_its_line(
    tmp_path: Path, cells: dict[str, str], says: str
) -> None:
    with pytest.raises(BadNote, match=f"line 3: .*{says}"):
        note(tmp_path, [ROW, ROW | {"trade_id": "3"} | cells])
