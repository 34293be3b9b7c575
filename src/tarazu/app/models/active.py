"""The models that are active in a profile, read and never written here.

models/<name>/<sha256>.json    weights (`strategy.scored`); the file's name is the SHA-256 of its bytes
models/<name>/active           the hash of the one in use; none is active where there is no such file

A model that is not what its name says, or does not read, is refused: a desk that was told to use one uses no other.
"""

import hashlib
from pathlib import Path

from tarazu.strategy.scored import BadModel, Model, read_weights

ACTIVE = "active"


class BadModels(Exception):
    """An active model cannot be used; the message says which, why and what to do."""


def active_models(folder: Path) -> dict[str, Model]:
    """By name; none where there is no folder. Raises BadModels, OSError."""
    if not folder.is_dir():
        return {}
    chosen = sorted(path for path in folder.glob(f"*/{ACTIVE}") if path.is_file())
    return {path.parent.name: _model(path) for path in chosen}


def _model(active: Path) -> Model:
    name, sha256 = active.parent.name, active.read_text().strip()
    path = active.parent / f"{sha256}.json"
    if len(sha256) != 64 or set(sha256) - set("0123456789abcdef"):
        raise BadModels(f"model {name}: {active} names no SHA-256: {sha256[:80]!r}; delete the file to use no model")
    if not path.is_file():
        raise BadModels(f"model {name}: {path} is not there; bring it back, or delete {active} to use no model")
    text = path.read_bytes()
    found = hashlib.sha256(text).hexdigest()
    if found != sha256:
        raise BadModels(f"model {name}: {path} is damaged: its hash is {found[:12]}; bring it back from a copy")
    try:
        return Model(name=name, sha256=sha256, weights=read_weights(text))
    except BadModel as bad:
        raise BadModels(f"model {name}: {path}: {bad}") from bad
