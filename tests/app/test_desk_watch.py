"""What was asked in the desk's record while main was not there is done by the next one, once; its head is noted."""

from datetime import date
from pathlib import Path

import pytest

from tarazu.app.main.desk_watch import DeskWatch, pending_halts
from tarazu.engine.messages import Commanded, DeskNoted, Order, RecordTrouble
from tarazu.model import ist
from tarazu.runtime.desk_record import BadDeskRecord, DeskKind, append

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
    trouble, halted = watch.look()
    assert isinstance(trouble, RecordTrouble) and (trouble.of, trouble.ok) == ("DESK", False)
    assert isinstance(halted, Commanded) and halted.who == "ravi", "whether it was taken before is not known now"
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


def test_a_halt_by_a_clock_that_has_gone_back_is_taken_by_this_main_and_by_the_next(folder: Path) -> None:
    append(folder, DeskKind.STACK, {}, who="asha", now_ns=NOW_NS + DAY_NS)
    append(folder, DeskKind.STACK, {}, who="asha", now_ns=NOW_NS)  # filed under the 24th, stamped the 23rd
    watch = DeskWatch(folder, None)
    (noted,) = watch.look()
    assert isinstance(noted, DeskNoted) and (noted.day, noted.seq) == ("2026-11-24", 2)
    ask(folder)
    assert [type(told) for told in watch.look()] == [Commanded, DeskNoted]
    assert [type(told) for told in DeskWatch(folder, noted).look()] == [Commanded, DeskNoted]


@pytest.mark.parametrize("stray", ["kept.jsonl", "2026-11-31.jsonl", "20261124.jsonl"])
def test_a_file_that_is_of_no_day_hides_no_halt(folder: Path, stray: str) -> None:
    append(folder, DeskKind.STACK, {}, who="asha", now_ns=NOW_NS)
    (folder / stray).write_bytes(b"a copy\n")
    watch = DeskWatch(folder, None)
    assert [type(told) for told in watch.look()] == [DeskNoted]
    ask(folder)
    assert [type(told) for told in watch.look()] == [Commanded, DeskNoted]


def test_a_day_that_does_not_follow_the_one_before_is_trouble(folder: Path) -> None:
    append(folder, DeskKind.STACK, {}, who="asha", now_ns=NOW_NS)
    noted = DeskWatch(folder, None).look()[-1]
    assert isinstance(noted, DeskNoted)
    ask(folder)  # and is taken out of the 23rd again, once the 24th stands on it
    path = folder / "2026-11-23.jsonl"
    append(folder, DeskKind.STACK, {}, who="asha", now_ns=NOW_NS + DAY_NS)
    path.write_bytes(path.read_bytes().splitlines(keepends=True)[0])
    (trouble,) = DeskWatch(folder, noted).look()
    assert isinstance(trouble, RecordTrouble) and "does not follow what is before it" in trouble.text
    with pytest.raises(BadDeskRecord):
        pending_halts(folder, noted)


def test_a_halt_in_a_record_that_does_not_prove_is_taken_all_the_same_and_once(folder: Path) -> None:
    append(folder, DeskKind.STACK, {"a": 1}, who="asha", now_ns=NOW_NS)
    append(folder, DeskKind.STACK, {"a": 2}, who="asha", now_ns=NOW_NS)
    path = folder / "2026-11-23.jsonl"
    path.write_bytes(path.read_bytes().replace(b'"a":1', b'"a":7'))
    ask(folder)
    watch = DeskWatch(folder, None)
    trouble, halted = watch.look()
    assert isinstance(trouble, RecordTrouble) and not trouble.ok
    assert isinstance(halted, Commanded) and halted.order is Order.HALT and "a test" in halted.why
    assert watch.look() == []
    ask(folder, "SOFT_HALT")
    (second,) = watch.look()
    assert isinstance(second, Commanded) and second.order is Order.SOFT_HALT


def test_a_halt_that_was_noted_before_the_break_is_not_taken_again(folder: Path) -> None:
    ask(folder)
    noted = DeskWatch(folder, None).look()[-1]
    assert isinstance(noted, DeskNoted)
    append(folder, DeskKind.STACK, {"a": 1}, who="asha", now_ns=NOW_NS)
    path = folder / "2026-11-23.jsonl"
    ask(folder)
    path.write_bytes(path.read_bytes().replace(b'"a":1', b'"a":7') + b"\xffgarbage\n")
    assert [type(told) for told in DeskWatch(folder, noted).look()] == [RecordTrouble, Commanded]
