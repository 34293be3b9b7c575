"""The models that are active in a profile, and those of a hash: read and never written here.

A model that is not what its name says, or does not read, is refused: a desk that was told to use one uses no other.
"""

from collections.abc import Mapping
from pathlib import Path

from tarazu.app.models.versions import BadVersion, active_sha256, families, model_bytes
from tarazu.strategy.scored import BadModel, Model, read_model


class BadModels(Exception):
    """An active model cannot be used; the message says which, why and what to do."""


def active_hashes(folder: Path) -> dict[str, str]:
    """SHA-256 by name, of those that have one active; none where there is no folder. Raises BadModels, OSError."""
    try:
        found = {name: active_sha256(folder, name) for name in families(folder)}
    except BadVersion as bad:
        raise BadModels(f"model {bad}") from bad
    return {name: sha256 for name, sha256 in found.items() if sha256}


def models_of(folder: Path, hashes: Mapping[str, str]) -> dict[str, Model]:
    """By name, the versions with these hashes, whatever is active now. Raises BadModels, OSError."""
    return {name: _model(folder, name, sha256) for name, sha256 in hashes.items()}


def active_models(folder: Path) -> dict[str, Model]:
    """By name; none where there is no folder. Raises BadModels, OSError."""
    return models_of(folder, active_hashes(folder))


def _model(folder: Path, name: str, sha256: str) -> Model:
    try:
        return Model(name=name, sha256=sha256, weights=read_model(model_bytes(folder, name, sha256)))
    except (BadVersion, BadModel) as bad:
        raise BadModels(f"model {name}: {bad}; tarazu model rollback --family {name}") from bad
