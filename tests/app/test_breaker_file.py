"""The breaker's file: what a trip survives, and what is not believed."""

import multiprocessing
import os
import stat
from pathlib import Path

import pytest

from tarazu.app.feed.breaker_file import BadBreakerFile, change_breaker, read_breaker, replace_bad_breaker
from tarazu.market.breaker import Breaker, BreakerLimits, Cleared, ClearRefusal, clear, reconnected
from tarazu.model.units import SECOND_NS

NOW = 1_795_411_051 * SECOND_NS
LIMITS = BreakerLimits(reconnects_max=3)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "run" / "feed_breaker.json"


def trip(path: Path) -> Breaker:
    for n in range(4):
        after = change_breaker(path, lambda b, n=n: reconnected(b, LIMITS, NOW + n))  # type: ignore[misc]
    assert isinstance(after, Breaker)
    return after


def test_no_file_is_a_breaker_that_never_tripped(path: Path) -> None:
    assert read_breaker(path) == Breaker()
    assert not path.parent.exists(), "reading makes nothing"


def test_a_trip_is_there_for_the_next_process(path: Path) -> None:
    after = trip(path)
    assert after.tripped
    assert read_breaker(path) == after


def test_a_person_clears_what_another_process_tripped(path: Path) -> None:
    trip(path)
    change_breaker(path, lambda b: clear(b, "asha", "the switch was replaced", NOW))
    assert read_breaker(path) == Breaker(
        trips=1, last_cleared=Cleared(operator="asha", reason="the switch was replaced", ts_ns=NOW)
    )


def test_a_refusal_stores_nothing(path: Path) -> None:
    assert change_breaker(path, lambda b: clear(b, "asha", "why not", NOW)) is ClearRefusal.NOT_TRIPPED
    assert not path.exists()


def test_a_change_that_fails_stores_nothing_and_lets_the_next_one_in(path: Path) -> None:
    def fail(_: Breaker) -> Breaker:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        change_breaker(path, fail)
    assert trip(path).tripped


@pytest.mark.parametrize(
    "spoil",
    [
        lambda b: b"",
        lambda b: b[:-20],
        lambda b: b.replace(b'"trips":1', b'"trips":0'),
        lambda b: b.replace(b'"tripped_ns":1', b'"tripped_ns":2'),
        lambda b: b.replace(b"feed_breaker/1", b"feed_breaker/2"),
        lambda b: b"\xff" + b,
        lambda b: b"{}",
    ],
    ids=["empty", "torn", "edited", "one digit", "another version", "no text", "no fields"],
)
def test_a_file_that_is_not_as_written_is_not_believed(path: Path, spoil) -> None:  # type: ignore[no-untyped-def]
    trip(path)
    written = path.read_bytes()
    path.write_bytes(spoil(written))
    assert path.read_bytes() != written
    with pytest.raises(BadBreakerFile, match="counts as tripped"):
        read_breaker(path)
    with pytest.raises(BadBreakerFile):
        change_breaker(path, lambda b: reconnected(b, LIMITS, NOW))
    assert path.read_bytes() == spoil(written), "the evidence stays"


def test_a_bad_file_is_put_aside_by_a_person_and_kept(path: Path) -> None:
    path.parent.mkdir()
    path.write_bytes(b"garbage")
    who = Cleared(operator="asha", reason="disk was replaced", ts_ns=NOW)
    aside = replace_bad_breaker(path, who)
    assert aside is not None and aside.read_bytes() == b"garbage"
    assert read_breaker(path) == Breaker(last_cleared=who)


def test_a_good_file_is_not_put_aside(path: Path) -> None:
    tripped = trip(path)
    assert replace_bad_breaker(path, Cleared(operator="asha", reason="x", ts_ns=NOW)) is None
    assert read_breaker(path) == tripped


def count(path: Path, times: int) -> None:
    for _ in range(times):
        change_breaker(path, lambda b: reconnected(b, BreakerLimits(reconnects_max=1_000_000), NOW))


def test_no_change_is_lost_between_processes(path: Path) -> None:
    fork = multiprocessing.get_context("fork")
    others = [fork.Process(target=count, args=(path, 50)) for _ in range(3)]
    for other in others:
        other.start()
    for other in others:
        other.join()
    assert [o.exitcode for o in others] == [0, 0, 0]
    assert len(read_breaker(path).reconnects_ns) == 150


def test_the_new_file_and_its_folder_are_synced_before_it_returns(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[str] = []
    sync, replace = os.fsync, Path.replace

    def fsync(fd: int) -> None:
        done.append("folder" if stat.S_ISDIR(os.fstat(fd).st_mode) else "file")
        sync(fd)

    def rename(self: Path, target: Path) -> Path:
        done.append("rename")
        return replace(self, target)

    monkeypatch.setattr(os, "fsync", fsync)
    monkeypatch.setattr(Path, "replace", rename)
    change_breaker(path, lambda b: reconnected(b, LIMITS, NOW))
    assert done == ["file", "rename", "folder"]


def test_the_state_is_nobody_elses(path: Path) -> None:
    trip(path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
