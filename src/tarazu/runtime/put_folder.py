"""A folder put in the place of an older one, so that a process killed at any moment has lost neither.

While it is done the older one is `.<name>.was` beside it: one name, so that whoever comes next finds it, and puts it
back where nothing took its place. What is being made is `.<name>.*`, too. One process at a time: the caller sees to it.
"""

import shutil
import tempfile
from pathlib import Path

from tarazu.runtime.whole import sync_folder


def making_beside(target: Path) -> Path:
    """A new empty folder to make it in. Raises OSError."""
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    return Path(tempfile.mkdtemp(prefix=f".{target.name}.", dir=target.parent))


def put_folder(making: Path, target: Path) -> None:
    """Whole, in the place of an older one. Raises OSError: the older one is there still."""
    put_back(target)
    sync_folder(making)
    if target.exists():
        _exchange(making, target)
    else:
        making.rename(target)
        sync_folder(target.parent)


def where_it_is(target: Path) -> Path:
    """Itself; or what it was, where a process was killed before the new one was in its place."""
    was = _was(target)
    return was if was.is_dir() and not target.exists() else target


def put_back(target: Path) -> None:
    """After a process that was killed: the older one has its place again, where there is no newer one in it.

    Raises OSError.
    """
    was = _was(target)
    if not was.is_dir():
        return
    if target.exists():
        shutil.rmtree(was)
    else:
        was.rename(target)
    sync_folder(target.parent)


def clear_beside(target: Path) -> None:
    """What processes that were killed have left of their making. Raises OSError."""
    put_back(target)
    for left in target.parent.glob(f".{target.name}.*"):
        shutil.rmtree(left)


def _exchange(making: Path, target: Path) -> None:
    was = _was(target)
    target.rename(was)
    try:
        making.rename(target)
    except BaseException:
        was.rename(target)
        raise
    sync_folder(target.parent)
    shutil.rmtree(was)
    sync_folder(target.parent)


def _was(target: Path) -> Path:
    return target.with_name(f".{target.name}.was")
