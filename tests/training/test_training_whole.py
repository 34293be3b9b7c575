"""A training whole: days in; out a version with a signed manifest, judged by days that no model of the way had seen."""

import contextlib
import json
import sys
import time as monotonic
from collections.abc import Callable, Iterator
from datetime import date, time
from functools import cache
from pathlib import Path

import msgspec
import numpy as np
import pytest
from click.testing import CliRunner

from harness.whole_page import whole
from tarazu import reference
from tarazu.app.health import boot
from tarazu.app.home import Home, Profile
from tarazu.app.models.registry import register, version_of
from tarazu.app.models.versions import ACTIVE
from tarazu.app.research.day import ResearchDay
from tarazu.app.research.made_days import Making, made_day
from tarazu.app.training import told
from tarazu.app.training.boosted import Boosting
from tarazu.app.training.folds import Folds
from tarazu.app.training.moments import read_params
from tarazu.app.training.report import report
from tarazu.app.training.rows import DayRows, Rows
from tarazu.app.training.trained import Trained, scores, trained
from tarazu.app.training.training import Order, Training, active_of, keep, train
from tarazu.app.verdict import Status
from tarazu.model.units import MINUTE_NS
from tarazu.ops import train_xgb
from tarazu.strategy.momentum import FEATURES
from tarazu.strategy.scored import read_model
from tarazu.strategy.trees import Trees, read_trees

DAY_NS = 24 * 60 * MINUTE_NS
BOOSTING = Boosting(rounds=15)
PARAMS = read_params({"gap_bps_min": 0.2, "target_bps": 8.0, "hold_minutes": 20, "fast_bars": 3, "slow_bars": 8})
ORDER = Order(family="xgb", params=PARAMS, boosting=BOOSTING, folds=Folds(train=4, embargo=1, test=1), psi_warn=0.2)


@contextlib.contextmanager
def quiet(label: str) -> Iterator[Callable[[int, int], None]]:
    yield lambda done, total: None


def drawn_days(count: int, skill: float) -> list[DayRows]:
    """Sixty trades a day; the gap tells which of them win, as far as there is `skill`."""
    return [_drawn_day(place, skill) for place in range(count)]


def _drawn_day(place: int, skill: float) -> DayRows:
    draw = np.random.default_rng(place)
    features = draw.normal(size=(60, len(FEATURES))).astype(np.float32)
    began_ns = (place * DAY_NS + np.arange(60) * MINUTE_NS).astype(np.int64)
    result = skill * features[:, FEATURES.index("gap_bps")] + draw.normal(size=60) - 0.3
    rows = Rows(
        features=features,
        began_ns=began_ns,
        ends_ns=began_ns + 20 * MINUTE_NS,
        net_paise=(result * 1_000_00).astype(np.int64),
        day=np.full(60, place, np.int32),
    )
    return DayRows(name=f"day {place}", date=f"2026-12-{place + 1:02}", rows=rows, unfilled=0, open=0, sha256="00" * 32)


@cache
def learned(skill: float) -> Trained:
    return trained(drawn_days(20, skill), PARAMS, BOOSTING, Folds(train=10, embargo=1, test=3), "drawn", quiet)


def made_days(count: int = 7) -> Iterator[ResearchDay]:
    day = date(2026, 11, 23)
    for n in range(count):
        yield made_day(Making(date=day, seed=20 + n, scenario="trend", size="tiny", until=time(11, 15)))
        day = reference.calendar().next_trading_day(day)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    return Home(Profile.SIM, tmp_path_factory.mktemp("trained") / "sim")


@pytest.fixture(scope="module")
def training(home: Home) -> Training:
    """On made days, by the strategy itself."""
    return train(home, ORDER, made_days(), 7, quiet)


def test_what_there_is_to_know_is_found_and_makes_money_on_days_behind() -> None:
    of = learned(3.0)
    assert of.word.log_loss < 0.75 * of.word.log_loss_share and of.word.auc is not None and of.word.auc > 0.9
    assert of.model.net_paise > max(of.baseline.net_paise, 0) and len(of.model.places) > 5
    drawn = [told_ for told_ in of.word.bins if told_.rows]
    assert all(abs(one.said - one.seen) < 0.3 for one in drawn), "calibrated, as far as so few rows show"


