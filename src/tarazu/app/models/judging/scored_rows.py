"""What strategies looked at, day by day, and what a version says to it: from the journal, where such decisions stand.

From it come the drift of a version, and its shadow days: days after it was made on which it could have been asked the
same questions as the active one. Nothing is run again, no market is read, and nobody acts on what it says.
"""

from collections.abc import Iterator
from datetime import date

import msgspec

from tarazu.app.data.steps import Progress
from tarazu.app.home import Home
from tarazu.app.watching.entries import entries
from tarazu.engine.acts import Decide
from tarazu.runtime.journal_files import day_folder, days
from tarazu.strategy.scored import Model

DAYS = 20
"""Looked back at the most."""
_FOREVER_NS = 1 << 62


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One decision that tells all that the version asks."""

    day: date
    ts_ns: int
    numbers: dict[str, float]
    """With `score` as the version says it."""
    was: float | None = None
    """The score of the version that was asked then."""
    limit: float | None = None
    """What a score had to be at least."""


class ShadowDay(msgspec.Struct, frozen=True, kw_only=True):
    day: date
    rows: int
    mean_score: float
    compared: int
    """Rows that another version was asked about."""
    agreed: int
    """Of them, those that both say yes to, or both no, by the strategy's own limit."""


def rows_of(home: Home, model: Model, progress: Progress = lambda done, total: None) -> Iterator[Row]:
    """Of the last days, in order; `progress` is told days. Raises watching.entries.Damaged, BadPayload, OSError."""
    known = days(home.journal)[-DAYS:]
    for done, day in enumerate(known, 1):
        for seen in entries(day_folder(home.journal, day), 0, _FOREVER_NS):
            for act in seen.record.step.acts:
                if isinstance(act, Decide) and act.decision.measured:
                    told = act.decision.numbers
                    if all(name in told for name in model.features):
                        yield _row(day, seen.ts_ns, told, model)
        progress(done, len(known))


def _row(day: date, ts_ns: int, told: dict[str, float], model: Model) -> Row:
    numbers = {**told, "score": model.score(told)}
    return Row(day=day, ts_ns=ts_ns, numbers=numbers, was=told.get("score"), limit=told.get("score_min"))


def shadow_days(rows: list[Row], since_ns: int, rows_min: int) -> list[ShadowDay]:
    """Of the rows behind that moment; a day with fewer is none."""
    by_day: dict[date, list[Row]] = {}
    for row in rows:
        if row.ts_ns > since_ns:
            by_day.setdefault(row.day, []).append(row)
    return [_shadow(day, of) for day, of in sorted(by_day.items()) if len(of) >= rows_min]


def _shadow(day: date, rows: list[Row]) -> ShadowDay:
    compared = [
        (row.numbers["score"] >= row.limit, row.was >= row.limit)
        for row in rows
        if row.was is not None and row.limit is not None
    ]
    return ShadowDay(
        day=day,
        rows=len(rows),
        mean_score=sum(row.numbers["score"] for row in rows) / len(rows),
        compared=len(compared),
        agreed=sum(now == then for now, then in compared),
    )
