"""The parts of a training: what may be learned from, how a margin becomes a probability, what trades would make."""

import math

import numpy as np
import pytest

from tarazu.app.training.boosted import Boosting, TooFew, boosted, platt
from tarazu.app.training.folds import BadFolds, Folds, folds, folds_of
from tarazu.app.training.judged import log_loss, traded, word
from tarazu.app.training.rows import Rows
from tarazu.model.units import MINUTE_NS
from tarazu.strategy.calibration import logistic
from tarazu.strategy.momentum import FEATURES, Params
from tarazu.strategy.trees import read_trees

DAY_NS = 24 * 60 * MINUTE_NS
PARAMS = Params(trades_max=2, retry_seconds=300)


def rows(days: int, each: int, seed: int = 1, skill: float = 0.0, lasts_ns: int = MINUTE_NS) -> Rows:
    """So many trades a day, a minute apart; the first feature tells the result as far as there is `skill`."""
    draw = np.random.default_rng(seed)
    features = draw.normal(size=(days * each, len(FEATURES))).astype(np.float32)
    day = np.repeat(np.arange(days, dtype=np.int32), each)
    began_ns = day.astype(np.int64) * DAY_NS + np.tile(np.arange(each) * MINUTE_NS, days)
    result = skill * features[:, 0] + draw.normal(size=days * each)
    return Rows(
        features=features,
        began_ns=began_ns.astype(np.int64),
        ends_ns=(began_ns + lasts_ns).astype(np.int64),
        net_paise=(result * 1_000_00).astype(np.int64),
        day=day,
    )


def test_it_learns_from_days_before_and_is_judged_by_days_behind_with_days_left_out_between() -> None:
    parts = list(folds(rows(12, 3), 12, Folds(train=4, embargo=2, test=3)))
    assert [part.days for part in parts] == [(0, 3, 6, 8), (3, 6, 9, 11)]
    whole = rows(12, 3)
    for part in parts:
        first, last, tested, ends = part.days
        assert set(whole.day[part.train]) == set(range(first, last + 1))
        assert set(whole.day[part.test]) == set(range(tested, ends + 1))


def test_what_was_not_over_when_the_days_judged_by_began_is_not_learned_from() -> None:
    late = rows(4, 3, lasts_ns=DAY_NS - MINUTE_NS)
    (part,) = folds(late, 4, Folds(train=3, embargo=0, test=1))
    judged_ns = late.began_ns[part.test].min()
    assert len(part.train) == 7 and late.ends_ns[part.train].max() < judged_ns
    assert sorted(set(range(9)) - set(part.train.tolist())) == [7, 8], "those that ended on the day judged by"


def test_the_last_days_are_a_shorter_part_and_none_is_judged_twice() -> None:
    parts = list(folds(rows(10, 2), 10, Folds(train=4, embargo=1, test=2)))
    assert [part.days[2:] for part in parts] == [(5, 6), (7, 8), (9, 9)]
    assert sorted(np.concatenate([part.test for part in parts]).tolist()) == list(range(10, 20))


@pytest.mark.parametrize(
    ("said", "embargo", "days"), [("5", 0, 9), ("1:1", 0, 9), ("5:0", 0, 9), ("5:4", 1, 9), (None, 1, 3)]
)
def test_parts_that_are_none_are_refused_with_what_to_say(said: str | None, embargo: int, days: int) -> None:
    with pytest.raises(BadFolds, match="--walk-forward"):
        folds_of(said, embargo, days)


def test_unsaid_half_of_the_days_are_learned_from_and_a_tenth_is_judged_by() -> None:
    assert folds_of(None, 1, 40) == Folds(train=20, embargo=1, test=4)
    assert folds_of("30:5", 2, 40) == Folds(train=30, embargo=2, test=5)


def test_a_margin_is_turned_into_the_share_that_won_at_it() -> None:
    draw = np.random.default_rng(3)
    margins = draw.normal(size=200_000) * 2
    won = (draw.random(200_000) < 1 / (1 + np.exp(-(0.5 * margins - 1.0)))).astype(float)
    found = platt(margins, won)
    assert found.slope == pytest.approx(0.5, abs=0.03) and found.intercept == pytest.approx(-1.0, abs=0.03)


