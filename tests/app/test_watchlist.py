"""From the settings file to what selection chooses from."""

from datetime import date
from pathlib import Path

from tarazu import reference
from tarazu.app.depth_ws.watchlist import plan_of, reach
from tarazu.app.settings import FeedSettings, UnderlyingSettings, read_settings
from tarazu.market.connections import ConnectionLimits
from tarazu.market.selection_plan import StreamMode, UnderlyingPlan
from tarazu.model.instrument import Exchange
from tarazu.sim.synthetic.universe import build_universe

WRITTEN = """
[feed]
cross_asset = ["NSE:INDIA VIX"]
stocks = ["NSE:INFY"]
connections = 2
instruments_each = 1000
recentre_strikes = 3

[[feed.underlyings]]
key = "BSE:SENSEX"
name = "SENSEX"
exchange = "BFO"
futures = 2
option_expiries = 4
strikes_each_side = 20
near_each_side = 7
"""


def test_every_setting_of_the_feed_arrives_in_the_plan(tmp_path: Path) -> None:
    (tmp_path / "tarazu.toml").write_text(WRITTEN)
    plan = plan_of(read_settings(tmp_path / "tarazu.toml").feed)
    assert plan.underlyings == (
        UnderlyingPlan(
            key="BSE:SENSEX",
            name="SENSEX",
            exchange=Exchange.BFO,
            futures=2,
            option_expiries=4,
            strikes_each_side=20,
            near_each_side=7,
        ),
    )
    assert (plan.cross_asset, plan.stocks, plan.recentre_strikes) == (("NSE:INDIA VIX",), ("NSE:INFY",), 3)
    assert plan.connections == ConnectionLimits(connections=2, instruments_each=1000)
    assert set(plan.modes.values()) == {StreamMode.FULL}


def test_an_underlying_has_the_same_members_in_settings_and_plan() -> None:
    assert UnderlyingSettings.__struct_fields__ == UnderlyingPlan.__struct_fields__


def test_the_default_desk_reaches_all_nifty_strikes_of_two_expiries() -> None:
    day = date(2026, 11, 23)
    master = build_universe(day, reference.calendar(), reference.rules("nse-2026"), "full", 1, {}).instruments
    reached = reach(master, plan_of(FeedSettings()), day)
    assert [i.key for i in reached[:4]] == ["NSE:NIFTY 50", "NFO:NIFTY26NOVFUT", "NSE:INDIA VIX", "NSE:NIFTY BANK"]
    assert len({i.expiry for i in reached if i.is_option}) == 2
    assert len(reached) < ConnectionLimits().instruments
