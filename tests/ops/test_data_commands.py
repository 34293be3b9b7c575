"""`tarazu data`, read as an operator would."""

import csv
import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import click
import polars as pl
import pytest

from harness.raw_days import DAY, OPEN_NS, Plain, frames_of, patch, write_day
from harness.recorded_days import record_synthetic_day
from tarazu.app.feed.record import BreakerCleared, encode_event
from tarazu.ops import data_bars, data_chart, data_convert, data_list, data_restore, data_verify
from tarazu.runtime.feed_log import FeedLog
from tarazu.runtime.segment import Kind, segment_path

VERBS = {
    "list": data_list,
    "verify": data_verify,
    "convert": data_convert,
    "restore": data_restore,
    "bars": data_bars,
    "chart": data_chart,
}
Run = Callable[..., tuple[int, str]]


@pytest.fixture
def home(tmp_path, monkeypatch) -> Path:
    monkeypatch.setenv("TARAZU_HOME", str(tmp_path))
    monkeypatch.delenv("TARAZU_PROFILE", raising=False)
    return tmp_path / "sim"


@pytest.fixture
def run(home, capsys) -> Run:
    def one(verb: str, *args: str) -> tuple[int, str]:
        code = VERBS[verb].command.main([*args], standalone_mode=False)
        return code, capsys.readouterr().out

    return one


def plain_day(home: Path, count: int = 100) -> Path:
    return write_day(
        home / "feed", [Plain(n, Kind.TEXT, 1, b"%d" % n * 40, OPEN_NS + n, n) for n in range(1, count + 1)]
    )


def test_list_says_what_it_knows_and_a_dash_for_the_rest(home, run):
    assert run("list")[1].startswith(f"OK  SIM  none in {home}/feed")
    plain_day(home)
    code, text = run("list")
    assert code == 0 and re.search(r"2026-11-23 .* 100 +- +09:15:00  09:15:00  none +-\s", text)
    run("convert", "last")
    assert re.search(r"2026-11-23 .* 100 +0 +09:15:00  09:15:00  proved +none\s", run("list")[1])
    shutil.rmtree(home / "feed")
    days = json.loads(run("list", "--json")[1])["days"]
    assert [(d["recorded"], d["archive"], d["frames"], d["last_sequence"]) for d in days] == [
        (False, "proved", 100, None)
    ]


def test_verify_of_a_whole_day_is_ok(home, run):
    plain_day(home)
    code, text = run("verify", "last")
    assert code == 0 and text.startswith("OK  SIM  2026-11-23 whole") and "100 frames in" in text


def test_a_torn_tail_alone_warns_and_a_flipped_byte_is_critical_and_located(home, run):
    folder = plain_day(home, 5)
    patch(segment_path(folder, 1), 64 + 4 * 80 + 44, b"\xff")
    code, text = run("verify", f"{DAY}")
    assert code == 1 and "TORN_TAIL: segment 1 offset 384, 80 bytes, frame 5" in text
    patch(segment_path(folder, 1), 64 + 44, b"\xff")
    code, text = run("verify", "--all")
    assert code == 2 and "CORRUPT: segment 1 offset 64, 80 bytes, frame 1; 1 frames lost" in text
    told = json.loads(run("verify", "last", "--json")[1])
    assert [(c["status"], c["code"]) for c in told["checks"]] == [("CRIT", "CORRUPT"), ("WARN", "TORN_TAIL")]


def test_verify_holds_the_archive_against_its_checksums_and_the_segments(home, run):
    plain_day(home)
    run("convert", "last")
    assert run("verify", "last")[0] == 0
    shutil.rmtree(home / "feed")
    assert run("verify", "last")[0] == 0
    frames = [Plain(n, Kind.TEXT, 1, b"other" * 20, OPEN_NS + n, n) for n in range(1, 101)]
    write_day(home / "feed", frames)
    code, text = run("verify", "last")
    assert code == 2 and "ARCHIVE_DIFFERS" in text
    patch(home / "archive" / f"{DAY}" / "frames.parquet", 100, b"\x00\x01")
    code, text = run("verify", "last")
    assert code == 2 and "ARCHIVE_CHANGED: not the bytes that were written: frames.parquet" in text


def test_convert_says_done_once_and_leaves_an_archived_day_as_it_is(home, run):
    plain_day(home)
    code, text = run("convert", "last")
    assert code == 0 and text.startswith("DONE  SIM  2026-11-23 is in") and "read back row for row" in text
    before = (home / "archive" / f"{DAY}" / "frames.parquet").stat()
    code, text = run("convert", f"{DAY}")
    after = (home / "archive" / f"{DAY}" / "frames.parquet").stat()
    assert code == 0 and "already archived and unchanged" in text and before.st_ino == after.st_ino


def test_a_day_being_recorded_is_converted_only_so_far_and_whole_after_the_close(home, run):
    log = FeedLog.open(home / "feed", DAY, segment_bytes=1 << 16)
    for n in range(10):
        log.append(Kind.TEXT, 0, b"x" * n, OPEN_NS + n, n)
    code, text = run("convert", "last")
    assert code == 4 and "is being recorded" in text and "--so-far" in text and not (home / "archive").exists()
    assert re.search(r" 10 +- +09:15:00  now ", run("list")[1])
    assert run("convert", "last", "--so-far")[0] == 1
    log.append(Kind.TEXT, 0, b"more", OPEN_NS + 11, 11)
    code, text = run("verify", "last")
    assert code == 1 and "ARCHIVE_SO_FAR: 1 frames were recorded after the archive was made" in text
    log.close()
    assert "stale" in run("list")[1]
    assert run("convert", "last")[0] == 0 and run("verify", "last")[0] == 0
    assert pl.read_parquet(home / "archive" / f"{DAY}" / "frames.parquet")["payload"].to_list()[-1] == b"more"