def test_margins_that_are_wrong_more_often_than_right_are_worth_the_share_alone() -> None:
    margins = np.linspace(-2, 2, 400)
    found = platt(margins, (margins < 0).astype(float))
    assert found.slope == 0.0 and logistic(found.intercept) == pytest.approx(0.5, abs=0.01)


def test_margins_that_part_all_trades_make_no_certainty() -> None:
    margins = np.linspace(-1, 1, 60)
    found = platt(margins, (margins > 0).astype(float))
    assert math.isfinite(found.slope) and 0.9 < found.probability(1.0) < 1.0


def test_equal_rows_and_words_make_equal_bytes_and_another_seed_others() -> None:
    known = rows(8, 40, skill=1.0)
    assert boosted(known, Boosting(rounds=8), 1) == boosted(known, Boosting(rounds=8), 1)
    assert boosted(known, Boosting(rounds=8), 1) != boosted(known, Boosting(rounds=8, seed=2), 1)
    trees = read_trees(boosted(known, Boosting(rounds=8), 1, "about"))
    assert (trees.features, trees.count, trees.about) == (FEATURES, 8, "about") and trees.calibration is not None


@pytest.mark.parametrize("bad", [rows(8, 5), rows(0, 5), rows(1, 200)])
def test_too_few_trades_teach_nothing(bad: Rows) -> None:
    with pytest.raises(TooFew, match="take more --days"):
        boosted(bad, Boosting(rounds=2), 1)


def test_trades_of_one_outcome_teach_nothing() -> None:
    lost = rows(8, 40)
    lost.net_paise[:] = -1
    with pytest.raises(TooFew, match="won and lost ones"):
        boosted(lost, Boosting(rounds=2), 1)


def test_one_trade_at_a_time_with_a_rest_between_and_so_many_a_day() -> None:
    known = rows(2, 12)
    every = traded(known, np.ones(24), 0.5, PARAMS)
    assert every.places == (0, 5, 12, 17), "a minute each, five minutes between, two a day"
    assert every.net_paise == known.net_paise[list(every.places)].sum() == every.curve[-1]
    held = rows(1, 12, lasts_ns=8 * MINUTE_NS)
    assert traded(held, np.ones(12), 0.5, PARAMS).places == (0, 8), "the second waits for the end of the first"


def test_only_what_scores_enough_is_traded() -> None:
    known = rows(2, 12)
    said = np.where(np.arange(24) % 7 == 3, 0.6, 0.5)
    assert traded(known, said, 0.55, PARAMS).places == (3, 10, 17)
    assert traded(known, said, 0.7, PARAMS).places == () and traded(known, said, 0.7, PARAMS).net_paise == 0


def test_what_probabilities_are_worth() -> None:
    won = np.array([0.0, 0.0, 1.0, 1.0])
    told = word(np.array([0.1, 0.4, 0.4, 0.9]), won)
    assert told.auc == pytest.approx(3.5 / 4) and told.log_loss_share == pytest.approx(math.log(2))
    assert told.brier == pytest.approx((0.01 + 0.16 + 0.36 + 0.01) / 4)
    assert told.log_loss == pytest.approx(-(math.log(0.9) * 2 + math.log(0.6) + math.log(0.4)) / 4)
    assert word(np.array([0.3, 0.4]), np.zeros(2)).auc is None, "only one kind: nothing to tell apart"
    assert math.isfinite(log_loss(np.array([0.0, 1.0]), np.array([1.0, 0.0]))), "certain and wrong is bad, not endless"


def test_the_reliability_curve_has_every_row_once() -> None:
    draw = np.random.default_rng(9)
    said = draw.random(1_003)
    bins = word(said, (draw.random(1_003) < said).astype(float)).bins
    assert sum(one.rows for one in bins) == 1_003 and len(bins) == 10
    assert all(abs(one.said - one.seen) < 0.15 for one in bins), "drawn as it was said"
