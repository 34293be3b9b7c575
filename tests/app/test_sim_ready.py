"""The ready file of a simulated broker: there while it serves, for its owner alone."""

import stat
from pathlib import Path

from harness.broker_process import broker_process
from tarazu.app.supervision.waiting import until


def test_the_file_is_the_first_line_and_goes_with_the_broker(tmp_path: Path) -> None:
    path = tmp_path / "ready.json"
    with broker_process("--ready-file", str(path)) as served:
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert path.read_text().startswith("{") and f'"rest_url":"{served["rest_url"]}"' in path.read_text()
        assert served["session"] == "full"
    assert not path.exists()


def test_a_file_that_is_another_brokers_by_then_stays(tmp_path: Path) -> None:
    path = tmp_path / "ready.json"
    with broker_process("--ready-file", str(path)):
        path.write_text("another's\n")
    assert path.read_text() == "another's\n"


def test_a_ready_file_is_no_part_of_the_state(tmp_path: Path) -> None:
    state, path = str(tmp_path / "state"), tmp_path / "ready.json"
    with broker_process("--state", state) as first:
        key = first["api_key"]
    with broker_process("--state", state, "--ready-file", str(path)) as second:
        assert until(path.exists, 60) and second["api_key"] == key
