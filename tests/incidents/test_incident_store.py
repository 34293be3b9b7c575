"""Incidents: opened once, told by the desk's record alone, and seen in a record that is damaged."""

import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from tarazu.app.home import Home, Profile
from tarazu.app.incidents.incident import Act
from tarazu.app.incidents.store import (
    NoSuchIncident,
    NotKept,
    ack,
    close,
    find,
    incidents,
    note,
    open_incident,
    read,
)
from tarazu.model.units import DAY_NS, SECOND_NS
from tarazu.runtime import desk_record
from tarazu.runtime.alone import alone
from tarazu.runtime.desk_record import DeskKind

NOW_NS = 1_795_411_800_000_000_000


@pytest.fixture
def desk(tmp_path: Path) -> Home:
    return Home(Profile.SIM, tmp_path / "sim")


def stale(desk: Home, after_s: int = 0, severity: str = "SEV2") -> str:
    now_ns = NOW_NS + after_s * SECOND_NS
    return open_incident(desk, severity, "FEED_STALE", "11.8 s", who="watchdog", now_ns=now_ns, runbook="r").id  # type: ignore[arg-type]


def test_an_incident_is_what_the_desks_record_says_of_it(desk: Home) -> None:
    id_ = stale(desk)
    assert id_ == "INC-20261123-01"
    ack(desk, id_, who="asha", now_ns=NOW_NS + SECOND_NS, text="looking")
    note(desk, id_, "the network", who="ravi", now_ns=NOW_NS + 2 * SECOND_NS)
    close(desk, id_, "it is back", who="asha", now_ns=NOW_NS + 24 * SECOND_NS)
    (told,) = incidents(desk)
    assert (told.severity, told.code, told.runbook, told.opened_ns) == ("SEV2", "FEED_STALE", "r", NOW_NS)
    assert (told.acked_by, told.closed_by, told.closed_why, told.is_open) == ("asha", "asha", "it is back", False)
    assert [(said.act, said.who, said.text) for said in told.timeline] == [
        (Act.OPEN, "watchdog", "11.8 s"),
        (Act.ACK, "asha", "looking"),
        (Act.NOTE, "ravi", "the network"),
        (Act.CLOSE, "asha", "it is back"),
    ]
    assert [entry.kind for entry in desk_record.whole(desk.desk)] == [DeskKind.INCIDENT] * 4


def test_an_open_one_of_the_code_is_taken_and_nothing_is_written(desk: Home) -> None:
    assert [stale(desk, n) for n in range(3)] == ["INC-20261123-01"] * 3
    assert len(list(desk_record.whole(desk.desk))) == 1


def test_what_became_graver_is_said_and_what_became_lighter_is_not(desk: Home) -> None:
    stale(desk, 0, "SEV2")
    assert stale(desk, 1, "SEV3") == stale(desk, 2, "SEV1") == "INC-20261123-01"
    (told,) = incidents(desk)
    assert told.severity == "SEV1" and len(told.timeline) == 2


def test_what_happens_again_after_it_was_closed_is_another_one(desk: Home) -> None:
    close(desk, stale(desk), "back", who="asha", now_ns=NOW_NS)
    assert stale(desk, 60) == "INC-20261123-02"


def test_one_that_stays_open_overnight_is_the_same_the_next_day(desk: Home) -> None:
    first = stale(desk)
    assert open_incident(desk, "SEV2", "FEED_STALE", "still", who="w", now_ns=NOW_NS + DAY_NS).id == first
    assert open_incident(desk, "SEV1", "HARD_HALT", "x", who="w", now_ns=NOW_NS + DAY_NS).id == "INC-20261124-01"


def test_the_first_to_have_it_stays_so_and_a_closed_one_stays_closed(desk: Home) -> None:
    id_ = stale(desk)
    ack(desk, id_, who="asha", now_ns=NOW_NS)
    assert ack(desk, id_, who="ravi", now_ns=NOW_NS).acked_by == "asha"
    close(desk, id_, "first", who="asha", now_ns=NOW_NS)
    assert close(desk, id_, "second", who="ravi", now_ns=NOW_NS).closed_why == "first"
    assert note(desk, id_, "post mortem", who="ravi", now_ns=NOW_NS + DAY_NS).timeline[-1].text == "post mortem"


def test_there_is_nothing_to_say_of_one_that_nobody_opened(desk: Home) -> None:
    with pytest.raises(NoSuchIncident):
        note(desk, "INC-20261123-07", "x", who="asha", now_ns=NOW_NS)
    assert find(desk, "INC-20261123-07") is None
    assert not desk.root.exists()


def test_a_damaged_line_is_told_and_hides_no_other_incident(desk: Home) -> None:
    stale(desk)
    open_incident(desk, "SEV1", "HARD_HALT", "x", who="w", now_ns=NOW_NS)
    path = desk.desk / f"{date(2026, 11, 23)}.jsonl"
    first, second, _ = path.read_bytes().split(b"\n")
    path.write_bytes(first[:-20] + b"\n" + second + b"\n")
    book = read(desk)
    assert [incident.code for incident in book.incidents] == ["HARD_HALT"]
    assert book.unread == ["2026-11-23.jsonl line 1"]