def test_where_there_is_nothing_to_know_nothing_is_said_to_be_known() -> None:
    of = learned(0.0)
    assert of.word.log_loss >= of.word.log_loss_share and of.word.auc is not None and abs(of.word.auc - 0.5) < 0.1


def test_every_row_judged_by_was_judged_by_a_model_that_had_not_seen_it_and_its_neighbours() -> None:
    of = learned(3.0)
    assert sorted(set(of.rows.day.tolist())) == list(range(11, 20)) and len(of.rows) == len(of.said) == 9 * 60
    for one in of.stretches:
        assert one.learned[1] < one.tested[0]
    whole = read_trees(of.text)
    assert not np.array_equal(scores(whole, of.rows), of.said), (
        "the version has seen all days and is not judged by them"
    )


def test_the_version_is_made_of_all_days_and_tells_how_they_were_spread() -> None:
    of = learned(3.0)
    assert set(of.spread) == {*FEATURES, "score"} and set(of.drift) == set(FEATURES)
    assert all(sum(bins.shares) == pytest.approx(1.0) for bins in of.spread.values())
    assert max(of.drift.values()) < 0.2, "drawn alike"


def test_one_row_and_many_are_scored_alike_and_as_the_strategy_would_be_told() -> None:
    of = learned(3.0)
    model = read_trees(of.text)
    few = of.rows.taken(np.arange(40))
    asked = [model.score(dict(zip(FEATURES, map(float, row), strict=True))) for row in few.features]
    assert scores(model, few).tolist() == asked


def test_the_same_days_and_words_make_the_same_version(home: Home, training: Training) -> None:
    again = train(home, ORDER, made_days(), 7, quiet)
    assert again.trained.text == training.trained.text
    assert msgspec.structs.replace(again.manifest, code="") == msgspec.structs.replace(training.manifest, code="")


def test_a_version_is_kept_under_its_hash_and_its_manifest_says_what_it_is_of(home: Home, training: Training) -> None:
    sha256 = keep(home, training, "a tester", 1_800_000_000_000_000_000)
    assert keep(home, training, "another", 1) == sha256, "the same bytes are the same version"
    found = version_of(home, "xgb", sha256)
    assert isinstance(read_model(found.text), Trees) and found.manifest is not None
    manifest = found.manifest
    assert list(manifest.data) == [day.name for day in training.days] and all(map(len, manifest.data.values()))
    assert (manifest.who, manifest.code) == ("a tester", training.build)
    assert manifest.params["momentum.gap_bps_min"] == 0.2 and manifest.params["boosting.rounds"] == 15
    assert manifest.out_of_sample is not None and manifest.baseline is not None and manifest.against == {}
    assert manifest.metrics["rows"] == len(training.trained.rows)
    assert not (home.models / "xgb" / ACTIVE).exists(), "nothing becomes active by training"


def test_the_active_version_is_judged_on_the_same_days_and_only_by_those_it_was_not_made_of(
    tmp_path: Path, training: Training
) -> None:
    home = Home(Profile.SIM, tmp_path / "sim")
    knowing = {day.name: day.sha256 for day in training.days[:6]}
    before = register(
        home, "xgb", learned(3.0).text, msgspec.structs.replace(training.manifest, data=knowing), who="x", now_ns=1
    )
    (home.models / "xgb" / ACTIVE).write_text(before)
    beside = train(home, ORDER, made_days(), 7, quiet).beside
    assert beside is not None and beside.is_fair and beside.sha256 == before
    assert beside.days == beside.own.days == beside.active.days == 1, "of two judged days it was made of one"


def test_an_active_version_that_is_damaged_stops_the_training_before_the_days_are_read(tmp_path: Path) -> None:
    from tarazu.app.models.versions import BadVersion

    home = Home(Profile.SIM, tmp_path / "sim")
    folder = home.models / "xgb"
    folder.mkdir(parents=True)
    (folder / ACTIVE).write_text("ab" * 32)
    with pytest.raises(BadVersion, match="is not there"):
        train(home, ORDER, iter(()), 0, quiet)
    assert active_of(home, "another") is None


