"""Kept answers that are older than the journal's last fills: what came later is no break, and no agreement."""

import shutil
from pathlib import Path
from typing import Any

import msgspec
import pytest

from harness.traded_day import TradedDay
from tarazu.app.account.reading import AccountRead
from tarazu.app.closing.steps import done, step_done
from tarazu.app.home import Home, Profile
from tarazu.app.incidents.store import incidents
from tarazu.app.reconcile.day import reconcile_day
from tarazu.app.reconcile.kept import BrokerRead, encoded, keep
from tarazu.app.reconcile.legs.charges import Notes
from tarazu.app.verdict import Exit, Verdict
from tarazu.model.units import SECOND_NS
from tarazu.ops.reconcile import reconcile
from tarazu.runtime.desk_record import DeskKind


class Noon(msgspec.Struct, frozen=True, kw_only=True):
    """Answers in the middle of a day that went on; what is read of them is anew each time."""

    home: Home
    day: Any
    as_of_ns: int
    answers: bytes
    charges: bytes

    @property
    def account(self) -> AccountRead:
        return msgspec.json.decode(self.answers, type=AccountRead)

    @property
    def notes(self) -> Notes:
        return msgspec.json.decode(self.charges, type=Notes)


@pytest.fixture(scope="module")
def noon(tmp_path_factory: pytest.TempPathFactory) -> Noon:
    home = Home(Profile.SIM, tmp_path_factory.mktemp("noon") / "sim")
    with TradedDay(home) as day:
        day.lives(14)
        answers, charges, as_of_ns = msgspec.json.encode(day.account()), msgspec.json.encode(day.notes()), day.now_ns
        day.goes_on(range(14, 31))
    return Noon(home=home, day=day.day, as_of_ns=as_of_ns, answers=answers, charges=charges)


def saved(noon: Noon, home: Home, account: AccountRead, as_of_ns: int) -> Verdict:
    """Reconciled with answers that were kept then."""
    shutil.copytree(noon.home.root, home.root)
    read = BrokerRead(day=noon.day.isoformat(), profile="sim", as_of_ns=as_of_ns, account=account, charges=noon.notes)
    result = reconcile_day(home, noon.day, account, charges=noon.notes, as_of_ns=as_of_ns)
    keep(home, noon.day, result, encoded(read), verdict="RECONCILED", exit_code=0, who="t", now_ns=as_of_ns)
    return reconcile(home, noon.day, True, "tester")


def codes(verdict: Verdict) -> set[tuple[str, str]]:
    return {(check.id, check.code) for check in verdict.checks if check.code}


@pytest.mark.parametrize("earlier_s", [0, 20, 33])
def test_what_filled_after_the_answers_is_no_break_and_the_day_is_unknown(
    noon: Noon, tmp_path: Path, earlier_s: int
) -> None:
    """Also of answers that took so long that they tell of fills we had not heard of when they were asked for."""
    home = Home(Profile.SIM, tmp_path / "sim")
    verdict = saved(noon, home, noon.account, noon.as_of_ns - earlier_s * SECOND_NS)
    assert (verdict.word, verdict.exit_code) == ("UNKNOWN", Exit.UNKNOWN), verdict.text()
    assert codes(verdict) == {("reconcile.answers", "EARLY_ANSWERS"), ("reconcile.charges", "NOT_COMPARED")}
    (early,) = [check for check in verdict.checks if check.code == "EARLY_ANSWERS"]
    assert "fills of ours" in early.detail and early.hint.startswith(f"tarazu reconcile --date {noon.day}")
    assert incidents(home) == []
    entry = step_done(home, noon.day, DeskKind.RECONCILED)
    assert entry is not None and not done(entry).passed and entry.body["breaks"] == 0


def test_a_place_that_differed_when_they_were_given_is_still_told(noon: Noon, tmp_path: Path) -> None:
    account = noon.account
    assert account.positions.value is not None
    row = next(row for row in account.positions.value.net if row.quantity)
    was = sum(one.quantity for one in account.positions.value.net if one.tradingsymbol == row.tradingsymbol)
    row.quantity += 1
    verdict = saved(noon, Home(Profile.SIM, tmp_path / "sim"), account, noon.as_of_ns)
    assert (verdict.word, verdict.exit_code) == ("BREAKS", Exit.CRIT)
    assert ("reconcile.answers", "EARLY_ANSWERS") in codes(verdict)
    (found,) = verdict.facts["reconciliation"].breaks
    assert (found.kind, found.field, found.key) == ("POSITION", "QTY", f"{row.exchange}:{row.tradingsymbol}")
    assert (found.ours, found.broker) == (was, was + 1), "as it was then, not as it is by now"


def test_charges_that_differed_when_they_were_given_are_still_told(noon: Noon, tmp_path: Path) -> None:
    account = noon.account
    assert account.funds.value is not None
    account.funds.value.equity.utilised.debits += 1.0
    account.funds.value.equity.net -= 1.0
    verdict = saved(noon, Home(Profile.SIM, tmp_path / "sim"), account, noon.as_of_ns)
    assert verdict.exit_code == Exit.CRIT
    (found,) = verdict.facts["reconciliation"].breaks
    assert (found.kind, found.field) == ("CASH", "charges")
