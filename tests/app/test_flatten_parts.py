"""Parts of a flatten on their own: what main sent and nobody answered, how far a price goes, a main that is idle."""

import os
import time
from pathlib import Path
from typing import Any, cast

import msgspec
import pytest

from harness.engine_desk import BUY
from harness.journalled_desk import JournalledDesk
from harness.main_health import well
from tarazu.adapters.kite_account.client import KiteAccount
from tarazu.app.account.contracts import guessed
from tarazu.app.flatten import leaving
from tarazu.app.flatten.book import AccountBook
from tarazu.app.flatten.carrying import Carrying
from tarazu.app.flatten.evidence import Evidence
from tarazu.app.flatten.mains_orders import take_mains
from tarazu.app.flatten.tags import Tags
from tarazu.app.flatten.unanswered import BLIND_S, take_unanswered
from tarazu.app.home import Home, Profile
from tarazu.model import ist
from tarazu.model.order import Side
from tarazu.model.units import SECOND_NS


class At:
    """A clock that stands."""

    def __init__(self, ns: int) -> None:
        self._ns = ns

    def wall_ns(self) -> int:
        return self._ns


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = Home(Profile.SIM, tmp_path / "sim")
    home.make()
    return home


def book_at(ns: int) -> AccountBook:
    return AccountBook(cast(Any, At(ns)))


def test_what_main_sent_and_nobody_answered_counts_once_main_is_gone(home: Home) -> None:
    desk = JournalledDesk(home)
    desk.ready()
    desk.want()
    book = book_at(desk.now_ns + SECOND_NS)
    assert take_mains(home, book) == ""
    (unknown,) = book.blotter.unknown()
    assert (unknown.key, unknown.side) == (BUY.key, BUY.side)

    desk.placed("1")
    settled = book_at(desk.now_ns + SECOND_NS)
    assert take_mains(home, settled) == "" and not settled.blotter.unknown(), "the broker has named it"
    late = book_at(desk.now_ns + 3_600 * SECOND_NS)
    assert take_mains(home, late) == "" and not late.blotter.unknown(), "nothing of an hour ago is under way"


def test_no_journal_is_no_trouble(home: Home) -> None:
    book = book_at(time.time_ns())
    assert take_mains(home, book) == "" and not book.blotter.unknown()


def test_evidence_that_does_not_read_hides_an_exit_for_the_quarantine_and_no_longer(home: Home) -> None:
    home.desk.mkdir()
    path = home.desk / "2026-11-23.jsonl"
    path.write_text("not a line\n")
    (blind,) = take_unanswered(home, book_at(time.time_ns()))
    assert 0 < blind.for_s <= BLIND_S
    long_ago = time.time() - 2 * BLIND_S
    os.utime(path, (long_ago, long_ago))
    assert take_unanswered(home, book_at(time.time_ns())) == []


def test_a_limit_goes_no_further_than_a_tenth_from_its_first(home: Home) -> None:
    key = "NFO:NIFTY26NOV26100CE"
    evidence = Evidence(home, "fl-a-test", "a test", time.time_ns)
    tags = Tags(ist.day_of(time.time_ns()), 0)
    carrying = Carrying(cast(KiteAccount, None), book_at(time.time_ns()), tags, evidence)
    terms = {key: guessed(key)}
    assert carrying._bound(key, Side.SELL, 10_000, terms) == 10_000
    assert carrying._bound(key, Side.SELL, 9_500, terms) == 9_500 and not carrying.bounded
    assert carrying._bound(key, Side.SELL, 5_000, terms) == 9_000 and carrying.bounded == {key}
    assert carrying._bound(key, Side.BUY, 20_000, terms) == 20_000, "the other side has a first of its own"


def test_a_main_whose_engine_stands_still_is_not_working_though_its_health_is_current() -> None:
    now_ns = time.monotonic_ns()
    assert leaving._is_working(msgspec.structs.replace(well(), ticked_mono_ns=now_ns))
    assert not leaving._is_working(msgspec.structs.replace(well(), ticked_mono_ns=now_ns - 60 * SECOND_NS))
    assert not leaving._is_working(msgspec.structs.replace(well(), ticked_mono_ns=None))
