"""What is recorded a folder a day: all days one after the other, and those that are written to as they grow.

Which these are is not told by the calendar: a simulated desk may live an earlier day after a later one.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from tarazu.app.shipping.failing import SourceFailed, reading, writing
from tarazu.app.shipping.feed_day import FeedDay
from tarazu.app.shipping.journal_day import JournalDay
from tarazu.app.shipping.stream import BUDGET_BYTES, SETTLE_NS, Come
from tarazu.app.shipping.target import Target
from tarazu.runtime.journal_files import days, watermark_path
from tarazu.runtime.writer_lock import is_being_written

EPOCH = "epoch"
OPEN_MAX = 3
"""Days whose files are held open: one is written at a time. As many are waited for at once until they settle."""

Stamp = tuple[int, int, int] | None
"""Of a file that changes whenever the day does: inode, mtime, size. None: the day may change without it."""


class Day(Protocol):
    """One of them in the copy."""

    source: Path

    @property
    def sequence(self) -> int: ...

    def ship(self, mono_ns: int) -> tuple[int, int | None]:
        """Bytes copied, and as of when all is in the copy; None: there is more to copy at once."""
        ...

    def is_replaced(self) -> bool: ...

    def close(self) -> None: ...


class DayStream:
    """A `Stream` of days. `stamp`: of the day as it is now; `is_live`: it may change without one; `before` is called
    first at each pass."""

    def __init__(
        self,
        name: str,
        root: Path,
        open_day: Callable[[Path], Day],
        stamp: Callable[[Path], Stamp],
        is_live: Callable[[Path], bool] = lambda source: False,
        before: Callable[[], None] = lambda: None,
    ) -> None:
        self.name, self.day, self.sequence = name, "", 0
        self._root, self._open_day = root, open_day
        self._stamp, self._is_live, self._before = stamp, is_live, before
        self._whole: dict[str, Stamp] = {}
        """Days that are in the copy as they were when their stamp was this."""
        self._stood: dict[str, tuple[Stamp, int]] = {}
        """A day's stamp, and since when: what is written in the tick of the stamp itself does not change it."""
        self._open: dict[str, Day] = {}

    def ship(self, mono_ns: int) -> Come:
        with reading(self._root):
            known = days(self._root)
        self._before()
        copied = 0
        ends: list[int | None] = [mono_ns]
        failed: SourceFailed | None = None
        for source in (self._root / day.isoformat() for day in known):
            if ends.count(None) >= OPEN_MAX:
                break  # each has to be held until it has settled
            try:
                taken, ended_ns = self._ship_changed(source, mono_ns)
            except SourceFailed as bad:
                self._let_go(source.name)
                failed = failed or bad  # and the days after it are copied all the same
                continue
            copied += taken
            ends.append(ended_ns)
            if copied >= BUDGET_BYTES:
                return Come(copied=copied)
        if failed is not None:
            raise failed
        as_of = [end for end in ends if end is not None]
        return Come(copied=copied, caught_up_ns=min(as_of) if len(as_of) == len(ends) else None)

    def close(self) -> None:
        for name in list(self._open):
            self._let_go(name)

    def _let_go(self, name: str) -> None:
        if (day := self._open.pop(name, None)) is not None:
            day.close()

    def _ship_changed(self, source: Path, mono_ns: int) -> tuple[int, int | None]:
        """As `Day.ship`; a day that is in the copy as it is costs a look at its stamp."""
        with reading(source):
            stamp = self._stamp(source)
        if stamp is not None and self._whole.get(source.name) == stamp:
            return 0, mono_ns
        is_live = self._is_live(source)
        taken, ended_ns = self._ship_day(source, mono_ns)
        if ended_ns is not None and stamp is not None and not is_live and self._stands(source, stamp, mono_ns):
            self._whole[source.name] = stamp
        return taken, ended_ns

    def _stands(self, source: Path, stamp: Stamp, mono_ns: int) -> bool:
        """Whether it was that already when this day was looked at before."""
        before, since_ns = self._stood.get(source.name, (None, mono_ns))
        if before != stamp:
            self._stood[source.name] = stamp, mono_ns
            return False
        return mono_ns - since_ns >= SETTLE_NS

    def _ship_day(self, source: Path, mono_ns: int) -> tuple[int, int | None]:
        day = self._open.pop(source.name, None)
        if day is not None and day.is_replaced():
            day.close()
            day = None
        if day is None:
            day = self._open_day(source)
        self._open[source.name] = day  # the last one used is the last one
        while len(self._open) > OPEN_MAX:
            self._let_go(next(iter(self._open)))
        told = day.ship(mono_ns)
        self.day, self.sequence = source.name, day.sequence
        return told


def journal_stream(target: Target) -> DayStream:
    """Each group of entries and each opening changes the day's watermark."""
    root = target.home.journal
    return DayStream(
        "journal",
        root,
        lambda source: JournalDay(target, source),
        lambda source: _stamp(watermark_path(source)),
        before=lambda: _ship_epoch(target),
    )


def feed_stream(target: Target) -> DayStream:
    """Each writer that begins changes the day's lock, and holds it for as long as it writes. A day that was restored
    has none, and its folder changes when it gets one."""
    root = target.home.feed
    return DayStream(
        "feed",
        root,
        lambda source: FeedDay(target, source),
        lambda source: _stamp(source / "writer.lock") or _stamp(source),
        is_being_written,
    )


def _stamp(path: Path) -> Stamp:
    try:
        told = path.stat()
    except FileNotFoundError:
        return None
    return told.st_ino, told.st_mtime_ns, told.st_size


def _ship_epoch(target: Target) -> None:
    """Before the entries of it: a journal with entries of an epoch that never began is not believed."""
    path = target.home.journal / EPOCH
    with reading(path):
        told = path.read_bytes() if path.exists() else b""
    if not told:
        return
    with writing(target.root):
        kept = target.folder("journal") / EPOCH
        if not kept.exists() or kept.read_bytes() != told:
            target.replace(kept, told)
