"""kill -9 and SIGSTOP of each process of a stack that trades: found out, entries cancelled, one restart, none doubled,
by the broker's own books and the supervisor's own count."""

import signal
from collections.abc import Iterator

import pytest

from harness.stack_desk import StackDesk, stack_desk
from harness.supervised import PATIENCE_S
from tarazu.app.main.telling import tell_main
from tarazu.app.stack.standing import RowState
from tarazu.app.supervision.programs import DEPTH_WS, MAIN, WATCHDOG
from tarazu.app.supervision.waiting import until
from tarazu.engine.phase import Phase

KILL, STOP = signal.SIGKILL, signal.SIGSTOP


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StackDesk]:
    with stack_desk(tmp_path_factory.mktemp("chaos")) as made:
        made.verb_until(0, "up", "--timeout", "120")
        yield made


def no_order_is_there_twice(desk: StackDesk) -> None:
    tags = [row.tag for row in desk.orders()]
    assert len(set(tags)) == len(tags) and all(tags)


@pytest.mark.parametrize("number", [KILL, STOP], ids=["killed", "stopped"])
@pytest.mark.parametrize("name", [DEPTH_WS, WATCHDOG])
def test_who_only_looks_comes_back_once_and_no_order_is_touched(
    desk: StackDesk, name: str, number: signal.Signals
) -> None:
    assert until(desk.works, 2 * PATIENCE_S), desk.standing()
    before, main = len(desk.orders()), desk.pid(MAIN)
    deaths = desk.row(name).restarts
    pid = desk.signal(name, number)
    if number is STOP:  # known to do nothing as soon as the kernel says it, unless it is killed for that already
        assert until(lambda: (row := desk.row(name)).state is RowState.HUNG or row.pid != pid, PATIENCE_S)
    desk.came_back(name, pid, deaths)
    assert desk.pid(MAIN) == main and len(desk.orders()) == before
    no_order_is_there_twice(desk)


def test_main_comes_back_once_from_each_death_and_after_the_second_takes_no_entries_before_a_person_says_so(
    desk: StackDesk,
) -> None:
    assert until(desk.works, 2 * PATIENCE_S), desk.standing()
    desk.is_trusted()
    for number in (KILL, STOP):
        entry, deaths = desk.rest(), desk.row(MAIN).restarts
        pid = desk.signal(MAIN, number)
        desk.came_back(MAIN, pid, deaths)
        tag = entry.tag or ""
        assert until(lambda tag=tag: desk.of(tag).status == "CANCELLED", PATIENCE_S), desk.of(tag)  # type: ignore[misc]
        no_order_is_there_twice(desk)

    def waits_for_a_person() -> bool:
        health = desk.main()
        return health is not None and health.phase is Phase.REDUCE_ONLY and "RESTARTS: main was started" in health.why

    def is_active() -> bool:
        health = desk.main()
        return health is not None and health.phase is Phase.ACTIVE

    assert until(waits_for_a_person, 2 * PATIENCE_S), desk.main()
    out = desk.verb_until(1, "status")
    assert "REDUCE_ONLY" in out and f"NOTE       main died {desk.row(MAIN).restarts} times unasked" in out, out
    tell_main(desk.home, {"order": "ENTRIES_ON", "who": "tester", "why": "it was a test"}, patience_s=PATIENCE_S)
    assert until(is_active, PATIENCE_S), desk.main()


def test_a_stop_resurrects_nobody_and_says_what_is_left(desk: StackDesk) -> None:
    assert until(desk.works, 2 * PATIENCE_S), desk.standing()
    desk.is_trusted()
    entry = desk.rest()
    desk.signal(MAIN, STOP)
    code, out, _ = desk.verb("down", "all")
    assert code == 0 and out.startswith("DOWN  SIM  "), out
    assert "account            is flat, 1 entries cancelled here" in out, f"by this command, main could not: {out}"
    assert entry.tag and [row.state for row in desk.standing().rows] == [RowState.STOPPED] * 4
