"""A clip stands alone, is what was recorded, and says what is wrong with it."""

import json
import shutil
from pathlib import Path

import pytest

from harness.made_day import CALL, DAY, GOLD, INFY, NIFTY, TEN_NS, TICKING, MadeDay, selected, usual_day
from tarazu.app.feed.record import MasterLoaded, Selected, decode_event
from tarazu.app.recordings.clip_cut import Cutting
from tarazu.app.recordings.clip_writer import ClipWriter
from tarazu.app.recordings.clips import BadClip, Manifest, Wanted, read_clip, read_master
from tarazu.app.recordings.recorded_day import recorded_day
from tarazu.model.units import MINUTE_NS, SECOND_NS
from tarazu.runtime.damage import Damage, Fault
from tarazu.runtime.feed_log import FeedLog
from tarazu.runtime.repair import verify
from tarazu.runtime.segment import Frame, Kind, segment_path
from tarazu.wire.kite_instruments import InstrumentMaster


def cut(folder: Path, out: Path, master: InstrumentMaster | None = None, **wanted: int) -> Manifest:
    """Cut from a log that nobody writes."""
    stretch = Wanted(**wanted)
    writer = ClipWriter(out, DAY, "sim", stretch)
    Cutting(folder, stretch, writer, tell=lambda: None).past(stopped=lambda: False)
    return writer.finish(master)


def frames(folder: Path) -> list[tuple[int, int, int, int, bytes]]:
    """All but the sequence."""
    found = [f for f in recorded_day(folder) if isinstance(f, Frame)]
    return [(f.wall_ns, f.mono_ns, f.connection, f.kind, bytes(f.payload)) for f in found]


def at(second: float) -> int:
    return TEN_NS + round(second * SECOND_NS)


@pytest.fixture(scope="module")
def day(tmp_path_factory: pytest.TempPathFactory) -> MadeDay:
    return usual_day(tmp_path_factory.mktemp("day"))


@pytest.fixture
def clip(day: MadeDay, tmp_path: Path) -> Path:
    cut(day.folder, tmp_path / "clip", day.master, since_ns=at(20), until_ns=at(40))
    return tmp_path / "clip"


def test_a_clip_has_the_frames_of_its_stretch_as_they_were_received(day: MadeDay, clip: Path) -> None:
    whole = frames(day.folder)
    told = read_clip(clip).manifest
    stretch = [f for f in whole if at(20) <= f[0] < at(40)]
    assert frames(read_clip(clip).day_folder) == whole[:2] + stretch
    assert (told.frames, told.carried, told.missing) == (len(stretch), 2, 0)
    assert told.kinds == {"BINARY": 22, "TEXT": 2} and told.packets == 20 * len(TICKING)
    assert (told.first_ns, told.last_ns, told.first_ist) == (at(20), at(39), "2026-11-23 10:00:20")
    assert told.last_sequence - told.first_sequence + 1 == told.frames


def test_it_begins_with_the_last_words_before_it_about_master_and_selection(tmp_path: Path) -> None:
    day = MadeDay(tmp_path)
    day.begin(NIFTY)
    day.tell(1, selected(at(1), NIFTY, CALL))
    day.ticks(2)
    day.tell(3, selected(at(3), *TICKING))
    day.close()
    told = cut(day.folder, tmp_path / "clip", since_ns=at(2))
    kinds = [f for f in recorded_day(read_clip(tmp_path / "clip").day_folder) if isinstance(f, Frame)]
    loaded, chosen = (decode_event(f.payload) for f in kinds[:2])
    assert isinstance(loaded, MasterLoaded) and isinstance(chosen, Selected)
    assert chosen.symbols == (NIFTY.key, CALL.key) and chosen.ts_ns == at(1)
    assert (told.carried, told.frames, told.first_sequence) == (2, 2, 4)


def test_its_log_is_whole_and_no_longer_than_its_frames(clip: Path) -> None:
    log = read_clip(clip).day_folder
    report = verify(log)
    assert report.clean and report.segments == 1
    assert segment_path(log, 1).stat().st_size == report.end.offset
    assert sorted(path.name for path in log.iterdir()) == ["000001.seg"]


