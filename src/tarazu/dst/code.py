"""Which code a simulated day is a day of: a hash over all rooms that one can come from."""

import hashlib
from functools import cache
from pathlib import Path

import tarazu

ROOMS = (
    *("dst", "runtime", "ports", "reference", "engine", "risk", "strategy"),
    *("orders", "journal", "market", "portfolio", "wire", "model"),
)
"""`dst` and what lies below it. `adapters` and `sim` are no part of a simulated day."""
ROOT = Path(tarazu.__file__).parent


@cache
def code_sha256(root: Path = ROOT) -> str:
    """Over every file of theirs: the same in a checkout and in the package that was built from it."""
    hashed = hashlib.sha256()
    for room in ROOMS:
        for path in sorted((root / room).rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                hashed.update(f"{path.relative_to(root)}\0".encode() + path.read_bytes() + b"\0")
    return hashed.hexdigest()
