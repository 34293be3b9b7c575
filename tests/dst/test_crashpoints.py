"""Small days killed at their effects, with what was not synced lost and with all of it kept.

One day at every effect; of two busier ones every seventh, for the suite's time. `tarazu dst crashpoints` takes all.
"""

import pytest

from tarazu.dst.campaign import run_part
from tarazu.dst.crashpoints import crash_cases

PARTS = 8
EVERY = {12: 1, 1: 7, 4: 7}


@pytest.mark.parametrize("part", range(PARTS))
@pytest.mark.parametrize("seed", EVERY)
def test_a_process_may_be_killed_at_any_effect(seed: int, part: int) -> None:
    cases = crash_cases(seed)
    assert len(cases) >= 1_500, "a day with so few effects shows little"
    effects = range(part, len(cases) // 2, PARTS * EVERY[seed])
    tally = run_part([case for at in effects for case in cases[2 * at : 2 * at + 2]])
    assert tally.days and not tally.failures, tally.failures[0]
    assert tally.crashes >= tally.days, "each of these days has the crash it was asked for"
