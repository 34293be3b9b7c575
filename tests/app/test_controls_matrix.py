"""The matrix of controls: worth its green tests on this very source, and nothing more."""

from pathlib import Path
from typing import Any

import msgspec
import pytest

from tarazu.app.controls.evidence import (
    BadEvidence,
    Evidence,
    Outcome,
    Shown,
    added,
    file_sha256,
    read_evidence,
    source_sha256,
    write_evidence,
)
from tarazu.app.controls.matrix import Row, State, matrix
from tarazu.dst.mutants import MUTANTS
from tarazu.risk.controls import CONTROLS
from tarazu.risk.denial import Code

SOURCE = "5" * 64
FILE = "tests/risk/test_one.py"


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    (tmp_path / FILE).parent.mkdir(parents=True)
    (tmp_path / FILE).write_text("def test_it(): ...\n")
    return tmp_path


def run(checkout: Path, name: str = "test_it", outcome: str = "passed", *controls: str, mutant: str = "") -> Shown:
    return Shown(
        test=f"{FILE}::{name}",
        outcome=Outcome(outcome),
        file_sha256=file_sha256(checkout / FILE),
        controls=controls or (() if mutant else ("C03",)),
        mutant=mutant,
    )


def session(checkout: Path, *runs: Shown, before: Evidence | None = None, **how: Any) -> Evidence:
    how = {"source": SOURCE, "ended_ns": 1, "is_whole": True, "root": checkout} | how
    return added(before, runs, **how)


def row(evidence: Evidence | None, checkout: Path, control: str = "C03", mutants: dict[str, str] | None = None) -> Row:
    return next(r for r in matrix(evidence, SOURCE, mutants, root=checkout) if r.control.id == control)


@pytest.mark.control("C38")
def test_a_control_is_green_when_its_tests_are(checkout: Path) -> None:
    found = row(session(checkout, run(checkout), run(checkout, "test_too")), checkout)
    assert (found.state, found.passed, found.why) == (State.GREEN, 2, "")


@pytest.mark.control("C38")
def test_one_red_test_makes_it_red(checkout: Path) -> None:
    found = row(session(checkout, run(checkout), run(checkout, "test_too", "failed")), checkout)
    assert found.state is State.RED and "test_too" in found.why


@pytest.mark.control("C38")
def test_without_a_green_test_it_is_absent_and_a_skipped_one_is_none(checkout: Path) -> None:
    found = row(session(checkout, run(checkout, "test_it", "skipped")), checkout)
    assert found.state is State.ABSENT and found.skipped
    other = row(session(checkout, run(checkout)), checkout, "C12")
    assert (other.state, other.why) == (State.ABSENT, "no test shows it")


def test_what_is_green_and_not_whole_is_told_as_a_part(checkout: Path) -> None:
    found = row(session(checkout, run(checkout, "test_it", "passed", "C01")), checkout, "C01")
    assert found.state is State.PART and found.why == CONTROLS["C01"].lacks


