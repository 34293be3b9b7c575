"""`tarazu train xgb` as work: days seen, a model made of them and judged, and the version kept with its manifest.

Nothing becomes active by it: `tarazu model promote` is a person's.
"""

from collections.abc import Iterator, Sequence

import msgspec
import numpy as np

from tarazu import reference
from tarazu.app.home import Home
from tarazu.app.main.build import build
from tarazu.app.models.manifest import Judged, Manifest
from tarazu.app.models.registry import Version, register, version_of
from tarazu.app.models.versions import active_sha256
from tarazu.app.research.day import ResearchDay
from tarazu.app.training.boosted import Boosting
from tarazu.app.training.folds import Folds
from tarazu.app.training.judged import log_loss, traded
from tarazu.app.training.moments import SeenDay, seen_day
from tarazu.app.training.rows import DayRows, day_rows
from tarazu.app.training.trained import Steps, Trained, against, everything, trained
from tarazu.strategy.momentum import Params
from tarazu.strategy.option_view import NoContracts


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be trained, besides the days."""

    family: str
    params: Params
    boosting: Boosting
    folds: Folds
    psi_warn: float
    """Drift that is told (`[models]`)."""


class Beside(msgspec.Struct, frozen=True, kw_only=True):
    """What the active version would have made, on the judged days that it was not made of; on all where it was made
    of each."""

    sha256: str
    days: int
    is_fair: bool
    """False: it had seen them all."""
    own: Judged
    baseline: Judged
    active: Judged


class Training(msgspec.Struct, frozen=True, kw_only=True):
    order: Order
    days: tuple[DayRows, ...]
    trained: Trained
    beside: Beside | None
    """None: no version is active."""
    build: str

    @property
    def manifest(self) -> Manifest:
        of, beside = self.trained, self.beside
        return Manifest(
            data={day.name: day.sha256 for day in self.days},
            code=self.build,
            params=_params(self.order),
            metrics=metrics(of),
            out_of_sample=of.out_of_sample if beside is None else beside.own,
            baseline=of.baseline.judged(None) if beside is None else beside.baseline,
            against={} if beside is None else {beside.sha256: beside.active},
            spread=of.spread,
            drift_psi=of.drift_psi,
            about=about(self.days),
        )


def train(home: Home, order: Order, days: Iterator[ResearchDay], count: int, steps: Steps) -> Training:
    """Raises training.boosted.TooFew, strategy.option_view.NoContracts, research.recorded_days.NoSuchDay, and of the
    active version app.models.versions.BadVersion, strategy.calibration.BadModel."""
    active = active_of(home, order.family)
    rates, seen = reference.charge_rates(), list[DayRows]()
    with steps("days") as progress:
        for place, day in enumerate(days):
            seen.append(day_rows(_seen(day, order.params), place, order.params, rates))
            progress(place + 1, count)
    found = trained(seen, order.params, order.boosting, order.folds, about(seen), steps)
    return Training(
        order=order,
        days=tuple(seen),
        trained=found,
        beside=None if active is None else _beside(active, seen, found, order),
        build=build(),
    )


def _seen(day: ResearchDay, params: Params) -> SeenDay:
    try:
        return seen_day(day, params)
    except NoContracts as none:
        raise NoContracts(f"{day.name}: {none}: leave the day out of --days") from none


def keep(home: Home, training: Training, who: str, now_ns: int) -> str:
    """The version's SHA-256. Raises what `registry.register` raises."""
    return register(home, training.order.family, training.trained.text, training.manifest, who=who, now_ns=now_ns)


def active_of(home: Home, family: str) -> Version | None:
    """Raises app.models.versions.BadVersion, OSError."""
    sha256 = active_sha256(home.models, family)
    return version_of(home, family, sha256) if sha256 else None


def metrics(of: Trained) -> dict[str, float]:
    """Out of sample."""
    told = {
        "rows": float(len(of.rows)),
        "won_share": float(of.rows.won.mean()),
        "log_loss_nats": of.word.log_loss,
        "log_loss_of_share_nats": of.word.log_loss_share,
        "brier": of.word.brier,
        "net_paise": float(of.model.net_paise),
        "trades": float(len(of.model.places)),
        "won": float(of.model.won),
        "baseline_net_paise": float(of.baseline.net_paise),
        "baseline_trades": float(len(of.baseline.places)),
        **{f"psi_{name}": value for name, value in of.drift.items()},
    }
    return told if of.word.auc is None else {**told, "auc": of.word.auc}


def about(days: Sequence[DayRows]) -> str:
    rows = sum(len(day.rows) for day in days)
    span = days[0].name if len(days) == 1 else f"{days[0].name} to {days[-1].name}"
    return f"P(net of charges > 0) of a momentum trade, learned from {rows:,} of {len(days)} days: {span}"


def _beside(active: Version, days: Sequence[DayRows], found: Trained, order: Order) -> Beside:
    known = set(active.manifest.data) if active.manifest is not None else set[str]()
    unseen = [place for place, day in enumerate(days) if day.name not in known]
    fair = np.isin(found.rows.day, unseen)
    chosen = fair if fair.any() else np.ones(len(fair), np.bool_)
    rows, said = found.rows.taken(chosen), found.said[chosen]
    own = traded(rows, said, order.params.score_min, order.params).judged(log_loss(said, rows.won))
    return Beside(
        sha256=active.sha256,
        days=own.days,
        is_fair=bool(fair.any()),
        own=own,
        baseline=everything(rows, order.params).judged(None),
        active=against(active.text, rows, order.params),
    )


def _params(order: Order) -> dict[str, float | int | str | bool]:
    parts = {"boosting": order.boosting, "folds": order.folds, "momentum": order.params}
    return {f"{part}.{name}": value for part, of in parts.items() for name, value in msgspec.to_builtins(of).items()}
