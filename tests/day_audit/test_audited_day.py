"""The audit of a whole day: what was traded is proven from the journal's bytes up, and what was altered is named."""

import json
from datetime import timedelta
from pathlib import Path

import pytest

from harness.research_days import DATE
from tarazu.app.closing.standing import standing_of
from tarazu.app.closing.steps import record_step
from tarazu.app.home import Home, Profile
from tarazu.app.incidents.store import incidents
from tarazu.app.research.result import DayResult
from tarazu.app.verdict import Exit, Status, Verdict
from tarazu.model import ist
from tarazu.model.units import HOUR_NS, MINUTE_NS
from tarazu.ops.audit_daily import audit_daily
from tarazu.runtime.desk_record import DeskKind, append, entries
from tarazu.runtime.journal_files import day_folder, segment_path

EVENING_NS = ist.midnight_ns(DATE) + 18 * HOUR_NS


def reconciled(home: Home, exit_code: int) -> None:
    body = {"verdict": "CRIT", "exit": exit_code, "standing": standing_of(home, DATE), "files": {}}
    record_step(home, DeskKind.RECONCILED, DATE, body, "asha", EVENING_NS)


def codes(verdict: Verdict) -> set[str]:
    return {check.code for check in verdict.checks if check.status not in (Status.OK, Status.SKIP)}


def audit_json(home: Home) -> dict[str, object]:
    return json.loads((home.closes / str(DATE) / "audit.json").read_bytes())  # type: ignore[no-any-return]


def test_a_day_on_which_everything_is_whole_passes(home, audit, traded: tuple[Path, DayResult]):
    verdict = audit()
    assert (verdict.word, verdict.exit_code, codes(verdict)) == ("OK", Exit.OK, set())
    told = audit_json(home)
    whole = told["complete"]
    assert whole["orders"] > 10 and all(
        whole[link] == whole["orders"] for link in ("decision", "gate", "intent", "send", "outcome")
    )
    assert told["replay"]["equal"] == told["replay"]["of"] == told["standing"]["entries"] > 1_000
    assert told["result"]["net_paise"] == traded[1].net_paise, "the broker in a box reckons by books of its own"
    assert told["result"]["charges_paise"] == traded[1].charges_paise
    assert told["marks_compared"] >= 3 and told["executions"] == len(traded[1].trades)


def test_it_is_written_down_in_the_desks_record_with_what_it_stood_on(home, audit):
    verdict = audit()
    entry = next(one for one in entries(home.desk, DATE) if one.kind is DeskKind.AUDITED)
    assert entry.body["files"] == verdict.facts["files"] and set(entry.body["files"]) == {"audit.json", "audit.html"}
    assert entry.body["standing"]["root"] == audit_json(home)["standing"]["root"]
    assert (entry.body["day"], entry.body["verdict"], entry.body["exit"], entry.who) == (str(DATE), "OK", 0, "asha")


def test_a_second_audit_says_the_same_and_replaces_the_first(home, audit):
    first, second = audit(), audit()
    assert (second.word, codes(second)) == (first.word, codes(first))
    assert second.facts["standing"] == first.facts["standing"]


def test_a_file_of_the_close_that_was_altered_taken_away_or_put_in_is_named(home, audit):
    audit(replays=False)
    folder = home.closes / str(DATE)
    (folder / "audit.json").write_bytes((folder / "audit.json").read_bytes().replace(b'"exit": 1', b'"exit": 0'))
    (folder / "audit.html").unlink()
    (folder / "trades.csv").write_text("put in by hand\n")
    verdict = audit(replays=False)
    told = {check.code: check for check in verdict.checks}
    assert verdict.exit_code == Exit.CRIT
    assert "audit.json" in told["ARTEFACT_CHANGED"].detail and "audit.html" in told["ARTEFACT_GONE"].detail
    assert "trades.csv" in told["ARTEFACT_UNNAMED"].detail and told["ARTEFACT_UNNAMED"].status is Status.WARN