def test_a_damaged_day_is_converted_with_a_warning_and_its_gap_restored(home, run, tmp_path):
    folder = plain_day(home)
    patch(segment_path(folder, 1), 64 + 44, b"\xff")
    code, text = run("convert", "last")
    assert code == 1 and "1 damaged places, 1 frames lost" in text and "CORRUPT at segment 1 offset 64" in text
    code, text = run("restore", f"{DAY}", "--to", str(tmp_path / "back"))
    assert code == 1 and "gaps     1" in text
    assert frames_of(tmp_path / "back" / f"{DAY}") == frames_of(folder)


def test_restore_never_writes_over_a_day_and_needs_a_true_archive(home, run, tmp_path):
    folder = plain_day(home)
    assert run("restore", f"{DAY}")[0] == 4
    run("convert", "last")
    code, text = run("restore", f"{DAY}")
    assert code == 4 and "is there" in text and "--to DIR" in text
    before = frames_of(folder)
    shutil.rmtree(home / "feed")
    code, text = run("restore", f"{DAY}")
    assert code == 0 and frames_of(folder) == before and run("verify", "last")[0] == 0
    patch(home / "archive" / f"{DAY}" / "frames.parquet", 100, b"\x00\x01")
    code, text = run("restore", f"{DAY}", "--to", str(tmp_path / "back"))
    assert code == 4 and "not the bytes that were written" in text and not (tmp_path / "back").exists()


def test_bars_come_from_the_segments_or_from_the_archive(home, run):
    record_synthetic_day(home / "feed", steps=150)
    code, text = run("bars", "last", "--out", str(home / "a.csv"))
    assert code == 0 and re.match(r"DONE  SIM  [\d,]+ bars of 1m, \d+ instruments, [\d,]+ ticks, in ", text)
    run("convert", "last")
    shutil.rmtree(home / "feed")
    run("bars", "last", "--out", str(home / "b.csv"))
    assert (home / "a.csv").read_bytes() == (home / "b.csv").read_bytes()
    rows = list(csv.DictReader((home / "a.csv").open()))
    assert {r["symbol"] for r in rows} >= {"NSE:NIFTY 50", "NSE:INFY"} and all(r["start_ist"] > f"{DAY}" for r in rows)


def test_the_chart_is_one_page_that_needs_no_network(home, run):
    record_synthetic_day(home / "feed", steps=400, trouble=True)
    log = FeedLog.open(home / "feed", DAY, segment_bytes=1 << 20)
    cleared = BreakerCleared(ts_ns=OPEN_NS, operator="ops", reason="</script><script>alert(1)</script>")
    log.append(Kind.EVENT, 0, encode_event(cleared), OPEN_NS, 1)
    log.close()
    out = home / "day.html"
    code, text = run(
        "chart", "last", "--open", "no", "--symbol", "NSE:INFY", "--symbol", "NSE:NIFTY 50", "--out", str(out)
    )
    page = out.read_text()
    assert code == 0 and "NSE:INFY, NSE:NIFTY 50 on 2026-11-23" in text
    assert not re.search(r"https?://|\bsrc=|\bhref=|@import|url\(", page) and page.count("</script>") == 1
    match = re.search(r"^const D = (.*);$", page, re.M)
    assert match is not None
    data = json.loads(match[1])
    assert [p["name"] for p in data["panels"]] == ["NSE:INFY", "NSE:NIFTY 50"]
    assert sum(data["rate"]["packets"]) > 0 and "BREAKER_CLEARED" in [m[1] for m in data["marks"]]


def test_the_strip_has_stale_times_reconnects_and_quiet(home, run):
    record_synthetic_day(home / "feed", short=True, trouble=True)
    run("chart", "last", "--open", "no")
    match = re.search(r"^const D = (.*);$", (home / "charts" / f"{DAY}.html").read_text(), re.M)
    assert match is not None
    data = json.loads(match[1])
    lanes = {s[2]: s for s in data["spans"]}
    begin, end, _, text, required = lanes["options"]
    assert text.startswith("options stale: DISCONNECTED") and required
    assert 10 < end - begin < data["to"] - begin - 10
    names = [m[1] for m in data["marks"]]
    assert names.index("DISCONNECTED") < names.index("CONNECTED") and [p["name"] for p in data["panels"]] == [
        "NSE:NIFTY 50"
    ]


@pytest.mark.parametrize(
    ("verb", "args", "told"),
    [
        ("verify", ["2026-11-24"], "nothing recorded of 2026-11-24"),
        ("verify", ["20261123"], "is no day"),
        ("verify", [], "say which"),
        ("bars", ["last", "--out", "x.xlsx"], ".parquet or .csv"),
        ("chart", ["last", "--symbol", "NSE:NOSUCH", "--open", "no"], "no ticks of 'NSE:NOSUCH'"),
        ("list", ["--profile", "test"], "no profile 'test'"),
    ],
)
def test_what_cannot_be_meant_is_a_usage_error_that_helps(home, run, verb, args, told):
    plain_day(home)
    with pytest.raises(click.UsageError, match=re.escape(told)):
        run(verb, *args)
