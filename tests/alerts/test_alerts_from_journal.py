"""What the engine calls for in its journal reaches the outbox once, also when main can no longer speak."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.journalled_desk import JournalledDesk
from tarazu.app.alerts.alert import Kept
from tarazu.app.alerts.box import Box
from tarazu.app.alerts.from_journal import JournalAlerts
from tarazu.app.home import Home, Profile
from tarazu.engine import messages as m
from tarazu.journal.codec import SEGMENT_HEADER_BYTES, after, entry_at
from tarazu.journal.entry import Entry
from tarazu.runtime.journal_files import segment_path


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[JournalledDesk]:
    with JournalledDesk(Home(Profile.SIM, tmp_path / "sim")) as desk:
        desk.ready()
        yield desk


def kept(desk: JournalledDesk) -> list[Kept]:
    return Box(desk.home.alerts).alerts()


def halt(desk: JournalledDesk, why: str) -> None:
    desk.tell(m.Commanded(order=m.Order.HALT, who="asha", why=why))


@pytest.mark.control("C27")
def test_a_halt_is_a_sev1_of_main_and_is_posted_once(desk: JournalledDesk) -> None:
    alerts = JournalAlerts(desk.home)
    alerts.work(desk.now_ns)
    before = len(kept(desk))
    halt(desk, "looks wrong")
    (posted,) = alerts.work(desk.now_ns)
    assert (posted.code, posted.severity, posted.hint) == ("HALT", "SEV1", "tarazu engine status")
    assert "looks wrong" in posted.text
    assert alerts.work(desk.now_ns) == []
    (new,) = kept(desk)[before:]
    assert (new.who, new.alert) == ("main", posted)


def test_another_process_goes_on_where_the_first_one_stopped(desk: JournalledDesk) -> None:
    halt(desk, "looks wrong")
    JournalAlerts(desk.home).work(desk.now_ns)
    before = kept(desk)
    assert JournalAlerts(desk.home).work(desk.now_ns) == []
    (desk.home.alerts / "journal.json").write_text("garbage")
    JournalAlerts(desk.home).work(desk.now_ns)
    again = kept(desk)
    assert [one.id for one in again] == [one.id for one in before], "read again, and known by their keys"


def test_a_second_halt_after_a_reset_is_an_alert_of_its_own(desk: JournalledDesk) -> None:
    halt(desk, "the first")
    desk.tell(m.Commanded(order=m.Order.RESET_HALT, who="asha", why="looked", incident="INC-1"))
    halt(desk, "the second")
    JournalAlerts(desk.home).work(desk.now_ns)
    texts = [one.alert.text for one in kept(desk) if one.alert.code == "HALT"]
    assert len(texts) == 2 and "the first" in texts[0] and "the second" in texts[1]


def repeat_the_first_entry(segment: Path) -> None:
    """Behind the last one: a whole entry that does not follow it."""
    raw, at = bytearray(segment.read_bytes()), SEGMENT_HEADER_BYTES
    first = after(entry_of(raw, at), at)
    while (entry := entry_at(memoryview(raw), at)) is not None:
        at = after(entry, at)
    raw[at : at + first - SEGMENT_HEADER_BYTES] = raw[SEGMENT_HEADER_BYTES:first]
    segment.write_bytes(raw)


def entry_of(raw: bytearray, at: int) -> Entry:
    entry = entry_at(memoryview(raw), at)
    assert entry is not None
    return entry


def test_a_journal_that_does_not_read_on_is_a_sev1_itself_and_said_once(desk: JournalledDesk) -> None:
    alerts = JournalAlerts(desk.home)
    alerts.work(desk.now_ns)
    desk.close()
    repeat_the_first_entry(segment_path(desk.folder, 1))
    (posted,) = alerts.work(desk.now_ns)
    assert (posted.code, posted.severity) == ("AUDIT_CHAIN", "SEV1")
    assert posted.hint == f"tarazu audit verify --date {desk.day}" and alerts.broken
    assert alerts.work(desk.now_ns) == []


def test_a_home_without_a_journal_calls_nobody_and_is_left_as_it_is(tmp_path: Path) -> None:
    home = Home(Profile.SIM, tmp_path / "sim")
    assert JournalAlerts(home).work(1) == []
    assert not home.root.exists()


def test_a_day_that_cannot_be_read_for_a_while_is_not_left_for_the_next(desk: JournalledDesk) -> None:
    JournalAlerts(desk.home).work(desk.now_ns)
    alerts = JournalAlerts(desk.home)
    halt(desk, "looks wrong")
    segment, aside = segment_path(desk.folder, 1), desk.home.root / "aside"
    segment.rename(aside)
    segment.mkdir()  # what a reader of files cannot open
    (desk.home.journal / "2099-01-01").mkdir()
    assert alerts.work(desk.now_ns) == []
    segment.rmdir()
    aside.rename(segment)
    assert "looks wrong" in " ".join(posted.text for posted in alerts.work(desk.now_ns))