def test_garbage_in_the_desks_record_is_named_and_hides_nothing_else(home, audit):
    path = home.desk / f"{DATE}.jsonl"
    path.write_bytes(b"garbage\n" + path.read_bytes())
    verdict = audit(replays=False)
    assert verdict.exit_code == Exit.CRIT and codes(verdict) >= {"DESK_RECORD", "NO_REPLAY"}
    assert audit_json(home)["complete"]["orders"] > 10


def test_one_byte_of_the_journal_fails_the_chain_and_opens_one_incident(home, audit):
    path = segment_path(day_folder(home.journal, DATE), 1)
    raw = bytearray(path.read_bytes())
    raw[20_000] ^= 1
    path.write_bytes(raw)
    for _ in range(2):
        verdict = audit(replays=False)
        assert verdict.exit_code == Exit.CRIT and "CORRUPT" in codes(verdict)
    found = incidents(home)
    assert [(one.code, one.severity, one.runbook) for one in found] == [("AUDIT_CHAIN", "SEV1", "sev1-audit-chain")]


def test_a_day_that_other_settings_would_have_traded_otherwise_differs(home, audit):
    text = home.settings_file.read_text()
    home.settings_file.write_text(
        text.replace('"every_s" = 15', '"every_s" = 30').replace("every_s = 15", "every_s = 30")
    )
    verdict = audit()
    assert verdict.exit_code == Exit.CRIT and "DIFFERS" in codes(verdict)
    assert "the strategies: others" in next(c.detail for c in verdict.checks if c.code == "DIFFERS")


def test_without_the_feed_log_the_day_cannot_be_decided_again_and_is_unknown(home, audit):
    (home.feed / str(DATE)).rename(home.root / "elsewhere")
    verdict = audit()
    assert (verdict.word, verdict.exit_code) == ("UNKNOWN", Exit.UNKNOWN) and "NO_REPLAY" in codes(verdict)
    assert audit_json(home)["feed"] is None


def test_what_was_not_asked_for_is_not_taken_for_done(audit):
    verdict = audit(replays=False)
    assert verdict.exit_code == Exit.WARN and codes(verdict) == {"NO_REPLAY"}


@pytest.mark.parametrize("reason", ["absent", "breaks", "stale"])
def test_a_reconciliation_that_does_not_hold_is_told(traded, home, audit, reason):
    match reason:
        case "absent":
            (home.desk / f"{DATE}.jsonl").unlink()
        case "breaks":
            reconciled(home, exit_code=2)
        case "stale":
            line = next(iter(entries(home.desk, DATE)))
            (home.desk / f"{DATE}.jsonl").unlink()
            body = {**line.body, "standing": {**line.body["standing"], "entries": 300, "head": "00" * 32}}
            record_step(home, DeskKind.RECONCILED, DATE, body, "asha", line.ts_ns)
    verdict = audit(replays=False)
    assert verdict.exit_code == (Exit.CRIT if reason == "breaks" else Exit.WARN)
    assert "OUT_OF_ORDER" in codes(verdict) and ("RECONCILED_BREAKS" in codes(verdict)) == (reason == "breaks")


def test_a_day_without_an_engine_passes_with_a_warning_and_no_other_days_file(home, audit):
    audit()
    other = DATE + timedelta(days=1)
    verdict = audit(other, now_ns=EVENING_NS + 24 * HOUR_NS)
    assert verdict.exit_code == Exit.WARN and codes(verdict) == {"EMPTY_DAY"}
    told = json.loads((home.closes / str(other) / "audit.json").read_bytes())
    assert (told["day"], told["standing"]["entries"], told["orders"]) == (str(other), 0, [])
    assert audit_json(home)["day"] == str(DATE)


def test_a_journal_that_is_gone_is_no_empty_day(home, audit):
    audit(replays=False)
    day_folder(home.journal, DATE).rename(home.root / "taken")
    verdict = audit()
    assert verdict.exit_code == Exit.CRIT and "JOURNAL_GONE" in codes(verdict)
    assert any("entries" in check.detail for check in verdict.checks if check.code == "JOURNAL_GONE")


