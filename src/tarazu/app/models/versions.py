"""The files of the registry: immutable versions by their hash, a signed manifest beside each, one active by family.

models/<family>/<sha256>.json            the model; its name is the SHA-256 of its bytes
models/<family>/<sha256>.manifest.json   what it was made from and how it did, signed (`manifest`)
models/<family>/active                   the hash of the one in use; none is where there is no such file

What is no model is refused by its name and its first byte, before anything parses it: no pickle is ever opened as one.
"""

import hashlib
import re
from pathlib import Path

from tarazu.strategy.calibration import BadModel

ACTIVE = "active"
MODEL_BYTES_MAX = 64 << 20
"""A booster of a few thousand trees has a few megabytes."""
_FAMILY = re.compile(r"[a-z][a-z0-9_]{0,63}")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_PICKLES = (b"\x80", b"(", b"c", b"}q", b"]q")
"""How pickles of every protocol begin; here for the sentence alone: nothing that does not begin with `{` is read."""


class BadVersion(Exception):
    """A version is not there, or is not what its name says; the message says which, why and what to do."""


def is_family(name: str) -> bool:
    """A folder's name, and what strategies' params may say."""
    return _FAMILY.fullmatch(name) is not None


def is_sha256(text: str) -> bool:
    return _SHA256.fullmatch(text) is not None


def model_file(folder: Path, family: str, sha256: str) -> Path:
    return folder / family / f"{sha256}.json"


def manifest_file(folder: Path, family: str, sha256: str) -> Path:
    return folder / family / f"{sha256}.manifest.json"


def families(folder: Path) -> list[str]:
    """In alphabetical order; none where there is no folder."""
    if not folder.is_dir():
        return []
    return sorted(path.name for path in folder.iterdir() if path.is_dir() and is_family(path.name))


def versions(folder: Path, family: str) -> list[str]:
    """The hashes that files are named by, the oldest file first; whether the bytes are theirs is not looked at."""
    found = [path for path in (folder / family).glob("*.json") if is_sha256(path.stem)]
    return [path.stem for path in sorted(found, key=lambda path: (path.stat().st_mtime_ns, path.stem))]


def active_sha256(folder: Path, family: str) -> str:
    """Empty: none is active. Raises BadVersion, OSError."""
    path = folder / family / ACTIVE
    try:
        text = path.read_bytes()
    except FileNotFoundError:
        return ""
    said = text.decode("ascii", "replace").strip()
    if not is_sha256(said):
        raise BadVersion(f"{path} names no SHA-256: {said[:80]!r}; tarazu model rollback --family {family} --to none")
    return said


def model_bytes(folder: Path, family: str, sha256: str) -> bytes:
    """Of that version, proven by its hash. Raises BadVersion, OSError."""
    path = model_file(folder, family, sha256)
    try:
        if path.stat().st_size > MODEL_BYTES_MAX:
            raise BadVersion(f"{path} has more than {MODEL_BYTES_MAX >> 20} MiB: that is no model")
        text = path.read_bytes()
    except FileNotFoundError as none:
        raise BadVersion(f"{path} is not there; bring it back from a backup (tarazu dr restore)") from none
    found = hashlib.sha256(text).hexdigest()
    if found != sha256:
        raise BadVersion(f"{path} is damaged: its hash is {found[:12]}; bring it back from a backup")
    return text


def refuse_strangers(name: str, text: bytes) -> None:
    """By name and first byte, before anything is parsed. Raises BadModel."""
    if not name.endswith(".json"):
        raise BadModel(f"{name}: a model is a .json file: tarazu.model/1, or XGBoost's own JSON")
    if len(text) > MODEL_BYTES_MAX:
        raise BadModel(f"{name}: more than {MODEL_BYTES_MAX >> 20} MiB")
    if not text.startswith(b"{"):
        kind = "a pickle, and pickles are programs" if text.startswith(_PICKLES) else "no JSON object"
        raise BadModel(f"{name}: it begins as {kind}; it was not opened. Save the model as JSON")
