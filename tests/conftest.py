"""What all tests share: which of them stand on the machine's real time, and which show that a control holds.

Whole processes, sockets and wall clocks meet other people's load here: a pause of some seconds of the machine is not a
fault of ours, and cannot be told from one. Such a test is tried twice more, and the run says so (`rerun`). What
is wrong stays wrong, and fails every time. Everything pure is tried once.

A test that is marked with controls leaves its outcome as evidence for `tarazu controls` (harness.gathered).
"""

from pathlib import Path

import pytest

from harness.gathered import Gathered, is_whole, told_controls
from tarazu.app.controls.evidence import EVIDENCE_FILE

REAL_TIME = (
    "adapters", "alerts", "app", "config", "demo", "desk", "documents", "drills", "feed", "incidents", "official",
    "ops", "packages", "readiness", "runbook", "runtime", "secrets", "session", "stack",
)  # fmt: skip
"""Folders whose tests run processes and sockets in real time."""

LONG = ("drills", "documents", "demo", "dst", "desk", "packages", "stack", "incidents", "runbook")
"""Folders of minutes, begun first: a worker takes a file whole, and whoever begins a long one last is waited for."""

GATHERED = pytest.StashKey[Gathered]()


def pytest_addoption(parser: pytest.Parser) -> None:
    told = "where the evidence of the controls is kept"
    parser.addoption("--evidence", metavar="FILE", type=Path, default=EVIDENCE_FILE, help=told)


def pytest_configure(config: pytest.Config) -> None:
    is_worker = hasattr(config, "workerinput")
    if not is_worker and not config.option.collectonly:
        config.stash[GATHERED] = gathered = Gathered(config.option.evidence, config.rootpath)
        config.pluginmanager.register(_Ear(gathered))


class _Ear:
    def __init__(self, gathered: Gathered) -> None:
        self._gathered = gathered

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self._gathered.heard(report)


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    if (gathered := session.config.stash.get(GATHERED, None)) is not None:
        gathered.ended(is_whole=is_whole(session.config, exitstatus))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    told_controls(items)
    for item in items:
        folder = item.path.relative_to(here).parts[0]
        if folder in REAL_TIME or item.path.is_relative_to(here / "sim" / "server"):
            item.add_marker(pytest.mark.flaky(reruns=2, reruns_delay=5))
    items.sort(key=lambda item: _turn(item.path.relative_to(here).parts[0]))


def _turn(folder: str) -> int:
    """Of a folder's tests, which keep their order among themselves."""
    return LONG.index(folder) if folder in LONG else len(LONG) + (folder not in REAL_TIME)
