"""Where the sim profile's own broker lives."""

import socket
from pathlib import Path

import msgspec
import pytest

from tarazu.app.home import Home, Profile
from tarazu.app.settings import SimSettings
from tarazu.app.sim_broker.options import BadOptions
from tarazu.app.supervision.programs import DEPTH_WS, MAIN, SIM_BROKER, WATCHDOG, names, programs
from tarazu.app.supervision.sim_place import kept_place, place_to_start

SIM = SimSettings(size="tiny", day="2026-11-19")


@pytest.fixture
def home(tmp_path: Path) -> Home:
    made = Home(Profile.SIM, tmp_path / "sim")
    made.make()
    return made


def test_a_place_is_chosen_once_and_kept(home: Home) -> None:
    assert kept_place(home, SIM) is None
    place = place_to_start(home, SIM)
    assert len({place.rest_port, place.ws_port, place.admin_port}) == 3
    assert place_to_start(home, SIM) == kept_place(home, SIM) == place


def test_a_port_that_somebody_took_is_replaced_and_the_state_is_kept(home: Home) -> None:
    before = place_to_start(home, SIM)
    with socket.socket() as somebody:
        somebody.bind(("127.0.0.1", before.ws_port))
        somebody.listen()
        after = place_to_start(home, SIM)
    assert after.ws_port != before.ws_port
    assert (after.state, after.day) == (before.state, before.day)


def test_another_market_is_another_place_and_another_pace_is_not(home: Home) -> None:
    place = place_to_start(home, SIM)
    assert place_to_start(home, msgspec.structs.replace(SIM, seed=2)).state != place.state
    assert place_to_start(home, msgspec.structs.replace(SIM, speed=60.0)) == place


def test_the_day_that_was_chosen_stays_the_day(home: Home) -> None:
    place = place_to_start(home, SimSettings(size="tiny"))
    words = place.words(SimSettings(size="tiny"))
    assert words[words.index("--day") + 1] == place.day


def test_a_day_without_trading_is_refused(home: Home) -> None:
    with pytest.raises(BadOptions, match="not a trading day"):
        place_to_start(home, SimSettings(day="2026-11-22"))
    assert kept_place(home, SimSettings(day="2026-11-22")) is None


def test_only_the_sim_profile_has_a_broker(home: Home, tmp_path: Path) -> None:
    place = place_to_start(home, SIM)
    assert names(home) == tuple(p.name for p in programs(home, SIM, place)) == (SIM_BROKER, DEPTH_WS, MAIN, WATCHDOG)
    paper = Home(Profile.PAPER, tmp_path / "paper")
    assert names(paper) == tuple(p.name for p in programs(paper, SIM, place)) == (DEPTH_WS, MAIN, WATCHDOG)
    live = Home(Profile.LIVE, tmp_path / "live")
    assert names(live) == tuple(p.name for p in programs(live, SIM, place)) == (DEPTH_WS, MAIN, WATCHDOG)
