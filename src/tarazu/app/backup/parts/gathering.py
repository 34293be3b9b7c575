"""What goes in, and what does not and why."""

from pathlib import Path

import msgspec

from tarazu.app.backup.container.manifest import JournalDay, LeftOut, TableTold
from tarazu.app.backup.container.names import name_fault
from tarazu.app.backup.container.sources import Source, source_of
from tarazu.app.home import Home


class Gathering:
    """The sources of one backup. Copies of what changes while it is read are made in `scratch`."""

    def __init__(self, home: Home, scratch: Path) -> None:
        self.home, self.scratch = home, scratch
        self.sources: list[Source] = []
        self.left_out: list[LeftOut] = []
        self.journal: list[JournalDay] = []
        self.tables: dict[str, TableTold] | None = None

    @property
    def copies(self) -> Path:
        return self.scratch / "copies"

    def leave_out(self, what: str, why: str, *, is_wrong: bool = False) -> None:
        self.left_out.append(LeftOut(what, " ".join(why.split())[:400], is_wrong))

    def take(self, name: str, path: Path, **changes: int) -> None:
        """A file as it is now; `upto` and `bytes` where it is more than is taken, and may be written behind that. One
        that cannot be taken is told."""
        fault = name_fault(name)
        if fault is not None:
            self.leave_out(name[:200], f"{fault.code}: {fault.detail}", is_wrong=True)
            return
        try:
            found = source_of(name, path)
            self.sources.append(msgspec.structs.replace(found, stamp=None, **changes) if changes else found)
        except OSError as bad:
            self.leave_out(name, str(bad), is_wrong=True)

    def staged(self, name: str, content: bytes) -> None:
        """A file of this content."""
        path = self.copy(name)
        path.write_bytes(content)
        self.take(name, path)

    def copy(self, name: str) -> Path:
        """Where a copy of a file is made; its folder is there."""
        path = self.copies / name
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        return path
