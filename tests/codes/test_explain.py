"""tarazu explain: what a word means, its limits in this home, and when it was last said here."""

import json
import subprocess
import sys

import click
import pytest
from click.testing import CliRunner

from harness import desk_stories
from harness.feed_diary import at, diary
from harness.journalled_desk import JournalledDesk
from tarazu.app.alerts.alert import Alert
from tarazu.app.alerts.post import post
from tarazu.app.codes.occurrences import MOST
from tarazu.app.home import home
from tarazu.app.incidents.store import note, open_incident
from tarazu.ops import explain
from tarazu.runtime.desk_record import DeskKind, append


@pytest.fixture
def desk_home(tmp_path, monkeypatch):
    monkeypatch.setenv("TARAZU_HOME", str(tmp_path))
    monkeypatch.delenv("TARAZU_PROFILE", raising=False)
    return home("sim")


def run(*argv):
    """Exit code and what was printed; of --json the object."""
    ran = CliRunner().invoke(explain.command, [*argv], standalone_mode=False)
    if ran.exception:
        raise ran.exception
    return ran.return_value, json.loads(ran.output) if "--json" in argv else ran.output


def last(word):
    """Where it was last said, the newest first."""
    return [(one["where"], one["text"]) for one in run(word, "--json")[1]["last"]]


def test_a_code_is_explained_in_every_room_that_says_it(desk_home):
    code, text = run("FEED_STALE")
    assert code == 0 and text.startswith("OK  SIM  FEED_STALE, in 3 places")
    assert "FEED_STALE  finding: What the watchdog finds" in text
    assert "  runbook  tarazu runbook run sev2-feed-stale" in text
    assert not desk_home.root.exists(), "nothing is made by asking"


def test_it_is_found_however_it_is_typed(desk_home):
    for typed in ("feed_stale", "`FEED_STALE`:", " FEED_STALE "):
        assert run(typed, "--json")[1]["code"] == "FEED_STALE"


def test_a_word_that_is_made_of_another_is_explained_by_its_pattern(desk_home):
    [entry] = run("feed.options", "--json")[1]["entries"]
    assert (entry["code"], entry["kind"], entry["shown_by"]) == ("feed.*", "check", "tarazu feed status")
    assert [entry["code"] for entry in run("NEAR_DAY_LOSS", "--json")[1]["entries"]] == ["NEAR_*", "NEAR_*"]
    with pytest.raises(click.UsageError):
        run("NEAR_MISS")


def test_exit_codes_and_controls_are_explained_and_were_said_at_no_moment(desk_home):
    assert "REFUSED: a guard said no" in run("4")[1] and "LAST" not in run("4")[1]
    [control] = run("C07", "--json")[1]["entries"]
    assert control["room"] == "controls" and "tarazu explain POSITION" in control["do"]


def test_an_unknown_word_tells_what_is_near_it(desk_home):
    with pytest.raises(
        click.UsageError, match=r"no code 'FEED_STAL'; near it: FEED_STALE.*All of them: tarazu explain"
    ):
        run("FEED_STAL")
    with pytest.raises(click.UsageError, match="of a setting: tarazu config explain KEY"):
        run("engine.settle_s")


def test_the_limit_is_told_as_this_home_has_it_set(desk_home):
    assert "  limit    engine.risk.day_loss_max = not said  (default)" in run("DAY_LOSS")[1]
    desk_home.make()
    desk_home.settings_file.write_text("[engine.risk]\nday_loss_max = 25000.0\n")
    told = run("DAY_LOSS", "--json")[1]["entries"][0]["limits"]
    assert told == [{"key": "engine.risk.day_loss_max", "value": "25_000.0", "origin": "tarazu.toml"}]


def test_settings_that_do_not_read_hide_the_limit_alone(desk_home):
    desk_home.make()
    desk_home.settings_file.write_text("day_loss_max =")
    code, text = run("DAY_LOSS")
    assert code == 3 and text.startswith("UNKNOWN") and "BAD_SETTINGS" in text and "HARD_HALT" in text


def test_alerts_and_incidents_of_the_code_are_told_once_each(desk_home):
    post(desk_home, Alert("DB_WRITE", "SEV1", "the disk is full", "db"), at("10:00"), "watchdog")
    post(desk_home, Alert("SHIP", "SEV2", "of another code: DB_WRITE", "ship"), at("10:01"), "watchdog")
    opened = open_incident(desk_home, "SEV1", "DB_WRITE", "no room", who="watchdog", now_ns=at("10:02"))
    note(desk_home, opened.id, "DB_WRITE: it was the log of another program", who="anita", now_ns=at("10:03"))
    assert last("DB_WRITE") == [(f"record {opened.id}", "no room"), ("alert AL-20261123-001", "SEV1 the disk is full")]
    assert "LAST     2026-11-23 10:02:00  record" in run("DB_WRITE")[1]


