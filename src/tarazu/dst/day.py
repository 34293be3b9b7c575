"""A whole day from a seed."""

from tarazu.dst.options import DayOptions, DayResult, Parts, Violation
from tarazu.dst.world import World

__all__ = ["DayOptions", "DayResult", "Parts", "Violation", "run_day"]

USUAL = DayOptions()


def run_day(seed: int, options: DayOptions = USUAL) -> DayResult:
    """The same seed and options, the same result, in any process. A violation stops the day."""
    world = World(seed, options)
    world.run()
    return DayResult(
        seed=seed,
        violations=tuple(world.oracle.violations),
        digest=world.digest,
        events=world.events,
        orders=len(world.broker.orders),
        faults=dict(world.faults.counts),
        crashes=world.crashes,
        effects=world.effects,
        marks=dict(world.marks.hits),
        trace=tuple(world.trace),
    )
