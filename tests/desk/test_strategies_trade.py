"""The bundled strategies through real processes, all three at once: a quiet, a trending, a falling and an expiry day.

Each day begins a minute before the open at the pace of a clock, and is twenty times as fast once the desk is there.
What they decided is read from the journal; that they
decided it from what they saw is shown by deciding the whole day anew.
"""

import hashlib
import json
import time
from pathlib import Path
from typing import Any

import pytest

from harness.broker_process import broker_process
from harness.desk import desk
from harness.limits import WIDE_TOML
from harness.scenario_desk import ScenarioDesk
from tarazu.app.home import Home
from tarazu.engine import messages as m
from tarazu.engine.acts import Decide, HaltStrategy
from tarazu.orders.order_state import OrderState
from tarazu.strategy.decision import Decision, Verb

FEED = """
[feed]
sentinels = 0
cross_asset = ["NSE:INDIA VIX"]
[[feed.underlyings]]
key = "NSE:NIFTY 50"
name = "NIFTY"
option_expiries = 2
"""
ENGINE = (
    """
[engine]
position_limit_default = 6500
settle_s = 2
durability = "process"
"""
    + WIDE_TOML
)
EXPIRY_DAYS = {"expiry_pin": 0}
"""A Monday, for the Tuesday is a holiday; elsewhere the options of another day are traded. What expires is
worth nothing a few strikes away, and has no bid: its wings are near."""
# Two strategies in one place are refused: the fly has the positions of one product, the others those of the other.
PLANS: dict[str, dict[str, Any]] = {
    "orb_spread": {
        "product": "MIS",
        "range_minutes": 1, "late_seconds": 100, "buffer_bps": 0, "range_bps_min": 0, "debit_share_max": 0.95,
        "leg_spread_bps_max": 5000, "lots_max": 1, "risk_rupees": 1e6, "retry_seconds": 20,
    },
    "iron_fly": {
        "from_minutes": 1, "wing_strikes": 6, "credit_share_min": 0.01, "leg_spread_bps_max": 5000, "lots_max": 1,
        "risk_rupees": 1e6, "retry_seconds": 20, "band_lots": 0.5, "hedge_seconds": 20, "entry_seconds": 300,
    },
    "momentum": {
        "product": "MIS",
        "bar_seconds": 3, "fast_bars": 3, "slow_bars": 8, "gap_bps_min": 0.1, "score_min": 0.5, "risk_rupees": 1e6,
        "lots_max": 1, "retry_seconds": 30, "hold_minutes": 2, "entry_seconds": 300,
    },
}  # fmt: skip
MODEL = b'{"schema":"tarazu.model/1","kind":"logistic","features":["gap_bps"],"weights":[0.1],"bias":1}'
DAYS = [
    ("quiet", "2026-11-19"),
    ("trend", "2026-11-19"),
    ("crash", "2026-11-19"),
    ("expiry_pin", "2026-11-23"),
]
PATIENCE_S = 120.0
FAST = 20.0


def settings(scenario: str) -> str:
    rows = ""
    for name, plan in PLANS.items():
        days = {"expiry_days_min": EXPIRY_DAYS.get(scenario, 1)} if name != "momentum" else {}
        near = {"wing_strikes": 2} if name == "iron_fly" and scenario in EXPIRY_DAYS else {}
        words = ", ".join(f"{key} = {json.dumps(value)}" for key, value in {**plan, **days, **near}.items())
        rows += f'[[engine.strategies]]\nfactory = "{name}"\nparams = {{ {words} }}\n'
    return FEED + ENGINE + rows


def keep_model(home: Home) -> str:
    sha256 = hashlib.sha256(MODEL).hexdigest()
    folder = home.models / "momentum"
    folder.mkdir(parents=True)
    (folder / f"{sha256}.json").write_bytes(MODEL)
    (folder / "active").write_text(sha256)
    return sha256


@pytest.mark.parametrize(("scenario", "day"), DAYS)
def test_three_strategies_trade_a_day_and_it_is_decided_the_same_again(tmp_path: Path, scenario: str, day: str) -> None:
    flags = ("--size", "desk", "--day", day, "--at", "09:14", "--step-ms", "500")
    with broker_process(*flags, "--scenario", scenario) as served, desk(tmp_path, served, settings(scenario)) as made:
        model = keep_model(made.home)
        trading = ScenarioDesk(made).begin()
        served.admin("PUT", "/clock", {"rate": FAST})
        until_all_have_traded(trading)
        trading.command(m.Order.FLATTEN, "the evening")
        trading.until_flat()
        truth = trading.agree()
        assert not trading.told.acts(HaltStrategy), "none raised"
        judge(trading, model)
        assert len(truth.trades) >= 8 and trading.kill_main(15) == 0 and made.stop() == 0
        replayed = trading.tarazu("replay", str(trading.told.day), "--verify", "--json")
        assert replayed.returncode == 0, replayed.stdout + replayed.stderr


def until_all_have_traded(trading: ScenarioDesk) -> None:
    """Every one has filled something, or the patience is over: what is missing then is told by `judge`."""
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline and not all(filled(trading, name) for name in PLANS):
        assert trading.desk.main is not None and trading.desk.main.poll() is None, trading.last_words()
        time.sleep(0.2)


def filled(trading: ScenarioDesk, name: str) -> list[OrderState]:
    return [o for o in trading.told.orders("ENTRY") if o.intent is not None and o.intent.strategy == name and o.cum_qty]


def decided(trading: ScenarioDesk, name: str) -> list[Decision]:
    return [act.decision for act in trading.told.acts(Decide) if act.decision.strategy == name]


def judge(trading: ScenarioDesk, model: str) -> None:
    for name in PLANS:
        story = decided(trading, name)
        entered = [said for said in story if said.verb is Verb.ENTER]
        assert entered and all(said.numbers and said.wants for said in entered), (name, story)
        assert filled(trading, name), (name, [f"{said.verb} {said.why}" for said in story], trading.last_words())
    fly = [o for o in filled(trading, "iron_fly") if "FUT" not in o.key]
    assert sum(o.side.sign * o.cum_qty for o in fly) == 0 and len({o.key for o in fly}) % 4 == 0
    spread = filled(trading, "orb_spread")
    assert [str(o.side) for o in spread[:2]] == ["BUY", "SELL"], "the leg that limits the loss first"
    assert f"model {model[:12]} agrees" in next(s.why for s in decided(trading, "momentum") if s.verb is Verb.ENTER)
