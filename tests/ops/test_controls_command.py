"""tarazu controls: the matrix as an operator sees it; and a test session that leaves its evidence."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from tarazu.app.controls import matrix as matrix_of
from tarazu.app.controls.evidence import CHECKOUT, Evidence, Outcome, Shown, read_evidence, write_evidence
from tarazu.app.controls.matrix import State
from tarazu.ops import controls
from tarazu.risk.controls import CONTROLS

SOURCE = "5" * 64
DUE = [control.id for control in CONTROLS.values() if control.is_due]


@pytest.fixture
def shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the evidence is to be; the source and the tests are what they were."""
    monkeypatch.setattr(controls, "source_sha256", lambda: SOURCE)
    monkeypatch.setattr(matrix_of, "current_runs", lambda evidence, root: evidence.runs)
    return tmp_path / "controls.json"


def evidence(path: Path, outcomes: dict[str, str], **how: object) -> None:
    runs = [
        Shown(test=f"tests/t.py::test_{id}", outcome=Outcome(outcome), file_sha256="", controls=(id,))
        for id, outcome in outcomes.items()
    ]
    facts = {"build": "0.1.0+x", "source": SOURCE, "ended_ns": 1_795_411_800_000_000_000, "is_whole": True} | how
    write_evidence(path, Evidence(runs=tuple(runs), **facts))


def ran(path: Path, *words: str) -> tuple[int, str]:
    result = CliRunner().invoke(controls.command, ["--evidence", str(path), *words], standalone_mode=False)
    if result.exception:
        raise result.exception
    return result.return_value, result.output


def test_without_evidence_nothing_is_known_and_it_is_said_once(shown: Path) -> None:
    code, out = ran(shown)
    assert code == 3 and out.startswith("UNKNOWN") and out.count("no tests have run") == 1
    assert "fix  make controls" in out


def test_green_controls_and_what_they_lack(shown: Path) -> None:
    evidence(shown, dict.fromkeys(DUE, "passed"))
    code, out = ran(shown)
    lacking = [control for control in CONTROLS.values() if control.is_due and control.lacks]
    assert code == 1 and f"{len(DUE)} controls: {len(DUE) - len(lacking)} GREEN, {len(lacking)} PART" in out
    assert all(control.lacks in out for control in lacking)
    assert "C03  GREEN" in out and f"source {SOURCE[:12]}" in out


def test_a_control_without_a_test_is_named_with_its_reason(shown: Path) -> None:
    evidence(shown, {id: "passed" for id in DUE if id not in ("C12", "C27")})
    code, out = ran(shown)
    assert code == 1 and "2 ABSENT" in out
    assert "ABSENT: duplicate: no test shows it" in out and CONTROLS["C27"].lacks in out


def test_a_red_one_is_worse_than_an_unknown_one(shown: Path) -> None:
    evidence(shown, {"C03": "failed", "C04": "passed"}, is_whole=False)
    code, out = ran(shown)
    assert code == 2 and out.startswith("CRIT") and "RED: order size: failed: tests/t.py::test_C03" in out


def test_one_control_with_all_there_is_of_it(shown: Path) -> None:
    evidence(shown, {"C07": "passed"})
    code, out = ran(shown, "c07")
    assert code == 0 and "C07 position: GREEN" in out and "TEST    passed   tests/t.py::test_C07" in out
    assert "MUTANT  not run  limit_filled_only" in out and "RULE    the worst that a place may become" in out


def test_machines_get_every_test_by_name(shown: Path) -> None:
    evidence(shown, dict.fromkeys(DUE, "passed"))
    told = json.loads(ran(shown, "--json")[1])
    assert told["schema"] == "tarazu.controls/1" and len(told["controls"]) == 39
    assert told["source_sha256"] == told["evidence"]["source_sha256"] == SOURCE
    assert told["controls"][6]["tests"] == ["tests/t.py::test_C07"] and told["controls"][6]["state"] == State.GREEN


def test_evidence_that_does_not_read_is_unknown(shown: Path) -> None:
    shown.write_text("no evidence")
    code, out = ran(shown)
    assert code == 3 and "EVIDENCE_UNREADABLE" in out


TESTS = """
import pytest

@pytest.mark.control("C03", "C04")
@pytest.mark.parametrize("n", [1, 2])
def test_it(n): ...

@pytest.mark.control("C03")
def test_wrong(): assert False

@pytest.mark.control("C05")
def test_not_here(): pytest.skip("no")

TRIED = []

@pytest.mark.control("C06")
@pytest.mark.flaky(reruns=1)
def test_the_second_time():
    TRIED.append(1)
    assert len(TRIED) == 2

@pytest.mark.control("C07")
def test_trial(record_property): record_property("mutant", "limit_filled_only")

def test_of_nothing(): ...
"""


def pytest_of(folder: Path, tests: str, *words: str) -> subprocess.CompletedProcess[str]:
    """A session of its own over these tests, with our conftest."""
    (folder / "test_some.py").write_text(tests)
    (folder / "conftest.py").write_text((CHECKOUT / "tests" / "conftest.py").read_text())
    markers = "markers =\n  control(*ids): x\n"
    (folder / "pytest.ini").write_text(f"[pytest]\npythonpath = {CHECKOUT / 'tests'}\n{markers}")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *words]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=250, check=False)


@pytest.mark.parametrize("workers", ["", "-n2"])
@pytest.mark.control("C38")
def test_a_session_leaves_what_it_has_shown_with_workers_too(tmp_path: Path, workers: str) -> None:
    path = tmp_path / "controls.json"
    pytest_of(tmp_path, TESTS, "--evidence", str(path), *workers.split())
    found = read_evidence(path)
    assert found is not None
    shown = {run.test.partition("::")[2]: (run.outcome, run.controls, run.mutant) for run in found.runs}
    assert shown == {
        "test_it[1]": ("passed", ("C03", "C04"), ""),
        "test_it[2]": ("passed", ("C03", "C04"), ""),
        "test_wrong": ("failed", ("C03",), ""),
        "test_not_here": ("skipped", ("C05",), ""),
        "test_the_second_time": ("passed", ("C06",), ""),
        "test_trial": ("passed", (), "limit_filled_only"),
    }
    assert found.is_whole and all(len(run.file_sha256) == 64 for run in found.runs)


def test_a_mark_of_no_control_is_refused_at_once(tmp_path: Path) -> None:
    ran = pytest_of(tmp_path, 'import pytest\n@pytest.mark.control("C99")\ndef test_it(): ...\n')
    assert ran.returncode == 4 and "'C99'" in ran.stderr + ran.stdout
