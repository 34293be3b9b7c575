"""What a backup holds: all of a home, of one moment, while the desk goes on; no credential, and no signing key."""

import gzip
import os
import tarfile
from datetime import date
from pathlib import Path

import pytest

from harness.backed_up_desk import FLAGS, backed_up, files, goes_on, tried, with_feed
from harness.journalled_desk import JournalledDesk
from tarazu.adapters.sqlite_projection.content import Database
from tarazu.app.backup.container.manifest import Manifest
from tarazu.app.backup.container.pack import Body
from tarazu.app.backup.make import Made
from tarazu.app.backup.opened import open_backup
from tarazu.app.backup.refusal import Code, Refused
from tarazu.app.backup.restore import came_back
from tarazu.app.data.archive import archive_folder
from tarazu.app.data.convert import convert
from tarazu.app.data.steps import steps
from tarazu.app.database import database_file
from tarazu.app.database.acknowledged import acknowledged
from tarazu.app.database.projector import Projector
from tarazu.app.home import Home
from tarazu.runtime.desk_record import DeskKind, append
from tarazu.runtime.journal_files import day_folder, segment_path
from tarazu.runtime.segment import Kind, frame_at, segment_header

DAY = date(2026, 11, 23)
CANARY = b"canaryK7x2Qp9Zr4Tw"


def back(made: Made, desk: JournalledDesk, folder: Path) -> Path:
    """Restored from it."""
    found = came_back(Path(made.file.path), folder, (desk.verifier,), steps())
    assert not isinstance(found, Refused), found
    return folder


def left_out(made: Made, *, wrong: bool) -> dict[str, str]:
    return {one.what: one.why for one in made.manifest.left_out if one.is_wrong is wrong}


def test_what_comes_back_is_what_went_in_file_for_file(desk: JournalledDesk, tmp_path: Path) -> None:
    desk.close()
    before = files(desk.home.root)
    after = files(back(backed_up(desk.home), desk, tmp_path / "back"))
    stays = {".env", "keys/journal.key"}
    assert before.keys() - after.keys() == stays and not after.keys() - before.keys()
    changed = [name for name in after if before[name] != after[name]]
    assert changed == ["database.sqlite"], "which is SQLite's own copy; its tables are proven"
    for name in ("database.sqlite", "tarazu.toml", FLAGS, "feed/2026-11-23/000001.seg", "desk/2026-11-23.jsonl"):
        assert name in after


def test_of_a_running_desk_it_has_what_was_acknowledged_and_is_no_torn_journal(
    desk: JournalledDesk, tmp_path: Path
) -> None:
    folder = day_folder(desk.home.journal, DAY)
    acked, segment = acknowledged(folder), segment_path(folder, 1)
    end = len(segment.read_bytes().rstrip(b"\0"))
    with segment.open("r+b") as file:  # a write that is on its way: half a frame
        file.seek((end + 7) & ~7)
        file.write(b"\x99\1\0\0half a frame")
    made = backed_up(desk.home)
    (told,) = made.manifest.journal
    assert (told.entries, told.fault) == (acked, "")
    restored = back(made, desk, tmp_path / "back") / "journal" / "2026-11-23" / "000001.seg"
    assert b"half a frame" not in restored.read_bytes()
    assert restored.stat().st_size == segment.stat().st_size, "its room is there when it is gone on with"


def test_the_desk_goes_on_meanwhile_and_the_next_one_has_more(desk: JournalledDesk, tmp_path: Path) -> None:
    first = backed_up(desk.home)
    goes_on(desk)
    second = backed_up(desk.home)
    assert second.manifest.entries > first.manifest.entries
    assert first.file.path != second.file.path, "of one second, and none replaces the other"
    assert first.manifest.entries == back_entries(first, desk, tmp_path)


def back_entries(made: Made, desk: JournalledDesk, root: Path) -> int:
    home = Home(desk.home.profile, back(made, desk, root / "back"))
    return acknowledged(day_folder(home.journal, DAY))


def test_the_database_is_of_one_moment_whoever_writes_it(desk: JournalledDesk, tmp_path: Path) -> None:
    goes_on(desk)
    projector = Projector(desk.home.journal, database_file(desk.home))
    try:
        projector.catch_up()  # its pages are in the write-ahead log, and its connection is open
        made = backed_up(desk.home)
        with Database(database_file(desk.home)) as database:
            now = database.content().tables
    finally:
        projector.close()
    assert made.manifest.tables is not None
    assert {name: (t.rows, t.sha256) for name, t in made.manifest.tables.items()} == {
        name: (t.rows, t.sha256) for name, t in now.items()
    }
    assert made.manifest.tables["orders"].rows


