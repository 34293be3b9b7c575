"""The desk of a demo: settings that read, for every kind of day."""

import tomllib
from datetime import date

import msgspec
import pytest

from tarazu.app.demo.options import DemoOptions
from tarazu.app.demo.settings import settings_text
from tarazu.app.settings import RISK_NEEDED, Settings
from tarazu.sim.synthetic.scenario import SCENARIOS
from tarazu.strategy.bundled import MODULES

DAY = date(2026, 11, 25)


def settings_of(scenario: str) -> Settings:
    text = settings_text(DemoOptions(scenario=scenario, seed=7), DAY)
    return msgspec.convert(tomllib.loads(text), Settings)


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_they_read_name_the_market_that_was_asked_for_and_set_every_limit(scenario: str) -> None:
    settings = settings_of(scenario)
    assert (settings.sim.scenario, settings.sim.seed, settings.sim.day) == (scenario, 7, "2026-11-25")
    assert all(getattr(settings.engine.risk, name) is not None for name in RISK_NEEDED)
    assert {each.factory for each in settings.engine.strategies} <= set(MODULES)


def test_freshness_is_judged_as_on_any_desk() -> None:
    assert settings_of("normal").feed.optional == Settings().feed.optional


def test_a_day_that_leaves_its_strikes_is_traded_in_futures_alone() -> None:
    assert [each.factory for each in settings_of("crash").engine.strategies] == ["momentum"]
    assert settings_of("crash").feed.underlyings[0].option_expiries == 0


@pytest.mark.parametrize("name", ["day_loss_max", "drawdown_max"])
def test_a_crash_is_given_deeper_limits_for_one_future_moves_by_a_usual_days(name: str) -> None:
    usual, deeper = (getattr(settings_of(scenario).engine.risk, name) for scenario in ("normal", "crash"))
    assert deeper == 3 * usual
