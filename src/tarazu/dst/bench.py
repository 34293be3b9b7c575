"""How fast simulated days go, and how much of that is the world around the engine."""

from tarazu.dst.options import DayOptions, Parts
from tarazu.dst.tally import Case
from tarazu.engine.acts import Step
from tarazu.engine.messages import Stamped
from tarazu.engine.process import Engine

DAYS_A_MINUTE = 1_000
FAULTS_A_DAY = 250
"""The goals of RELIABILITY 3.4, for the whole machine."""


class IdleEngine(Engine):
    """Takes everything and does nothing: what is left of a day is the world's own cost."""

    def process(self, stamped: Stamped) -> Step:
        return Step()

    def recover(self, stamped: Stamped, step: Step) -> None:
        return None


def days(count: int, first: int = 0) -> list[Case]:
    return [Case(seed, DayOptions()) for seed in range(first, first + count)]


def idle_days(count: int, first: int = 0) -> list[Case]:
    """The peer: the same seeds around an engine that does nothing. What its days find wrong is of no interest."""
    return [Case(seed, DayOptions(parts=Parts(engine=IdleEngine))) for seed in range(first, first + count)]