def test_a_day_of_feed_is_its_whole_frames_and_what_is_only_prepared_stays(
    desk: JournalledDesk, tmp_path: Path
) -> None:
    folder = desk.home.feed / "2026-11-23"
    (folder / "000002.seg").write_bytes(segment_header(DAY, 2, 1 << 20, 0).ljust(1 << 20, b"\0"))
    with (folder / "000001.seg").open("r+b") as file:
        end = len((folder / "000001.seg").read_bytes().rstrip(b"\0"))
        file.seek((end + 7) & ~7)
        file.write(b"\x60\0\0\0torn")
    restored = back(backed_up(desk.home), desk, tmp_path / "back") / "feed" / "2026-11-23"
    assert [path.name for path in restored.iterdir()] == ["000001.seg"]
    raw = (restored / "000001.seg").read_bytes()
    first = frame_at(memoryview(raw), 64, 1)
    assert b"torn" not in raw and first is not None and first.kind == Kind.BINARY


def test_a_day_of_feed_is_its_parquet_where_that_is_all_of_it_and_proven(desk: JournalledDesk) -> None:
    home = desk.home
    convert(home.feed / "2026-11-23", archive_folder(home, DAY), steps())
    made = backed_up(home)
    names = {member.name for member in made.manifest.members}
    assert "archive/2026-11-23/frames.parquet" in names and not any(name.startswith("feed/") for name in names)
    assert "tarazu data restore" in left_out(made, wrong=False)["feed/2026-11-23"]
    parquet = archive_folder(home, DAY) / "frames.parquet"
    raw = parquet.read_bytes()
    parquet.write_bytes(raw[:-1] + bytes([raw[-1] ^ 1]))
    assert "feed/2026-11-23/000001.seg" in {member.name for member in backed_up(home).manifest.members}
    parquet.write_bytes(raw)
    with_feed(desk, 5)
    assert "feed/2026-11-23/000001.seg" in {member.name for member in backed_up(home).manifest.members}


def test_of_the_feed_so_many_days_are_taken_as_are_asked_for_and_the_rest_is_told(desk: JournalledDesk) -> None:
    made = backed_up(desk.home, feed_days=0)
    assert not any(member.name.startswith("feed/") for member in made.manifest.members)
    assert "latest 0 days" in left_out(made, wrong=False)["feed/2026-11-23"]


def test_no_credential_is_in_it_wherever_one_was_written(desk: JournalledDesk) -> None:
    desk.home.settings_file.write_text(f"# {CANARY.decode()}\n[feed]\nsentinels = 4\n")
    (desk.home.root / "closes" / "2026-11-20" / "note.json").write_bytes(b'{"token": "' + CANARY + b'"}')
    (desk.home.root / "kept.txt").write_bytes(CANARY)
    made = backed_up(desk.home)
    withheld = left_out(made, wrong=True)
    assert set(withheld) == {"tarazu.toml", "closes/2026-11-20/note.json"}
    assert all("KITE_ACCESS_TOKEN" in why for why in withheld.values())
    assert {".env", "keys/journal.key", "kept.txt"} <= left_out(made, wrong=False).keys()
    assert not any(CANARY in content for content in contents(Path(made.file.path)))
    key = (desk.home.keys / "journal.key").read_bytes()
    assert not any(key in content for content in contents(Path(made.file.path)))


def contents(path: Path) -> list[bytes]:
    """What any tar and gunzip make of it."""
    with tarfile.open(path) as tar:
        raw = [(member.name, tar.extractfile(member)) for member in tar]
        read = [(name, file.read()) for name, file in raw if file is not None]
    return [gzip.decompress(content) if name.endswith(".gz") else content for name, content in read]


def test_a_link_a_hidden_file_and_a_name_of_nobody_are_told_and_not_followed(desk: JournalledDesk) -> None:
    root = desk.home.root
    (root / "flags" / "link.json").symlink_to("/etc/hostname")
    (root / "flags" / ".hidden.json").write_text("x")
    (root / "incidents" / "a name: with\nthings.json").write_text("x")
    os.mkfifo(root / "a pipe")
    (root / "flags" / "pipe.json").symlink_to(root / "a pipe")
    (root / "cache").mkdir()
    made = backed_up(desk.home)
    wrong = left_out(made, wrong=True)
    assert "no plain file" in wrong["flags/link.json"] and len(wrong) == 3
    assert "ODD_NAME" in wrong["incidents/a name: with\nthings.json"]
    assert "no place of a home" in left_out(made, wrong=False)["cache"]


