"""The trade log: the broker's executions, to the paisa, the same table in every format, and never a false nothing."""

import csv
import io
import json
from collections.abc import Callable
from datetime import date
from pathlib import Path

import msgspec
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.closing_desk import FOUR_NS, Step
from harness.order_story import DAY, KEY, NINE_ON_MONDAY_NS
from tarazu import reference
from tarazu.app.closing.steps import done, step_done
from tarazu.app.closing.whole import close_folder
from tarazu.app.data.steps import steps
from tarazu.app.home import Home
from tarazu.app.replaying.parts import past_day
from tarazu.app.trade_log.day import trade_day
from tarazu.app.trade_log.executions import Execution
from tarazu.app.trade_log.exporting import export_day, export_days
from tarazu.app.trade_log.formats import Format, encoded
from tarazu.app.trade_log.reckoning import parts, rows_of
from tarazu.app.trade_log.row import COLUMNS, Row
from tarazu.engine.process import Engine
from tarazu.model.execution import Fill
from tarazu.model.ids import BrokerOrderId, InstrumentToken
from tarazu.model.order import Product, Side
from tarazu.ops import export_trades
from tarazu.runtime.desk_record import DeskKind, entries
from tarazu.runtime.journal_files import day_folder, segment_path
from tarazu.runtime.journal_reader import JournalReader
from tarazu.runtime.shell import recover

SUNDAY, WEDNESDAY = date(2026, 11, 22), date(2026, 11, 25)  # Tuesday is a holiday


def exported(home: Home, *forms: Format, day: date = DAY, now_ns: int = FOUR_NS) -> tuple[int, list[str]]:
    """Exit code, and the codes of what is to be looked at, but for those before it that the tests have not done."""
    verdict = export_day(home, day, forms or (Format.CSV,), "tester", steps(), now_ns)
    return int(verdict.exit_code), [c.code for c in verdict.checks if c.code and c.code != "OUT_OF_ORDER"]


def table(home: Home, day: date = DAY) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO((close_folder(home, day) / "trades.csv").read_text(), newline="")))


def fill(n: int, side: Side, qty: int, price_paise: int, order: str = "") -> Fill:
    return Fill(
        exec_id=f"t{n}",
        order_id=BrokerOrderId(order or f"{n}"),
        key=KEY,
        instrument_token=InstrumentToken(1),
        product=Product.NRML,
        side=side,
        qty=qty,
        price_paise=price_paise,
        ts_event_ns=NINE_ON_MONDAY_NS + n,
    )


def heard(fills: list[Fill]) -> list[Execution]:
    return [Execution(sequence=n, heard_ns=n, ref=f"R{n}", intent=None, fill=one) for n, one in enumerate(fills)]


def test_its_money_is_that_of_the_engines_own_books(traded: Home) -> None:
    exported(traded)
    rows = table(traded)
    past = past_day(traded, DAY, decides=False)
    started = next(JournalReader(day_folder(traded.journal, DAY)).ready())
    assert started is not None
    engine = Engine(past.instruments(_master(traded)), reference.charge_rates())
    recover(engine, JournalReader(day_folder(traded.journal, DAY)).ready())
    books = engine.state.books
    assert books is not None and len(rows) == 7
    (position,) = books.positions()
    assert sum(int(row["gross_paise"]) for row in rows) == position.realised()
    charges = books.charges()
    assert sum(int(row["charges_paise"]) for row in rows) == getattr(charges, "total", None)
    assert int(rows[-1]["position_units"]) == position.qty == 75
    for row in rows:
        assert int(row["net_paise"]) == int(row["gross_paise"]) - int(row["charges_paise"])
        assert (row["strategy"], row["purpose"]) == ("taker", "ENTRY") and row["tag"].startswith("T")


def _master(home: Home) -> str:
    return str(next(json.loads(path.read_text())["sha256"] for path in home.masters.glob("*.json")))


