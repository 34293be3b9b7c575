"""The active models of a profile: by their hash, or not at all."""

import hashlib
from pathlib import Path
from typing import Any

import pytest

from harness.order_story import DAY
from harness.strategy_desk import ladder
from tarazu import reference
from tarazu.app.main.strategies import BadStrategy, Strategies
from tarazu.app.models.active import BadModels, active_models
from tarazu.app.settings import StrategySettings

WEIGHTS = b'{"schema":"tarazu.model/1","kind":"logistic","features":["gap_bps"],"weights":[0.2]}'
SHA256 = hashlib.sha256(WEIGHTS).hexdigest()


def keep(root: Path, text: bytes = WEIGHTS, sha256: str = SHA256, name: str = "momentum") -> Path:
    folder = root / name
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{sha256}.json").write_bytes(text)
    (folder / "active").write_text(sha256 + "\n")
    return root


def test_no_folder_and_no_choice_are_no_model(tmp_path: Path) -> None:
    assert active_models(tmp_path / "models") == {}
    (keep(tmp_path) / "momentum" / "active").unlink()
    assert active_models(tmp_path) == {}


def test_the_active_one_of_each_name_is_read_with_its_hash(tmp_path: Path) -> None:
    found = active_models(keep(keep(tmp_path), name="other"))
    assert sorted(found) == ["momentum", "other"] and found["momentum"].sha256 == SHA256
    assert found["momentum"].weights.features == ("gap_bps",) and found["momentum"].short == SHA256[:12]


@pytest.mark.parametrize(
    ("made", "told"),
    [
        ({"text": WEIGHTS + b" "}, "is damaged: its hash is"),
        ({"sha256": "not-a-hash"}, "names no SHA-256"),
        ({"text": b"{}", "sha256": hashlib.sha256(b"{}").hexdigest()}, "missing required field"),
    ],
)
def test_one_that_is_not_what_it_is_called_is_refused(tmp_path: Path, made: dict[str, Any], told: str) -> None:
    with pytest.raises(BadModels, match=told):
        active_models(keep(tmp_path, **made))


def test_one_that_is_chosen_and_not_there_is_refused(tmp_path: Path) -> None:
    (keep(tmp_path) / "momentum" / f"{SHA256}.json").unlink()
    with pytest.raises(BadModels, match="is not there; bring it back from a backup"):
        active_models(tmp_path)


def test_a_strategy_is_given_what_is_active_and_a_damaged_one_stops_its_making(tmp_path: Path) -> None:
    instruments = {i.key: i for i in ladder()}
    session = reference.calendar().session(DAY)
    made = Strategies([StrategySettings(factory="momentum")], keep(tmp_path))
    made.try_on(DAY, instruments, session)
    assert made.running[0].model.sha256 == SHA256  # type: ignore[attr-defined]
    (tmp_path / "momentum" / f"{SHA256}.json").write_bytes(b"x")
    with pytest.raises(BadStrategy, match="is damaged"):
        made.try_on(DAY, instruments, session)


def test_a_bundled_strategy_is_made_by_its_name_and_refused_by_its_field_before_there_is_a_day() -> None:
    two = [
        StrategySettings(factory="orb_spread"),
        StrategySettings(factory="orb_spread", params={"name": "late", "product": "MIS"}),
    ]
    made = Strategies(two)
    made.try_on(DAY, {i.key: i for i in ladder()}, None)
    assert made.names == ("orb_spread", "late") and made.watches == {"NSE:NIFTY 50"}
    with pytest.raises(BadStrategy, match=r"orb_spread: lots_max = 0: .* Look: tarazu strategies orb_spread"):
        Strategies([StrategySettings(factory="orb_spread", params={"lots_max": 0})])
    with pytest.raises(BadStrategy, match="no strategy ships under that name; there are orb_spread, iron_fly"):
        Strategies([StrategySettings(factory="orb_sprad")])


@pytest.mark.parametrize(
    ("one", "other", "shared"),
    [
        (
            {"factory": "momentum"},
            {"factory": "iron_fly"},
            "momentum and iron_fly may both trade NFO:NIFTY26NOVFUT NRML",
        ),
        ({"factory": "iron_fly"}, {"factory": "orb_spread"}, "iron_fly and orb_spread may both trade NFO:NIFTY26D01"),
        (
            {"factory": "orb_spread"},
            {"factory": "orb_spread", "params": {"name": "late"}},
            "orb_spread and late may both trade",
        ),
    ],
)
def test_two_strategies_in_one_place_are_refused_with_what_to_change(
    one: dict[str, Any], other: dict[str, Any], shared: str
) -> None:
    instruments = {i.key: i for i in ladder()}
    both = Strategies([StrategySettings(**one), StrategySettings(**other)])
    with pytest.raises(BadStrategy, match=shared + r".*another product"):
        both.try_on(DAY, instruments, None)
    elsewhere = {**other, "params": {**other.get("params", {}), "product": "MIS"}}
    Strategies([StrategySettings(**one), StrategySettings(**elsewhere)]).try_on(DAY, instruments, None)


def test_a_fly_without_hedges_leaves_the_future_to_another() -> None:
    fly = StrategySettings(factory="iron_fly", params={"hedges_max": 0})
    both = Strategies([StrategySettings(factory="momentum"), fly])
    both.try_on(DAY, {i.key: i for i in ladder()}, None)
    assert both.names == ("momentum", "iron_fly")


def test_one_whose_contracts_are_not_in_the_master_is_refused_with_its_reason() -> None:
    with pytest.raises(BadStrategy, match="NoContracts: NSE:NIFTY 50 is not in the master of"):
        Strategies([StrategySettings(factory="iron_fly")]).try_on(DAY, {}, None)
