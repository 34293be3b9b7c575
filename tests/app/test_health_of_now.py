"""A health is believed for three intervals, and when it is written while its reader looks at the clock."""

import pytest

from harness import feed_papers
from harness.main_health import well
from tarazu.model.units import SECOND_NS

EVERY = SECOND_NS // 2
NOW = 5_000 * SECOND_NS
AGES = {0: True, 3 * EVERY: True, 3 * EVERY + 1: False, -EVERY // 10: True, -EVERY: True, -EVERY - 1: False}
"""Below zero by more than an interval is no race: the clock has begun anew."""


@pytest.mark.parametrize("age_ns", AGES)
def test_it_is_current_for_three_intervals_and_if_it_was_written_a_moment_after_the_look_at_the_clock(
    age_ns: int,
) -> None:
    written = {"mono_ns": NOW - age_ns, "every_ns": EVERY}
    assert well(**written).is_current(NOW) is AGES[age_ns]
    assert feed_papers.health(**written).is_current(NOW) is AGES[age_ns]
