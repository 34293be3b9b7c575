"""What is learned from: a row for each trade that the strategy would have made, in the order of time."""

import hashlib
from collections.abc import Iterable, Sequence

import msgspec
import numpy as np
from numpy.typing import NDArray

from tarazu.app.training.moments import SeenDay
from tarazu.app.training.outcomes import NoTrade, Outcome, outcome
from tarazu.model.rules import ChargeRates
from tarazu.strategy.momentum import FEATURES, Params


class Rows(msgspec.Struct, frozen=True, kw_only=True):
    """Columns of equal length."""

    features: NDArray[np.float32]
    """(rows, features)."""
    began_ns: NDArray[np.int64]
    ends_ns: NDArray[np.int64]
    net_paise: NDArray[np.int64]
    day: NDArray[np.int32]
    """Place of its day in the order of the days."""

    def __len__(self) -> int:
        return len(self.began_ns)

    @property
    def won(self) -> NDArray[np.float64]:
        """1 where it made money after charges: what is learned."""
        return (self.net_paise > 0).astype(np.float64)

    def taken(self, of: NDArray[np.bool_] | NDArray[np.intp]) -> "Rows":
        return Rows(**{name: getattr(self, name)[of] for name in self.__struct_fields__})


class DayRows(msgspec.Struct, frozen=True, kw_only=True):
    """One day's."""

    name: str
    date: str
    rows: Rows
    unfilled: int
    open: int
    sha256: str
    """Of the market that it was made from, and of the rows."""


def day_rows(seen: SeenDay, place: int, params: Params, rates: ChargeRates) -> DayRows:
    found = [(moment, outcome(seen, moment, params, rates)) for moment in seen.moments]
    known = [(moment, end) for moment, end in found if isinstance(end, Outcome)]
    rows = Rows(
        features=np.array([moment.features for moment, _ in known], np.float32).reshape(-1, len(FEATURES)),
        began_ns=np.array([end.began_ns for _, end in known], np.int64),
        ends_ns=np.array([end.ends_ns for _, end in known], np.int64),
        net_paise=np.array([end.net_paise for _, end in known], np.int64),
        day=np.full(len(known), place, np.int32),
    )
    return DayRows(
        name=seen.day.name,
        date=seen.day.date.isoformat(),
        rows=rows,
        unfilled=sum(end is NoTrade.UNFILLED for _, end in found),
        open=sum(end is NoTrade.OPEN for _, end in found),
        sha256=_sha256((seen.ts_ns, seen.bids, seen.asks, seen.lasts, *msgspec.structs.astuple(rows))),
    )


def joined(days: Sequence[DayRows]) -> Rows:
    columns = {name: np.concatenate([getattr(day.rows, name) for day in days]) for name in Rows.__struct_fields__}
    return Rows(**columns)


def _sha256(columns: Iterable[NDArray[np.generic]]) -> str:
    digest = hashlib.sha256()
    for column in columns:
        digest.update(np.ascontiguousarray(column).tobytes())
    return digest.hexdigest()
