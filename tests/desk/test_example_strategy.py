"""docs/first-strategy.md's example through real processes: it trades a rising morning."""

import json
import time
from pathlib import Path

from harness.broker_process import broker_process
from harness.desk import TINY, desk
from harness.imports import PYTHONPATH
from harness.limits import WIDE_TOML
from harness.scenario_desk import ScenarioDesk
from tarazu.engine import messages as m
from tarazu.engine.acts import Decide
from tarazu.strategy.decision import Verb

ROOT = Path(__file__).parents[2]
SETTINGS = (
    TINY.replace("[feed]", "[feed]\nsentinels = 0")
    + '[engine]\nposition_limit_default = 65\nsettle_s = 2\ndurability = "process"\n'
    + WIDE_TOML
    + '[[engine.strategies]]\nfactory = "examples.pullback:make"\nparams = { dip_bps = 1 }\n'
)
PATIENCE_S = 120.0
FAST = 20.0


def test_a_strategy_of_ones_own_trades_with_a_stop_and_its_day_replays(tmp_path: Path) -> None:
    market = ("--scenario", "trend", "--at", "09:20", "--step-ms", "500")
    with broker_process(*market) as served, desk(tmp_path, served, SETTINGS) as made:
        trading = ScenarioDesk(made)
        made.environment["PYTHONPATH"] = f"{PYTHONPATH}:{ROOT}"
        trading.begin()
        served.admin("PUT", "/clock", {"rate": FAST})
        until_it_has_traded(trading)
        trading.command(m.Order.FLATTEN, "the example is over")
        trading.until_flat()
        trading.agree()
        decided = [act.decision for act in trading.told.acts(Decide) if act.decision.strategy == "pullback"]
        entered = [said for said in decided if said.verb is Verb.ENTER]
        assert entered and all(said.numbers["dip_bps"] >= 1 for said in entered), decided
        assert any(order.cum_qty == 65 for order in trading.told.orders("ENTRY"))
        assert trading.kill_main(15) == 0 and made.stop() == 0
        replayed = trading.tarazu("replay", str(trading.told.day), "--verify", "--json")
        assert replayed.returncode == 0, replayed.stdout + replayed.stderr
        assert json.loads(replayed.stdout)["exit_code"] == 0


def until_it_has_traded(trading: ScenarioDesk) -> None:
    """And the stop behind it rests at the exchange."""
    deadline = time.monotonic() + PATIENCE_S
    while not any(order.status == "WORKING" for order in trading.told.orders("STOP")):
        assert trading.desk.main is not None and trading.desk.main.poll() is None, trading.last_words()
        assert time.monotonic() < deadline, [act.decision for act in trading.told.acts(Decide)]
        time.sleep(0.2)
