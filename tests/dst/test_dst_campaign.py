"""Two thousand days without a violation, in three files for three processes: this is the first, days 0 to 699."""

import pytest

from harness.dst_shards import SHARD_DAYS, shard
from tarazu.dst.campaign import run, run_part, seeds
from tarazu.dst.corpus import corpus
from tarazu.dst.tally import Tally

SHARDS = range(14)


@pytest.mark.parametrize("number", SHARDS)
def test_no_invariant_is_broken_in_all_these_days(number):
    tally = shard(number)
    assert tally.days == SHARD_DAYS
    assert not tally.failures, tally.failures[0]
    assert tally.fault_count >= 200 * SHARD_DAYS, "too kind for fifty days"


@pytest.mark.timeout(600)
def test_a_day_has_the_faults_that_are_asked_of_it_on_average():
    """The shards of the test above, once they were run: 250 are asked of it."""
    assert sum(shard(number).fault_count for number in SHARDS) >= 250 * SHARD_DAYS * len(SHARDS)


def test_every_day_that_ever_failed_passes():
    tally = run_part([fell.case for fell in corpus()])
    assert not tally.failures, tally.failures[0]


def test_days_over_processes_amount_to_the_same_as_days_in_one():
    cases = seeds(0, 24)
    sofar = []
    spread, is_whole = run(cases, jobs=2, told=lambda tally: sofar.append(tally.days))
    assert is_whole and spread == run(cases, jobs=1)[0] == run_part(cases)
    assert sofar[-1] == 24 and sofar == sorted(sofar)


def test_a_mutant_is_in_the_processes_that_were_asked_to_have_it_and_nowhere_else():
    spread, _ = run(seeds(0, 24), jobs=2, mutant="no_fsync")
    assert spread.failures and spread == run(seeds(0, 24), jobs=1, mutant="no_fsync")[0]
    assert not run_part(seeds(0, 4)).failures


def test_ctrl_c_ends_it_with_what_was_done():
    def enough(sofar: Tally) -> None:
        raise KeyboardInterrupt

    for jobs in (1, 2):
        tally, is_whole = run(seeds(0, 200), jobs=jobs, told=enough)
        assert not is_whole and 0 < tally.days < 200
