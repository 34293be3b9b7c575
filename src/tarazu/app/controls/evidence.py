"""What the tests have shown, in one file: written at the end of a test session (tests/conftest.py), read by `tarazu
controls`. It is of one source and holds for no other; in a checkout it lies at `var/evidence/controls.json`.

Several sessions on the same source add up, test by test, as long as the tests' own files are what they were.
"""

import hashlib
from collections.abc import Iterable
from enum import StrEnum
from functools import cache
from pathlib import Path

import msgspec

import tarazu
from tarazu.app.identity import SHIPPED
from tarazu.app.main.build import build

SCHEMA = "tarazu.evidence/1"
CHECKOUT = Path(tarazu.__file__).parents[2]
"""Where the tests are, where this package runs from a checkout."""
EVIDENCE_FILE = CHECKOUT / "var" / "evidence" / "controls.json"


class Outcome(StrEnum):
    PASSED = "passed"
    FAILED = "failed"
    SKIPPED = "skipped"


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """One test of a control, or of a mutant."""

    test: str
    """As pytest names it: `tests/risk/test_gate_size.py::test_...`."""
    outcome: Outcome
    file_sha256: str
    """Of the test's file when it ran."""
    controls: tuple[str, ...] = ()
    mutant: str = ""
    """The bug on purpose that it caught, or did not (`dst.mutants`)."""

    @property
    def file(self) -> str:
        return self.test.partition("::")[0]


class Evidence(msgspec.Struct, frozen=True, kw_only=True):
    schema: str = SCHEMA
    build: str
    source: str
    """`source_sha256` of the product's code; empty where it changed while the tests ran."""
    ended_ns: int
    """Of the last session, UTC."""
    is_whole: bool
    """Whether some session of this source ran every test of every control."""
    runs: tuple[Shown, ...]


class BadEvidence(ValueError):
    """The file is none that a test session wrote; the message says what to do."""


def source_sha256() -> str:
    """Over every file of the product's package: a control may be held by any of them. The same for an installed package
    as for the checkout that it was built from: what it carries beside is not looked at."""
    root, hashed = Path(tarazu.__file__).parent, hashlib.sha256()
    for path in sorted(root.rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts and not path.is_relative_to(root / SHIPPED.name):
            hashed.update(f"{path.relative_to(root)}\0".encode() + path.read_bytes() + b"\0")
    return hashed.hexdigest()


def file_sha256(path: Path) -> str:
    """Empty where it cannot be read."""
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError:
        return ""


def read_evidence(path: Path) -> Evidence | None:
    """None when there is none. Raises BadEvidence."""
    try:
        found = msgspec.json.decode(path.read_bytes(), type=Evidence)
    except FileNotFoundError:
        return None
    except (OSError, msgspec.MsgspecError) as bad:
        raise BadEvidence(f"{path}: {bad}; `make controls` writes it anew") from bad
    if found.schema != SCHEMA:
        raise BadEvidence(f"{path} is of schema {found.schema}, not {SCHEMA}; `make controls` writes it anew")
    return found


def write_evidence(path: Path, evidence: Evidence) -> None:
    """Replace the file at once: of two sessions that end together one is whole, and none is torn."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_suffix(f".{hashlib.sha256(repr(evidence.runs).encode()).hexdigest()[:8]}.new")
    beside.write_bytes(msgspec.json.encode(evidence) + b"\n")
    beside.replace(path)


def current_runs(evidence: Evidence, root: Path) -> tuple[Shown, ...]:
    """Those whose file is what it was. Where there are no tests at all, as in an installed package, all of them."""
    if not (root / "tests").is_dir():
        return evidence.runs
    sha256 = cache(lambda file: file_sha256(root / file))
    return tuple(run for run in evidence.runs if run.file_sha256 == sha256(run.file))


def added(
    before: Evidence | None, runs: Iterable[Shown], *, source: str, ended_ns: int, is_whole: bool, root: Path
) -> Evidence:
    """A session's runs, and what earlier sessions on the same source have shown of other tests."""
    same = before if before is not None and before.source == source != "" else None
    kept = {run.test: run for run in current_runs(same, root)} if same else {}
    kept |= {run.test: run for run in runs}
    return Evidence(
        build=build(),
        source=source,
        ended_ns=ended_ns,
        is_whole=is_whole or (same is not None and same.is_whole),
        runs=tuple(kept[test] for test in sorted(kept)),
    )
