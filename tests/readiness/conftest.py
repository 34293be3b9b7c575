from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.gate_home import GateHome, gate_home
from harness.served import Served, serving


@pytest.fixture(scope="session")
def box() -> Iterator[Served]:
    """Monday 23 November 2026, T-30: before the market opens."""
    with serving("--day", "2026-11-23", "--at", "08:45") as served:
        yield served


@pytest.fixture
def gate(tmp_path: Path, box: Served, monkeypatch: pytest.MonkeyPatch) -> Iterator[GateHome]:
    with gate_home(tmp_path, box, monkeypatch) as made:
        yield made
