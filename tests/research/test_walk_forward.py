"""Walk-forward: chosen by the days before, judged by the days after."""

import contextlib
from collections.abc import Iterator
from datetime import time

import pytest

from harness.research_days import CONFIG, probe, small_day
from tarazu.app.research.day import ResearchDay
from tarazu.app.research.params import BadParam
from tarazu.app.research.report import report
from tarazu.app.research.run import Progress, Terms, run_day
from tarazu.app.research.told import facts, lines
from tarazu.app.research.trial import Trial
from tarazu.app.research.walk import walked, windows_of


@contextlib.contextmanager
def quiet(label: str) -> Iterator[Progress]:
    yield lambda done, total: None


def test_the_best_of_the_days_before_is_tried_on_the_days_after_and_only_that_counts() -> None:
    days = [small_day(seed, until=time(9, 22)) for seed in (7, 8, 9)]
    trial = Trial(strategies=(probe(days[0]),), config=CONFIG, limits="", terms=Terms())
    windows = windows_of("1:1", ["entries_max=0,4"], len(days))
    result = walked(trial, days, windows, quiet)
    assert result.walk is not None and result.walk.left_out == ()
    assert [one.params for one in result.walk.windows] == [best(trial, day) for day in days[:2]]
    assert [day.name for day in result.days] == [day.name for day in days[1:]]
    assert result.net_paise == sum(one.tested_paise for one in result.walk.windows)


def test_what_was_chosen_and_the_days_left_out_are_in_the_page_the_rows_and_the_lines() -> None:
    days = [small_day(seed, until=time(9, 18)) for seed in (7, 8, 9, 10)]
    trial = Trial(strategies=(probe(days[0]),), config=CONFIG, limits="", terms=Terms())
    result = walked(trial, days, windows_of("1:2", ["entries_max=0,4"], len(days)), quiet)
    assert result.walk is not None and [len(one.tested) for one in result.walk.windows] == [2]
    (left_out,) = result.walk.left_out
    assert left_out == str(days[3].date)
    (chosen,) = result.walk.windows
    said = f"entries_max={chosen.params['entries_max']}"
    assert any(said in line for line in lines(result)) and any(left_out in line for line in lines(result))
    page = report(result, 1_800_000_000_000_000_000)
    assert said in page and f"another window: {left_out}" in page
    assert facts(result)["walk"]["windows"][0]["params"] == chosen.params


def best(trial: Trial, day: ResearchDay) -> dict[str, int]:
    made = {n: run_day(day, (probe(day, entries_max=n),), CONFIG).net_paise for n in (0, 4)}
    return {"entries_max": 4 if made[4] > made[0] else 0}


@pytest.mark.parametrize(
    ("said", "grid", "days"),
    [
        ("2", ["a=1"], 9),
        ("2:1", [], 9),
        (None, ["a=1"], 9),
        ("2:1", ["a"], 9),
        ("2:1", ["a=1"], 2),
        ("0:1", ["a=1"], 9),
    ],
)
def test_windows_that_are_none_are_refused_with_what_to_say(said: str | None, grid: list[str], days: int) -> None:
    with pytest.raises(BadParam, match=r"--walk-forward|--grid"):
        windows_of(said, grid, days)
