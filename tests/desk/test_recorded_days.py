"""A day of two hundred orders through real processes: replayed in another process, its database built from nothing."""

import json
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from harness.scenario_desk import FAST, probing, trading_desk
from tarazu.engine import messages as m

ORDERS = 200


@pytest.mark.timeout(900)
def test_a_day_of_two_hundred_orders_replays_byte_for_byte_and_its_database_is_the_journals_alone(
    tmp_path: Path,
) -> None:
    with trading_desk(tmp_path, probing(every_s=4.0, hold_s=3.0, rest_s=4.0), *FAST) as trading:
        while len(trading.told.sends()) < ORDERS:
            assert trading.desk.main is not None and trading.desk.main.poll() is None, trading.last_words()
            time.sleep(0.2)
        trading.command(m.Order.FLATTEN, "the evening")
        trading.until_flat()
        day, truth = str(trading.told.day), trading.agree()
        assert len(truth.orders) >= ORDERS and len(truth.trades) > ORDERS // 4
        assert trading.kill_main(signal.SIGTERM) == 0 and trading.desk.stop() == 0
        entries = len(trading.told.records)

        replayed = _told(trading.tarazu("replay", day, "--verify", "--json"))
        print(f"{len(truth.orders)} orders, {entries} entries: {replayed}")

        first, second = (_told(trading.tarazu("db", "rebuild", "--json")) for _ in range(2))
        assert first["digest"] == second["digest"] == second["old_digest"]
        trading.restart_main()


def _told(said: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    assert said.returncode == 0, said.stdout + said.stderr
    told: dict[str, Any] = json.loads(said.stdout)
    return told
