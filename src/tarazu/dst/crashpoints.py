"""One day killed at every place where a process can die: after each effect, with what was not synced lost, and kept."""

from collections.abc import Iterator

from tarazu.dst.day import run_day
from tarazu.dst.options import DayOptions
from tarazu.dst.tally import Case


def crash_cases(seed: int) -> list[Case]:
    """Every crash-day of a small day, two for each effect of the day as it is without them."""
    effects = run_day(seed, DayOptions(size="small")).effects
    return list(_cases(seed, effects))


def _cases(seed: int, effects: int) -> Iterator[Case]:
    for at in range(1, effects + 1):
        for lost in (True, False):
            yield Case(seed, DayOptions(size="small", crash_at=at, lose_unsynced=lost))
