"""What was asked in the desk's record while main was not there is done by the next one, once; its head is noted."""

from datetime import date
from pathlib import Path

import pytest

from tarazu.app.main.desk_watch import DeskWatch, pending_halts
from tarazu.engine.messages import Commanded, DeskNoted, Order, RecordTrouble
from tarazu.model import ist
from tarazu.runtime.desk_record import DeskKind, append

NOW_NS = ist.midnight_ns(date(2026, 11, 23)) + 10 * 3_600 * 10**9
DAY_NS = 86_400 * 10**9


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "desk"


def ask(folder: Path, level: str = "HARD_HALT", now_ns: int = NOW_NS) -> None:
    append(folder, DeskKind.HALT_ASKED, {"level": level, "why": "a test"}, who="asha", now_ns=now_ns)


def test_a_halt_is_taken_once_and_the_head_is_noted_behind_it(folder: Path) -> None:
    ask(folder)
    ask(folder, "SOFT_HALT")
    watch = DeskWatch(folder, None)
    first, second, noted = watch.look()
    assert isinstance(first, Commanded) and (first.order, first.who) == (Order.HALT, "asha")
    assert isinstance(second, Commanded) and second.order is Order.SOFT_HALT and "a test" in second.why
    assert isinstance(noted, DeskNoted) and (noted.day, noted.seq) == ("2026-11-23", 2)
    assert watch.look() == [] and DeskWatch(folder, noted).look() == [], "not by this main, and not by the next"

    append(folder, DeskKind.STACK, {}, who="asha", now_ns=NOW_NS)
    (after,) = watch.look()
    assert isinstance(after, DeskNoted) and after.seq == 3


def test_a_halt_of_another_day_is_not_lost_at_midnight(folder: Path) -> None:
    append(folder, DeskKind.STACK, {}, who="asha", now_ns=NOW_NS)
    (noted,) = DeskWatch(folder, None).look()
    assert isinstance(noted, DeskNoted)
    ask(folder, now_ns=NOW_NS + DAY_NS)
    assert [entry.who for entry in pending_halts(folder, noted)] == ["asha"]
    halted, after = DeskWatch(folder, noted).look()
    assert isinstance(halted, Commanded) and isinstance(after, DeskNoted) and after.day == "2026-11-24"


def test_a_record_that_is_not_the_noted_one_is_trouble_until_it_is_again(folder: Path) -> None:
    ask(folder)
    path = folder / "2026-11-23.jsonl"
    whole = path.read_bytes()
    noted = DeskWatch(folder, None).look()[-1]
    assert isinstance(noted, DeskNoted)
    path.write_bytes(whole.replace(b"asha", b"ravi"))
    watch = DeskWatch(folder, noted)
    (trouble,) = watch.look()
    assert isinstance(trouble, RecordTrouble) and (trouble.of, trouble.ok) == ("DESK", False)
    assert watch.look() == [], "told once"
    path.unlink()
    (gone,) = DeskWatch(folder, noted).look()
    assert isinstance(gone, RecordTrouble) and not gone.ok and "is gone" in gone.text
    path.write_bytes(whole)
    assert watch.look() == [RecordTrouble(of="DESK", ok=True)]


def test_a_word_that_does_not_read_is_the_hardest_it_may_have_been(folder: Path) -> None:
    ask(folder, "PERHAPS")
    first = DeskWatch(folder, None).look()[0]
    assert isinstance(first, Commanded) and first.order is Order.HALT


def test_nothing_written_is_nothing_told(folder: Path) -> None:
    assert DeskWatch(folder, None).look() == []
