"""A file that others replace, and whether they have."""

from pathlib import Path


class SeenFile:
    """The file as it was at the last look."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._last = self._stamp()

    def changed(self) -> bool:
        """Whether it is another one now: made, replaced, written to or gone."""
        last, self._last = self._last, self._stamp()
        return self._last != last

    def _stamp(self) -> tuple[int, int, int] | None:
        try:
            stat = self._path.stat()
        except FileNotFoundError:
            return None
        return stat.st_ino, stat.st_mtime_ns, stat.st_size
