"""tarazu engine status and tell: a verdict by what main says of itself, and UNKNOWN for what nobody says."""

import asyncio
import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner

from harness.main_health import NOW_NS, well
from tarazu.app.health import write_health
from tarazu.app.home import Home, home
from tarazu.app.main.health import FeedMark, JournalHealth, OrderCounts, ReadHealth, Stage
from tarazu.app.main.inbox import Inbox
from tarazu.engine.acts import Decline, Step
from tarazu.engine.halts import Halt, RiskState
from tarazu.engine.messages import Commanded, Message, Order
from tarazu.engine.phase import Phase
from tarazu.ops import engine_status, engine_tell


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    monkeypatch.setenv("TARAZU_HOME", str(tmp_path))
    monkeypatch.delenv("TARAZU_PROFILE", raising=False)
    made = home("sim")
    made.make()
    return made


def run(command: click.Command, *words: str) -> tuple[int, str]:
    ran = CliRunner().invoke(command, [*words], standalone_mode=False)
    if ran.exception:
        raise ran.exception
    return ran.return_value, ran.output


def status(desk: Home, **changes: Any) -> tuple[int, str]:
    write_health(desk.main_health, well(**changes))
    return run(engine_status.command)


def test_a_working_engine_is_ok_and_shows_what_it_holds_and_does(desk: Home) -> None:
    code, out = status(desk)
    assert code == 0 and out.startswith("OK  SIM  engine ACTIVE | 1 positions | 1 working (1 stops), 0 unknown")
    assert "NFO:X  NRML     +65  +0 to +65" in out and "epoch 3 | entry 120, 2 not yet durable" in out
    code, out = run(engine_status.command, "--json")
    told = json.loads(out)
    assert told["schema"] == "tarazu.engine.status/1" and told["health"]["orders"]["stops"] == 1


def test_without_a_word_of_it_nothing_is_known(desk: Home) -> None:
    code, out = run(engine_status.command)
    assert code == 3 and out.startswith("UNKNOWN") and "MAIN_DOWN" in out and "fix  tarazu up main" in out
    desk.main_health.write_text("{}")
    assert run(engine_status.command)[0] == 3


def test_a_health_older_than_three_intervals_is_not_believed(desk: Home) -> None:
    code, out = status(desk, mono_ns=time.monotonic_ns() - 61_000_000_000)
    assert code == 3 and "MAIN_SILENT" in out and "is there and tells nothing; it was RUNNING" in out
    code, out = status(desk, pid=(1 << 22) + 1)
    assert code == 3 and "MAIN_DOWN" in out, "what a dead process said last is not what is"
    assert status(desk, boot="another")[0] == 3