def test_no_more_than_the_last_five_are_told(desk_home):
    for minute in range(7):
        post(desk_home, Alert("DB_WRITE", "SEV1", "full", f"db{minute}"), at(f"10:{minute:02}"), "watchdog")
    assert [where for where, _ in last("DB_WRITE")] == [f"alert AL-20261123-{n:03}" for n in (7, 6, 5, 4, 3)]


def test_what_commands_wrote_into_the_desks_record_is_found_by_the_whole_word(desk_home):
    body = {"act": "verdict", "id": "rdy-0912-5d1f", "blockers": ["secrets BAD_SECRETS", "leave NO_LEAVE"]}
    append(desk_home.desk, DeskKind.READINESS, body, who="anita", now_ns=at("09:00"))
    assert last("NO_LEAVE") == [("record rdy-0912-5d1f", "leave NO_LEAVE")]
    assert last("BAD_SECRETS") == [("record rdy-0912-5d1f", "secrets BAD_SECRETS")]
    assert last("SECRETS") == [], "it is the end of another word"


def test_denials_and_halts_are_found_in_the_journal(desk_home):
    with JournalledDesk(desk_home) as desk:
        desk_stories.denied(desk.ready())
        entry = desk.journal.sequence
    [(where, text)] = last("TICK")
    assert where == f"journal 2026-11-23 @{entry}" and text == "denied story: ₹90.01, limit a multiple of ₹0.05"
    assert last("MARGIN") == []


def test_the_feeds_events_are_found_by_type_and_by_reason(desk_home):
    with diary(desk_home) as log:
        log.start("09:15:00")
        log.ticks("09:15:01", 2_600_000)
        for minute in range(7):
            log.stale("options", f"10:{minute:02}:00")
            log.ticks(f"10:{minute:02}:01", 2_600_000)
            log.recover("options", f"10:{minute:02}:30")
    found = run("FEED_STALE", "--json")[1]["last"]
    assert [one["ts_ns"] for one in found] == [at(f"10:{minute:02}:00") for minute in (6, 5, 4, 3, 2)]
    assert len(found) == MOST and found[0]["where"] == "feed 2026-11-23"
    assert found[0]["text"].startswith("FEED_STALE options ")
    assert run("SELECTED", "--json")[1]["last"][0]["ts_ns"] == at("09:15:00")
    assert last("BREAKER_TRIPPED") == []


def test_a_record_that_does_not_read_hides_nothing_else(desk_home):
    post(desk_home, Alert("DB_WRITE", "SEV1", "the disk is full", "db"), at("10:00"), "watchdog")
    (desk_home.desk / "2026-11-23.jsonl").write_text("not a line of the record\n")
    code, text = run("DB_WRITE")
    assert code == 1 and "explain.last" in text and "alert AL-20261123-001" in text


def test_every_word_is_listed_by_room_and_a_room_with_its_meanings(desk_home):
    code, text = run()
    assert code == 0 and "gate: Denials of the gate" in text and "  PHASE, INSTRUMENT, LOT" in text
    code, text = run("--room", "gate")
    assert code == 0 and "PHASE       Entries are not taken now" in text
    assert "PHASE" in run("--json")[1]["rooms"][0]["codes"]


def test_the_document_takes_nothing_else(desk_home):
    assert run("--document")[1].startswith("# Codes")
    for argv in (("--document", "PHASE"), ("--document", "--json"), ("--room", "gate", "PHASE")):
        with pytest.raises(click.UsageError, match="one of CODE, --room and --document"):
            run(*argv)


def test_a_room_that_is_not_there_names_those_that_are(desk_home):
    with pytest.raises(click.UsageError, match="no room 'nowhere'; there are: gate, halts"):
        run("--room", "nowhere")
    with pytest.raises(click.UsageError, match="a room: tarazu explain --room gate"):
        run("gate")


def test_it_needs_no_heavy_library(desk_home):
    told = "import sys, tarazu.ops.explain as e\ntry: e.command(['FEED_STALE'])\nexcept SystemExit: pass\n"
    told += "print(sorted({'numpy', 'polars', 'numba', 'rich'} & sys.modules.keys()))"
    with diary(desk_home) as log:
        log.start("09:15:00")
    ran = subprocess.run([sys.executable, "-c", told], capture_output=True, text=True, timeout=60, check=True)
    assert ran.stdout.splitlines()[-1] == "[]", ran.stdout
