"""Which models are in use, and whether they are what their names say (`app.models.active`)."""

import hashlib
from pathlib import Path

from tarazu.app.home import Home
from tarazu.app.verdict import Check, Status, plain

ACTIVE = "active"
"""`app.models.active`, which would bring all of numpy."""
SHOWN = 7


def models(home: Home) -> tuple[str, tuple[Check, ...]]:
    """In words, and one check each. What a model has drifted by is measured by nobody yet, and is not told."""
    chosen = sorted(path for path in home.models.glob(f"*/{ACTIVE}") if path.is_file())
    told = [_model(path) for path in chosen]
    return " | ".join(text for text, _ in told) or "none is active", tuple(check for _, check in told)


def _model(active: Path) -> tuple[str, Check]:
    name = active.parent.name
    seen = Check(id=f"model.{name}", status=Status.OK)
    try:
        sha256 = active.read_text().strip()
        found = hashlib.sha256((active.parent / f"{sha256}.json").read_bytes()).hexdigest()
    except (OSError, UnicodeDecodeError, ValueError) as bad:
        return f"{plain(name)} UNREADABLE", seen.broken(Status.CRIT, "MODEL_UNREADABLE", str(bad))
    if found != sha256:
        return f"{plain(name)} DAMAGED", seen.broken(Status.CRIT, "MODEL_DAMAGED", f"{active.parent}: not {sha256:.12}")
    return f"{plain(name)} {sha256[:SHOWN]} sha256 ok", seen
