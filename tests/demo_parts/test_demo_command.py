"""The command around the day: what breaks it off, and what is said where its result cannot be written."""

import errno
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from tarazu.app.verdict import Exit
from tarazu.ops import demo as ops

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@pytest.fixture(autouse=True)
def signals(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr("tarazu.app.warm.warm_up", lambda tell: None)
    before = {each: signal.getsignal(each) for each in SIGNALS}
    yield
    for each, handler in before.items():
        signal.signal(each, handler)


def began(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, broken: BaseException) -> tuple[object, str, list[Any]]:
    """What the command returns, what it prints, and who hears its signals while the day goes on."""
    heard: list[Any] = []

    def day(*_: object) -> None:
        heard.extend(signal.getsignal(each) for each in SIGNALS)
        raise broken

    monkeypatch.setattr("tarazu.app.demo.walk.demo", day)
    done = CliRunner().invoke(ops.command, ["--plain", "--folder", str(tmp_path)], standalone_mode=False)
    return done.return_value, done.output, heard


def test_ctrl_c_a_kill_and_a_closed_window_break_it_off(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
    code, said, heard = began(monkeypatch, tmp_path, KeyboardInterrupt())
    assert code == ops.INTERRUPTED and "everything is down" in said
    assert heard == [ops._break_off] * 3


def test_nohup_keeps_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    _, _, heard = began(monkeypatch, tmp_path, KeyboardInterrupt())
    assert heard[-1] is signal.SIG_IGN


def test_a_full_disk_is_a_failure_with_its_reason(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    full = OSError(errno.ENOSPC, "No space left on device", "demo.json")
    code, said, _ = began(monkeypatch, tmp_path, full)
    assert code == Exit.CRIT
    assert said.startswith("FAILED") and "NOT_WRITTEN" in said and "No space left on device" in said