def test_every_format_has_the_same_table(traded: Home) -> None:
    assert exported(traded, *Format) == (1, [])
    folder = close_folder(traded, DAY)
    parquet = pl.read_parquet(folder / "trades.parquet")
    assert parquet.columns == list(COLUMNS) and len(parquet) == 7
    as_text = [[str(value) for value in row] for row in parquet.rows()]
    assert as_text == [list(row.values()) for row in table(traded)]
    assert (folder / "trades.xlsx").read_bytes()[:2] == b"PK"


def test_excel_rounds_no_nanosecond(traded: Home) -> None:
    import zipfile

    exported(traded, Format.XLSX, Format.CSV)
    with zipfile.ZipFile(close_folder(traded, DAY) / "trades.xlsx") as book:
        texts = book.read("xl/sharedStrings.xml").decode()
    assert all(row["executed_ns"] in texts and row["order_id"] in texts for row in table(traded))


def test_done_twice_the_files_are_the_same_and_both_are_written_down(traded: Home) -> None:
    exported(traded, *Format)
    before = {path.name: path.read_bytes() for path in close_folder(traded, DAY).iterdir()}
    assert exported(traded) == (1, [])
    assert before == {path.name: path.read_bytes() for path in close_folder(traded, DAY).iterdir()}
    found = [e for e in entries(traded.desk, DAY) if e.kind is DeskKind.EXPORTED]
    assert len(found) == 2 and found[0].body["files"] == found[1].body["files"]
    assert set(found[1].body["files"]) == {"trades.csv", "trades.xlsx", "trades.parquet"}, "none is left behind"


def test_a_holiday_is_a_header_alone_and_well(empty: Home, step: Step) -> None:
    for kind in (DeskKind.RECONCILED, DeskKind.AUDITED, DeskKind.BACKED_UP):
        step(empty, kind, day=SUNDAY)
    assert exported(empty, *Format, day=SUNDAY) == (0, [])
    text = (close_folder(empty, SUNDAY) / "trades.csv").read_bytes().decode()
    assert text == ",".join(COLUMNS) + "\r\n"
    assert pl.read_parquet(close_folder(empty, SUNDAY) / "trades.parquet").shape == (0, len(COLUMNS))


def test_a_trading_day_without_a_journal_is_not_well(empty: Home) -> None:
    assert exported(empty) == (1, ["NO_JOURNAL"]) and table(empty) == []


def test_yesterdays_table_is_never_todays(traded: Home) -> None:
    exported(traded)
    assert exported(traded, day=WEDNESDAY, now_ns=FOUR_NS + 2 * 86_400 * 10**9) == (1, ["NO_JOURNAL"])
    assert table(traded, WEDNESDAY) == [] and len(table(traded)) == 7


def test_a_day_that_has_not_been_and_a_home_that_is_not_there_are_unknown(traded: Home, tmp_path: Path) -> None:
    assert exported(traded, day=WEDNESDAY) == (3, ["NOT_YET"])
    nobody = Home(traded.profile, tmp_path / "nobody")
    assert exported(nobody) == (3, ["NO_HOME"])
    assert not nobody.root.exists() and not traded.desk.exists(), "nothing is written down"


def test_a_changed_journal_makes_no_table(traded: Home) -> None:
    path = segment_path(day_folder(traded.journal, DAY), 1)
    raw = bytearray(path.read_bytes())
    raw[4_000] ^= 0xFF
    path.write_bytes(raw)
    assert exported(traded) == (2, ["AUDIT_CHAIN"])
    assert not close_folder(traded, DAY).exists(), "the half before the damage would look like a day"
    entry = step_done(traded, DAY, DeskKind.EXPORTED)
    assert entry is not None and not done(entry).passed


def test_a_folder_that_takes_nothing_is_said(traded: Home) -> None:
    traded.closes.mkdir()
    close_folder(traded, DAY).write_text("a file where the folder should be")
    assert exported(traded) == (2, ["NOT_WRITTEN"])


def test_without_the_days_master_charges_are_empty_and_not_zero(traded: Home) -> None:
    for path in traded.masters.iterdir():
        path.unlink()
    assert exported(traded) == (1, ["AMOUNTS_UNKNOWN"])
    assert {row["charges_paise"] for row in table(traded)} == {""} == {row["net_paise"] for row in table(traded)}
    assert sum(int(row["gross_paise"]) for row in table(traded)) == 5_250, "what the prices tell is told"


