"""RUNBOOK_LIVE.md is what was given, is made from the source, and names nothing that is not there."""

import hashlib
import re
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from tarazu.app.runbook.book.checking import NotTaken, runbook_checks, step_check, take
from tarazu.app.runbook.book.command_line import NoScript, checkout, verb
from tarazu.app.runbook.book.document import difference, document
from tarazu.app.runbook.book.model import Source
from tarazu.app.runbook.book.source import SHIPPED, BadSource, faults, read_source
from tarazu.app.verdict import Status
from tarazu.cli.tree import tree

ROOT = Path(__file__).parents[2]
DOCUMENT = ROOT / "runbook" / "RUNBOOK_LIVE.md"
GIVEN_SHA256 = "d87141f5de402477a0af810084946e69ff528aeeed5484a3d563db52c8525696"
"""Of the runbook that was given: its sections, commands and criteria are fixed."""


@pytest.fixture(scope="module")
def source() -> Source:
    return read_source()[0]


def commands() -> list[str]:
    """Every command line of the document itself: of its fences, and between backticks."""
    text = DOCUMENT.read_text()
    fences = [
        line for block in re.findall(r"^```\n(.*?)^```", text, re.MULTILINE | re.DOTALL) for line in block.split("\n")
    ]
    return [line for line in [*fences, *re.findall(r"`((?:python|bash) [^`\n]+)`", text)] if line]


def test_the_document_is_byte_for_byte_the_one_that_was_given() -> None:
    assert hashlib.sha256(DOCUMENT.read_bytes()).hexdigest() == GIVEN_SHA256


def test_the_document_is_what_the_source_makes(source: Source, tmp_path: Path) -> None:
    assert DOCUMENT.read_text() == document(source) and difference(source, DOCUMENT) == ""
    changed = tmp_path / "RUNBOOK_LIVE.md"
    changed.write_text(DOCUMENT.read_text().replace("Exit code `0`", "Exit code `1`"))
    assert "line 12 is" in difference(source, changed)
    changed.write_text(DOCUMENT.read_text() + "one more\n")
    assert "lines" in difference(source, changed)


@pytest.mark.parametrize("line", sorted(set(commands())))
def test_every_command_line_of_the_document_exists_and_takes_its_flags(line: str) -> None:
    take(tree, verb(line.replace("<ID>", "INC-1"), ROOT))


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("python scripts/no_such.py", "there is no scripts/no_such.py"),
        ("python scripts/sla_check.py --no-such-flag", "No such option"),
        ("python scripts/sla_check.py extra", "unexpected extra argument"),
        ("python scripts/verify_journal.py", "no shim"),
    ],
)
def test_a_command_that_is_not_there_or_takes_other_flags_is_seen(line: str, why: str) -> None:
    with pytest.raises((NoScript, NotTaken), match=re.escape(why)):
        take(tree, verb(line, ROOT))


def test_the_check_tells_of_all_of_it_and_of_what_is_still_to_come(source: Source, tmp_path: Path) -> None:
    checks = {check.id: check for check in runbook_checks(source, tree, ROOT)}
    assert checks["document"].status is Status.OK
    assert {c.status for c in checks.values()} == {Status.OK}, [c for c in checks.values() if c.code]
    assert {"eod.reconcile", "eod.rollup", "rollback-flags.flags", "rollback-model.model"} <= checks.keys()
    elsewhere = {check.id: check for check in runbook_checks(source, tree, tmp_path)}
    assert elsewhere["monitor.sla"].code == "COMMAND_BROKEN" and elsewhere["document"].code == "DOCUMENT_UNREAD"


def test_a_command_of_a_later_issue_is_absent_and_one_that_has_come_is_no_more(source: Source) -> None:
    step = source.runbook("eod").steps[0]
    coming = msgspec.structs.replace(step, run="python scripts/no_such.py", issue=99)
    check = step_check("eod.coming", coming, tree, ROOT)
    assert (check.status, check.detail) == (Status.SKIP, "absent (issue 99)")
    assert step_check("eod.there", msgspec.structs.replace(step, issue=99), tree, ROOT).code == "MARK_STALE"


def test_every_line_of_prose_is_seen_to_by_a_step(source: Source) -> None:
    """What the document promises, a step expects: no criterion stands there for decoration."""
    criteria = [c for s in source.document.sections for part in s.parts for block in part for c in block.criteria]
    assert len(criteria) == DOCUMENT.read_text().count("\n- ") == 10
    for criterion in criteria:
        assert all(source.step(dotted).expect.exit for dotted in criterion.held_by)


