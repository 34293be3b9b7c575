"""What is above the exchange's freeze quantity goes out as several orders that are not, and the day replays equal."""

import json
from pathlib import Path

import pytest

from harness.in_time import Late, once_in_time
from harness.scenario_desk import CALL, ENGINE, LASTING, LOT, ScenarioDesk, trading_desk
from tarazu.engine import messages as m
from tarazu.model.order import OrdType, Product, Side
from tarazu.strategy.wants import EntryWant

FREEZE = 1_800
"""Of NIFTY, by the rules that the simulated exchange has as well: it refuses one order of more."""
LARGEST = FREEZE // LOT * LOT


@pytest.mark.control("C02")
def test_an_order_above_the_freeze_quantity_is_cut_and_none_is_refused_and_the_day_replays_equal(
    tmp_path: Path,
) -> None:
    with trading_desk(tmp_path, ENGINE, "--step-ms", "200") as trading:
        assert trading.told.messages(m.Started)[0].freeze["NIFTY"] == FREEZE
        once_in_time(lambda: _is_cut(trading))
        replayed = trading.tarazu("replay", "--verify", "--json")  # as far as it is written
        assert json.loads(replayed.stdout)["verdict"] == "EQUAL", replayed.stdout + replayed.stderr


def _is_cut(trading: ScenarioDesk) -> None:
    qty = LARGEST + 2 * LOT
    stop = trading.far(trading.price(CALL))
    want = EntryWant(
        strategy="person", key=CALL, side=Side.BUY, qty=qty, product=Product.NRML, order_type=OrdType.MARKET, stop=stop
    )
    told = trading.want(want)
    if not told["accepted"] and not LASTING & {denial["code"] for denial in told["denials"]}:
        raise Late(f"a moment without entries: {told}")
    assert told["accepted"], told
    rows = [row for ref in told["refs"] for row in trading.agree().of_tag(ref)]
    assert sorted(row["quantity"] for row in rows) == [2 * LOT, LARGEST]
    assert not [row for row in rows if row["status"] == "REJECTED"], rows
    trading.leave(CALL)
    trading.until_flat(CALL)
