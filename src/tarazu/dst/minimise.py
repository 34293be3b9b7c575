"""A failing day made small: faults taken out while it still fails in the same way, and the rest of the day cut off."""

from collections.abc import Callable, Iterator, Sequence

import msgspec

from tarazu.dst.day import run_day
from tarazu.dst.options import DayOptions, DayResult, Violation
from tarazu.dst.story import story
from tarazu.dst.tally import USUAL_DAY

TRIES_MAX = 250
"""Days that are run at the most: what is found by then is small enough to read."""

Told = Callable[[str], None]


class Minimal(msgspec.Struct, frozen=True, kw_only=True):
    """The smallest day found that still breaks the same invariant."""

    seed: int
    options: DayOptions
    violation: Violation
    faults: dict[str, int]
    """What is left of them."""
    tries: int
    """Days that were run to find it."""
    trace: tuple[str, ...]
    """What of it tells how (`story`)."""

    @property
    def fault_count(self) -> int:
        return sum(self.faults.values())


class _Search:
    """Days of one seed with ever fewer faults, that break one invariant."""

    def __init__(self, seed: int, options: DayOptions, result: DayResult, told: Told) -> None:
        self.seed, self.options, self.result = seed, options, result
        self.invariant = result.violations[0].invariant
        self.tries, self._told = 2, told
        at_once = msgspec.structs.replace(options, until_event=self.violation.event)
        self._is_momentary = any(self._is_it(found) for found in run_day(seed, at_once).violations)
        """Whether it is seen when it happens, and not only at the day's end: the rest of the day need not be run."""

    def without(self, names: Sequence[str]) -> bool:
        """Take these out, if it still fails without them."""
        if self.tries >= TRIES_MAX:
            return False
        muted = self.options.muted | frozenset(names)
        until = self.violation.event * 3 // 2 if self._is_momentary else None
        options = msgspec.structs.replace(self.options, muted=muted, until_event=until)
        result = run_day(self.seed, options)
        self.tries += 1
        if not any(map(self._is_it, result.violations)):
            return False
        self.options, self.result = options, result
        self._told(f"{self.tries} days, {result.fault_count} faults left")
        return True

    @property
    def violation(self) -> Violation:
        return next(filter(self._is_it, self.result.violations))

    @property
    def end(self) -> int | None:
        """The event after which nothing is needed; None: all of the day is."""
        return self.violation.event if self._is_momentary else None

    def _is_it(self, found: Violation) -> bool:
        return found.invariant == self.invariant


def minimise(seed: int, options: DayOptions = USUAL_DAY, told: Told = lambda text: None) -> Minimal | None:
    """None when the day does not fail. Deterministic."""
    first = run_day(seed, options)
    if not first.violations:
        return None
    search = _Search(seed, options, first, told)
    _thin(search, sorted(kind for kind, times in first.faults.items() if times))
    left = search.result.fault_count + 1
    while search.result.fault_count < left:
        left = search.result.fault_count
        _thin(search, list(_single(search)))
    return _cut(search)


def _single(search: _Search) -> Iterator[str]:
    """Every fault that happened, by its number; some of the numbers were muted before."""
    muted = search.options.muted
    for kind, times in sorted(search.result.faults.items()):
        numbers = range(1, times + sum(name.startswith(f"{kind}#") for name in muted) + 1)
        yield from (name for number in numbers if (name := f"{kind}#{number}") not in muted)


def _thin(search: _Search, names: list[str]) -> None:
    """Halves first, then what is left of them, down to one by one: what stays is needed, each for itself."""
    size = len(names)
    while size and names:
        kept: list[str] = []
        for at in range(0, len(names), size):
            part = names[at : at + size]
            if not search.without(part):
                kept += part
        names = kept
        size = size // 2 if size > 1 else 0


def _cut(search: _Search) -> Minimal:
    """Stop at the violation, where it is one of a moment and not of the day's end."""
    options = msgspec.structs.replace(search.options, until_event=search.end, traced=True)
    result = run_day(search.seed, options)
    found = next(found for found in result.violations if found.invariant == search.invariant)
    return Minimal(
        seed=search.seed,
        options=msgspec.structs.replace(options, traced=False),
        violation=found,
        faults={kind: times for kind, times in sorted(result.faults.items()) if times},
        tries=search.tries + 1,
        trace=story(result.trace, found.text),
    )