def test_the_page_stands_alone_and_says_what_the_verdict_says(training: Training) -> None:
    page = report(training, "ab" * 32, 1_800_000_000_000_000_000)
    assert whole(page).links == []
    lines = "\n".join(told.lines(training))
    assert f"{training.trained.word.log_loss:.4f}" in page and f"{training.trained.word.log_loss:.4f}" in lines
    for one in training.trained.stretches:
        assert one.tested[0] in page and one.tested[0] in lines


def test_a_model_without_an_edge_is_said_to_have_none(training: Training) -> None:
    nothing = msgspec.structs.replace(training, trained=learned(0.0))
    assert {check.code for check in told.checks(nothing)} & {"NO_SKILL", "NO_EDGE", "NEVER_TRADES"}
    good = msgspec.structs.replace(training, trained=learned(3.0))
    assert [check.status for check in told.checks(good)] == [Status.OK] * 3


# The command.


def run(*words: str) -> tuple[int, dict[str, object]]:
    ran = CliRunner().invoke(train_xgb.command, [*words, "--json"], standalone_mode=False)
    assert ran.exception is None, ran.exception
    return ran.return_value, json.loads(ran.stdout)


@pytest.fixture
def fresh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TARAZU_HOME", str(tmp_path / "h"))
    return tmp_path


WORDS = (
    "--days", "synthetic:20x5", "--scenario", "trend", "--size", "tiny", "--to", "11:30", "--walk-forward", "3:1",
    "--embargo-days", "0", "--rounds", "10", "--param", "gap_bps_min=0.2", "--param", "target_bps=8",
    "--param", "fast_bars=3", "--param", "slow_bars=8",
)  # fmt: skip


def test_the_command_registers_a_version_and_writes_its_page(fresh: Path) -> None:
    desk = Home(Profile.SIM, fresh / "h" / "sim")
    desk.main_health.parent.mkdir(parents=True)
    now_ns = 1_780_000_000_000_000_000
    desk.main_health.write_bytes(
        msgspec.json.encode({"wall_ns": now_ns, "mono_ns": monotonic.monotonic_ns(), "boot": boot()})
    )
    code, said = run(*WORDS, "--out", str(fresh / "out"))
    assert code in (0, 1) and said["is_registered"], said
    sha256 = str(said["sha256"])
    assert (fresh / "h/sim/models/xgb" / f"{sha256}.json").read_bytes() == (fresh / "out/model.json").read_bytes()
    assert sha256 in (fresh / "out/report.html").read_text()
    assert not (fresh / "h/sim/models/xgb" / ACTIVE).exists()
    manifest = version_of(desk, "xgb", sha256).manifest
    assert manifest is not None and 0 <= manifest.made_ns - now_ns < DAY_NS, "by the desk's clock, as shadow days are"


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("--days", "2026-11-20"), "NO_SUCH_DAY"),
        (("--days", "synthetic:7x2"), "TOO_FEW_DAYS"),
        (("--days", "synthetic:7x9", "--walk-forward", "x"), "TOO_FEW_DAYS"),
        (("--days", "synthetic:7x9", "--param", "horoscope=1"), "BAD_SETTINGS"),
        (("--days", "synthetic:7x9", "--family", "../xgb"), "BAD_FAMILY"),
        (
            (
                "--days",
                "synthetic:7x3",
                "--size",
                "tiny",
                "--to",
                "09:20",
                "--walk-forward",
                "2:1",
                "--embargo-days",
                "0",
            ),
            "TOO_FEW_TRADES",
        ),
    ],
)
def test_what_cannot_be_trained_is_said_and_nothing_is_written(fresh: Path, words: tuple[str, ...], code: str) -> None:
    exit_code, said = run(*words)
    assert exit_code == 3 and str(said["summary"]).startswith(f"{code}: ")
    assert not (fresh / "h").exists()


def test_without_xgboost_it_says_how_to_install_it(fresh: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "xgboost", None)
    exit_code, said = run(*WORDS)
    assert exit_code == 3 and "pip install 'tarazu[train]'" in str(said["summary"])
