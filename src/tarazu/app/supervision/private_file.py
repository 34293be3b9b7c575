"""Files that nobody else may read, replaced whole: a reader finds the old one or the new one."""

import os
from pathlib import Path


def replace_private(path: Path, text: str) -> None:
    """Mode 0600 from its first byte."""
    beside = path.with_name(f"{path.name}.{os.getpid()}")
    with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(text)
    beside.replace(path)
