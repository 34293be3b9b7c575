"""Parameters out of range are refused with the field, the value and the bound; and what may be said is told."""

import importlib
from typing import Any

import pytest

from harness.order_story import DAY
from harness.strategy_desk import ladder
from tarazu.strategy.bundled import MODULES, bundled
from tarazu.strategy.day import TradingDay
from tarazu.strategy.params import BadParams, explain, read

TODAY = TradingDay(date=DAY, instruments={i.key: i for i in ladder()})


@pytest.mark.parametrize(
    ("name", "params", "told"),
    [
        ("orb_spread", {"range_minutes": 0}, "range_minutes = 0: a whole number, 1 at least, 120 at most"),
        ("orb_spread", {"range_minutes": 1.5}, "range_minutes = 1.5: a whole number"),
        ("orb_spread", {"risk_rupees": -5}, r"risk_rupees = -5: a number, above 0, 100,000,000 at most"),
        ("orb_spread", {"product": "CNC"}, "product = 'CNC': one of MIS, NRML"),
        ("orb_spread", {"range_minuts": 5}, "range_minuts: there is no such parameter; there are name, index"),
        ("orb_spread", {"name": "My Name"}, "name = 'My Name': a text, like"),
        ("orb_spread", {"range_bps_min": 200}, "range_bps_min is to be below range_bps_max"),
        ("orb_spread", {"range_minutes": 60, "until_minutes": 30}, "range_minutes is to be below until_minutes"),
        ("iron_fly", {"wing_strikes": 1}, "wing_strikes = 1: a whole number, 2 at least, 40 at most"),
        ("iron_fly", {"band_lots": 0.1}, "band_lots = 0.1: a number, 0.5 at least, 50 at most"),
        ("iron_fly", {"from_minutes": 250}, "from_minutes is to be below until_minutes"),
        ("momentum", {"fast_bars": 30}, "fast_bars is to be below slow_bars"),
        ("momentum", {"without_model": "guess"}, "without_model = 'guess': one of pass, trade"),
    ],
)
def test_a_parameter_out_of_range_is_refused_with_its_reason(name: str, params: dict[str, Any], told: str) -> None:
    found = bundled(name)
    assert found is not None
    with pytest.raises(BadParams, match=told):
        found.make(params, TODAY)


@pytest.mark.parametrize("name", MODULES)
def test_every_parameter_of_every_strategy_is_explained_and_its_default_is_inside_its_bounds(name: str) -> None:
    found = bundled(name)
    assert found is not None
    for row in explain(found.params):
        assert row.what.endswith(".") and row.bounds, row
        assert row.unit or row.name in ("name", "index", "contracts", "product", "model", "without_model", "score_min")
        if row.default is not None:
            read(found.params, {row.name: row.default})
    made = found.make({}, TODAY)
    assert made.name == name and made.watches


@pytest.mark.parametrize("name", MODULES)
def test_every_strategy_says_what_it_bets_on_and_what_it_costs(name: str) -> None:
    about = importlib.import_module(MODULES[name]).__doc__ or ""
    assert "The bet:" in about and "cost" in about and ("lose" in about or "lost" in about)


def test_one_that_does_not_ship_is_none() -> None:
    assert bundled("get_rich") is None
