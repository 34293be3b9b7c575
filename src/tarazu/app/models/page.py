"""A version on a page: what it was made from, how it did beside the active one and no model, its gates and its days."""

from collections.abc import Iterator

import msgspec

from tarazu.app.feed.words import table
from tarazu.app.home import Home
from tarazu.app.models.drift import ROWS_MIN
from tarazu.app.models.judging.judged import Judgement, judged
from tarazu.app.models.look import net_of
from tarazu.app.models.manifest import Judged, Manifest
from tarazu.app.models.moving.swap import Standing
from tarazu.app.settings import ModelSettings
from tarazu.app.verdict import Check, Status, Verdict, exit_of, worst
from tarazu.model import ist

CHANGES_SHOWN, DATA_SHOWN = 6, 6


def page(home: Home, stands: Standing, sha256: str, settings: ModelSettings, now_ns: int) -> Verdict:
    """Of a version that was proven. A gate that it has not passed is a warning: it is only looked at. Raises
    BadVersion, OSError."""
    found = judged(home, stands.family, sha256, stands.active, settings)
    gates = found.gates if sha256 != stands.active else _of_the_active(found, settings)
    checks = tuple(_warned(check) for check in gates)
    status = worst(checks)
    state = "active" if sha256 == stands.active else "not active"
    return Verdict(
        command="model.show",
        word=status.name,
        exit_code=exit_of(status),
        profile=home.profile,
        now_ns=now_ns,
        summary=f"{stands.family} {sha256[:12]} {state}, sha256 and signature ok",
        checks=checks,
        body=tuple(_body(found, stands, sha256)),
        facts={
            "family": stands.family,
            "sha256": sha256,
            "active": stands.active or None,
            "manifest": found.evidence.manifest,
            "drift": found.evidence.drift,
            "shadow": found.evidence.shadow,
            "changes": stands.changes,
        },
    )


def _warned(check: Check) -> Check:
    return msgspec.structs.replace(check, status=Status.WARN) if check.status is Status.CRIT else check


def _of_the_active(found: Judgement, settings: ModelSettings) -> tuple[Check, ...]:
    """It is past its promotion: its drift alone is looked at, and by the warning limit."""
    worst, rows = found.evidence.drift.worst, found.evidence.drift.rows
    seen = Check(id="model.drift", status=Status.OK, limit=settings.psi_warn)
    if worst is None:
        return (msgspec.structs.replace(seen, detail=f"not known: {rows} decisions of {ROWS_MIN}"),)
    seen = msgspec.structs.replace(seen, observed=round(worst[1], 3))
    told = f"PSI of {worst[0]} over {rows} decisions"
    return (seen if worst[1] < settings.psi_warn else seen.broken(Status.WARN, "DRIFT", told, "tarazu train xgb"),)


def _body(found: Judgement, stands: Standing, sha256: str) -> Iterator[str]:
    of = found.evidence
    manifest = of.manifest
    yield f"MADE       {ist.stamp(manifest.made_ns)} IST by {manifest.who} | build {manifest.code or 'not told'}"
    if manifest.about:
        yield f"ABOUT      {manifest.about}"
    data = [f"{name} {told[:12]}" for name, told in manifest.data.items()]
    rest = f", +{len(data) - DATA_SHOWN}" if len(data) > DATA_SHOWN else ""
    yield f"DATA       {', '.join(data[:DATA_SHOWN]) + rest if data else 'not told'}"
    yield f"PARAMS     {', '.join(f'{name} {told}' for name, told in manifest.params.items()) or 'not told'}"
    yield f"METRICS    {', '.join(f'{name} {told:.4g}' for name, told in manifest.metrics.items()) or 'not told'}"
    yield from _judged(manifest, stands.active)
    psi = ", ".join(f"{name} {value:.3f}" for name, value in of.drift.psi.items())
    yield f"DRIFT      {psi or f'{of.drift.rows} decisions of {ROWS_MIN}'}{f' ({of.unread})' if of.unread else ''}"
    for day in of.shadow:
        agreed = f", agreed with the one that was asked {day.agreed} of {day.compared}" if day.compared else ""
        yield f"SHADOW     {day.day} {day.rows} decisions, mean score {day.mean_score:.3f}{agreed}"
    for check in found.gates if sha256 != stands.active else ():
        yield f"GATE       {check.id.removeprefix('gate.'):<9} {check.status:<8} {check.code} {check.detail}".rstrip()
    for change in stands.changes[-CHANGES_SHOWN:]:
        moved = f"{change.was[:12] or 'none'} -> {change.now[:12] or 'none'}"
        waived = f" (waived {', '.join(change.waived)})" if change.waived else ""
        yield f"CHANGE     {ist.stamp(change.ts_ns)} {change.act} {moved} by {change.who}: {change.why}{waived}"


def _judged(manifest: Manifest, active: str) -> Iterator[str]:
    """Side by side, on the same rows."""
    rows = [("this version", manifest.out_of_sample), ("no model", manifest.baseline)]
    if active and active != manifest.sha256:
        rows.append((f"active {active[:12]}", manifest.against.get(active)))
    told = [(f"  {who}", net_of(one), _log_loss(one), str(one.days) if one else "?") for who, one in rows]
    yield from table([("OUT OF SAMPLE", "NET OF TRADES", "LOG LOSS", "DAYS"), *told])


def _log_loss(one: Judged | None) -> str:
    return f"{one.log_loss:.4f}" if one is not None and one.log_loss is not None else "-"
