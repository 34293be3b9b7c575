"""Three small days killed at every effect, with what was not synced lost and with all of it kept."""

import pytest

from tarazu.dst.campaign import run_part
from tarazu.dst.crashpoints import crash_cases

SEEDS = (1, 4, 12)
PARTS = 8


@pytest.mark.parametrize("part", range(PARTS))
@pytest.mark.parametrize("seed", SEEDS)
def test_a_process_may_be_killed_at_any_effect(seed, part):
    cases = crash_cases(seed)
    assert len(cases) >= 400, "a day with so few effects shows little"
    tally = run_part(cases[part::PARTS])
    assert not tally.failures, tally.failures[0]
    assert tally.crashes >= tally.days, "each of these days has the crash it was asked for"