def test_an_execution_that_the_broker_tells_of_no_more_is_marked() -> None:
    found = heard([fill(1, Side.BUY, 75, 10_000), fill(2, Side.SELL, 75, 10_100)])
    rows = rows_of(DAY, found, (), {("2", "t2")}, reference.charge_rates(), {})
    assert [row.note for row in rows] == ["", "GONE"]


def test_one_that_is_no_part_of_the_day_is_in_no_sum() -> None:
    late = msgspec.structs.replace(fill(2, Side.SELL, 75, 10_100), ts_event_ns=FOUR_NS + 86_400 * 10**9)
    rows = rows_of(DAY, heard([fill(1, Side.BUY, 75, 10_000), late]), (), set(), reference.charge_rates(), {})
    assert rows[1].note == "NOT_BOOKED OTHER_DAY" and (rows[1].gross_paise, rows[1].charges_paise) == (0, 0)


def test_positions_that_were_never_read_leave_what_was_made_unknown() -> None:
    rows = rows_of(DAY, heard([fill(1, Side.BUY, 75, 10_000)]), None, set(), reference.charge_rates(), {})
    assert (rows[0].gross_paise, rows[0].position_units) == (None, None)


@given(total=st.integers(0, 10**9), weights=st.lists(st.integers(0, 10**12), min_size=1, max_size=20))
def test_the_parts_of_a_note_add_up_to_it(total: int, weights: list[int]) -> None:
    found = parts(total, weights)
    assert sum(found) == total and min(found) >= 0
    whole = sum(weights)
    for part, weight in zip(found, weights, strict=True):
        assert not whole or abs(part * whole - total * weight) < whole


def test_the_columns_are_these_and_in_this_order() -> None:
    """A program of somebody else's reads them: one more comes at the end, with another number in the schema's name."""
    assert ",".join(COLUMNS) == (
        "day,executed_ist,executed_ns,heard_ns,journal_seq,exec_id,order_id,tag,strategy,purpose,group,exchange,symbol,"
        "product,side,qty_units,price_paise,value_paise,position_units,gross_paise,charges_paise,net_paise,note"
    )
    assert tuple(COLUMNS) == Row.__struct_fields__


def test_several_days_are_one_table_that_says_which_are_missing(traded: Home, tmp_path: Path) -> None:
    out = tmp_path / "both.parquet"
    monday = export_days(traded, DAY, DAY, out, Format.PARQUET, steps(), FOUR_NS)
    assert monday.exit_code == 0 and len(pl.read_parquet(out)) == 7
    both = export_days(traded, date(2026, 11, 19), DAY, out, Format.PARQUET, steps(), FOUR_NS)
    assert [(c.code, c.detail) for c in both.checks] == [
        ("NO_JOURNAL", "nothing is journalled of 2 days on which the market was open, the first 2026-11-19")
    ]
    assert not traded.desk.exists(), "no step of any close"


def test_the_command_takes_today_by_the_desks_clock(
    traded: Home, at_four: Callable[[Home], None], capsys: pytest.CaptureFixture[str]
) -> None:
    at_four(traded)
    code = export_trades.command.main(["--json"], standalone_mode=False)
    told = json.loads(capsys.readouterr().out)
    assert (code, told["day"], told["rows"], list(told["files"])) == (1, "2026-11-23", 7, ["trades.csv"])
    assert told["schema"] == "tarazu.export.trades/1" and told["checks"][0]["id"] == "close.order"


def test_no_row_is_the_same_bytes_whenever_it_is_made() -> None:
    assert {form: encoded([], form) for form in Format} == {form: encoded([], form) for form in Format}


def test_the_trade_day_of_no_journal_has_no_entries(empty: Home) -> None:
    told = trade_day(empty, DAY, 0, lambda done, total: None)
    assert (told.rows, told.entries, told.unknown) == ([], 0, ())