def test_a_folder_of_the_home_that_lies_on_another_disk_is_in_it(desk: JournalledDesk, tmp_path: Path) -> None:
    other = tmp_path / "other disk"
    (desk.home.root / "incidents").rename(other)
    (desk.home.root / "incidents").symlink_to(other)
    assert "incidents/INC-1.json" in {member.name for member in backed_up(desk.home).manifest.members}


def test_a_damaged_journal_and_record_are_backed_up_as_they_are_and_told(desk: JournalledDesk, tmp_path: Path) -> None:
    append(desk.home.desk, DeskKind.STACK, {"why": "again"}, who="asha", now_ns=desk.wall_ns)
    desk.close()
    segment = segment_path(day_folder(desk.home.journal, DAY), 1)
    raw = bytearray(segment.read_bytes())
    raw[400] ^= 1
    segment.write_bytes(raw)
    record = desk.home.desk / "2026-11-23.jsonl"
    record.write_bytes(record.read_bytes().replace(b"asha", b"ravi", 1))
    made = backed_up(desk.home)
    assert "CORRUPT" in made.manifest.journal[0].fault and "does not follow" in made.manifest.record.fault
    assert (back(made, desk, tmp_path / "back") / "journal" / "2026-11-23" / "000001.seg").read_bytes() == raw


def test_a_database_that_is_damaged_is_left_out_for_it_can_be_made_anew(desk: JournalledDesk) -> None:
    raw = bytearray(database_file(desk.home).read_bytes())
    raw[9_000] ^= 1
    database_file(desk.home).write_bytes(raw)
    made = backed_up(desk.home)
    assert made.manifest.tables is None and "tarazu db rebuild" in left_out(made, wrong=True)["database.sqlite"]


def test_a_backup_that_does_not_come_back_gets_no_name(
    desk: JournalledDesk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    finish = Body.finish

    def a_bad_disk(body: Body, manifest: Manifest, signer: object, target: Path) -> None:
        finish(body, manifest, signer, target)  # type: ignore[arg-type]
        with target.open("r+b") as file:
            file.seek(-2_000, os.SEEK_END)
            file.write(b"\xff" * 100)

    monkeypatch.setattr(Body, "finish", a_bad_disk)
    found = tried(desk.home)
    assert isinstance(found, Refused) and found.code in (Code.WRONG_HASH, Code.BAD_HEADER)
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_it_never_fills_the_disk(desk: JournalledDesk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    room = os.statvfs_result((4096, 4096, 1 << 30, 600_000, 600_000, 0, 0, 0, 0, 255))
    monkeypatch.setattr(os, "statvfs", lambda path: room)
    assert isinstance(tried(desk.home), Made), "2.3 GiB are free"
    room = os.statvfs_result((4096, 4096, 1 << 30, 524_500, 524_500, 0, 0, 0, 0, 255))
    found = tried(desk.home)
    assert isinstance(found, Refused) and found.code is Code.NO_ROOM


def test_without_a_home_there_is_nothing_to_back_up_and_none_is_made(tmp_path: Path) -> None:
    home = Home("sim", tmp_path / "sim")  # type: ignore[arg-type]
    found = tried(home)
    assert isinstance(found, Refused) and found.code is Code.NO_HOME and not (tmp_path / "elsewhere").exists()


def test_what_a_killed_one_has_left_is_swept_by_the_next(desk: JournalledDesk, tmp_path: Path) -> None:
    left = tmp_path / "elsewhere" / ".backup-999999999-abc"
    left.mkdir(parents=True)
    mine = tmp_path / "elsewhere" / f".backup-{os.getpid()}-abc"
    mine.mkdir()
    backed_up(desk.home)
    assert not left.exists() and mine.exists(), "one that still runs is let be"


def test_opened_it_is_what_was_made(desk: JournalledDesk) -> None:
    made = backed_up(desk.home)
    opened = open_backup(Path(made.file.path), (desk.verifier,))
    assert not isinstance(opened, Refused)
    with opened:
        assert opened.manifest == made.manifest and opened.verifier.key_id == desk.verifier.key_id
