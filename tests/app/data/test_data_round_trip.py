"""A recorded day, archived and restored, is the same frames; and what damage took stays where it was taken."""

import tempfile
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.raw_days import DAY, OPEN_NS, Plain, frames_of, patch, quiet, write_day
from tarazu.app.data.archive import FRAMES, MANIFEST, TICKS, Manifest, changed_files, read_manifest
from tarazu.app.data.convert import convert, first_difference
from tarazu.app.data.frames import segment_batches
from tarazu.app.data.restore import restore
from tarazu.runtime.damage import Fault
from tarazu.runtime.repair import verify
from tarazu.runtime.segment import Kind, segment_path

I64 = st.integers(-(1 << 63), (1 << 63) - 1)
ONE = st.tuples(
    st.sampled_from([Kind.BINARY, Kind.TEXT, Kind.EVENT, Kind.MARK]),
    st.integers(0, 65_535),
    st.one_of(st.just(b""), st.binary(max_size=900)),
    I64,
    I64,
)


def numbered(count: int) -> list[Plain]:
    return [Plain(n, Kind.TEXT, 1, b"%d" % n * 40, OPEN_NS + n, n) for n in range(1, count + 1)]


def archived(feed: Path) -> tuple[Path, Manifest]:
    archive = feed.parent / "archive" / DAY.isoformat()
    return archive, convert(feed / DAY.isoformat(), archive, quiet)


@settings(max_examples=20, deadline=None)
@given(st.lists(ONE, max_size=40), st.integers(0, 3))
def test_any_frames_archived_and_restored_are_the_same_frames(heads, group):
    frames = [Plain(n, *head) for n, head in enumerate(heads, start=1)]
    with tempfile.TemporaryDirectory() as name:
        folder = write_day(Path(name) / "feed", frames)
        archive, manifest = archived(Path(name) / "feed")
        assert manifest.frames == manifest.through == len(frames) and not manifest.damages
        report = restore(archive, manifest, Path(name) / "back" / DAY.isoformat(), quiet, segment_bytes=2048 << group)
        assert frames_of(report.folder) == frames_of(folder) == frames
        assert report.clean and verify(report.folder).frames == len(frames)


def test_the_archive_has_the_frames_as_columns(tmp_path):
    write_day(tmp_path / "feed", numbered(100))
    archive, _ = archived(tmp_path / "feed")
    table = pl.read_parquet(archive / FRAMES)
    assert table.columns == ["sequence", "wall_ns", "mono_ns", "connection", "kind", "payload"]
    assert table.row(6) == (7, OPEN_NS + 7, 7, 1, Kind.TEXT, b"7" * 40)
    assert pl.read_parquet_metadata(archive / FRAMES)["tarazu"] == f"tarazu.archive/1 frames {DAY}"


def test_the_manifest_tells_sources_counts_and_checksums(tmp_path):
    write_day(tmp_path / "feed", numbered(100))
    archive, manifest = archived(tmp_path / "feed")
    assert read_manifest(archive) == manifest and changed_files(archive, manifest) == []
    assert [(s.segment, s.size) for s in manifest.segments] == [(n, 4096) for n in range(1, len(manifest.segments) + 1)]
    assert (manifest.first_wall_ns, manifest.last_wall_ns) == (OPEN_NS + 1, OPEN_NS + 100)
    assert sorted(p.name for p in archive.iterdir()) == sorted([FRAMES, TICKS, MANIFEST])
    assert [p.name for p in archive.parent.iterdir()] == [archive.name]


def test_a_flipped_byte_costs_its_frame_and_the_gap_is_restored_too(tmp_path):
    folder = write_day(tmp_path / "feed", numbered(100))
    patch(segment_path(folder, 2), 64 + 40 + 3, b"\xff")
    lost = next(d for d in verify(folder).damages if d.fault is Fault.CORRUPT)
    archive, manifest = archived(tmp_path / "feed")
    assert [d.sequence for d in manifest.damages] == [lost.sequence] and manifest.frames == 99
    report = restore(archive, manifest, tmp_path / "back" / DAY.isoformat(), quiet, segment_bytes=4096)
    assert [f.sequence for f in frames_of(report.folder)] == [n for n in range(1, 101) if n != lost.sequence]
    assert [(d.fault, d.sequence, d.lost) for d in report.damages] == [(Fault.SEQUENCE_GAP, lost.sequence, 1)]


def test_a_torn_tail_is_told_and_left_out(tmp_path):
    folder = write_day(tmp_path / "feed", numbered(5))
    whole = frames_of(folder)
    patch(segment_path(folder, 1), 64 + 4 * (40 + 40) + 44, b"\xff")
    _, manifest = archived(tmp_path / "feed")
    assert [d.fault for d in manifest.damages] == [Fault.TORN_TAIL]
    assert (manifest.frames, manifest.through) == (4, 4) and frames_of(folder) == whole[:4]


def test_a_missing_segment_is_a_gap(tmp_path):
    folder = write_day(tmp_path / "feed", numbered(200))
    segment_path(folder, 2).unlink()
    archive, manifest = archived(tmp_path / "feed")
    assert Fault.SEGMENT_MISSING in {d.fault for d in manifest.damages}
    report = restore(archive, manifest, tmp_path / "back" / DAY.isoformat(), quiet, segment_bytes=4096)
    assert (
        frames_of(report.folder) == frames_of(folder) and sum(d.lost for d in report.damages) == 200 - manifest.frames
    )


@pytest.mark.parametrize("change", ["payload", "wall", "one more", "one less"])
def test_a_difference_anywhere_is_found(tmp_path, change):
    frames = numbered(100)
    write_day(tmp_path / "feed", frames)
    archive, manifest = archived(tmp_path / "feed")
    at = 50
    frames = {
        "payload": [*frames[:at], frames[at]._replace(payload=b"x" * 40), *frames[at + 1 :]],
        "wall": [*frames[:at], frames[at]._replace(wall_ns=1), *frames[at + 1 :]],
        "one more": [*frames, frames[-1]._replace(sequence=101)],
        "one less": frames[:-1],
    }[change]
    other = write_day(tmp_path / "other", frames)
    assert first_difference(segment_batches(other), archive, manifest.frame_group_rows) is not None
    same = segment_batches(tmp_path / "feed" / DAY.isoformat())
    assert first_difference(same, archive, manifest.frame_group_rows) is None


def test_segments_are_read_alike_in_order_and_by_search(tmp_path):
    frames = numbered(300)
    folder = write_day(tmp_path / "feed", frames)
    patch(segment_path(folder, 1), 4096 - 8, b"\x01")  # behind the seal: no frame's, and reason enough to search
    seen = [(int(s), bytes(p)) for b in segment_batches(folder) for s, p in zip(b.sequences, b.payloads(), strict=True)]
    assert seen == [(f.sequence, f.payload) for f in frames]
    assert [int(s) for b in segment_batches(folder, through=150) for s in b.sequences] == list(range(1, 151))


def test_what_follows_a_hole_of_zeros_is_read(tmp_path):
    folder = write_day(tmp_path / "feed", numbered(300))
    patch(segment_path(folder, 2), 64, bytes(80))
    lost = [d.sequence for d in verify(folder).damages]
    seen = [int(s) for batch in segment_batches(folder) for s in batch.sequences]
    assert len(lost) == 1 and seen == [n for n in range(1, 301) if n != lost[0]]