def test_a_day_on_which_main_was_started_has_a_journal_or_has_lost_it(home, audit):
    """Whoever takes the journal away before any step of the close leaves the desk's record behind."""
    other = DATE + timedelta(days=1)
    at_ns = EVENING_NS + 24 * HOUR_NS
    rows = [{"name": "depth_ws", "did": "started", "exit": 0}, {"name": "main", "did": "started", "exit": 1}]
    append(home.desk, DeskKind.STACK, {"act": "up", "processes": rows}, who="asha", now_ns=at_ns - 8 * HOUR_NS)
    verdict = audit(other, now_ns=at_ns)
    assert verdict.exit_code == Exit.CRIT and "JOURNAL_GONE" in codes(verdict)


@pytest.mark.parametrize("row", [{"name": "main", "did": "failed", "exit": 2}, {"name": "watchdog", "did": "started"}])
def test_a_main_that_did_not_start_has_left_no_journal(home, audit, row):
    other = DATE + timedelta(days=1)
    at_ns = EVENING_NS + 24 * HOUR_NS
    append(home.desk, DeskKind.STACK, {"act": "up", "processes": [row]}, who="asha", now_ns=at_ns - 8 * HOUR_NS)
    assert codes(audit(other, now_ns=at_ns)) == {"EMPTY_DAY"}


def test_a_day_that_is_not_over_is_judged_as_far_as_it_is(audit, home):
    verdict = audit(replays=False, now_ns=ist.midnight_ns(DATE) + 9 * HOUR_NS + 30 * MINUTE_NS)
    assert "audit.end" in {check.id for check in verdict.checks if check.status is Status.SKIP}


def test_a_report_that_cannot_be_written_fails_and_hides_nothing(home, audit):
    home.closes.write_text("a file where the folder belongs")
    verdict = audit(replays=False)
    assert verdict.exit_code == Exit.CRIT and codes(verdict) == {"NO_REPLAY", "NOT_WRITTEN"}


def test_without_a_home_nothing_is_made(tmp_path):
    nowhere = Home(Profile.SIM, tmp_path / "misspelt")
    verdict = audit_daily(nowhere, DATE, who="asha", now_ns=EVENING_NS)
    assert (verdict.exit_code, codes(verdict)) == (Exit.UNKNOWN, {"NO_HOME"})
    assert not nowhere.root.exists()


def test_the_page_needs_nothing_else_and_shows_every_part(home, audit):
    audit()
    page = (home.closes / str(DATE) / "audit.html").read_text()
    assert "<script" not in page and "http" not in page.replace("http-equiv", "") and "<!--" not in page
    for part in ("Equity", "Drawdown", "Orders on price", "From decisions to fills", "Risk used", "Latencies"):
        assert f"<h2>{part}" in page
    assert page.count("<svg") >= 8 and "NFO:NIFTY" in page


def test_a_day_that_has_not_been_is_not_audited(home, audit):
    verdict = audit(DATE + timedelta(days=1))
    assert (verdict.exit_code, [check.code for check in verdict.checks]) == (3, ["NOT_YET"])
    assert not (home.closes / str(DATE + timedelta(days=1))).exists()


def test_a_desk_record_that_was_changed_is_named_on_a_day_without_an_engine_too(home, audit):
    other = DATE + timedelta(days=1)
    at_ns = EVENING_NS + 24 * HOUR_NS
    for seq in range(3):
        append(home.desk, DeskKind.STACK, {"act": "down", "nth": seq}, who="asha", now_ns=at_ns)
    path = home.desk / f"{other}.jsonl"
    path.write_bytes(path.read_bytes().replace(b'"nth":1', b'"nth":7'))
    verdict = audit(other, now_ns=at_ns)
    assert verdict.exit_code == Exit.CRIT and "DESK_RECORD" in codes(verdict)
