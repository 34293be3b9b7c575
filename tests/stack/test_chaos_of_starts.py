"""kill -9 and SIGSTOP of a process that is only beginning: it begins again, and the desk trades as before."""

import os
import signal
from collections.abc import Iterator

import pytest

from harness.stack_desk import StackDesk, stack_desk
from harness.supervised import PATIENCE_S
from tarazu.app.stack.standing import RowState
from tarazu.app.supervision.programs import DEPTH_WS, MAIN, WATCHDOG
from tarazu.app.supervision.waiting import until

KILL, STOP = signal.SIGKILL, signal.SIGSTOP


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StackDesk]:
    with stack_desk(tmp_path_factory.mktemp("starts")) as made:
        made.verb_until(0, "up", "--timeout", "120")
        yield made


def begins(desk: StackDesk, name: str) -> int:
    """It is killed at work, and another is caught as soon as the supervisor has begun it."""
    killed = desk.signal(name, KILL)
    assert until(lambda: desk.state(name).pid not in (None, 0, killed), 2 * PATIENCE_S), desk.row(name)
    caught = desk.state(name).pid
    assert caught
    return caught


@pytest.mark.parametrize("number", [KILL, STOP], ids=["killed", "stopped"])
@pytest.mark.parametrize("name", [DEPTH_WS, WATCHDOG, MAIN])
def test_a_process_that_dies_or_stands_while_it_begins_is_begun_again(
    desk: StackDesk, name: str, number: signal.Signals
) -> None:
    assert until(desk.works, 2 * PATIENCE_S), desk.standing()
    desk.is_trusted()
    entry, before = desk.rest(), len(desk.orders())
    caught = begins(desk, name)
    os.kill(caught, number)

    def goes_on() -> bool:
        row = desk.row(name)
        return row.pid not in (None, caught) and row.state is RowState.RUNNING

    assert until(goes_on, 4 * PATIENCE_S), desk.row(name)
    assert until(desk.works, 2 * PATIENCE_S), desk.standing()
    if name == MAIN:
        assert until(lambda: desk.of(entry.tag or "").status == "CANCELLED", PATIENCE_S), "its decider is gone"
    assert len(desk.orders()) == before, "and nothing was placed in its stead, or twice"
