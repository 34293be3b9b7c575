"""A training as a verdict's lines and checks: what was learned from, what it knows, what it would have made."""

from collections.abc import Iterator
from typing import Any

import msgspec

from tarazu.app.models.manifest import Judged
from tarazu.app.pages.words import signed
from tarazu.app.training.training import Training, metrics
from tarazu.app.verdict import Check, Status

NOT_ACTIVE = "nothing is active by it: tarazu model show, tarazu model promote"


def checks(training: Training) -> tuple[Check, ...]:
    return _knows(training), _makes(training), _drifts(training)


def _knows(training: Training) -> Check:
    said = training.trained.word
    seen = Check(
        id="train.log_loss",
        status=Status.OK,
        observed=round(said.log_loss, 4),
        limit=round(said.log_loss_share, 4),
        unit="nats",
    )
    if said.log_loss < said.log_loss_share:
        return seen
    told = "out of sample it knows no more than the share of trades that win"
    return seen.broken(Status.WARN, "NO_SKILL", told, "other or more --days; see docs/training.md")


def _makes(training: Training) -> Check:
    own, none = training.trained.model, training.trained.baseline
    seen = Check(id="train.net", status=Status.OK, observed=len(own.places), unit="trades out of sample")
    if not own.places:
        told = f"no trade was worth {training.order.params.score_min:g} to it: it would keep the strategy out"
        return seen.broken(Status.WARN, "NEVER_TRADES", told)
    if own.net_paise <= max(none.net_paise, 0):
        told = f"{signed(own.net_paise)}; without a model {signed(none.net_paise)}, with nothing done {signed(0)}"
        return seen.broken(Status.WARN, "NO_EDGE", told, "it is not to be traded by")
    return seen


def _drifts(training: Training) -> Check:
    drift = training.trained.drift
    if not drift:
        return Check(id="train.drift", status=Status.SKIP, detail="too few trades out of sample to tell a drift by")
    name, psi = max(drift.items(), key=lambda one: one[1])
    limit = training.order.psi_warn
    seen = Check(id="train.drift", status=Status.OK, observed=round(psi, 3), limit=limit, unit="PSI")
    if psi < limit:
        return seen
    return seen.broken(Status.WARN, "DRIFTED", f"{name} is spread otherwise than where it was learned from")


def lines(training: Training) -> Iterator[str]:
    of, days = training.trained, training.days
    rows = sum(len(day.rows) for day in days)
    out = f"{sum(day.unfilled for day in days):,} not filled, {sum(day.open for day in days):,} open at the end"
    yield f"learned    {rows:,} trades of {len(days)} days; left out: {out}"
    auc = "unknown" if of.word.auc is None else f"{of.word.auc:.3f}"
    knows = f"log loss {of.word.log_loss:.4f} (share alone {of.word.log_loss_share:.4f})"
    yield f"judged     {len(of.rows):,} trades on days behind; {knows}, AUC {auc}, Brier {of.word.brier:.4f}"
    yield f"model      {_judged(of.out_of_sample)}, at a score of {training.order.params.score_min:g}"
    yield f"no model   {_judged(of.baseline.judged(None))}"
    if training.beside is not None:
        beside = training.beside
        whose = "that it was not made of" if beside.is_fair else "ALL OF WHICH IT WAS MADE OF"
        yield f"active     {beside.sha256[:12]} {_judged(beside.active)}; this one {_judged(beside.own)}; days {whose}"
    yield f"{'learned from':<26}{'judged by':<26}{'trades':>8}{'model':>14}{'no model':>14}{'log loss':>10}"
    for one in of.stretches:
        loss = "none" if one.log_loss is None else f"{one.log_loss:.4f}"
        yield (
            f"{'..'.join(one.learned):<26}{'..'.join(one.tested):<26}{one.rows[1]:>8,}{signed(one.net_paise):>14}"
            f"{signed(one.baseline_paise):>14}{loss:>10}"
        )


def facts(training: Training, sha256: str) -> dict[str, Any]:
    """For machines: paise, nats."""
    of = training.trained
    return {
        "family": training.order.family,
        "sha256": sha256,
        "is_registered": bool(sha256),
        "metrics": metrics(of),
        "manifest": msgspec.to_builtins(training.manifest),
        "windows": msgspec.to_builtins(of.stretches),
        "reliability": msgspec.to_builtins(of.word.bins),
    }


def _judged(one: Judged) -> str:
    return f"{signed(one.net_paise)} net of {one.trades:,} trades on {one.days} days"
