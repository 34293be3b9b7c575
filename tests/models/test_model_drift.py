"""Drift: the PSI by its formula, nothing said of too few, and counted by main as decisions are made."""

import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tarazu.app.home import Home, Profile
from tarazu.app.main.models_drift import ModelsDrift
from tarazu.app.models.drift import BINS, PSI_WARN, ROWS_MIN, Counted, bins_of, drift, psi
from tarazu.app.models.manifest import Bins, Manifest
from tarazu.app.models.registry import register
from tarazu.app.settings import ModelSettings
from tarazu.engine.acts import Decide, Step
from tarazu.strategy.decision import Decision, Verb

HALVES = Bins(edges=(0.0,), shares=(0.5, 0.5))
TEXT = b'{"schema":"tarazu.model/1","kind":"linear","features":["x"],"weights":[1]}'
numbers = st.floats(-1e6, 1e6)


def test_the_psi_is_that_of_the_book() -> None:
    moved = [-1.0] * 20 + [1.0] * 80
    assert psi(HALVES, moved) == pytest.approx((0.2 - 0.5) * math.log(0.2 / 0.5) + (0.8 - 0.5) * math.log(0.8 / 0.5))
    assert psi(HALVES, [-1.0] * 50 + [1.0] * 50) == 0
    assert psi(HALVES, [1.0] * 100) == pytest.approx(-0.495 * math.log(0.005 / 0.5) + 0.5 * math.log(2)), "half a value"


def test_a_value_on_an_edge_belongs_below_it_as_in_training() -> None:
    assert psi(HALVES, [0.0] * 50 + [1.0] * 50) == 0


@given(st.lists(numbers, min_size=1, max_size=300))
def test_what_was_trained_on_has_not_drifted(values: list[float]) -> None:
    bins = bins_of(values)
    assert len(bins.shares) == len(bins.edges) + 1 <= BINS and sum(bins.shares) == pytest.approx(1)
    assert list(bins.edges) == sorted(set(bins.edges)) and min(bins.shares) > 0
    assert psi(bins, values) == pytest.approx(0, abs=1e-12)


@given(st.lists(numbers, min_size=2, max_size=200), st.lists(numbers, min_size=1, max_size=200))
def test_it_is_never_below_nothing_and_forgets_the_order(then: list[float], now: list[float]) -> None:
    found = psi(bins_of(then), now)
    assert found >= 0 and found == pytest.approx(psi(bins_of(then), now[::-1]))


def test_bins_of_values_that_repeat_and_of_none_are_still_bins() -> None:
    assert bins_of([1.0] * 50) == Bins(edges=(), shares=(1.0,)) == bins_of([])
    assert bins_of([0.0] * 90 + [1.0] * 10) == Bins(edges=(0.0,), shares=(0.9, 0.1))
    assert bins_of([float("nan"), 1.0, 2.0]).shares == bins_of([1.0, 2.0]).shares


def test_of_too_few_nothing_is_said() -> None:
    row = {"x": 1.0}
    assert drift({"x": HALVES}, [row] * (ROWS_MIN - 1)).worst is None
    assert drift({"x": HALVES, "y": HALVES}, [row] * ROWS_MIN).psi.keys() == {"x"}, "nobody told y"
    assert drift({"x": HALVES}, [{"x": math.nan}] * ROWS_MIN).psi == {}


def test_the_worst_is_named() -> None:
    counted = Counted({"still": HALVES, "moved": HALVES})
    for n in range(ROWS_MIN):
        counted.add({"still": 1.0 if n % 2 else -1.0, "moved": 1.0})
    worst = counted.drift().worst
    assert worst is not None and worst[0] == "moved" and worst[1] > PSI_WARN


def test_the_limit_that_is_told_is_the_settings_own() -> None:
    assert ModelSettings().psi_warn == PSI_WARN


def decided(sha256: str, x: float, measured: bool = True) -> Step:
    why = f"model {sha256[:12]} says no"
    said = Decision(strategy="m", verb=Verb.PASS, about="F", why=why, numbers={"x": x}, measured=measured)
    return Step((Decide(decision=said),), ())


def test_main_counts_what_the_version_itself_was_asked_and_begins_anew_with_another(tmp_path: Path) -> None:
    home = Home(Profile.SIM, tmp_path)
    made = [
        register(home, "xgb", TEXT + b" " * n, Manifest(spread={"x": HALVES}), who="asha", now_ns=1) for n in range(2)
    ]
    heard = ModelsDrift(home, {"xgb": made[0]})
    for n in range(ROWS_MIN):
        heard.heard(decided(made[0], 1.0 if n % 2 else -1.0))
        heard.heard(decided(made[1], 5.0))
        heard.heard(decided(made[0], 5.0, measured=False))
    page = heard.pages()["xgb"]
    assert (page.rows, page.name, page.psi) == (ROWS_MIN, "x", 0)
    heard.use({"xgb": made[1]})
    assert heard.pages()["xgb"].why == f"0 decisions of {ROWS_MIN}"
    heard.use({})
    assert heard.pages() == {}


def test_without_a_manifest_to_believe_the_drift_is_not_known_and_says_why(tmp_path: Path) -> None:
    home = Home(Profile.SIM, tmp_path)
    bare = register(home, "bare", TEXT, Manifest(), who="asha", now_ns=1)
    pages = ModelsDrift(home, {"bare": bare, "gone": "ab" * 32}).pages()
    assert pages["bare"].psi is None and "does not tell what it was trained on" in pages["bare"].why
    assert pages["gone"].psi is None and "no manifest" in pages["gone"].why
