"""What many simulated days amount to. Tallies add up in any order to the same."""

from collections import Counter

import msgspec

from tarazu.dst.options import DayOptions, DayResult, Violation

_KEPT = 5
"""Violations of one day that are kept: the first is the one to look at."""

USUAL_DAY = DayOptions()


class Case(msgspec.Struct, frozen=True):
    """One day to be run."""

    seed: int
    options: DayOptions = DayOptions()


class Failure(msgspec.Struct, frozen=True):
    case: Case
    violations: tuple[Violation, ...]

    @property
    def first(self) -> Violation:
        return self.violations[0]


class Sums(msgspec.Struct, kw_only=True):
    days: int = 0
    events: int = 0
    orders: int = 0
    crashes: int = 0
    effects: int = 0
    faults: Counter[str] = msgspec.field(default_factory=Counter)
    marks: Counter[str] = msgspec.field(default_factory=Counter)
    """Of marks that were never hit, 0."""

    @property
    def fault_count(self) -> int:
        return sum(self.faults.values())

    @property
    def never_hit(self) -> list[str]:
        return sorted(mark for mark, times in self.marks.items() if not times)


class Tally(Sums, kw_only=True):
    failures: list[Failure] = []

    def count(self, case: Case, result: DayResult) -> None:
        self.days += 1
        self.events += result.events
        self.orders += result.orders
        self.crashes += result.crashes
        self.effects += result.effects
        self.faults.update(result.faults)
        self.marks.update(result.marks)
        if result.violations:
            self.failures.append(Failure(case, result.violations[:_KEPT]))

    def add(self, other: "Tally") -> None:
        self.days += other.days
        self.events += other.events
        self.orders += other.orders
        self.crashes += other.crashes
        self.effects += other.effects
        self.faults.update(other.faults)
        self.marks.update(other.marks)
        self.failures = sorted(self.failures + other.failures, key=lambda failed: (failed.case.seed, failed.first.ns))
