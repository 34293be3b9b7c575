"""The desk's record line for line, and the files beside the records whole."""

import base64
import os
from pathlib import Path

import pytest

from harness.journal_days import DAY, DAY_BEFORE
from harness.shipped_home import ShippedHome
from tarazu.app.shipping.health import Stage
from tarazu.runtime.desk_record import whole


@pytest.fixture
def desk(tmp_path: Path) -> ShippedHome:
    return ShippedHome(tmp_path)


def said(desk: ShippedHome) -> list[str]:
    """By the copy, proven to be a chain."""
    return [entry.body.get("said", entry.kind) for entry in whole(desk.copy.desk)]


def test_lines_are_copied_in_their_order_over_days(desk: ShippedHome) -> None:
    desk.note("one", DAY_BEFORE)
    desk.passes()
    for text in ("two", "three"):
        desk.note(text)
    desk.passes()
    assert said(desk) == ["one", "two", "three"]
    assert desk.shipper.health().streams[1].sequence == 2


def test_a_line_cut_off_by_a_crash_is_not_copied_and_what_replaces_it_is(desk: ShippedHome) -> None:
    desk.note("one")
    with (desk.home.desk / f"{DAY}.jsonl").open("ab") as file:
        file.write(b'{"seq":2,"half of a li')
    health = desk.passes(6)
    assert said(desk) == ["one"] and health.lag_ns(desk.mono_ns) == 500_000_000
    desk.note("two")
    desk.passes()
    assert said(desk) == ["one", "record.torn", "two"]


def test_a_torn_line_at_the_end_of_yesterday_holds_today_up_for_nobody(desk: ShippedHome) -> None:
    desk.note("yesterday", DAY_BEFORE)
    with (desk.home.desk / f"{DAY_BEFORE}.jsonl").open("ab") as file:
        file.write(b'{"seq":2,"half of a li')
    desk.note("today")
    desk.passes()
    assert said(desk) == ["yesterday", "today"]


def test_a_shipper_killed_in_a_line_goes_on(desk: ShippedHome) -> None:
    desk.note("one")
    desk.passes()
    with (desk.copy.desk / f"{DAY}.jsonl").open("ab") as file:
        file.write(b'{"seq":2,"half of a li')
    desk.another_shipper()
    desk.note("two")
    desk.passes()
    assert said(desk) == ["one", "two"]


def test_a_record_that_was_changed_is_told_and_the_copy_stays(desk: ShippedHome) -> None:
    for text in ("one", "two"):
        desk.note(text)
    desk.passes()
    path = desk.home.desk / f"{DAY}.jsonl"
    path.write_bytes(path.read_bytes().replace(b'"one"', b'"eno"'))
    desk.another_shipper()
    health = desk.passes()
    assert (health.stage, health.code) == (Stage.FAILING, "SOURCE_DIVERGED")
    assert said(desk) == ["one", "two"]


def test_a_line_that_follows_nothing_is_not_copied(desk: ShippedHome) -> None:
    desk.note("one")
    desk.passes()
    path = desk.home.desk / f"{DAY}.jsonl"
    path.write_bytes(path.read_bytes() + path.read_bytes())
    assert desk.passes().code == "SOURCE_DAMAGED" and said(desk) == ["one"]


def test_the_record_of_a_failing_stream_holds_up_no_other(desk: ShippedHome) -> None:
    desk.note("one")
    desk.passes()
    path = desk.home.desk / f"{DAY}.jsonl"
    path.write_bytes(path.read_bytes().replace(b'"one"', b'"eno"'))
    desk.another_shipper()
    desk.home.flags.mkdir()
    (desk.home.flags / "000001-abc.json").write_text("{}")
    desk.passes(6)
    assert (desk.copy.flags / "000001-abc.json").exists()


def test_files_are_copied_whole_and_again_when_they_change(desk: ShippedHome) -> None:
    version = desk.home.models / "momentum" / "abc.json"
    version.parent.mkdir(parents=True)
    version.write_text("weights")
    (version.parent / "active").write_text("abc")
    desk.home.settings_file.write_text("[engine]\n")
    desk.passes(1)
    (version.parent / "def.json").write_text("better weights")
    (version.parent / "active").write_text("def")
    desk.passes(6)
    kept = desk.copy.models / "momentum"
    assert {path.name: path.read_text() for path in kept.iterdir()} == {
        "abc.json": "weights", "def.json": "better weights", "active": "def",
    }  # fmt: skip
    assert desk.copy.settings_file.read_text() == "[engine]\n"


def test_a_pointer_in_the_copy_names_a_file_that_is_in_the_copy(desk: ShippedHome) -> None:
    """It is read before the files are listed, and written after they are there, whatever happens in between."""
    versions = [f"{number:06}" for number in range(1, 6)]
    desk.home.flags.mkdir()
    for version in versions:
        (desk.home.flags / f"{version}.json").write_text(version)
        (desk.home.flags / "active").write_text(version)
        desk.passes(1, every_s=2.5)
        assert (desk.copy.flags / f"{(desk.copy.flags / 'active').read_text()}.json").exists()


def test_nothing_behind_a_link_is_copied_and_nothing_half_made(desk: ShippedHome, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret.json").write_text("of somebody else")
    desk.home.closes.mkdir()
    (desk.home.closes / "2026-11-23").symlink_to(outside)
    (desk.home.closes / "audit.json").symlink_to(outside / "secret.json")
    os.mkfifo(desk.home.closes / "a-pipe")
    (desk.home.closes / ".trades.csv.17").write_text("half")
    (desk.home.closes / "rollup.part").write_text("half")
    desk.passes()
    assert [path.name for path in desk.to.rglob("*") if path.parent.name == "closes"] == []


def test_a_file_with_a_credential_in_it_stays_at_home(desk: ShippedHome) -> None:
    token = "k7x2Qp9Zr4TwLm8VbN3c"
    desk.home.env_file.write_text(f"KITE_ACCESS_TOKEN={token}\n")
    run = desk.home.runbook / "r1"
    run.mkdir(parents=True)
    (run / "told.txt").write_bytes(b"it said " + base64.b64encode(token.encode()))
    (run / "harmless.txt").write_text("it said nothing")
    desk.passes()
    assert [path.name for path in (desk.copy.runbook / "r1").iterdir()] == ["harmless.txt"]
    (run / "told.txt").write_text("it said ***")
    desk.passes()
    assert (desk.copy.runbook / "r1" / "told.txt").read_text() == "it said ***"
