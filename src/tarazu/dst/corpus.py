"""Every seed that ever failed, with what it was: run before anything else, for ever.

A line a seed: date, seed, size, faults muted (comma separated, or -), the invariant, and in words what it was. A seed
means the day that it meant when it was found only as long as the world throws its dice the same way; an old one stays,
as one more day that has to pass.
"""

from collections.abc import Iterable
from datetime import date
from importlib.resources import files

import msgspec

from tarazu.dst.options import DayOptions, sized
from tarazu.dst.tally import Case

_COLUMNS = 6


class BadCorpus(ValueError):
    """A line of it is none; the message says which."""


class Fallen(msgspec.Struct, frozen=True, kw_only=True):
    """A day that failed once."""

    found: date
    case: Case
    invariant: str
    what: str


def corpus() -> list[Fallen]:
    """As it is in this version."""
    return parsed(files("tarazu.dst").joinpath("corpus.txt").read_text("utf-8").splitlines())


def parsed(lines: Iterable[str]) -> list[Fallen]:
    """Raises BadCorpus."""
    found = []
    for number, line in enumerate(lines, 1):
        if line.strip() and not line.startswith("#"):
            try:
                found.append(_fallen(line))
            except ValueError as bad:
                raise BadCorpus(f"line {number} of the corpus: {bad}") from bad
    return found


def _fallen(line: str) -> Fallen:
    columns = line.split(maxsplit=_COLUMNS - 1)
    if len(columns) < _COLUMNS:
        raise ValueError(f"{len(columns)} columns of {_COLUMNS}")
    day, seed, size, muted, invariant, what = columns
    options = DayOptions(size=sized(size), muted=frozenset(muted.split(",")) - {"-"})
    return Fallen(found=date.fromisoformat(day), case=Case(int(seed), options), invariant=invariant, what=what)


def line_of(found: date, case: Case, invariant: str, what: str) -> str:
    """What to put into the corpus."""
    muted = ",".join(sorted(case.options.muted)) or "-"
    return f"{found.isoformat()}  {case.seed:>8}  {case.options.size:<5}  {muted}  {invariant}  {what}"
