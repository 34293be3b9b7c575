"""The two thousand days of test_dst_campaign, days 700 to 1349."""

import pytest

from harness.dst_shards import SHARD_DAYS, shard


@pytest.mark.parametrize("number", range(14, 27))
def test_no_invariant_is_broken_in_these_days_either(number):
    tally = shard(number)
    assert tally.days == SHARD_DAYS
    assert not tally.failures, tally.failures[0]
