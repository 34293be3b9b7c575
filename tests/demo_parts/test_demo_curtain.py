"""The time before the open is passed over once the desk is ready, and for no other reason."""

import pytest

from tarazu.app.demo import curtain
from tarazu.app.demo.curtain import BEFORE_NS, Curtain
from tarazu.app.home import Home, Profile
from tarazu.model.units import SECOND_NS

OPENS_NS = 1_000 * SECOND_NS
JUMPS = [OPENS_NS - BEFORE_NS]


class Broker:
    def __init__(self) -> None:
        self.asked: list[int] = []
        self.is_away = False

    def admin(self, method: str, path: str, body: dict[str, int]) -> None:
        assert (method, path) == ("PUT", "/clock")
        if self.is_away:
            raise OSError("away")
        self.asked.append(body["jump_to"])


@pytest.fixture
def broker(monkeypatch: pytest.MonkeyPatch) -> Broker:
    made = Broker()
    monkeypatch.setattr(curtain, "sim_address", lambda home: None)
    monkeypatch.setattr(curtain, "SimBroker", lambda address: made)
    return made


@pytest.fixture
def down(broker: Broker, tmp_path: object) -> Curtain:
    made = Curtain(Home(Profile.SIM, tmp_path))  # type: ignore[arg-type]
    made.opens_ns = OPENS_NS
    return made


def tend(down: Curtain, *looks: tuple[float, bool]) -> None:
    for before_s, ready in looks:
        down.tend(OPENS_NS - round(before_s * SECOND_NS), ready)


def test_the_wait_for_the_open_ends_once_when_the_desk_is_ready(down: Curtain, broker: Broker) -> None:
    tend(down, (500, False), (400, False), (300, True), (299, True), (1, False))
    assert broker.asked == JUMPS


def test_an_open_that_is_near_or_over_is_left_alone_and_never_taken_back(down: Curtain, broker: Broker) -> None:
    tend(down, (1, True), (300, True), (-10, True))
    assert not broker.asked


def test_a_start_that_failed_lets_the_market_open_all_the_same(down: Curtain, broker: Broker) -> None:
    tend(down, (500, False))
    for _ in range(2):
        down.rise(OPENS_NS - 400 * SECOND_NS)
    assert broker.asked == JUMPS


def test_a_broker_that_did_not_answer_is_asked_again(down: Curtain, broker: Broker) -> None:
    broker.is_away = True
    tend(down, (500, True))
    broker.is_away = False
    tend(down, (499, True))
    assert broker.asked == JUMPS
