"""The ticks of a long day are made by a process of its own: the same bytes, and nothing half made whatever dies."""

import os
import signal
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import msgspec
import pytest

from harness.raw_days import DAY, OPEN_NS, Plain, quiet, write_day
from tarazu.app.data import ticks_part
from tarazu.app.data.archive import TICKS, BadArchive
from tarazu.app.data.convert import convert
from tarazu.app.data.frames import segment_batches
from tarazu.app.data.tables import TICK_ROWS_A_GROUP, tick_table, write_parquet
from tarazu.app.data.ticks_part import Ticks, TicksPart, ticks_difference
from tarazu.runtime.segment import Kind

APART = 0


def ltp(n: int) -> bytes:
    """A ticker frame of one packet, and each ninth one cut short."""
    packet = (256 * n + 2).to_bytes(4, "big") + (100 + n).to_bytes(4, "big")
    return b"\0\1\0\10" + packet[: 8 - (n % 9 == 0)]


@pytest.fixture
def feed(tmp_path: Path) -> Path:
    frames = [Plain(n, Kind.TEXT if n % 4 == 0 else Kind.BINARY, 1, ltp(n), OPEN_NS + n, n) for n in range(1, 300)]
    return write_day(tmp_path / "feed", frames)


def archive_of(feed: Path) -> Path:
    return feed.parent.parent / "archive" / DAY.isoformat()


def test_a_process_of_its_own_makes_the_same_archive(feed: Path) -> None:
    alone, apart = archive_of(feed), archive_of(feed).parent / "apart" / DAY.isoformat()
    one, other = convert(feed, alone, quiet), convert(feed, apart, quiet, APART)
    assert (one.files, one.ticks, one.broken_frames) == (other.files, other.ticks, other.broken_frames)
    assert one.ticks > 150 and one.broken_frames > 20
    assert (alone / TICKS).read_bytes() == (apart / TICKS).read_bytes()


def test_a_process_that_dies_leaves_the_archive_that_was_there(feed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = convert(feed, archive_of(feed), quiet)

    class Dying(TicksPart):
        def __init__(self, *words: Any) -> None:
            super().__init__(*words)
            os.kill(self._process.pid, signal.SIGKILL)

    monkeypatch.setattr("tarazu.app.data.convert.TicksPart", Dying)
    with pytest.raises(BadArchive, match="ended with code -9 and said nothing"):
        convert(feed, archive_of(feed), quiet, APART)
    assert [p.name for p in archive_of(feed).parent.iterdir()] == [DAY.isoformat()]
    assert convert(feed, archive_of(feed), quiet).files == before.files


def test_what_it_could_not_write_is_said_in_its_words(feed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    there = Path(f"/proc/{os.getpid()}")

    class Elsewhere(TicksPart):
        def __init__(self, source: Path, target: Path, through: int, about: str) -> None:
            super().__init__(source, there / "none" / TICKS, through, about)

    monkeypatch.setattr("tarazu.app.data.convert.TicksPart", Elsewhere)
    with pytest.raises(OSError, match="none"):
        convert(feed, archive_of(feed), quiet, APART)
    assert not list(archive_of(feed).parent.iterdir())


def test_an_interrupted_archive_ends_its_process_and_leaves_nothing(
    feed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: list[TicksPart] = []

    class Stopped(TicksPart):
        def __init__(self, *words: Any) -> None:
            super().__init__(*words)
            begun.append(self)

        def end(self, progress: Any) -> Any:
            raise KeyboardInterrupt

    monkeypatch.setattr("tarazu.app.data.convert.TicksPart", Stopped)
    with pytest.raises(KeyboardInterrupt):
        convert(feed, archive_of(feed), quiet, APART)
    assert begun[0]._process.returncode == -signal.SIGKILL
    assert not list(archive_of(feed).parent.iterdir())


def test_what_lies_in_the_folder_that_somebody_stands_in_is_no_part_of_it(
    feed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "polars.py").write_text("raise SystemExit('not ours')")
    monkeypatch.chdir(tmp_path)
    assert convert(feed, archive_of(feed), quiet, APART).ticks > 150


def test_ctrl_c_of_the_terminal_is_heard_by_the_one_that_ends_it_alone(feed: Path, tmp_path: Path) -> None:
    apart = TicksPart(feed, tmp_path / TICKS, 299, "a test")
    try:
        assert os.getpgid(apart._process.pid) != os.getpgid(0)
        assert apart.end(lambda done, total: None).file is not None
    finally:
        apart.close()


def test_a_failure_without_words_is_still_a_failure_to_write(
    feed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(ticks_part, "ticks_part", Mock(side_effect=OSError()))
    ticks_part.main(str(feed), str(tmp_path / TICKS), "299", "a test")
    assert msgspec.json.decode(capsys.readouterr().out, type=Ticks).failed


def test_a_full_disk_is_one_whoever_writes(feed: Path) -> None:
    table = tick_table(next(segment_batches(feed)))[0]
    with pytest.raises(OSError, match="not written whole, is the disk full"):
        write_parquet([table], table.schema, Path("/dev/full"), TICK_ROWS_A_GROUP, "a test")


def test_a_full_disk_of_the_other_process_is_told_by_it(feed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Full(TicksPart):
        def __init__(self, source: Path, target: Path, through: int, about: str) -> None:
            target.symlink_to("/dev/full")
            super().__init__(source, target, through, about)

    monkeypatch.setattr("tarazu.app.data.convert.TicksPart", Full)
    with pytest.raises(OSError, match="not written whole, is the disk full"):
        convert(feed, archive_of(feed), quiet, APART)
    assert not list(archive_of(feed).parent.iterdir())


@pytest.mark.parametrize("kept", [slice(0, -1), slice(None, None, -1), slice(0, None)])
def test_ticks_that_are_not_those_of_the_frames_are_found(feed: Path, tmp_path: Path, kept: slice) -> None:
    tables = [tick_table(batch)[0] for batch in segment_batches(feed)]
    rows = [table[kept] for table in tables]
    write_parquet(rows, tables[0].schema, tmp_path / TICKS, TICK_ROWS_A_GROUP, "a test")
    assert (ticks_difference(segment_batches(feed), tmp_path / TICKS) is None) == (kept == slice(0, None))
    short = segment_batches(feed, through=150)
    assert ticks_difference(short, tmp_path / TICKS) is not None


def test_how_far_it_is_fits_a_pipe_that_nobody_reads(
    capsys: pytest.CaptureFixture[str], feed: Path, tmp_path: Path
) -> None:
    ticks_part.main(str(feed), str(tmp_path / TICKS), "299", "a test")
    *told, last = capsys.readouterr().out.splitlines()
    assert 2 < len(told) <= 101 and told == sorted(set(told), key=lambda line: int(line.split()[0]))
    assert '"broken":' in last
