"""The desk's record against what the journal noted of it; and a page that shows whatever it is given and obeys none."""

from datetime import timedelta
from pathlib import Path

import pytest

from harness.order_story import DAY
from tarazu.app.day_audit.audit import Audit
from tarazu.app.day_audit.evidence.desk import Notes, desk_proof
from tarazu.app.day_audit.finding import Code, Finding, checks_of
from tarazu.app.day_audit.page.page import page
from tarazu.app.day_audit.page.tables import EXCEPTIONS_MAX
from tarazu.app.day_audit.timeline.spans import Spans, bucket_of, top_ns
from tarazu.app.day_audit.walk.controls import Stage
from tarazu.app.day_audit.walk.seen import Seen
from tarazu.app.home import Home, Profile
from tarazu.app.verdict import Check, Status
from tarazu.engine.messages import DeskNoted
from tarazu.model import ist
from tarazu.model.units import HOUR_NS
from tarazu.runtime.desk_record import DeskKind, append, entries

NINE_NS = ist.midnight_ns(DAY) + 9 * HOUR_NS


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """With a record of three entries, the day before and this day."""
    home = Home(Profile.SIM, tmp_path / "sim")
    for n, day in enumerate((DAY - timedelta(days=1), DAY, DAY)):
        at_ns = ist.midnight_ns(day) + 9 * HOUR_NS + n
        append(home.desk, DeskKind.STACK, {"did": f"step {n}"}, who="asha", now_ns=at_ns)
    return home


def noted(home: Home) -> Notes:
    """As main writes the head down."""
    notes, last = Notes(), entries(home.desk, DAY)[-1]
    message = DeskNoted(day=DAY.isoformat(), seq=last.seq, hash=last.hash())
    notes.take(Seen(70, NINE_NS, NINE_NS, 1, message, (), ()))
    return notes


def test_a_record_that_is_what_the_journal_noted_holds(home):
    proof = desk_proof(home, DAY, noted(home))
    assert (len(proof.entries), proof.noted, proof.findings) == (2, 1, [])


def test_one_changed_line_breaks_the_chain(home):
    notes, path = noted(home), home.desk / f"{DAY}.jsonl"
    path.write_bytes(path.read_bytes().replace(b"step 1", b"step X"))
    assert Code.DESK_RECORD in {one.code for one in desk_proof(home, DAY, notes).findings}


def test_a_record_that_does_not_follow_the_day_before_is_named(home):
    (home.desk / f"{DAY - timedelta(days=1)}.jsonl").unlink()
    assert [one.code for one in desk_proof(home, DAY, Notes()).findings] == [Code.DESK_RECORD]


@pytest.mark.parametrize("kept", [0, 1])
def test_a_record_that_was_rewritten_or_cut_is_another_than_was_noted(home, kept):
    notes, path = noted(home), home.desk / f"{DAY}.jsonl"
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:kept]))
    if kept:
        append(home.desk, DeskKind.STACK, {"did": "something else"}, who="eve", now_ns=NINE_NS + 5)
    found = desk_proof(home, DAY, notes).findings
    assert [(one.code, one.status, one.sequence) for one in found] == [(Code.DESK_HEAD, Status.CRIT, 70)]


# The page, and the verdict.


def audit(findings: list[Finding]) -> Audit:
    return Audit(day=DAY, profile="sim", build="test", who="asha", made_ns=NINE_NS, findings=findings)


def test_the_page_shows_what_it_is_given_and_obeys_none_of_it():
    hostile = '<img src=x onerror="alert(1)"><!--TILES-->'
    shown = audit([Finding(code=Code.FOREIGN, status=Status.WARN, about=hostile, detail=hostile)])
    shown.stages = [Stage(strategy=hostile, wants=1)]
    shown.builds, shown.who = [hostile], hostile
    text = page(shown)
    assert hostile not in text and text.count("&lt;img src=x") == 5 and "<!--" not in text


def test_of_one_code_the_page_and_the_verdict_show_some_and_count_the_rest():
    many = [Finding(code=Code.FOREIGN, status=Status.WARN, about=f"#{n}") for n in range(40)]
    assert f"and {40 - EXCEPTIONS_MAX} more, all in audit.json" in page(audit(many))
    told = checks_of("audit.trail", many, Check(id="audit.trail", status=Status.OK))
    assert len(told) == 6 and told[-1].detail == "and 35 more of these"


@pytest.mark.parametrize("ns", [0, 1, 3, 4, 7, 8, 9, 1_000, 123_456_789, 10**12])
def test_a_span_is_told_at_most_a_quarter_too_high_and_never_too_low(ns):
    assert ns <= top_ns(bucket_of(ns)) <= ns * 5 // 4


def test_a_percentile_is_of_all_that_was_noted():
    spans = Spans(name="acks")
    for ns in range(1, 1_001):
        spans.note(ns * 1_000_000)
    p50, p99 = spans.percentile_ns(50), spans.percentile_ns(99)
    assert p50 is not None and p99 is not None
    assert 500_000_000 <= p50 <= 625_000_000 and 990_000_000 <= p99 <= 1_000_000_000
