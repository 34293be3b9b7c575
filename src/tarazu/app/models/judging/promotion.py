"""What a version must have shown before it is made the active one. What is not known is not passed.

Four gates: better than no model and than doing nothing, better than the active one, on rows that no training has seen
and net of charges; no drift; days in its shadow. A person may waive one by its name, and says why: the record keeps
both. That the bytes are what their name says, read, and are signed for is no gate and is waived by nobody
(`swap.prove`).
"""

from collections.abc import Sequence
from enum import StrEnum

import msgspec

from tarazu.app.models.drift import ROWS_MIN, Drift, drift
from tarazu.app.models.judging.scored_rows import Row, ShadowDay, shadow_days
from tarazu.app.models.manifest import Judged, Manifest
from tarazu.app.models.words import rupees
from tarazu.app.settings import ModelSettings
from tarazu.app.verdict import Check, Status


class GateName(StrEnum):
    BASELINE = "baseline"
    ACTIVE = "active"
    DRIFT = "drift"
    SHADOW = "shadow"


class Evidence(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a version besides its file."""

    manifest: Manifest
    active: str
    """SHA-256 of the one it would replace; empty: none."""
    drift: Drift
    """Of the journal's rows against training."""
    shadow: tuple[ShadowDay, ...]
    unread: str = ""
    """Why the journal could not be asked; empty where it could."""


def evidence(manifest: Manifest, active: str, rows: Sequence[Row], settings: ModelSettings, unread: str) -> Evidence:
    """`rows` are of the version's own scores."""
    return Evidence(
        manifest=manifest,
        active=active,
        drift=drift(manifest.spread, [row.numbers for row in rows]),
        shadow=tuple(shadow_days(list(rows), manifest.made_ns, settings.shadow_rows)),
        unread=unread,
    )


def gates(of: Evidence, settings: ModelSettings) -> tuple[Check, ...]:
    """One check each, `gate.<name>`: ok is passed; CRIT is not; UNKNOWN is not known and not passed."""
    return (_baseline(of), _active(of), _drift(of, settings), _shadow(of, settings))


def waived(checks: Sequence[Check], names: Sequence[str]) -> tuple[Check, ...]:
    """A gate that was not passed is told as a warning where it is waived."""
    ids = {f"gate.{name}" for name in names}
    return tuple(
        msgspec.structs.replace(check, status=Status.WARN, code="WAIVED", detail=f"{check.code}: {check.detail}")
        if check.id in ids and check.status is not Status.OK
        else check
        for check in checks
    )


def _baseline(of: Evidence) -> Check:
    seen = Check(id=f"gate.{GateName.BASELINE}", status=Status.OK)
    own = of.manifest.out_of_sample
    found = _better(seen, own, of.manifest.baseline, "no model", "NOT_BETTER_THAN_NONE")
    if found.status is Status.OK and own is not None and own.net_paise <= 0:  # without a model a strategy may pass
        return seen.broken(Status.CRIT, "LOSES", f"{found.detail}; and doing nothing {rupees(0)}")
    return found


def _active(of: Evidence) -> Check:
    seen = Check(id=f"gate.{GateName.ACTIVE}", status=Status.OK)
    if not of.active:
        return msgspec.structs.replace(seen, detail="none is active")
    if of.active == of.manifest.sha256:
        return msgspec.structs.replace(seen, detail="it is the active one")
    whose = f"the active {of.active[:12]}"
    return _better(seen, of.manifest.out_of_sample, of.manifest.against.get(of.active), whose, "NOT_BETTER_THAN_ACTIVE")


def _better(seen: Check, own: Judged | None, other: Judged | None, whose: str, code: str) -> Check:
    """Net of charges, on the same rows; one that never trades has shown nothing."""
    if own is None or other is None:
        told = f"it was not judged beside {whose} on rows out of sample: train it anew"
        return seen.broken(Status.UNKNOWN, "NOT_JUDGED", told)
    told = f"net {rupees(own.net_paise)} of {own.trades} trades out of sample, {whose} {rupees(other.net_paise)}"
    if own.trades and own.net_paise > other.net_paise:
        return msgspec.structs.replace(seen, detail=told)
    return seen.broken(Status.CRIT, code, told)


def _drift(of: Evidence, settings: ModelSettings) -> Check:
    """By the journal, where it has enough; else as the trainer saw it from training to the rows out of sample."""
    seen = Check(id=f"gate.{GateName.DRIFT}", status=Status.OK, limit=settings.psi_max)
    worst, psi, rows = of.drift.worst, of.manifest.drift_psi, of.drift.rows
    if worst is not None:
        name, found = worst
        told, found = f"PSI of {name} over {rows} decisions", round(found, 3)
    elif psi is not None:
        told, found = f"PSI in training; the journal has {rows} decisions of {ROWS_MIN}", round(psi, 3)
    else:
        few = of.unread or f"the journal has {rows} decisions of {ROWS_MIN}, and training measured none"
        return seen.broken(Status.UNKNOWN, "DRIFT_UNKNOWN", few)
    seen = msgspec.structs.replace(seen, observed=found, detail=told)
    return seen if found < settings.psi_max else seen.broken(Status.CRIT, "DRIFTED", told)


def _shadow(of: Evidence, settings: ModelSettings) -> Check:
    days = len(of.shadow)
    seen = Check(id=f"gate.{GateName.SHADOW}", status=Status.OK, observed=days, limit=settings.shadow_days, unit="days")
    if days >= settings.shadow_days:
        return seen
    if of.unread:
        return seen.broken(Status.UNKNOWN, "SHADOW_UNKNOWN", of.unread)
    told = f"days of at least {settings.shadow_rows} decisions since it was registered"
    return seen.broken(Status.CRIT, "TOO_FEW_SHADOW_DAYS", told)
