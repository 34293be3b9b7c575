"""Which models are in use, whether they are what their names say, and how far what they see has drifted."""

import hashlib
from collections.abc import Sequence
from pathlib import Path

from tarazu.app.home import Home
from tarazu.app.main.health import MainHealth
from tarazu.app.main.models_health import DriftPage, ModelsPage
from tarazu.app.verdict import Check, Status, plain

ACTIVE = "active"
"""`app.models.versions`, which would bring the signatures."""
SHOWN = 7


def models(home: Home, engine: MainHealth | Check, scores: Sequence[float] = ()) -> tuple[str, tuple[Check, ...]]:
    """In words, and a check for each thing that can be wrong. `scores`: of the window's decisions."""
    chosen = sorted(path for path in home.models.glob(f"*/{ACTIVE}") if path.is_file())
    page = engine.models if isinstance(engine, MainHealth) else None
    told, checks = [], list[Check]()
    for path in chosen:
        text, found = _model(path, page, _psi_warn(home))
        told.append(text)
        checks += found
    if page is not None and page.trouble:
        seen = Check(id="model.main", status=Status.OK)
        checks.append(seen.broken(Status.CRIT, "MODELS", f"main takes no entries: {page.trouble}", "tarazu model list"))
    mean = (f"mean p {sum(scores) / len(scores):.2f} of {len(scores)}",) if scores and chosen else ()
    return " | ".join((*told, *mean)) or "none is active", tuple(checks)


def _psi_warn(home: Home) -> float:
    """Of settings that do not read others tell: here their default stands."""
    from tarazu.app.settings import BadSettings, ModelSettings, read_settings  # here: most desks have no model

    try:
        return read_settings(home.settings_file).models.psi_warn
    except (BadSettings, OSError):
        return ModelSettings().psi_warn


def _model(active: Path, page: ModelsPage | None, psi_warn: float) -> tuple[str, list[Check]]:
    name = active.parent.name
    seen = Check(id=f"model.{name}", status=Status.OK)
    try:
        sha256 = active.read_text().strip()
        found = hashlib.sha256((active.parent / f"{sha256}.json").read_bytes()).hexdigest()
    except (OSError, UnicodeDecodeError, ValueError) as bad:
        return f"{plain(name)} UNREADABLE", [seen.broken(Status.CRIT, "MODEL_UNREADABLE", str(bad))]
    if found != sha256:
        return f"{plain(name)} DAMAGED", [
            seen.broken(Status.CRIT, "MODEL_DAMAGED", f"{active.parent}: not {sha256:.12}")
        ]
    text, checks = f"{plain(name)} {sha256[:SHOWN]} sha256 ok", [seen]
    if page is not None and page.is_used:
        checks.append(_used(name, sha256, page))
        drift, check = _drift(name, page.drift.get(name, DriftPage(why="main has not said")), psi_warn)
        text, checks = f"{text}, {drift}", [*checks, check]
    return text, checks


def _used(name: str, sha256: str, page: ModelsPage) -> Check:
    """main's own word: what is active and not used is told, and for how long it may take is not asked."""
    used = page.active.get(name, "")
    seen = Check(id=f"model.{name}.used", status=Status.OK, observed=used[:12] or "none")
    if used == sha256:
        return seen
    return seen.broken(Status.WARN, "NOT_USED", f"main uses another than the active {sha256[:12]}", "tarazu model list")


def _drift(name: str, drift: DriftPage, psi_warn: float) -> tuple[str, Check]:
    seen = Check(id=f"model.{name}.psi", status=Status.OK, limit=psi_warn)
    if drift.psi is None:
        skipped = Check(id=seen.id, status=Status.SKIP, detail=drift.why)
        return f"drift not known ({plain(drift.why)})", skipped
    text = f"drift PSI {drift.psi:.2f} {plain(drift.name)} of {drift.rows} (warn {psi_warn:.2f})"
    seen = Check(id=seen.id, status=Status.OK, observed=round(drift.psi, 3), limit=psi_warn)
    if drift.psi < psi_warn:
        return text, seen
    hint = f"tarazu model show --family {name}; tarazu model rollback --family {name} --to previous"
    return text, seen.broken(Status.WARN, "MODEL_DRIFT", f"{drift.name} is spread as it was not in training", hint)
