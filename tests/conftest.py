"""What all tests share: which of them stand on the machine's real time.

Whole processes, sockets and wall clocks meet other people's load here: a pause of some seconds of the machine is not a
fault of ours, and cannot be told from one. Such a test is tried once more, and the run says that it was (`rerun`). What
is wrong stays wrong, and fails twice. Everything pure is tried once.
"""

from pathlib import Path

import pytest

REAL_TIME = ("adapters", "app", "desk", "feed", "official", "ops", "runtime")
"""Folders whose tests run processes and sockets in real time."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        folder = item.path.relative_to(here).parts[0]
        if folder in REAL_TIME or item.path.is_relative_to(here / "sim" / "server"):
            item.add_marker(pytest.mark.flaky(reruns=1, reruns_delay=3))