def test_reading_it_changes_nothing_so_it_may_lie_on_a_read_only_disk(clip: Path) -> None:
    before = sorted(clip.rglob("*"))
    read_clip(clip)
    frames(read_clip(clip).day_folder)
    assert sorted(clip.rglob("*")) == before


def test_its_master_has_the_rows_of_what_it_holds_and_of_what_these_derive_from(day: MadeDay, tmp_path: Path) -> None:
    short = MadeDay(tmp_path)
    short.begin(CALL)
    short.ticks(1, instruments=(CALL, INFY))
    short.close()
    told = cut(short.folder, tmp_path / "clip", day.master)
    rows = read_master(tmp_path / "clip" / "master.csv").instruments
    assert [i.key for i in rows] == [NIFTY.key, CALL.key, INFY.key]
    assert (told.instruments, told.without_row, told.fno_shares) == (3, (), ())


def test_which_shares_have_contracts_is_told_by_the_whole_master(clip: Path) -> None:
    assert read_clip(clip).manifest.fno_shares == ("NSE:NOSUCHSHARE",)


def test_instruments_without_a_row_are_named(day: MadeDay, tmp_path: Path) -> None:
    made = MadeDay(tmp_path, rows=(NIFTY, CALL))
    made.begin()
    made.ticks(1, instruments=(NIFTY, CALL, INFY, GOLD))
    made.close()
    told = cut(made.folder, tmp_path / "clip", made.master)
    assert told.without_row == (GOLD.instrument_token, INFY.instrument_token)


def test_tokens_of_a_frame_that_is_not_whole_are_not_believed(tmp_path: Path) -> None:
    day = MadeDay(tmp_path)
    day.begin()
    day.ticks(1)
    day.raw(2, b"\x00\x02\x00\x08" + b"\xff" * 8)
    day.close()
    assert cut(day.folder, tmp_path / "clip", day.master).without_row == ()


def test_a_clip_of_a_clip_is_the_same_clip(clip: Path, tmp_path: Path) -> None:
    first = read_clip(clip)
    assert first.master is not None
    told = cut(first.day_folder, tmp_path / "again", read_master(first.master), since_ns=at(20))
    assert frames(read_clip(tmp_path / "again").day_folder) == frames(first.day_folder)
    assert told.files["master.csv"] == first.manifest.files["master.csv"]


def test_damage_in_the_log_is_located_and_what_it_cost_is_counted(day: MadeDay, tmp_path: Path) -> None:
    folder = tmp_path / "feed" / str(DAY)
    shutil.copytree(day.folder, folder)
    hit = next(f for f in recorded_day(folder) if isinstance(f, Frame) and f.wall_ns == at(30))
    with segment_path(folder, 1).open("r+b") as file:
        file.seek(hit.offset + 60)
        file.write(b"\xee")
    told = cut(folder, tmp_path / "clip", since_ns=at(25), until_ns=at(35))
    assert (told.missing, len(told.damages)) == (1, 1)
    assert (told.damages[0].fault, told.damages[0].offset) == (Fault.CORRUPT, hit.offset)
    assert not [d for d in recorded_day(read_clip(tmp_path / "clip").day_folder) if isinstance(d, Damage)]


def test_frames_that_never_were_written_are_missing_too(tmp_path: Path) -> None:
    writer = ClipWriter(tmp_path / "clip", DAY, "sim", Wanted())
    for sequence in (7, 8, 11):
        writer.take(Frame(sequence, at(sequence), 0, 0, Kind.TEXT, memoryview(b"{}"), 1, 64))
    assert writer.finish(None).missing == 2


