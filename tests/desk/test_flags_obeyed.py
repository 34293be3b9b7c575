"""Flags through real processes: set, taken within moments, kept to over a death of main, and replayed the same."""

import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from harness.desk import PATIENCE_S, TRADING, Desk, desk
from harness.served import serving
from tarazu.app.flags.store import active_flags
from tarazu.app.flags.versions import path_of
from tarazu.app.supervision.waiting import until
from tarazu.app.verdict import Exit
from tarazu.model.order import Product, Side
from tarazu.strategy.wants import EntryWant, StopPlan

FUTURE = "NFO:NIFTY26NOVFUT"
LOT = 65


@pytest.fixture(scope="module")
def at(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    root: Path = tmp_path_factory.mktemp("flags")
    with (
        serving("--day", "2026-11-19", "--at", "10:00", "--step-ms", "200") as served,
        desk(root, served, TRADING) as made,
    ):
        yield made


@pytest.fixture(autouse=True)
def well(at: Desk) -> None:
    """Each test begins with a desk that trades, and with everything on."""
    at.run("flags", "rollback", "--to", "0")
    at.trading()


def wanted(at: Desk, lots: int) -> dict[str, Any]:
    """The answer to a want, at the price of the moment."""
    ask = round(at.quote(FUTURE)["depth"]["sell"][0]["price"] * 100)
    stop = StopPlan(distance_paise=30_000, width_paise=2_000)
    want = {"strategy": "hand", "key": FUTURE, "side": Side.BUY, "qty": LOT * lots, "product": Product.NRML}
    return at.want(EntryWant(**want, price_paise=(ask + 500) // 5 * 5, stop=stop))


def until_sent(at: Desk, lots: int) -> list[int]:
    """The sizes that a want became; where the market of that very second says no, it is wanted anew."""
    answers: list[dict[str, Any]] = []

    def sent() -> bool:
        answers.append(wanted(at, lots))
        assert "FLAG_OFF" not in codes(answers[-1]), answers[-1]
        return bool(answers[-1]["refs"])

    assert until(sent, PATIENCE_S), answers[-1]
    return [at_of["intent"]["order"]["qty"] for at_of in intents(answers[-1])]


def intents(answer: dict[str, Any]) -> list[dict[str, Any]]:
    return [act for act in answer["acts"] if act["type"] == "Intend"]


def codes(answer: dict[str, Any]) -> list[str]:
    return [denial["code"] for denial in answer["denials"]]


def set_(at: Desk, *changes: str) -> str:
    done = at.run("flags", "set", *changes, "--reason", "a test", "--ahead")
    assert done.returncode == Exit.OK, done.stdout + done.stderr
    assert "main keeps to it" in done.stdout
    return done.stdout


def test_entries_off_is_acknowledged_and_denies_and_on_again_lets_pass(at: Desk) -> None:
    set_(at, "entries=off")
    assert "FLAG_OFF" in codes(wanted(at, 1))
    page = at.main_health.flags
    assert page is not None and page.sha256 == active_flags(at.home.flags).sha256 and page.off == ("entries=off",)
    set_(at, "entries=on")
    assert until_sent(at, 1) == [LOT]


def test_a_size_is_cut_and_none_is_none(at: Desk) -> None:
    set_(at, "strategy.hand.size_pct=50")
    answer = wanted(at, 1)
    assert codes(answer) == ["FLAG_OFF"] and "less than a lot" in str(answer["denials"])
    assert until_sent(at, 3) == [LOT]
    set_(at, "strategy.hand.size_pct=0")
    assert "FLAG_OFF" in codes(wanted(at, 4))


def test_a_main_that_is_killed_comes_back_with_the_flags_it_had(at: Desk) -> None:
    set_(at, "entries=off")
    at.stop_main(signal.SIGKILL)
    at.start_main()
    at.until_main(lambda h: h.flags is not None and h.flags.off == ("entries=off",))
    at.until_main(lambda h: h.phase == "ACTIVE" and h.market is not None and h.market.bands > 0)
    assert "FLAG_OFF" in codes(wanted(at, 1))


def test_a_version_that_is_altered_keeps_entries_off_until_another_is_active(at: Desk) -> None:
    set_(at, "strategy.hand.size_pct=10")
    active = active_flags(at.home.flags)
    path = path_of(at.home.flags, active.version, active.sha256)
    text = path.read_bytes()
    path.chmod(0o600)
    path.write_bytes(text.replace(b"a test", b"A test"))
    at.until_main(lambda h: "FLAGS" in h.trouble and h.phase == "REDUCE_ONLY")
    listed = at.run("flags", "list")
    assert listed.returncode == Exit.CRIT and path.name in listed.stdout
    back = at.run("flags", "rollback", "--to", "0")
    assert back.returncode == Exit.OK, back.stdout
    at.until_main(lambda h: not h.trouble and h.phase == "ACTIVE")
    path.write_bytes(text)
    assert at.run("flags", "list").returncode == Exit.OK


def test_the_day_decided_again_is_the_same(at: Desk) -> None:
    assert at.stop_main() == 0
    replayed = at.run("replay", at.main_health.day, "--verify")
    assert replayed.returncode == Exit.OK, replayed.stdout + replayed.stderr
