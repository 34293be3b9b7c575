"""Was it as expected, and where does that lead."""

import pytest

from tarazu.app.runbook.book.model import END, Expect, Rule, Runbook, Step
from tarazu.app.runbook.runs.judging import Answer, How, after, hindrance, how, missed, missed_by_hand

READY = "READY  SIM  0 blockers  Mon 2026-11-23\n  row  main RUNNING 12\nexit 0\n"


@pytest.mark.parametrize(
    ("expect", "answer", "why"),
    [
        (Expect(), Answer(exit=0, out=READY), []),
        (Expect(), Answer(exit=1, out=READY), ["exit 1, not 0"]),
        (Expect(exit=(0, 1)), Answer(exit=1, out=READY), []),
        (Expect(exit=(0, 1)), Answer(exit=3, out=""), ["exit 3, not 0 or 1"]),
        (Expect(starts="READY"), Answer(exit=0, out=READY), []),
        (Expect(starts="READY"), Answer(exit=0, out="NOT_READY  SIM"), ["line 1 does not begin with READY"]),
        (Expect(starts="READY"), Answer(exit=0, out="READYISH"), ["line 1 does not begin with READY"]),
        (Expect(starts="READY"), Answer(exit=0, out=""), ["line 1 does not begin with READY"]),
        (Expect(matches=(r"^\s*row\s+main RUNNING \d+",)), Answer(exit=0, out=READY), []),
        (Expect(matches=("^main RUNNING",)), Answer(exit=0, out=READY), ["no line like ^main RUNNING"]),
        (Expect(lacks=("HARD_HALT",)), Answer(exit=0, out="OK  RISK NORMAL\nHARD_HALT ends by reset\n"), []),
        (Expect(lacks=("HARD_HALT",)), Answer(exit=0, out="OK  RISK HARD_HALT"), ["line 1 says HARD_HALT"]),
        (Expect(lacks=("READY",)), Answer(exit=0, out="NOT_READY"), []),
        (Expect(exit=(0, 124)), Answer(exit=124, out=READY, timed_out=True), ["it did not end in time, and was ended"]),
    ],
)
def test_an_answer_is_as_expected_or_it_is_said_what_was_not(expect: Expect, answer: Answer, why: list[str]) -> None:
    assert missed(expect, answer) == why


def test_what_cannot_be_told_is_unknown_and_never_failed_or_ok() -> None:
    assert how([], Answer(exit=0, out="")) is How.OK
    assert how(["exit 2"], Answer(exit=2, out="")) is How.FAILED
    assert how(["exit 3"], Answer(exit=3, out="")) is How.UNKNOWN
    assert how(["late"], Answer(exit=0, out="", timed_out=True)) is How.UNKNOWN


def test_numbers_typed_in_may_be_so_far_apart_and_no_further() -> None:
    step = Step(id="eye", manual="look", record=("one", "other"), expect=Expect(abs_diff_le=5.0))
    assert missed_by_hand(step, {"one": 26_000.0, "other": 26_005.0}) == []
    assert missed_by_hand(step, {"one": 26_000.0, "other": 25_994.9}) == ["one and other are 5.1 apart, limit 5"]


RULES = Step(
    id="gate",
    run="x",
    on_fail=(
        Rule(exit=(2,), has="session.", to="token", because="session"),
        Rule(exit=(3,), to="look", because="cannot tell"),
    ),
)
BOOK = Runbook(id="book", title="", steps=(RULES, Step(id="token", run="y", then="gate"), Step(id="look", run="z")))


@pytest.mark.parametrize(
    ("step", "ended", "answer", "next_one"),
    [
        ("gate", How.OK, Answer(exit=0, out=""), "token"),
        ("gate", How.SKIPPED, Answer(exit=0, out=""), "token"),
        ("gate", How.FAILED, Answer(exit=2, out="BLOCK session.token"), "token"),
        ("gate", How.FAILED, Answer(exit=2, out="BLOCK disk"), ""),
        ("gate", How.UNKNOWN, Answer(exit=3, out="session."), "look"),
        ("token", How.OK, Answer(exit=0, out=""), "gate"),
        ("look", How.OK, Answer(exit=0, out=""), END),
        ("look", How.FAILED, Answer(exit=2, out=""), ""),
    ],
)
def test_the_first_rule_that_fits_says_where_to_go_and_none_means_stop(
    step: str, ended: How, answer: Answer, next_one: str
) -> None:
    assert after(BOOK, BOOK.step(step), ended, answer)[0] == next_one


def test_a_step_waits_for_what_it_needs_and_goes_round_three_times_at_the_most() -> None:
    step = Step(id="depth", run="x", needs=("gate",))
    assert hindrance(step, {"gate": How.OK}, {}) == ""
    for bad in (How.FAILED, How.UNKNOWN, How.SKIPPED):
        assert hindrance(step, {"gate": bad}, {}) == "gate was not good"
    assert hindrance(step, {}, {}) == "gate was not good"
    assert hindrance(RULES, {}, {"gate": 2}) == "" and hindrance(RULES, {}, {"gate": 3}) == "gate was done 3 times"
