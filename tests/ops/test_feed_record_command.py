"""`tarazu feed record`: what it says, what it leaves behind, and that a live recording loses nothing."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
import pytest

from harness.made_day import DAY, TEN_NS, TICKING, MadeDay, usual_day
from tarazu.app.recordings.clips import read_clip
from tarazu.app.recordings.recorded_day import recorded_day
from tarazu.model.units import SECOND_NS
from tarazu.ops.feed_record import command
from tarazu.runtime.segment import Frame, segment_path

PROGRAM = "import sys; from tarazu.ops.feed_record import command; sys.exit(command(standalone_mode=False))"


def run(root: Path, *words: str, monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setenv("TARAZU_HOME", str(root))
    code: int = command.main(list(words), standalone_mode=False)
    return code


def start(root: Path, *words: str) -> subprocess.Popen[str]:
    environment = {**os.environ, "TARAZU_HOME": str(root)}
    return subprocess.Popen(
        [sys.executable, "-c", PROGRAM, *words],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@contextmanager
def being_written(root: Path) -> Iterator[MadeDay]:
    """A day to which a frame is added every 10 ms, each stamped a second after the one before."""
    day, done = MadeDay(root), threading.Event()
    day.mono_ns = lambda _: time.monotonic_ns()
    day.begin()

    def write() -> None:
        second = 0
        while not done.wait(0.01):
            day.ticks(second)
            second += 1

    writing = threading.Thread(target=write)
    writing.start()
    try:
        yield day
    finally:
        done.set()
        writing.join()
        day.close()


def wait_for(path: Path) -> None:
    deadline = time.monotonic() + 60
    while not path.exists():
        assert time.monotonic() < deadline, f"{path} did not appear"
        time.sleep(0.02)


def test_ten_minutes_around_an_incident_are_cut_from_a_past_day(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    usual_day(tmp_path)
    words = ("--date", str(DAY), "--since", "10:00:20", "--until", "10:00:40")
    assert run(tmp_path, *words, monkeypatch=monkeypatch) == 0
    first, *lines = capsys.readouterr().out.splitlines()
    clip = tmp_path / "sim" / "clips" / "2026-11-23T100020"
    assert first.startswith("RECORDED  SIM  24 frames, 120 packets, 6 instruments  ")
    assert lines[0] == f"CLIP       {clip}"
    assert lines[1] == "STRETCH    2026-11-23 10:00:20 - 10:00:39 IST"
    assert lines[2].endswith("every frame of the stretch")
    assert lines[-2:] == [f"next:      tarazu sim serve --replay {clip}", "exit 0"]
    assert read_clip(clip).manifest.wanted.until_ns == TEN_NS + 40 * SECOND_NS


def test_json_is_one_object_with_the_manifest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    usual_day(tmp_path)
    assert (
        run(tmp_path, "--date", str(DAY), "--since", "10:00:50", "--for", "5", "--json", monkeypatch=monkeypatch) == 0
    )
    told = json.loads(capsys.readouterr().out)
    assert (told["schema"], told["verdict"], told["exit_code"], told["mode"]) == (
        "tarazu.feed.record/1",
        "RECORDED",
        0,
        "SIM",
    )
    assert [c["id"] for c in told["checks"]] == ["clip.whole", "clip.master", "clip.disk"]
    assert told["manifest"]["frames"] == 5 and Path(told["clip"], "clip.json").exists()


def test_a_whole_day_from_a_frame_on_and_into_a_folder_of_ones_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    usual_day(tmp_path)
    assert run(tmp_path, "--date", str(DAY), "--out", str(tmp_path / "a"), monkeypatch=monkeypatch) == 0
    assert read_clip(tmp_path / "a").manifest.last_sequence == 74
    assert run(tmp_path, "--from-sequence", "70", "--out", str(tmp_path / "b"), monkeypatch=monkeypatch) == 0
    told = read_clip(tmp_path / "b").manifest
    assert (told.first_sequence, told.frames, told.carried) == (70, 5, 2)
    capsys.readouterr()
    assert run(tmp_path, "--date", str(DAY), "--out", str(tmp_path / "a"), monkeypatch=monkeypatch) == 2
    assert "is there already: choose another --out" in capsys.readouterr().out


def test_a_live_recording_has_every_frame_and_says_how_far_it_lagged(tmp_path: Path) -> None:
    with being_written(tmp_path) as day:
        recorder = start(tmp_path, "--json", "--out", str(tmp_path / "clip"))
        wait_for(tmp_path / "clip" / "feed" / str(DAY) / "000001.seg")
        written = day.log.stats.last_sequence + 100
        while day.log.stats.last_sequence < written:
            time.sleep(0.05)
        recorder.send_signal(signal.SIGINT)
        out, err = recorder.communicate(timeout=60)
    told = json.loads(out)
    assert (recorder.returncode, told["exit_code"], err) == (0, 0, ""), (out, err)
    manifest = told["manifest"]
    assert manifest["missing"] == 0 and manifest["frames"] > 2 and manifest["carried"] == 2
    assert 0 < told["followed_frames"] <= manifest["frames"]
    assert 0 < told["lag_ms_max"] < 60_000
    first, last = manifest["first_sequence"], manifest["last_sequence"]
    live = [bytes(f.payload) for f in recorded_day(day.folder) if isinstance(f, Frame) and first <= f.sequence <= last]
    copy = [bytes(f.payload) for f in recorded_day(read_clip(tmp_path / "clip").day_folder) if isinstance(f, Frame)]
    assert copy[2:] == live


def test_it_goes_from_the_past_into_the_present_without_a_seam_and_ends_by_the_stamps(tmp_path: Path) -> None:
    with being_written(tmp_path):
        time.sleep(0.3)
        recorder = start(tmp_path, "--since", "10:00:10", "--for", "120", "--json")
        out, err = recorder.communicate(timeout=60)
    told = json.loads(out)
    assert recorder.returncode == 0, (out, err)
    assert (told["manifest"]["frames"], told["manifest"]["missing"]) == (120, 0)
    assert told["manifest"]["first_ist"] == "2026-11-23 10:00:10"


def test_ctrl_c_before_the_end_that_was_asked_for_is_130_and_leaves_a_whole_clip(tmp_path: Path) -> None:
    with being_written(tmp_path):
        recorder = start(tmp_path, "--since", "10:00", "--until", "23:00", "--out", str(tmp_path / "clip"))
        wait_for(tmp_path / "clip" / "feed" / str(DAY) / "000001.seg")
        time.sleep(0.5)
        recorder.send_signal(signal.SIGINT)
        out, _ = recorder.communicate(timeout=60)
    assert recorder.returncode == 130 and out.startswith("INTERRUPTED  SIM  ")
    assert read_clip(tmp_path / "clip").manifest.missing == 0


def test_damage_in_the_log_is_a_warning_that_names_the_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    day = usual_day(tmp_path)
    hit = next(f for f in recorded_day(day.folder) if isinstance(f, Frame) and f.sequence == 30)
    with segment_path(day.folder, 1).open("r+b") as file:
        file.seek(hit.offset + 50)
        file.write(b"\xee")
    assert run(tmp_path, "--date", str(DAY), monkeypatch=monkeypatch) == 1
    out = capsys.readouterr().out
    assert "SEQUENCE   1 - 74: 1 frames missing" in out
    assert f"LOG_DAMAGED: 1 damaged places in the log: CORRUPT at segment 1 offset {hit.offset}" in out


def test_without_a_master_the_frames_are_kept_and_it_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    day = usual_day(tmp_path)
    (day.home.masters / f"{DAY}.json").write_text("{")
    assert run(tmp_path, "--date", str(DAY), monkeypatch=monkeypatch) == 1
    assert "NO_MASTER" in capsys.readouterr().out
    for path in day.home.masters.iterdir():
        path.unlink()
    assert run(tmp_path, "--date", str(DAY), monkeypatch=monkeypatch) == 1
    assert f"NO_MASTER: no master of {DAY} is kept" in capsys.readouterr().out
    assert read_clip(tmp_path / "sim" / "clips" / f"{DAY}-2").manifest.frames == 74


NOTHING = {
    ("--date", "2026-11-20"): "there is no log of 2026-11-20",
    (): "nothing is being recorded: start the feed",
    ("--date", str(DAY), "--since", "15:00"): f"the log of {DAY} has no frame in that stretch",
}


@pytest.mark.parametrize("words", NOTHING)
def test_nothing_to_record_is_exit_code_2_and_leaves_nothing_behind(
    words: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    usual_day(tmp_path, seconds=len(TICKING))
    assert run(tmp_path, *words, monkeypatch=monkeypatch) == 2
    assert capsys.readouterr().out.startswith(f"NOTHING_RECORDED  SIM  {NOTHING[words]}")
    clips = tmp_path / "sim" / "clips"
    assert not clips.exists() or not list(clips.iterdir())


@pytest.mark.parametrize(
    "words",
    [
        ("--since", "10:00", "--from-sequence", "3"),
        ("--until", "11:00", "--for", "3"),
        ("--since", "25:00"),
        ("--date", "tomorrow"),
        ("--since", "10:10", "--until", "10:00"),
        ("--from-sequence", "3", "--for", "3"),
        ("--date", str(DAY), "--for", "3"),
        ("--profile", "other"),
    ],
)
def test_words_that_make_no_sense_are_a_misuse(
    words: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usual_day(tmp_path, seconds=2)
    with pytest.raises(click.UsageError):
        run(tmp_path, *words, monkeypatch=monkeypatch)
    assert not (tmp_path / "sim" / "clips").exists()


def test_help_imports_neither_numpy_nor_numba() -> None:
    program = "import sys, tarazu.ops.feed_record; print({'numpy', 'numba'} & set(sys.modules))"
    assert (
        subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout == "set()\n"
    )
