"""Which code decides: the version, and a hash over the rooms that a decision can come from."""

import hashlib
from functools import cache
from pathlib import Path

import tarazu

DECIDING = ("engine", "market", "model", "orders", "portfolio", "risk", "strategy", "wire", "reference")


@cache
def build() -> str:
    """`0.1.0+3f9a2c1d0b7e`: a replay by another build may differ."""
    root, hashed = Path(tarazu.__file__).parent, hashlib.sha256()
    for room in DECIDING:
        for path in sorted((root / room).rglob("*")):
            if path.suffix in (".py", ".json"):
                hashed.update(f"{path.relative_to(root)}\0".encode() + path.read_bytes() + b"\0")
    return f"{tarazu.__version__}+{hashed.hexdigest()[:12]}"