WRONG: dict[str, tuple[dict[str, Any], int, str]] = {
    "halted": (
        {"phase": Phase.HALTED, "why": "OPERATOR: x", "halt": Halt(code="OPERATOR", why="x", since_ns=NOW_NS)},
        2,
        "HALTED: OPERATOR: x",
    ),
    "soft halt": (
        {
            "phase": Phase.REDUCE_ONLY,
            "why": "SOFT_HALT, DRAWDOWN: x",
            "halt": Halt(code="DRAWDOWN", why="x", since_ns=NOW_NS, level=RiskState.SOFT_HALT),
        },
        2,
        "SOFT_HALT: no entries: SOFT_HALT, DRAWDOWN: x",
    ),
    "reduce only": ({"phase": Phase.REDUCE_ONLY, "why": "started a moment ago"}, 1, "no entries: started a moment ago"),
    "reconciling": ({"phase": Phase.RECONCILING, "why": "not compared"}, 1, "RECONCILING: not compared"),
    "failed": ({"stage": Stage.FAILED, "detail": "EngineFailed: at Ticked"}, 2, "FAILED: EngineFailed: at Ticked"),
    "no token": ({"stage": Stage.NO_TOKEN, "phase": None, "detail": "none"}, 2, "AUTH_LOST: none"),
    "session over": ({"reads": (ReadHealth(what="ORDERS", age_ns=1, failing="AUTH_LOST: no"),)}, 2, "AUTH_LOST"),
    "stuck": ({"ticked_mono_ns": 1}, 2, "STUCK: its second does not come"),
    "loop": ({"loop_lag_ns": 900_000_000}, 1, "LOOP_LATE"),
    "stale": ({"feeds": (FeedMark(feed="options", fresh=False, required=True, reason="NO_DATA"),)}, 2, "FEED_STALE"),
    "optional": ({"feeds": (FeedMark(feed="vix", fresh=False, required=False),)}, 1, "FEED_STALE"),
    "disk": (
        {"journal": JournalHealth(sequence=1, acknowledged=1, mode="power", space="LOW", dead=None, syncs=1)},
        2,
        "DISK: room is LOW",
    ),
    "dead": (
        {"journal": JournalHealth(sequence=1, acknowledged=0, mode="power", space="OK", dead="EIO", syncs=1)},
        2,
        "JOURNAL_DEAD: EIO",
    ),
    "unknown orders": (
        {"orders": OrderCounts(today=1, working=0, unknown=1, foreign=0, stops=0, sent=1, pending=0)},
        1,
        "UNKNOWN_ORDERS: 1 orders are unknown",
    ),
    "breaks": ({"breaks": ("POSITION of X: ours 1, theirs 0",)}, 1, "RECONCILE: POSITION of X"),
    "trouble": ({"trouble": {"BOOKS": "an execution is not booked"}}, 2, "BOOKS: an execution is not booked"),
    "read": ({"reads": (ReadHealth(what="TRADES", age_ns=1, failing="TIMEOUT: x"),)}, 1, "READ_FAILED: TIMEOUT"),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_is_told_by_its_code(desk: Home, name: str) -> None:
    changes, code, told = WRONG[name]
    assert (found := status(desk, **changes))[0] == code and told in found[1], found


def test_the_status_starts_without_numpy() -> None:
    code = "import sys, tarazu.ops.engine_status, tarazu.ops.engine_tell; print({'numpy', 'numba'} & {*sys.modules})"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "set()\n"


@pytest.fixture
def listening(desk: Home) -> Iterator[list[Message | str]]:
    """What was told; a text put in first is why nothing is taken."""
    heard: list[Message | str] = []

    def take(message: Message) -> tuple[int, Step, str] | str:
        if heard and isinstance(heard[0], str):
            return heard[0]
        heard.append(message)
        declined = isinstance(message, Commanded) and message.order is Order.RESET_HALT
        acts = (Decline(order=Order.RESET_HALT, why="DAY_LOSS persists"),) if declined else ()
        return 17, Step(acts), "HALTED"

    loop = asyncio.new_event_loop()
    inbox = Inbox(desk.main_socket, take)
    loop.run_until_complete(inbox.open())
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    yield heard
    loop.call_soon_threadsafe(inbox.close)
    loop.call_soon_threadsafe(loop.stop)
    thread.join(60)
    loop.run_until_complete(asyncio.sleep(0.05))
    loop.close()


def test_a_word_to_the_engine_is_journalled_and_shown(desk: Home, listening: list[Any]) -> None:
    code, out = run(engine_tell.command, "halt", "--why", "the book looks wrong", "--who", "asha")
    assert code == 0 and out.startswith("DONE  SIM  HALT taken as entry 17, phase HALTED: nothing had to be done")
    assert (listening[0].order, listening[0].who, listening[0].why) == ("HALT", "asha", "the book looks wrong")


def test_a_word_that_is_not_taken_is_a_refusal_with_the_reason(desk: Home, listening: list[Any]) -> None:
    code, out = run(engine_tell.command, "DISOWN", "--why", "by hand")
    assert code == 4 and 'DISOWN needs the "order_id"' in out
    listening.append("main takes nothing now, it is STARTING")
    code, out = run(engine_tell.command, "HALT", "--why", "x")
    assert code == 4 and out.startswith("REFUSED") and "it is STARTING" in out


def test_a_word_that_is_not_followed_is_a_refusal_too(desk: Home, listening: list[Any]) -> None:
    words = ("RESET_HALT", "--why", "x")
    code, out = run(engine_tell.command, *words)
    assert code == 4 and 'RESET_HALT needs the "incident"' in out and not listening
    code, out = run(engine_tell.command, *words, "--incident", "INC-7")
    assert code == 4 and "RESET_HALT is entry 17 and not followed" in out and "DAY_LOSS persists" in out
    assert listening[0].incident == "INC-7"


def test_a_strategy_is_named(desk: Home, listening: list[Any]) -> None:
    code, out = run(engine_tell.command, "HALT_STRATEGY", "--why", "x")
    assert code == 4 and 'HALT_STRATEGY needs the "ref": which strategy' in out
    code, out = run(engine_tell.command, "HALT_STRATEGY", "--why", "x", "--ref", "probe")
    assert code == 0 and listening[0].ref == "probe"


def test_where_nobody_answers_it_is_not_known(desk: Home) -> None:
    code, out = run(engine_tell.command, "HALT", "--why", "x", "--json")
    assert code == 3 and json.loads(out)["verdict"] == "UNKNOWN" and "tarazu up main" in out


def test_another_word_is_a_misuse(desk: Home) -> None:
    with pytest.raises(click.UsageError):
        run(engine_tell.command, "EXPLODE", "--why", "x")
    with pytest.raises(click.UsageError):
        run(engine_tell.command, "HALT")
