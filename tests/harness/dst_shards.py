"""The days of the campaign that the tests run, in shards that no two tests share."""

from functools import cache

from tarazu.dst.campaign import run_part, seeds
from tarazu.dst.tally import Tally

SHARD_DAYS = 50


@cache
def shard(number: int) -> Tally:
    return run_part(seeds(number * SHARD_DAYS, SHARD_DAYS))
