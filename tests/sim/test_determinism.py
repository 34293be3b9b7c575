"""Same seed and command log, same bytes: whatever the hash seed, and however time is sliced between the commands.

Run as a program it performs the log on stdin and prints what the house said, a digest a line.
"""

import hashlib
import os
import subprocess
import sys
from datetime import date, time
from pathlib import Path

import msgspec
import pytest

from harness.clerk import Clerk
from harness.house import Command, House, perform
from tarazu.model import ist
from tarazu.model.units import SECOND_NS
from tarazu.sim.dice import Dice

THURSDAY, FRIDAY = date(2026, 11, 19), date(2026, 11, 20)
BEFORE_THE_OPEN = time(8, 59, 50)
A_DAY_NS = 160 * SECOND_NS
"""From before the pre-open to after the last phase of a short session."""


def opened(seed: int = 11) -> House:
    return House(THURSDAY, BEFORE_THE_OPEN, seed)


def log_of(clerk_seed: int, days: tuple[date, ...] = (THURSDAY,)) -> list[Command]:
    """What a clerk sends on these days, the evenings between them included."""
    house = opened()
    clerk = Clerk(house, clerk_seed)
    for day in days:
        morning_ns = ist.at_ns(day, BEFORE_THE_OPEN)
        clerk.rest(morning_ns)
        list(clerk.trade(morning_ns + A_DAY_NS))
    return clerk.log


@pytest.fixture(scope="module")
def two_days() -> list[Command]:
    return log_of(1, (THURSDAY, FRIDAY))


def test_the_hash_seed_leaves_no_trace(two_days: list[Command], tmp_path: Path) -> None:
    written = tmp_path / "log.json"
    written.write_bytes(msgspec.json.encode(two_days))
    one, two = (_in_a_process(written, hash_seed) for hash_seed in ("1", "2"))
    assert one == two == _digests(perform(opened(), two_days))
    assert len(one) > 400


def test_another_seed_is_another_market(two_days: list[Command]) -> None:
    def markets(seed: int) -> list[bytes]:
        return [said for said in perform(opened(seed), two_days) if said.startswith(b"market ")]

    assert not set(markets(11)) & set(markets(12))


def test_how_two_days_are_sliced_leaves_no_trace(two_days: list[Command]) -> None:
    whole = perform(opened(), two_days)
    for cuts in range(3):
        assert perform(opened(), two_days, Dice(cuts)) == whole


@pytest.mark.parametrize("clerk_seed", range(2, 10))
def test_how_a_day_is_sliced_leaves_no_trace(clerk_seed: int) -> None:
    log = log_of(clerk_seed)
    assert perform(opened(), log, Dice(clerk_seed)) == perform(opened(), log)


def test_the_log_holds_what_these_tests_are_about(two_days: list[Command]) -> None:
    """Guards the properties above against a clerk who does nothing."""
    house = opened()
    answers = [house.do(command) for command in two_days]
    fine = {
        (c.request.method, "/".join(c.request.path.split("/")[1:3]))
        for c, a in zip(two_days, answers, strict=True)
        if c.request is not None and a is not None and a.status == 200
    }
    assert fine >= {
        ("POST", "session/token"), ("POST", "orders/regular"), ("POST", "orders/iceberg"), ("POST", "orders/co"),
        ("POST", "orders/amo"), ("PUT", "orders/regular"), ("DELETE", "orders/regular"), ("POST", "gtt/triggers"),
        ("PUT", "portfolio/positions"), ("POST", "margins/orders"), ("POST", "margins/basket"), ("POST", "alerts"),
        ("POST", "charges/orders"), ("GET", "quote"), ("GET", "instruments/historical"), ("GET", "orders"),
        ("GET", "trades"), ("GET", "portfolio/positions"), ("GET", "user/margins"),
    }  # fmt: skip
    assert {c.fault.kind.partition(".")[0] for c in two_days if c.fault} >= {"order", "update", "rest", "market"}
    assert house.broker.session.day == FRIDAY and all(len(house.broker.trades(u)) > 5 for u in house.broker.accounts)


def _in_a_process(log: Path, hash_seed: str) -> list[str]:
    path = os.pathsep.join((str(Path(__file__).parents[1]), os.environ.get("PYTHONPATH", "")))
    ran = subprocess.run(
        [sys.executable, __file__],
        stdin=log.open("rb"),
        env={**os.environ, "PYTHONHASHSEED": hash_seed, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=True,
    )
    return ran.stdout.split()


def _digests(said: list[bytes]) -> list[str]:
    return [hashlib.sha256(line).hexdigest() for line in said]


if __name__ == "__main__":
    print(*_digests(perform(opened(), msgspec.json.decode(sys.stdin.buffer.read(), type=list[Command]))), sep="\n")
