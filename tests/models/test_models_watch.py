"""main's eye on the registry: what the pointers say is tried on beside the loop, then told; or it is trouble."""

import threading
import time
from collections.abc import Mapping
from pathlib import Path

import pytest

from tarazu.app.home import Home, Profile
from tarazu.app.main.models_watch import ModelsWatch
from tarazu.app.main.strategies import BadStrategy
from tarazu.app.models.manifest import Manifest
from tarazu.app.models.moving.swap import move
from tarazu.app.models.moving.trail import Act
from tarazu.app.models.registry import register
from tarazu.engine.messages import Message, ModelsSet, RecordTrouble
from tarazu.runtime.whole import write_whole

PATIENCE_S = 60.0


class Watched:
    """A registry with the versions A and B, and a watch that began with A active."""

    def __init__(self, root: Path) -> None:
        self.home = Home(Profile.SIM, root)
        text = b'{"schema":"tarazu.model/1","kind":"linear","features":["x"],"weights":[1],"bias":%d}'
        self.a, self.b = (register(self.home, "xgb", text % n, Manifest(), who="asha", now_ns=1) for n in range(2))
        self.refusal: Exception | None = None
        self.tried: list[Mapping[str, str]] = []
        self.may_go_on = threading.Event()
        self.may_go_on.set()
        self.use(self.a)
        self.watch = ModelsWatch(self.home, {"xgb": self.a}, self.try_on)

    def try_on(self, hashes: Mapping[str, str]) -> None:
        self.may_go_on.wait(PATIENCE_S)
        self.tried.append(hashes)
        if self.refusal is not None:
            raise self.refusal

    def use(self, sha256: str) -> None:
        """As the commands do."""
        act = Act.PROMOTE if sha256 else Act.NONE
        move(self.home, "xgb", act, sha256, why="a test", who="asha", now_ns=2)

    def point(self, text: str) -> None:
        """By hand."""
        write_whole(self.home.models / "xgb" / "active", text.encode())

    def settled(self) -> list[Message]:
        """All it has to tell, and what it has told by the time that nothing is under way."""
        told, deadline = list[Message](), time.monotonic() + PATIENCE_S
        for _ in range(3):  # it begins to look, it has looked, it has nothing more
            told += self.watch.look()
            while any(thread.name == "models" for thread in threading.enumerate()):
                assert time.monotonic() < deadline
                time.sleep(0.001)
        return told


@pytest.fixture
def watched(tmp_path: Path) -> Watched:
    return Watched(tmp_path)


def test_what_it_began_with_is_no_news_and_nothing_is_tried_on(watched: Watched) -> None:
    assert watched.settled() == [] and watched.tried == []


def test_another_version_is_tried_on_and_told_once(watched: Watched) -> None:
    watched.use(watched.b)
    assert watched.settled() == [ModelsSet(active={"xgb": watched.b})]
    assert watched.settled() == [] and watched.tried == [{"xgb": watched.b}]
    watched.use("")
    assert watched.settled() == [ModelsSet(active={})]


def test_nothing_waits_while_it_is_tried_on(watched: Watched) -> None:
    watched.may_go_on.clear()
    watched.use(watched.b)
    assert [watched.watch.look() for _ in range(50)] == [[]] * 50 and watched.tried == []
    watched.may_go_on.set()
    assert watched.settled() == [ModelsSet(active={"xgb": watched.b})]


def test_what_strategies_do_not_take_is_trouble_until_the_pointer_goes_back(watched: Watched) -> None:
    watched.refusal = BadStrategy("no feature is called x")
    watched.use(watched.b)
    assert watched.settled() == [RecordTrouble(of="MODELS", ok=False, text="no feature is called x")]
    assert watched.settled() == [], "said once"
    watched.use(watched.a)
    assert watched.settled() == [RecordTrouble(of="MODELS", ok=True)] and watched.watch.trouble == ""


def test_what_is_mended_in_its_place_is_used(watched: Watched) -> None:
    watched.refusal = BadStrategy("its file is gone")
    watched.use(watched.b)
    watched.settled()
    watched.refusal = None
    assert watched.settled() == [RecordTrouble(of="MODELS", ok=True), ModelsSet(active={"xgb": watched.b})]


@pytest.mark.parametrize("text", ["", "latest", "0" * 63, "../../etc/passwd"])
def test_a_pointer_to_nothing_that_could_be_is_trouble(watched: Watched, text: str) -> None:
    watched.point(text)
    (told,) = watched.settled()
    assert isinstance(told, RecordTrouble) and "names no SHA-256" in told.text and watched.tried == []


def test_a_bug_in_it_is_told_and_ends_nothing(watched: Watched) -> None:
    watched.refusal = ZeroDivisionError("a bug")
    watched.use(watched.b)
    (told,) = watched.settled()
    assert isinstance(told, RecordTrouble) and told.text == "BUG: ZeroDivisionError: a bug"


@pytest.mark.parametrize("how", ["gone", "moved"])
def test_a_pointer_that_no_command_has_moved_is_trouble_and_what_ran_runs_on(watched: Watched, how: str) -> None:
    pointer = watched.home.models / "xgb" / "active"
    if how == "gone":
        pointer.unlink()
    else:
        watched.point(watched.b)
    (told,) = watched.settled()
    assert isinstance(told, RecordTrouble) and not told.ok and "no command has moved" in told.text
    assert watched.tried == []
    watched.use("" if how == "gone" else watched.b)
    now = {} if how == "gone" else {"xgb": watched.b}
    assert watched.settled() == [RecordTrouble(of="MODELS", ok=True), ModelsSet(active=now)]
