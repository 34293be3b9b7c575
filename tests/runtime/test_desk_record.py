"""The desk's record: any process appends, nothing can be changed unseen, a torn line is told."""

import subprocess
import sys
from pathlib import Path

import pytest

from tarazu.model.units import SECOND_NS
from tarazu.runtime.desk_record import (
    LINE_BYTES_MAX,
    BadDeskRecord,
    DeskKind,
    append,
    days,
    entries,
    stamped,
    strays,
    whole,
)

NOON = 1_795_415_400 * SECOND_NS  # Mon 2026-11-23 12:00 IST
DAY_NS = 86_400 * SECOND_NS


def test_what_is_appended_is_read_back_in_order(tmp_path: Path) -> None:
    for n in range(3):
        append(tmp_path, DeskKind.STACK, {"n": n, "names": ("a", "b")}, who="asha", now_ns=NOON + n)
    (day,) = days(tmp_path)
    assert [(e.seq, e.body["n"], e.who) for e in entries(tmp_path, day)] == [
        (1, 0, "asha"),
        (2, 1, "asha"),
        (3, 2, "asha"),
    ]


def test_a_day_follows_the_day_before(tmp_path: Path) -> None:
    append(tmp_path, DeskKind.STACK, {}, who="asha", now_ns=NOON)
    append(tmp_path, DeskKind.STACK, {}, who="asha", now_ns=NOON + DAY_NS)
    first, second = whole(tmp_path)
    assert (second.seq, second.prev) == (1, first.hash())


def test_a_clock_that_has_gone_back_breaks_no_chain(tmp_path: Path) -> None:
    for n, now_ns in enumerate((NOON, NOON + DAY_NS, NOON, NOON + DAY_NS, NOON + 2 * DAY_NS)):
        append(tmp_path, DeskKind.STACK, {"n": n}, who="asha", now_ns=now_ns)
    assert [entry.body["n"] for entry in whole(tmp_path)] == [0, 1, 2, 3, 4]


@pytest.mark.parametrize("harm", ["edit", "drop", "swap"])
@pytest.mark.control("C33")
def test_no_line_is_changed_unseen(tmp_path: Path, harm: str) -> None:
    for n in range(4):
        append(tmp_path, DeskKind.STACK, {"n": n}, who="asha", now_ns=NOON)
    (day,) = days(tmp_path)
    path = tmp_path / f"{day}.jsonl"
    lines = path.read_text().splitlines()
    match harm:
        case "edit":
            lines[1] = lines[1].replace('"n":1', '"n":7')
        case "drop":
            del lines[1]
        case "swap":
            lines[1], lines[2] = lines[2], lines[1]
    path.write_text("\n".join(lines) + "\n")
    with pytest.raises(BadDeskRecord, match="does not follow"):
        entries(tmp_path, day)


@pytest.mark.control("C33")
def test_a_day_that_is_taken_away_is_missed(tmp_path: Path) -> None:
    for n in range(3):
        append(tmp_path, DeskKind.STACK, {}, who="asha", now_ns=NOON + n * DAY_NS)
    (tmp_path / f"{days(tmp_path)[1]}.jsonl").unlink()
    with pytest.raises(BadDeskRecord, match="does not follow"):
        list(whole(tmp_path))


def test_a_torn_line_is_told_by_the_next(tmp_path: Path) -> None:
    append(tmp_path, DeskKind.STACK, {}, who="asha", now_ns=NOON)
    (day,) = days(tmp_path)
    with (tmp_path / f"{day}.jsonl").open("ab") as file:
        file.write(b'{"seq":2,"half')
    assert len(entries(tmp_path, day)) == 1
    append(tmp_path, DeskKind.STACK, {}, who="asha", now_ns=NOON)
    assert [(e.kind, e.body.get("bytes")) for e in entries(tmp_path, day)] == [
        (DeskKind.STACK, None),
        (DeskKind.TORN, 14),
        (DeskKind.STACK, None),
    ]


def test_many_processes_append_and_none_is_lost(tmp_path: Path) -> None:
    code = f"""
import sys
from pathlib import Path
from tarazu.runtime.desk_record import DeskKind, append
for n in range(25):
    append(Path({str(tmp_path)!r}), DeskKind.ALERT, {{"from": sys.argv[1], "n": n}}, who="x", now_ns={NOON})
"""
    writers = [subprocess.Popen([sys.executable, "-c", code, str(w)]) for w in range(4)]
    assert [w.wait(120) for w in writers] == [0] * 4
    (day,) = days(tmp_path)
    found = [(e.body["from"], e.body["n"]) for e in entries(tmp_path, day)]
    assert sorted(found) == [(str(w), n) for w in range(4) for n in range(25)]


def test_nobody_else_may_read_it(tmp_path: Path) -> None:
    append(tmp_path / "desk", DeskKind.STACK, {}, who="asha", now_ns=NOON)
    for path in (tmp_path / "desk").iterdir():
        assert path.stat().st_mode & 0o077 == 0


def test_what_was_said_on_a_day_is_found_in_whatever_file_it_stands(tmp_path: Path) -> None:
    for n, now_ns in enumerate((NOON, NOON + DAY_NS, NOON)):
        append(tmp_path, DeskKind.STACK, {"n": n}, who="asha", now_ns=now_ns)
    monday, tuesday = days(tmp_path)
    assert [entry.body["n"] for entry in stamped(tmp_path, monday)] == [0, 2]
    assert [entry.body["n"] for entry in stamped(tmp_path, tuesday)] == [1]


def test_a_file_that_is_of_no_day_is_none_of_the_record_and_stops_nobody(tmp_path: Path) -> None:
    for name in ("2026-11-31.jsonl", "kept.jsonl", "20261123.jsonl"):
        (tmp_path / name).write_text("{}\n")
    append(tmp_path, DeskKind.STACK, {}, who="asha", now_ns=NOON)
    assert [day.isoformat() for day in days(tmp_path)] == ["2026-11-23"]
    assert [path.name for path in strays(tmp_path)] == ["2026-11-31.jsonl", "20261123.jsonl", "kept.jsonl"]


def test_the_longest_line_is_counted_with_its_end(tmp_path: Path) -> None:
    shortest = append(tmp_path, DeskKind.STACK, {"of": ""}, who="asha", now_ns=NOON)
    room = LINE_BYTES_MAX - len(shortest.line()) - len(b"\n")
    body = {"of": "x" * room}
    with pytest.raises(ValueError, match=f"of {LINE_BYTES_MAX + 1} bytes"):
        append(tmp_path, DeskKind.STACK, {"of": body["of"] + "x"}, who="asha", now_ns=NOON)
    append(tmp_path, DeskKind.STACK, body, who="asha", now_ns=NOON)
    assert len(entries(tmp_path, days(tmp_path)[0])) == 2


def test_a_last_line_that_does_not_read_is_named_so(tmp_path: Path) -> None:
    (tmp_path / "2026-11-23.jsonl").write_text("nothing of ours\n")
    with pytest.raises(BadDeskRecord, match=r"23\.jsonl: its last line does not read"):
        append(tmp_path, DeskKind.STACK, {}, who="asha", now_ns=NOON)
