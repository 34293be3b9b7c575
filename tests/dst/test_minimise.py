"""A failing day is made as small as it fails still."""

from tarazu.dst.day import run_day
from tarazu.dst.minimise import minimise
from tarazu.dst.mutants import applied
from tarazu.dst.story import LINES
from tarazu.dst.trials import trial


def test_a_day_that_does_not_fail_has_no_minimum():
    assert minimise(1) is None


def test_what_is_left_still_fails_in_the_same_way_and_nothing_of_it_can_be_left_out():
    found = trial("no_cooling")
    whole = run_day(found.seed)
    told = []
    with applied("no_cooling"):
        small = minimise(found.seed, told=told.append)
        again = run_day(found.seed, small.options)
    assert small.violation.invariant == found.violation.invariant
    assert small.violation in again.violations
    assert small.fault_count < whole.fault_count / 5
    assert 0 < len(small.trace) <= LINES and told
    assert "zombie" in small.faults, "what it is about"
    assert not run_day(found.seed, small.options).violations, "without the bug the small day is fine"