def test_what_is_not_built_yet_and_not_promised_says_so(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    later = msgspec.structs.replace(CONTROLS["C35"], is_due=False, lacks="next year")
    monkeypatch.setitem(CONTROLS, "C35", later)
    found = row(session(checkout, run(checkout)), checkout, "C35")
    assert (found.state, found.why) == (State.LATER, "next year")


def test_what_is_promised_and_not_there_is_absent_with_the_reason(checkout: Path) -> None:
    found = row(session(checkout, run(checkout)), checkout, "C35")
    assert found.state is State.ABSENT and found.why.startswith("there are no six months of real days")


def test_two_sources_of_one_build_are_told_apart(checkout: Path) -> None:
    """The build is of the rooms that decide; the evidence is of all of the package."""
    found = row(session(checkout, run(checkout), source="6" * 64), checkout)
    assert found.why.endswith("source 666666666666)")


UNKNOWNS = {
    "no tests have run": None,
    "the tests ran on another source": {"source": "6" * 64},
    "the source changed while the tests ran": {"source": ""},
}


@pytest.mark.parametrize("why", UNKNOWNS)
@pytest.mark.control("C38")
def test_evidence_of_anything_but_this_source_is_none(checkout: Path, why: str) -> None:
    how = UNKNOWNS[why]
    found = row(None if how is None else session(checkout, run(checkout), **how), checkout)
    assert found.state is State.UNKNOWN and why in found.why


def test_a_test_that_has_changed_since_shows_nothing(checkout: Path) -> None:
    evidence = session(checkout, run(checkout))
    (checkout / FILE).write_text("def test_it(): assert True\n")
    found = row(evidence, checkout)
    assert found.state is State.UNKNOWN and FILE in found.why
    (checkout / FILE).unlink()
    assert row(evidence, checkout).state is State.UNKNOWN


def test_a_part_of_the_tests_says_nothing_of_the_others(checkout: Path) -> None:
    evidence = session(checkout, run(checkout), is_whole=False)
    assert row(evidence, checkout).state is State.GREEN
    assert row(evidence, checkout, "C12").state is State.UNKNOWN


def test_sessions_on_one_source_add_up_and_the_later_word_counts(checkout: Path) -> None:
    first = session(checkout, run(checkout), run(checkout, "test_too"))
    second = session(checkout, run(checkout, "test_too", "failed"), before=first, is_whole=False)
    assert [r.outcome for r in second.runs] == ["passed", "failed"] and second.is_whole
    other = session(checkout, run(checkout, "test_too"), before=second, source="6" * 64, is_whole=False)
    assert [r.test for r in other.runs] == [f"{FILE}::test_too"] and not other.is_whole


def test_evidence_of_a_source_that_changed_is_not_added_to(checkout: Path) -> None:
    torn = session(checkout, run(checkout), source="")
    assert len(session(checkout, run(checkout, "test_too"), before=torn, source="").runs) == 1


@pytest.mark.control("C38")
def test_a_mutant_is_told_beside_its_control_and_one_that_lives_makes_it_red(checkout: Path) -> None:
    caught = run(checkout, "test_mutant[a]", mutant="a")
    evidence = session(checkout, run(checkout), caught)
    found = row(evidence, checkout, mutants={"a": "C03 C04", "b": "C03", "c": "C05"})
    assert [(m.name, m.caught) for m in found.mutants] == [("a", True), ("b", None)] and found.state is State.GREEN
    lives = session(checkout, run(checkout), run(checkout, "test_mutant[a]", "failed", mutant="a"))
    found = row(lives, checkout, mutants={"a": "C03"})
    assert (found.state, found.why) == (State.RED, "failed: mutant a was not noticed")


def test_it_comes_back_from_its_file_and_what_is_none_is_refused(tmp_path: Path, checkout: Path) -> None:
    path = tmp_path / "deep" / "controls.json"
    assert read_evidence(path) is None
    evidence = session(checkout, run(checkout))
    write_evidence(path, evidence)
    assert read_evidence(path) == evidence and [p.name for p in path.parent.iterdir()] == ["controls.json"]
    other = msgspec.json.encode(msgspec.structs.replace(evidence, schema="tarazu.evidence/9"))
    for text in (b"", b"{}", other):
        path.write_bytes(text)
        with pytest.raises(BadEvidence, match="make controls"):
            read_evidence(path)


def test_the_table_is_whole() -> None:
    assert list(CONTROLS) == [f"C{number:02}" for number in range(1, 40)]
    assert all(c.rule and c.source and (c.is_due or c.lacks) for c in CONTROLS.values())
    assert all(control.is_due for control in CONTROLS.values())
    named = {code for control in CONTROLS.values() for code in control.codes}
    assert set(Code) - named == {Code.PILOT, Code.APPROVAL, Code.FLAG_OFF}, "every other code is some control's"
    assert {c for mutant in MUTANTS.values() for c in mutant.control.split()} <= CONTROLS.keys()


def test_this_source_has_one_hash() -> None:
    assert source_sha256() == source_sha256() and len(source_sha256()) == 64