@pytest.mark.parametrize(
    ("was", "becomes", "why"),
    [
        ("then: depth\n", "then: deep\n", "there is no step deep"),
        ("timeout_s: 120\n", "time_out: 120\n", "unknown field"),
        ("commands: [pre-open.gate]", "commands: [pre-open.gates]", "pre-open.gates, which is no step"),
        ("- id: look\n", "- id: sla\n", "step sla is there twice"),
        ("leads_to: sev2-feed-stale", "leads_to: sev9", "there is no runbook sev9"),
        ("{to: look, because: stale or blocked}", "{to: stop, because: stale or blocked}", "nothing leads to look"),
        ("manual: Compare", "issue: 8\n        none: Compare", "unknown field"),
        ("record: [kite_ltp, tarazu_ltp]", "record: [kite_ltp]", "a difference is of two"),
        (r"'^main\s+RUNNING\s+\d+'", r"'^main(\s+RUNNING\s+\d+'", "no pattern"),
        ("runbooks:", "runbooks: [", "while parsing"),
    ],
)
def test_a_source_that_does_not_hold_together_is_refused_by_name(
    was: str, becomes: str, why: str, tmp_path: Path
) -> None:
    text = SHIPPED.read_text()
    assert was in text
    path = tmp_path / "live.yaml"
    path.write_text(text.replace(was, becomes, 1))
    with pytest.raises(BadSource, match=re.escape(why)):
        read_source(path)


def test_two_runbooks_of_one_name_are_refused(source: Source) -> None:
    doubled = msgspec.structs.replace(source, runbooks=(*source.runbooks, source.runbooks[0]))
    assert "runbook pre-open is there twice" in list(faults(doubled))


def test_stopping_and_resetting_always_ask_a_person(source: Source) -> None:
    for runbook in source.runbooks:
        for step in runbook.steps:
            acts = any(word in step.run for word in ("stop_live", "--live", "reset_risk", "rollback_"))
            assert bool(step.asks) == acts, f"{runbook.id}.{step.id}"


def test_no_way_round_that_stops_the_stack_is_a_good_end(source: Source) -> None:
    """Whoever reads `done` must find something running."""
    ways = [
        (f"{runbook.id}.{step.id}", rule.remains)
        for runbook in source.runbooks
        for step in runbook.steps
        for rule in step.on_fail
        if runbook.step(rule.to).asks
    ]
    assert {name for name, _ in ways} >= {"monitor.restart", "monitor.still", "sev2-feed-stale.feed"}
    assert all(remains for _, remains in ways), ways


def test_the_checkout_is_found_from_inside_it_and_from_anywhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert checkout(ROOT / "tests" / "runbook") == ROOT
    assert checkout(tmp_path) == ROOT, "the one this code is in"
    (tmp_path / "scripts").mkdir()
    (tmp_path / "scripts" / "_tarazu.py").touch()
    assert checkout(tmp_path) == tmp_path


def test_the_commands_of_the_runbook_answer_at_the_command_line(tmp_path: Path) -> None:
    def run(*words: str) -> tuple[int, str]:
        said = subprocess.run(
            [sys.executable, "-m", "tarazu", "runbook", *words],
            env={"TARAZU_HOME": str(tmp_path), "PATH": "/usr/bin:/bin"},
            capture_output=True,
            text=True,
            timeout=120,
        )
        return said.returncode, said.stdout + said.stderr

    assert run("show", "--document") == (0, DOCUMENT.read_text())
    code, told = run("show", "sev2-feed-stale")
    assert (
        code == 0
        and told.startswith("RUNBOOK  SIM  sev2-feed-stale")
        and "-> stop (still stale; the run has failed all the same)" in told
    )
    assert run("show", "no-such")[0] == 64 and run("run", "no-such", "--auto")[0] == 64
    assert run("run", "pre-open", "--skip", "gate")[0] == 64, "a step is left out for a reason"
    code, told = run("run", "eod", "--dry-run")
    assert code == 0 and told.startswith("PLAN") and told.index("reconcile_fills.py") < told.index("daily_rollup.py")
    code, told = run("run", "pre-open")
    assert code == 64 and "--auto" in told, "nobody is at a terminal"
    assert run("evidence", "rb-20261123-0845")[0] == 4 and run("resume", "rb-20261123-0845", "--auto")[0] == 4
    code, told = run("run", "sev1-hard-halt", "--dry-run")
    assert code == 0 and told.startswith("PLAN")
    assert not list(tmp_path.iterdir()), "nothing of this writes anything"