def test_what_the_log_says_of_itself_is_in_the_manifest_and_not_in_the_log(tmp_path: Path) -> None:
    writer = ClipWriter(tmp_path / "clip", DAY, "sim", Wanted())
    mark = memoryview(b'{"recording":"RESUMED","not_recorded":3}')
    writer.take(Frame(7, at(0), 0, 0, Kind.TEXT, memoryview(b"{}"), 1, 64))
    writer.take(Frame(8, at(1), 0, 0, Kind.MARK, mark, 1, 128))
    writer.take(Frame(9, at(2), 0, 0, Kind.TEXT, memoryview(b"{}"), 1, 192))
    told = writer.finish(None)
    assert told.marks[0].said == {"recording": "RESUMED", "not_recorded": 3} and told.marks[0].sequence == 8
    assert (told.frames, told.missing) == (2, 0)


def test_a_log_of_several_segments_is_cut_across_their_edges(tmp_path: Path) -> None:
    day = MadeDay(tmp_path, segment_bytes=16 << 10)
    day.begin()
    for second in range(60):
        day.ticks(second)
    day.close()
    told = cut(day.folder, tmp_path / "clip", since_ns=at(3), until_ns=at(57))
    assert (told.frames, told.missing, told.damages) == (54, 0, ())
    assert frames(read_clip(tmp_path / "clip").day_folder)[2:] == frames(day.folder)[5:59]


def flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


DAMAGES = {
    "000001.seg": lambda clip: flip(next(clip.rglob("*.seg"))),
    "master.csv": lambda clip: flip(clip / "master.csv"),
    "000001.seg:": lambda clip: next(clip.rglob("*.seg")).unlink(),
    "clip.json is damaged": lambda clip: (clip / "clip.json").write_text("{"),
    "has no clip.json": lambda clip: (clip / "clip.json").unlink(),
    "000002.seg": lambda clip: shutil.copy(
        next(clip.rglob("*.seg")), next(clip.rglob("*.seg")).with_name("000002.seg")
    ),
}


@pytest.mark.parametrize("told", DAMAGES)
def test_a_clip_that_is_not_as_it_was_made_is_refused_with_the_file(clip: Path, told: str) -> None:
    DAMAGES[told](clip)
    with pytest.raises(BadClip, match=told.rstrip(":")):
        read_clip(clip)


def test_a_manifest_that_points_outside_its_folder_is_refused(clip: Path) -> None:
    manifest = json.loads((clip / "clip.json").read_text())
    manifest["files"]["../outside"] = manifest["files"]["master.csv"]
    (clip / "clip.json").write_text(json.dumps(manifest))
    with pytest.raises(BadClip, match="outside its folder"):
        read_clip(clip)


def test_a_discarded_clip_leaves_nothing_behind(tmp_path: Path) -> None:
    writer = ClipWriter(tmp_path / "clip", DAY, "sim", Wanted())
    writer.discard()
    assert not (tmp_path / "clip").exists()


def test_what_is_there_is_not_written_over(clip: Path) -> None:
    with pytest.raises(FileExistsError):
        ClipWriter(clip, DAY, "sim", Wanted())


def test_the_frame_that_is_just_being_written_is_no_damage(tmp_path: Path) -> None:
    log = FeedLog.open(tmp_path, DAY)
    log.append(Kind.TEXT, 0, b"{}", TEN_NS, 0)
    end = verify(tmp_path / str(DAY)).end
    with segment_path(tmp_path / str(DAY), 1).open("r+b") as file:
        file.seek(end.offset + 8)
        file.write(b"\x01")
    assert len(list(recorded_day(tmp_path / str(DAY)))) == 1
    log.close()
    assert [d for d in recorded_day(tmp_path / str(DAY)) if isinstance(d, Damage)]


def test_a_day_later_than_the_end_is_not_searched(day: MadeDay, tmp_path: Path) -> None:
    stretch = Wanted(since_ns=at(-10 * MINUTE_NS / SECOND_NS), until_ns=at(-1))
    writer = ClipWriter(tmp_path / "clip", DAY, "sim", stretch)
    assert Cutting(day.folder, stretch, writer, tell=lambda: None).past(stopped=lambda: False)
    assert writer.frames == 0
    writer.discard()
