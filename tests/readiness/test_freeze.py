"""The exchange's list of freeze quantities: read whole or not at all, and cut by, live and replayed."""

from datetime import date
from pathlib import Path

import pytest

from tarazu import reference
from tarazu.app.home import Home, Profile
from tarazu.app.masters.freeze import (
    BadFreezeList,
    freeze_folder,
    freeze_list,
    import_freeze,
    parse_freeze,
    quantities_for,
    todays_freeze,
)
from tarazu.app.masters.listed import listed
from tarazu.model import ist
from tarazu.model.instrument import Kind
from tarazu.model.units import HOUR_NS
from tarazu.runtime.desk_record import BadDeskRecord, DeskKind, whole
from tarazu.sim.synthetic.universe import build_universe
from tarazu.wire.kite_instruments import InstrumentMaster, decode_csv, encode_csv

MONDAY = date(2026, 11, 23)
NOW_NS = ist.midnight_ns(MONDAY) + 8 * HOUR_NS
RULES = reference.rules("nse-2026")


@pytest.fixture(scope="module")
def master() -> InstrumentMaster:
    """As the wire tells it: without freeze quantities."""
    universe = build_universe(MONDAY, reference.calendar(), RULES, "tiny", 1, {})
    found = decode_csv(encode_csv((i, 100) for i in universe.instruments))
    assert isinstance(found, InstrumentMaster) and not any(i.freeze_qty for i in found.instruments)
    return found


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(Profile.LIVE, tmp_path / "live")


@pytest.mark.parametrize(
    "text",
    [
        "SYMBOL,VOL_FRZ_QTY\nNIFTY,1800\nBANKNIFTY,600\n",
        "Sr No, SYMBOL    ,VOL_FRZ_QTY \r\n1,NIFTY   ,1800\r\n2,BANKNIFTY,600\r\n\r\n",
        'symbol,vol_frz_qty\nnifty,"1,800"\nBANKNIFTY, 600\n',
    ],
)
def test_the_exchanges_list_reads_however_it_is_spaced(text: str) -> None:
    assert parse_freeze(text, "qtyfreeze.csv") == {"NIFTY": 1800, "BANKNIFTY": 600}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "line 1 names no SYMBOL"),
        ("<html><body>403</body></html>", "line 1 names no SYMBOL"),
        ("SYMBOL,VOL_FRZ_QTY\n", "has no row"),
        ("SYMBOL,VOL_FRZ_QTY\nNIFTY\n", "line 2"),
        ("SYMBOL,VOL_FRZ_QTY\nNIFTY,none\n", "line 2"),
        ("SYMBOL,VOL_FRZ_QTY\nNIFTY,0\n", "line 2"),
        ("SYMBOL,VOL_FRZ_QTY\nNIFTY,-5\n", "line 2"),
        ("SYMBOL,VOL_FRZ_QTY\nNIFTY,1800.5\n", "line 2"),
        ("SYMBOL,VOL_FRZ_QTY\nNIFTY,²\n", "line 2"),
        ("SYMBOL,VOL_FRZ_QTY\n,1800\n", "line 2"),
        ("SYMBOL,VOL_FRZ_QTY\nNIFTY,1800\nNIFTY,900\n", "NIFTY is there twice"),
    ],
)
def test_what_is_not_wholly_such_a_list_is_not_used_at_all(text: str, says: str) -> None:
    with pytest.raises(BadFreezeList, match=says):
        parse_freeze(text, "qtyfreeze.csv")


def test_the_newest_list_that_holds_on_the_day_is_the_days(home: Home, tmp_path: Path) -> None:
    assert freeze_list(home, MONDAY) is None
    source = tmp_path / "qtyfreeze.csv"
    for day, qty in (("2026-10-30", 1_800), ("2026-11-20", 900), ("2026-12-01", 450)):
        source.write_text(f"SYMBOL,VOL_FRZ_QTY\nNIFTY,{qty}\n")
        import_freeze(home, source, date.fromisoformat(day), who="asha", now_ns=NOW_NS)
    found = freeze_list(home, MONDAY)
    assert found is not None and (found.quantities, found.valid_from) == ({"NIFTY": 900}, date(2026, 11, 20))
    assert freeze_list(home, date(2026, 10, 1)) is None, "none held then"


