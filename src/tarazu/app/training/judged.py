"""How good is it, on rows that it has not seen: what it says against what came, and what trading by it would have made.

Trades are taken as the strategy takes them: one at a time, so many a day, with its rest between them.
"""

import msgspec
import numpy as np
from numpy.typing import NDArray

from tarazu.app.models.manifest import Judged
from tarazu.app.training.rows import Rows
from tarazu.model.units import SECOND_NS
from tarazu.strategy.momentum import Params

BINS = 10
_SURE = 1e-6
"""A logarithm of nothing is no loss that can be told."""


class Bin(msgspec.Struct, frozen=True, kw_only=True):
    """Of the reliability curve: a tenth of the rows, by what was said of them."""

    said: float
    """Mean probability."""
    seen: float
    """Share that won."""
    rows: int


class Word(msgspec.Struct, frozen=True, kw_only=True):
    """What probabilities are worth."""

    log_loss: float
    log_loss_share: float
    """Of one that always says the share that won: what is not below it knows nothing."""
    brier: float
    auc: float | None
    """How often a trade that won was given more than one that lost; None where there is only one kind."""
    bins: tuple[Bin, ...]


class Traded(msgspec.Struct, frozen=True, kw_only=True):
    """One way to decide, row after row."""

    places: tuple[int, ...]
    """Of the rows that were traded."""
    net_paise: int
    won: int
    days: int
    """That were judged, traded on or not."""
    curve: tuple[int, ...]
    """Net so far, after each row."""

    def judged(self, log_loss: float | None) -> Judged:
        return Judged(net_paise=self.net_paise, trades=len(self.places), log_loss=log_loss, days=self.days)


def word(said: NDArray[np.float64], won: NDArray[np.float64]) -> Word:
    """Of at least one row."""
    share = np.full(len(won), won.mean())
    return Word(
        log_loss=log_loss(said, won),
        log_loss_share=log_loss(share, won),
        brier=float(((said - won) ** 2).mean()),
        auc=_auc(said, won),
        bins=_bins(said, won),
    )


def log_loss(said: NDArray[np.float64], won: NDArray[np.float64]) -> float:
    """Nats a row."""
    sure = np.clip(said, _SURE, 1 - _SURE)
    return float(-(won * np.log(sure) + (1 - won) * np.log(1 - sure)).mean())


def traded(rows: Rows, said: NDArray[np.float64], score_min: float, params: Params) -> Traded:
    """Those of `said` at `score_min` or above."""
    taken, curve, net, won = list[int](), list[int](), 0, 0
    day, count, free_ns = -1, 0, 0
    for n in range(len(rows)):
        if rows.day[n] != day:
            day, count, free_ns = int(rows.day[n]), 0, 0
        if said[n] >= score_min and rows.began_ns[n] >= free_ns and count < params.trades_max:
            taken.append(n)
            count += 1
            net, won = net + int(rows.net_paise[n]), won + bool(rows.net_paise[n] > 0)
            free_ns = max(int(rows.ends_ns[n]), int(rows.began_ns[n]) + params.retry_seconds * SECOND_NS)
        curve.append(net)
    days = len(np.unique(rows.day))
    return Traded(places=tuple(taken), net_paise=net, won=won, days=days, curve=tuple(curve))


def _auc(said: NDArray[np.float64], won: NDArray[np.float64]) -> float | None:
    """By ranks (Mann and Whitney); those that are equal share theirs."""
    wins = int(won.sum())
    if not 0 < wins < len(won):
        return None
    _, place, counts = np.unique(said, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[place]
    return float((ranks[won > 0].sum() - wins * (wins + 1) / 2) / (wins * (len(won) - wins)))


def _bins(said: NDArray[np.float64], won: NDArray[np.float64]) -> tuple[Bin, ...]:
    order = np.argsort(said, kind="stable")
    parts = [part for part in np.array_split(order, BINS) if len(part)]
    return tuple(Bin(said=float(said[part].mean()), seen=float(won[part].mean()), rows=len(part)) for part in parts)
