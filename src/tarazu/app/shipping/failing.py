"""Why something is not copied: the copy's disk or the desk's own, and which code that has."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
GONE = {errno.ENOENT, errno.ENOTDIR, errno.ENODEV, errno.ESTALE, errno.ENOTCONN, errno.EHOSTDOWN, errno.ETIMEDOUT}


class TargetFailed(Exception):
    """The copy takes nothing; it is opened anew before the next try. `code` is published."""

    def __init__(self, code: str, detail: str, hint: str = "") -> None:
        super().__init__(detail)
        self.code, self.hint = code, hint


class SourceFailed(Exception):
    """What is to be copied cannot be read, or is not what was written: the copy stays as it is."""

    def __init__(self, code: str, detail: str, hint: str = "") -> None:
        super().__init__(detail)
        self.code, self.hint = code, hint


@contextmanager
def writing(folder: Path) -> Iterator[None]:
    """Whatever the disk of the copy says no with is told by its code. Raises TargetFailed."""
    try:
        yield
    except OSError as failed:
        code = "TARGET_FAILED"
        if failed.errno in NO_ROOM:
            code = "TARGET_FULL"
        elif failed.errno == errno.EROFS:
            code = "TARGET_READ_ONLY"
        elif failed.errno in GONE:
            code = "TARGET_GONE"
        raise TargetFailed(code, f"{folder}: {failed}", f"df -h {folder}; mount | grep {folder}") from failed


@contextmanager
def reading(path: Path) -> Iterator[None]:
    """Raises SourceFailed."""
    try:
        yield
    except OSError as failed:
        code = "SOURCE_GONE" if failed.errno in GONE else "SOURCE_FAILED"
        raise SourceFailed(code, f"{path}: {failed}", f"ls -ld {path}; df -h {path}") from failed