def test_a_list_that_does_not_read_replaces_none(home: Home, tmp_path: Path) -> None:
    source = tmp_path / "qtyfreeze.csv"
    source.write_text("SYMBOL,VOL_FRZ_QTY\nNIFTY,1800\n")
    import_freeze(home, source, MONDAY, who="asha", now_ns=NOW_NS)
    source.write_text("not found")
    with pytest.raises(BadFreezeList):
        import_freeze(home, source, MONDAY, who="asha", now_ns=NOW_NS)
    assert [path.name for path in freeze_folder(home).iterdir()] == ["2026-11-23.csv"]
    assert todays_freeze(home, MONDAY, RULES, ()) == {}


def test_the_list_goes_before_the_rules_and_the_rules_before_nothing(home: Home, master: InstrumentMaster) -> None:
    names = {i.name for i in master.instruments if i.is_derivative}
    assert "NIFTY" in names
    by_rules = quantities_for(master.instruments, None, RULES)
    assert by_rules.keys() == names and by_rules["NIFTY"] == 1_800, "of every name that has contracts"
    home.root.mkdir(parents=True)
    source = home.root / "qtyfreeze.csv"
    source.write_text("SYMBOL,VOL_FRZ_QTY\nNIFTY,900\n")
    import_freeze(home, source, MONDAY, who="asha", now_ns=NOW_NS)
    by_list = todays_freeze(home, MONDAY, RULES, master.instruments)
    assert by_list["NIFTY"] == 900
    shares = names - RULES.contracts.keys()
    assert not shares & by_list.keys(), "a list that does not name a share says nothing of it"


def test_contracts_have_their_underlyings_quantity_and_nothing_else_has_one(master: InstrumentMaster) -> None:
    found = listed(master.instruments, MONDAY, {"NIFTY": 1_800}).values()
    assert {i.freeze_qty for i in found if i.name == "NIFTY" and i.is_derivative} == {1_800}
    assert not any(i.freeze_qty for i in found if i.name != "NIFTY" or i.kind in (Kind.EQ, Kind.INDEX))
    assert not any(i.freeze_qty for i in listed(master.instruments, MONDAY).values())
    everything = listed(master.instruments, MONDAY, {i.name: 7 for i in master.instruments}).values()
    assert {i.kind for i in everything if i.freeze_qty} == {Kind.FUT, Kind.CE, Kind.PE}


def test_who_took_a_list_in_is_in_the_desks_record_with_what_it_replaced(home: Home, tmp_path: Path) -> None:
    source, shas = tmp_path / "qtyfreeze.csv", []
    for qty in (1_800, 900):
        source.write_text(f"SYMBOL,VOL_FRZ_QTY\nNIFTY,{qty}\n")
        shas.append(import_freeze(home, source, MONDAY, who="asha", now_ns=NOW_NS).sha256)
    first, second = whole(home.desk)
    assert (first.kind, first.who, first.body["valid_from"]) == (DeskKind.FREEZE, "asha", "2026-11-23")
    assert [(e.body["sha256"], e.body["replaced"]) for e in (first, second)] == [(shas[0], ""), (shas[1], shas[0])]


def test_a_list_that_cannot_be_recorded_does_not_hold(home: Home, tmp_path: Path) -> None:
    source = tmp_path / "qtyfreeze.csv"
    source.write_text("SYMBOL,VOL_FRZ_QTY\nNIFTY,1800\n")
    home.desk.mkdir(parents=True)
    (home.desk / "2026-11-23.jsonl").write_text("not a record\n")
    with pytest.raises(BadDeskRecord):
        import_freeze(home, source, MONDAY, who="asha", now_ns=NOW_NS)
    assert freeze_list(home, MONDAY) is None and list(freeze_folder(home).iterdir()) == []
