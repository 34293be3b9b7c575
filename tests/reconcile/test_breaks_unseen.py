"""Breaks that could hide, and breaks that are none: what a hostile reader of a day tries."""

from datetime import date
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tarazu.app.closing.trading_day import still_open
from tarazu.app.home import Home, Profile
from tarazu.app.incidents.store import incidents
from tarazu.app.reconcile.incident import opened_for
from tarazu.app.reconcile.legs.charge_lines import our_lines
from tarazu.app.reconcile.legs.charges import note_of, traded
from tarazu.app.reconcile.note.kept import read_note
from tarazu.app.reconcile.told import checks_of
from tarazu.app.verdict import Status
from tarazu.model import ist
from tarazu.model.units import HOUR_NS
from tarazu.portfolio.charges import NOTHING

DAY = date(2026, 11, 23)
NOON_NS = ist.midnight_ns(DAY) + 12 * HOUR_NS
HEADER = "order_id,trade_id,exchange,symbol,trade_type,quantity,price,total\n"


def test_an_order_of_the_other_side_or_of_another_instrument_is_a_break_of_its_terms(kept: Any, told: Any) -> None:
    account = kept.account
    row = account.orders.value.rows[5]
    row.transaction_type = "SELL" if row.transaction_type == "BUY" else "BUY"
    assert told(kept.found(account)) == ["TERMS.side orders"]
    account = kept.account
    account.orders.value.rows[5].tradingsymbol += "X"
    assert told(kept.found(account)) == ["TERMS.key orders"]


def test_orders_of_another_program_under_its_one_tag_are_no_duplicates_and_two_under_ours_are(
    kept: Any, told: Any
) -> None:
    account = kept.account
    rows = account.orders.value.rows
    rows += [msgspec.structs.replace(rows[5], order_id=id_, tag="other") for id_ in ("900001", "900002")]
    assert told(kept.found(account)) == ["UNKNOWN_ORDER orders"] * 2
    rows[-1].tag = rows[5].tag
    assert told(kept.found(account)).count("DUPLICATE_ORDER.tag orders") == 2


@pytest.mark.parametrize(("hours", "codes"), [(0, ["EARLY_ANSWERS"]), (4, [])])
def test_answers_that_were_kept_before_the_close_do_not_tell_the_day(
    kept: Any, hours: int, codes: list[str], tmp_path: Path
) -> None:
    result = msgspec.structs.replace(kept.found(), source="saved", as_of_ns=NOON_NS + hours * HOUR_NS)
    early = still_open(Home(Profile.SIM, tmp_path), date.fromisoformat(result.day), result.as_of_ns)
    found = [check for check in checks_of(result, early) if check.status is not Status.OK and check.code]
    assert [check.code for check in found] == codes
    assert all(check.status is Status.UNKNOWN for check in found)


def test_the_charges_of_the_day_are_those_of_all_its_files(kept: Any, told: Any, tmp_path: Path) -> None:
    costs = [note_of(kept.ours, order) for order in traded(kept.ours)]
    halves = costs[:50], costs[50:]
    totals = [our_lines(sum(half, NOTHING))["total"] for half in halves]
    files = [tmp_path / "EQ.csv", tmp_path / "FO.csv"]
    for path, paise in zip(files, totals, strict=True):
        path.write_text(f"{HEADER},,,,,,,{paise / 100:.2f}\n")
    result = kept.found(note=read_note(files, DAY))
    assert told(result) == [] and result.totals.note_charges_paise == sum(totals)
    assert told(kept.found(note=read_note(files[:1], DAY))) == ["CHARGES.total note"]


def test_charges_of_a_segment_that_the_desk_does_not_trade_are_no_break(kept: Any, told: Any, tmp_path: Path) -> None:
    rows = [msgspec.to_builtins(row) for row in kept.notes.value]
    rows.append(rows[0] | {"exchange": "MCX", "tradingsymbol": "CRUDEOIL26DECFUT"})
    path = tmp_path / "note.json"
    path.write_bytes(msgspec.json.encode(rows))
    assert told(kept.found(note=read_note([path], DAY))) == []


def test_a_break_of_another_day_is_in_the_open_incident_and_is_told_anew(kept: Any, tmp_path: Path) -> None:
    home = Home(Profile.SIM, tmp_path / "sim")
    home.make()
    account = kept.account
    del account.trades.value[7]
    first = kept.found(account)
    later = msgspec.structs.replace(first, day="2026-11-24")
    assert {opened_for(home, one, "asha", NOON_NS) for one in (first, later, later)} == {incidents(home)[0].id}
    assert [said.text for said in incidents(home)[0].timeline if "2026-11-24" in said.text] != []
    assert len(list(home.alerts.glob("AL-*"))) == 2
