"""Whole days: none breaks an invariant, the same seed is the same day, and what is rare does happen."""

import multiprocessing
import os
import subprocess
import sys
from collections import Counter
from concurrent.futures import ProcessPoolExecutor

import pytest

from tarazu.dst.day import DayOptions, DayResult, run_day
from tarazu.dst.faults import ODDS
from tarazu.dst.marks import MARKS

DAYS = 200


@pytest.fixture(scope="module")
def days() -> list[DayResult]:
    with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn")) as pool:
        return list(pool.map(run_day, range(DAYS), chunksize=10))


@pytest.mark.timeout(900)
def test_no_day_breaks_an_invariant(days: list[DayResult]) -> None:
    broken = [(day.seed, day.violations[0]) for day in days if day.violations]
    assert not broken


@pytest.mark.timeout(900)
def test_a_day_is_full_of_faults_and_orders(days: list[DayResult]) -> None:
    assert sum(day.fault_count for day in days) >= 250 * DAYS
    assert sum(day.orders for day in days) >= 28 * DAYS, "limits say no to much, and never to most"


@pytest.mark.timeout(900)
def test_every_kind_of_fault_strikes(days: list[DayResult]) -> None:
    struck = Counter[str]()
    for day in days:
        struck.update(day.faults)
    assert [kind for kind in ODDS if not struck[kind]] == []


@pytest.mark.timeout(900)
def test_every_mark_is_hit(days: list[DayResult]) -> None:
    hit = Counter[str]()
    for day in days:
        hit.update(day.marks)
    assert [mark for mark in MARKS if not hit[mark]] == []


@pytest.mark.timeout(300)
def test_the_same_seed_is_the_same_day_in_any_process() -> None:
    """Whatever the hashes of strings are there."""
    program = "from tarazu.dst.day import run_day\nprint([run_day(seed).digest for seed in range(3)])"
    said = {
        subprocess.run(
            [sys.executable, "-c", program],
            env={**os.environ, "PYTHONHASHSEED": hashes},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for hashes in ("0", "1", "77")
    }
    assert said == {f"{[run_day(seed).digest for seed in range(3)]}\n"}


def test_a_day_that_is_cut_short_is_the_same_day_up_to_there() -> None:
    whole, part = run_day(3, DayOptions(traced=True)), run_day(3, DayOptions(traced=True, until_event=900))
    assert part.events == 900 and not part.violations
    assert whole.trace[: len(part.trace)] == part.trace


def test_looking_at_a_day_does_not_change_it() -> None:
    assert run_day(4, DayOptions(traced=True)).digest == run_day(4).digest


def test_a_muted_fault_does_not_strike_and_the_dice_of_the_others_fall_as_before() -> None:
    loud, muted = run_day(5), run_day(5, DayOptions(muted=frozenset({"update_lost", "crash#1"})))
    assert loud.faults["update_lost"] and "update_lost" not in muted.faults
    assert muted.digest != loud.digest


def test_all_faults_muted_leave_a_quiet_day_of_one_life() -> None:
    day = run_day(6, DayOptions(muted=frozenset(ODDS)))
    assert not day.faults and not day.crashes and not day.violations and day.orders


@pytest.mark.parametrize("lose_unsynced", [True, False])
def test_a_process_dies_where_it_is_told_to(lose_unsynced: bool) -> None:
    quiet = frozenset({"crash", "disk_dead", "disk_reserve"})
    day = run_day(7, DayOptions(size="small", muted=quiet, crash_at=200, lose_unsynced=lose_unsynced))
    assert day.crashes == 1 and not day.violations
