"""`tarazu dst run --keep`: a campaign that was ended is gone on with, and its days are of one code."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from tarazu.app.dst.kept_folder import FILE, NotKept, Sitting, opened
from tarazu.dst import campaign, kept
from tarazu.dst.campaign import Done, Part, run
from tarazu.dst.code import ROOMS, code_sha256
from tarazu.dst.kept import Asked, Kept, NoCampaign, decoded, joined
from tarazu.dst.options import Violation
from tarazu.dst.tally import Failure, Tally

DAYS = 30


@pytest.fixture(autouse=True)
def _a_short_corpus(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept, "corpus", list)


def asked(code: str = "c0de", days: int = DAYS) -> Asked:
    return Asked(code=code, first_seed=700, days=days, size="small")


def sit(folder: Path, of: Asked | None = None, *, until: int = DAYS, jobs: int = 1) -> tuple[bool, Sitting]:
    """One sitting, which Ctrl-C ends once so many days are done."""

    def told(sofar: Tally) -> None:
        if until <= sofar.days < DAYS:
            raise KeyboardInterrupt

    with opened(folder, of or asked(), "clean") as sitting:
        return sitting.run(jobs, told), sitting


def put(folder: Path, **what: Any) -> bytes:
    """A campaign that was begun, as nobody ran it."""
    text = Kept(asked=asked(), source="clean", began_ns=1, last_ns=2, **what).encoded()
    (folder / FILE).write_bytes(text)
    return text


def on_disk(folder: Path) -> Kept:
    return decoded((folder / FILE).read_bytes())


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_campaign_in_three_sittings_amounts_to_the_same_as_in_one(tmp_path: Path, jobs: int) -> None:
    whole, _ = run(asked().cases(), jobs=1)
    for until, days in ((10, 10), (11, 20), (DAYS, DAYS)):
        is_whole, _ = sit(tmp_path, until=until, jobs=jobs)
        assert is_whole == (days == DAYS)
        assert on_disk(tmp_path).sums.days == days
    there = on_disk(tmp_path)
    assert there.tally() == whole and there.done == [(0, DAYS)] and there.sittings == 3
    assert there.cpu_s > 0 and there.wall_s > 0


def test_ctrl_c_while_a_part_is_added_up_adds_it_whole_or_not_at_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, _ = run(asked().cases(), jobs=1)
    calls = []

    def interrupted(ranges: list[tuple[int, int]]) -> list[tuple[int, int]]:
        calls.append(ranges)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return joined(ranges)

    monkeypatch.setattr(kept, "joined", interrupted)
    assert not sit(tmp_path)[0]
    there = on_disk(tmp_path)
    assert there.sums.days == sum(end - first for first, end in there.done) > 0
    sit(tmp_path)
    assert on_disk(tmp_path).tally() == whole


def test_each_sitting_adds_its_time(tmp_path: Path) -> None:
    sit(tmp_path, until=10)
    first = on_disk(tmp_path)
    sit(tmp_path)
    assert on_disk(tmp_path).cpu_s > first.cpu_s and on_disk(tmp_path).wall_s > first.wall_s


def test_a_finished_campaign_runs_nothing_and_stays_as_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = put(tmp_path, done=[(0, DAYS)], sittings=3)
    monkeypatch.setattr(campaign, "run_day", None)
    is_whole, sitting = sit(tmp_path)
    assert is_whole and sitting.kept.sittings == 3
    assert (tmp_path / FILE).read_bytes() == before


@pytest.mark.parametrize(
    ("other", "code", "way_out"),
    [
        (asked(code="another"), "OTHER_CODE", "mv {folder} {folder}-c0de"),
        (asked(days=DAYS + 1), "OTHER_CAMPAIGN", "tarazu dst run --days 30 --seed 700 --size small --keep {folder}"),
    ],
)
def test_days_of_other_code_and_other_days_are_refused(tmp_path: Path, other: Asked, code: str, way_out: str) -> None:
    before = put(tmp_path, done=[(0, 10)])
    with pytest.raises(NotKept) as refused, opened(tmp_path, other, "clean"):
        pass
    assert refused.value.code == code and refused.value.way_out == way_out.format(folder=tmp_path)
    assert (tmp_path / FILE).read_bytes() == before


def test_two_processes_do_not_go_on_with_one_campaign(tmp_path: Path) -> None:
    with opened(tmp_path, asked(), "clean"), pytest.raises(NotKept) as refused, opened(tmp_path, asked(), "clean"):
        pass
    assert refused.value.code == "CAMPAIGN_RUNS"


def test_what_does_not_read_is_refused_and_left(tmp_path: Path) -> None:
    for text in (b"", b"{", b'{"schema": "tarazu.dst.campaign/0"}'):
        (tmp_path / FILE).write_bytes(text)
        with pytest.raises(NotKept) as refused, opened(tmp_path, asked(), "clean"):
            pass
        assert refused.value.code == "CAMPAIGN_UNREADABLE" and (tmp_path / FILE).read_bytes() == text


def test_a_campaign_of_another_schema_is_none() -> None:
    there = Kept(schema="tarazu.dst.campaign/0", asked=asked(), source="", began_ns=0, last_ns=0)
    with pytest.raises(NoCampaign, match="schema"):
        decoded(there.encoded())


@pytest.mark.parametrize(
    "done",
    [[(0, 10), (9, 12)], [(0, 10), (0, 10)], [(10, 20), (0, 5)], [(0, 10), (10, 20)], [(5, 5)], [(7, 3)], [(-2, 3)]],
)
def test_places_done_twice_out_of_order_or_in_pieces_are_no_campaign(done: list[tuple[int, int]]) -> None:
    there = Kept(asked=asked(), source="", began_ns=0, last_ns=0, done=done)
    with pytest.raises(NoCampaign, match="places done"):
        decoded(there.encoded())


def test_a_folder_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(NotKept) as refused, opened(tmp_path / "file" / "folder", asked(), "clean"):
        pass
    assert refused.value.code == "CAMPAIGN_NOT_KEPT"


def test_a_day_that_failed_is_told_in_every_sitting_after() -> None:
    there = Kept(asked=asked(), source="", began_ns=0, last_ns=0)
    cases = asked().cases()
    late, early = (Failure(cases[n], (Violation("I1", 5, n, "what"),)) for n in (25, 13))
    for at, failure in ((20, late), (10, early)):
        part = Part(at, cases[at : at + 10])
        there.take(Done(part, Tally(days=len(part.cases), failures=[failure]), 1.5), 7)
    again = decoded(there.encoded())
    assert again.tally() == there.tally() == Tally(days=20, failures=[early, late])
    assert again.done == [(10, 30)] and again.cpu_s == 3.0 and again.last_ns == 7
    assert [part.at for part in again.left()] == [0]


def test_what_is_left_is_what_no_part_has_had() -> None:
    there = Kept(asked=asked(), source="", began_ns=0, last_ns=0, done=[(0, 3), (10, 27)])
    left = [(part.at, [case.seed for case in part.cases]) for part in there.left()]
    assert left == [(3, [*range(703, 710)]), (27, [727, 728, 729])]


def test_ranges_that_touch_are_one_and_no_place_is_done_twice() -> None:
    assert joined([(10, 20), (0, 10), (25, 30)]) == [(0, 20), (25, 30)]
    with pytest.raises(AssertionError, match="done before"):
        joined([(0, 10), (9, 12)])


def test_the_hash_is_over_every_room_that_a_day_comes_from() -> None:
    program = (
        "import sys; from tarazu.dst.day import run_day; run_day(1)\n"
        "print(*{name.split('.')[1] for name in sys.modules if name.startswith('tarazu.')})"
    )
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    assert "engine" in said and set(said.split()) <= set(ROOMS)


def test_another_byte_in_one_of_them_is_another_code(tmp_path: Path) -> None:
    for room in ROOMS:
        (tmp_path / room).mkdir()
        before = code_sha256.__wrapped__(tmp_path)
        (tmp_path / room / "some.py").write_text("one = 1\n")
        after = code_sha256.__wrapped__(tmp_path)
        (tmp_path / room / "some.py").write_text("one = 2\n")
        assert len({before, after, code_sha256.__wrapped__(tmp_path)}) == 3


class Campaign:
    """`tarazu dst run --keep` in a process group of its own, once its first days are kept."""

    def __init__(self, folder: Path, *more: str) -> None:
        self.file = folder / FILE
        argv = ["dst", "run", "--days", "5000", "--size", "small", "--keep", str(folder), "--json", *more]
        started = (
            "from tarazu.app.dst import kept_folder as k; from tarazu.cli import main; k.SAVED_EVERY_S = 0; main()"
        )
        before = self.file.read_bytes() if self.file.exists() else b""
        self.process = subprocess.Popen(
            [sys.executable, "-c", started, *argv], stdout=subprocess.PIPE, text=True, start_new_session=True
        )
        while not self.file.exists() or self.file.read_bytes() == before:
            assert self.process.poll() is None, "it ended by itself"
            time.sleep(0.05)

    def ended(self) -> dict[str, object]:
        said, _ = self.process.communicate(timeout=60)
        return dict(json.loads(said))

    def is_gone(self) -> bool:
        """With all its processes; the last of them end a moment after it."""
        end = time.monotonic() + 60
        while self.group() and time.monotonic() < end:
            time.sleep(0.1)
        return not self.group()

    def group(self) -> list[int]:
        return [int(stat.parent.name) for stat in Path("/proc").glob("[0-9]*/stat") if _group(stat) == self.process.pid]


def children(pid: int) -> list[int]:
    """Of all its threads."""
    lists = Path(f"/proc/{pid}/task").glob("*/children")
    return [int(child) for listed in lists for child in listed.read_text().split()]


def _group(stat: Path) -> int:
    """Its process group; 0 of one that is gone, or dead and not yet waited for."""
    try:
        state, _parent, group = stat.read_text().rpartition(")")[2].split()[:3]
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return 0 if state == "Z" else int(group)


@pytest.mark.timeout(300)
def test_sigterm_ends_it_with_what_was_done_whoever_hears_it(tmp_path: Path) -> None:
    days = 0
    for send in (os.kill, os.killpg):
        ran = Campaign(tmp_path)
        send(ran.process.pid, signal.SIGTERM)
        said = ran.ended()
        assert ran.process.returncode == 130 and said["verdict"] == "INTERRUPTED"
        assert said["days"] == on_disk(tmp_path).sums.days
        assert int(str(said["days"])) >= days
        days = int(str(said["days"]))
        assert ran.is_gone()


@pytest.mark.timeout(300)
def test_a_killed_one_leaves_a_whole_file_and_no_process(tmp_path: Path) -> None:
    ran = Campaign(tmp_path)
    assert len(ran.group()) >= 3
    ran.process.kill()
    ran.process.wait()
    assert on_disk(tmp_path).sums.days
    assert ran.is_gone(), "processes that nobody waits for are left"


@pytest.mark.timeout(300)
def test_one_that_nobody_is_to_feel_is_idle_in_sessions_of_its_own_and_ends_with_its_parent(tmp_path: Path) -> None:
    ran = Campaign(tmp_path, "--idle")
    workers = [child for child in children(ran.process.pid) if os.getsid(child) == child]
    assert len(workers) == 2
    assert {os.sched_getscheduler(pid) for pid in (ran.process.pid, *workers)} == {os.SCHED_IDLE}
    groups = [Path(f"/proc/{worker}/autogroup") for worker in workers]
    assert all(group.read_text().endswith("nice 19\n") for group in groups if group.exists())
    ran.process.kill()
    ran.process.wait()
    ended = time.monotonic() + 60
    while any(_group(Path(f"/proc/{worker}/stat")) for worker in workers) and time.monotonic() < ended:
        time.sleep(0.1)
    assert not any(_group(Path(f"/proc/{worker}/stat")) for worker in workers)
