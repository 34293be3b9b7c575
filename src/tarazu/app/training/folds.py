"""Which rows are learned from and which are judged by: forward in time, purged, with days left out between.

Purged: what was not over when the days that are judged by began is not learned from (Lopez de Prado, Advances in
Financial Machine Learning, 7.4). Embargo: so many days before them are not either, for neighbouring days are alike.
"""

import re
from collections.abc import Iterator

import msgspec
import numpy as np
from numpy.typing import NDArray

from tarazu.app.training.rows import Rows

_SAID = re.compile(r"(\d{1,3}):(\d{1,3})\Z", re.ASCII)


class BadFolds(ValueError):
    """The message is for the user."""


class Folds(msgspec.Struct, frozen=True, kw_only=True):
    """Days: so many to learn from, so many left out, so many to judge by; then on by as many as are judged by."""

    train: int
    embargo: int
    test: int


class Fold(msgspec.Struct, frozen=True, kw_only=True):
    """Places of rows."""

    train: NDArray[np.intp]
    test: NDArray[np.intp]
    days: tuple[int, int, int, int]
    """First and last day learned from, first and last judged by."""


def folds_of(said: str | None, embargo: int, days: int) -> Folds:
    """`20:5`; unsaid: half of the days, and a tenth of them. Raises BadFolds."""
    found = _SAID.fullmatch(said) if said is not None else None
    if said is not None and found is None:
        raise BadFolds(f"--walk-forward {said!r} is not TRAIN:TEST, as 20:5")
    train, test = (int(found[1]), int(found[2])) if found else (max(days // 2, 2), max(days // 10, 1))
    if train < 2 or not test or train + embargo + test > days:
        raise BadFolds(
            f"{train} days to learn from (2 at least), {embargo} left out and {test} to judge by are not to be had of "
            f"{days}: take more --days, or say --walk-forward TRAIN:TEST and --embargo-days"
        )
    return Folds(train=train, embargo=embargo, test=test)


def folds(rows: Rows, days: int, of: Folds) -> Iterator[Fold]:
    """The last days, too few for a whole part to judge by, are a shorter one."""
    for first in range(of.train + of.embargo, days, of.test):
        last = min(first + of.test, days) - 1
        begins = first - of.embargo - of.train
        yield Fold(
            train=learned(rows, begins, first, of.embargo),
            test=np.flatnonzero((rows.day >= first) & (rows.day <= last)),
            days=(begins, first - of.embargo - 1, first, last),
        )


def learned(rows: Rows, begins: int, first: int, embargo: int) -> NDArray[np.intp]:
    """Rows of the days from `begins` that may be learned from where day `first` is judged by."""
    judged = rows.began_ns[rows.day >= first]
    from_ns = judged.min() if len(judged) else np.iinfo(np.int64).max
    return np.flatnonzero((rows.day >= begins) & (rows.day < first - embargo) & (rows.ends_ns < from_ns))