def test_a_record_that_takes_nothing_is_said_and_changes_nothing(desk: Home) -> None:
    id_ = stale(desk)
    path = desk.desk / f"{date(2026, 11, 23)}.jsonl"
    path.write_bytes(path.read_bytes() + b"no entry\n")
    before = path.read_bytes()
    with pytest.raises(NotKept, match="the desk's record takes nothing"):
        note(desk, id_, "x", who="asha", now_ns=NOW_NS)
    assert path.read_bytes() == before


def test_while_another_process_opens_one_nobody_else_does(desk: Home) -> None:
    with alone(desk.incidents / "lock"), pytest.raises(NotKept, match="held by another process"):
        stale(desk)
    assert stale(desk) == "INC-20261123-01"


OPEN = """
import sys
from pathlib import Path
from tarazu.app.home import Home, Profile
from tarazu.app.incidents.store import open_incident

desk = Home(Profile.SIM, Path(sys.argv[1]))
print("ready", flush=True)
sys.stdin.readline()
for n in range(40):
    open_incident(desk, "SEV2", f"CODE_{n}", "seen by both", who=sys.argv[2], now_ns=int(sys.argv[3]))
"""


def test_two_processes_that_see_the_same_open_one_incident(desk: Home) -> None:
    words = [sys.executable, "-c", OPEN, str(desk.root)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    processes = [subprocess.Popen([*words, who, str(NOW_NS)], **pipes) for who in ("main", "watchdog")]  # type: ignore[call-overload]
    assert [process.stdout.readline() for process in processes] == ["ready\n"] * 2
    for process in processes:
        process.stdin.write("go\n")
        process.stdin.flush()
    for process in processes:
        process.communicate(timeout=120)
    assert [process.returncode for process in processes] == [0, 0]
    told = incidents(desk)
    assert sorted(incident.code for incident in told) == sorted(f"CODE_{n}" for n in range(40))
    assert len({incident.id for incident in told}) == len(told)


def test_an_entry_of_an_odd_id_is_told_as_unread_and_keeps_nothing_from_being_opened(desk: Home) -> None:
    for id_ in ("INC-20261123-x", "INC-20261123-", "what"):
        body = {"act": "open", "id": id_, "severity": "SEV1", "code": "ODD", "detail": ""}
        desk_record.append(desk.desk, DeskKind.INCIDENT, body, who="asha", now_ns=NOW_NS)
    assert stale(desk) == "INC-20261123-01"
    book = read(desk)
    assert [i.id for i in book.incidents] == ["INC-20261123-01"]
    assert book.unread == [f"2026-11-23.jsonl line {n}" for n in (1, 2, 3)]


def test_a_record_of_another_day_is_read_once_and_again_when_it_has_changed(
    desk: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = stale(desk)
    later = open_incident(desk, "SEV1", "HARD_HALT", "x", who="watchdog", now_ns=NOW_NS + DAY_NS).id
    incidents(desk)
    read_files: list[str] = []
    real = Path.read_bytes
    monkeypatch.setattr(Path, "read_bytes", lambda path: [read_files.append(path.name), real(path)][1])
    note(desk, later, "looked", who="asha", now_ns=NOW_NS + DAY_NS + 1)
    assert [i.timeline[-1].text for i in incidents(desk)] == ["11.8 s", "looked"]
    assert set(read_files) <= {"2026-11-24.jsonl"}
    path = desk.desk / "2026-11-23.jsonl"
    path.write_bytes(real(path).replace(b"11.8 s", b"11.9 s"))
    assert next(i for i in incidents(desk) if i.id == first).detail == "11.9 s"


def test_what_is_written_is_given_back_as_a_reader_finds_it(desk: Home) -> None:
    id_ = stale(desk)
    assert note(desk, id_, "looked", who="asha", now_ns=NOW_NS + 1) == find(desk, id_)
    assert ack(desk, id_, who="asha", now_ns=NOW_NS + 2) == find(desk, id_)
    assert close(desk, id_, "over", who="asha", now_ns=NOW_NS + 3) == find(desk, id_)
    again = open_incident(desk, "SEV1", "HARD_HALT", "x", who="watchdog", now_ns=NOW_NS + 4)
    assert again == find(desk, again.id)


def test_a_record_that_does_not_read_is_one_that_keeps_nothing(desk: Home) -> None:
    (desk.desk / "2026-11-23.jsonl").mkdir(parents=True)
    with pytest.raises(NotKept, match="does not read"):
        stale(desk)
    with pytest.raises(NotKept, match="does not read"):
        note(desk, "INC-20261123-01", "looked", who="asha", now_ns=NOW_NS)
