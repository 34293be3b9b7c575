"""A campaign that is gone on with: what of it is done, what that amounts to, which code it is true of.

A case has a place: first those of the corpus, then a seed after the other from `Asked.first_seed` on.
"""

from collections import Counter
from collections.abc import Iterator

import msgspec

from tarazu.dst.campaign import Done, Part, parts, seeds
from tarazu.dst.corpus import corpus
from tarazu.dst.options import DayOptions, Size, Violation
from tarazu.dst.tally import Case, Failure, Sums, Tally

SCHEMA = "tarazu.dst.campaign/1"


class NoCampaign(ValueError):
    """These bytes are none that were written by `Kept.encoded`; the message says why."""


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """Which campaign it is. Of two that differ in any of this neither goes on with the other."""

    code: str
    """`code_sha256` of the code whose days these are."""
    first_seed: int
    days: int
    size: Size

    def cases(self) -> list[Case]:
        """All of it: every day that ever failed, and the new ones."""
        fallen = [fell.case for fell in corpus()]
        return fallen + seeds(self.first_seed, self.days, DayOptions(size=self.size))

    @property
    def places(self) -> int:
        return len(corpus()) + self.days


class Fell(msgspec.Struct, frozen=True):
    """A day that failed, by its place."""

    place: int
    violations: tuple[Violation, ...]


class Kept(msgspec.Struct, kw_only=True):
    schema: str = SCHEMA
    asked: Asked
    source: str
    """What git said of the code when it began."""
    began_ns: int
    """UTC, and so `last_ns`."""
    last_ns: int
    """When the last part was done."""
    sittings: int = 0
    cpu_s: float = 0.0
    """Of the days alone: no process's start."""
    wall_s: float = 0.0
    """Of all sittings."""
    done: list[tuple[int, int]] = []
    """Places, from the first to before the second; in order, and none touches the next."""
    sums: Sums = msgspec.field(default_factory=Sums)
    failures: list[Fell] = []

    def encoded(self) -> bytes:
        return msgspec.json.format(msgspec.json.encode(self)) + b"\n"

    def left(self) -> Iterator[Part]:
        """What is not done, of the campaign as it is now: ask it once in a sitting."""
        cases, at = self.asked.cases(), 0
        for first, end in [*self.done, (len(cases), len(cases))]:
            yield from parts(cases[at:first], at)
            at = end

    def take(self, done: Done, now_ns: int) -> None:
        """Add what a part amounts to. Asserts that it was not added before."""
        first, cases = done.part.at, list(done.part.cases)
        total = self.tally()
        total.add(done.tally)
        self.sums = Sums(**{name: getattr(total, name) for name in Sums.__struct_fields__})
        self.failures += [Fell(first + cases.index(fell.case), fell.violations) for fell in done.tally.failures]
        self.done = joined([*self.done, (first, first + len(cases))])
        self.cpu_s += done.cpu_s
        self.last_ns = now_ns

    def tally(self) -> Tally:
        """A copy, with the failures in the order in which any tally has them."""
        cases = self.asked.cases() if self.failures else []
        fallen = [Failure(cases[fell.place], fell.violations) for fell in self.failures]
        total = Tally(failures=fallen)
        total.add(Tally(**msgspec.structs.asdict(self.sums)))
        return total

    @property
    def is_whole(self) -> bool:
        return self.done == [(0, self.asked.places)]


def decoded(text: bytes) -> Kept:
    """Raises NoCampaign; of places that are done twice, too: `sums` would have both."""
    try:
        kept = msgspec.json.decode(text, type=Kept, dec_hook=_counted)
    except msgspec.MsgspecError as bad:
        raise NoCampaign(str(bad)) from bad
    if kept.schema != SCHEMA:
        raise NoCampaign(f"it is of schema {kept.schema}, not {SCHEMA}")
    end = -1
    for first, to in kept.done:
        if not end < first < to:
            raise NoCampaign(f"places done are not in order, or some are twice: {first} to {to} come after {end}")
        end = to
    return kept


def _counted(_kind: type, counts: dict[str, int]) -> Counter[str]:
    return Counter(counts)


def joined(ranges: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """The same places in as few ranges as can be, in order. Asserts that none is there twice."""
    found: list[tuple[int, int]] = []
    for first, end in sorted(ranges):
        if found and first <= found[-1][1]:
            assert first == found[-1][1], f"{first} was done before"
            found[-1] = found[-1][0], end
        else:
            found.append((first, end))
    return found
