"""The desk's record: its lines, each proven to follow the one before, once they have stood for a moment."""

import hashlib
from pathlib import Path

import msgspec

from tarazu.app.shipping.copied_file import Copy, Original
from tarazu.app.shipping.failing import SourceFailed, reading, writing
from tarazu.app.shipping.stream import SETTLE_NS, Come
from tarazu.app.shipping.target import Target
from tarazu.runtime.desk_record import DeskEntry, days


class DeskStream:
    """A `Stream`. All days are compared with the copy once, then the last one is followed."""

    def __init__(self, target: Target) -> None:
        self.name, self.day, self.sequence = "desk", "", 0
        self._target, self._root = target, target.home.desk
        self._copied: dict[str, int] = {}
        """Bytes of each day in the copy, proven to be the record's."""
        self._prev = ""
        """Hash of the last line in the copy; empty: not known."""
        self._seen: dict[str, tuple[int, int]] = {}
        """Of a day that has grown: to what size, and when that was seen."""

    def ship(self, mono_ns: int) -> Come:
        with reading(self._root):
            known = [day.isoformat() for day in days(self._root)]
        copied = 0
        as_of_ns: int | None = mono_ns
        for day in known:
            taken, as_of_ns, is_whole = self._ship_day(day, mono_ns)
            copied += taken
            if not is_whole:
                break  # the next day's first line follows this one's last
        return Come(copied=copied, caught_up_ns=as_of_ns)

    def close(self) -> None:
        self._copied, self._prev, self._seen = {}, "", {}

    def _ship_day(self, day: str, mono_ns: int) -> tuple[int, int | None, bool]:
        """Bytes copied, as of when all is in the copy (None: what came since is not), and whether every whole line is
        that is there now."""
        path = self._root / f"{day}.jsonl"
        with reading(path):
            size = path.stat().st_size
        done = self._copied.get(day, -1)
        if done < 0:
            done = self._copied[day] = self._compared(path)
        if size == done:
            self._seen.pop(day, None)
            return 0, mono_ns, True
        if size < done:
            raise _diverged(day, f"it has {size:,} bytes, the copy {done:,}")
        seen_size, seen_ns = self._seen.setdefault(day, (size, mono_ns))
        if mono_ns - seen_ns < SETTLE_NS:
            return 0, None, False
        self._seen[day] = size, mono_ns
        return self._append(path, done, min(seen_size, size)), seen_ns, seen_size == size

    def _compared(self, path: Path) -> int:
        """Bytes of the copy that are the record's; a line cut off in it is taken out."""
        day = path.stem
        with writing(self._target.root):
            kept = self._target.folder("desk") / path.name
            have = kept.read_bytes() if kept.exists() else b""
        whole = have[: have.rfind(b"\n") + 1]
        with reading(path):
            told = path.read_bytes()[: len(whole)]
        if told != whole:
            raise _diverged(day, "what the copy has of it is not what it says")
        if len(whole) != len(have):
            copy = Copy(self._target.disk, kept)
            copy.cut(len(whole))
            copy.close()
        if whole:
            self._note(day, whole.splitlines()[-1])
        return len(whole)

    def _append(self, path: Path, at: int, until: int) -> int:
        """The whole lines up to there."""
        original = Original(path)
        told = original.read(at, until - at)
        original.close()
        lines = told[: told.rfind(b"\n") + 1]
        for line in lines.splitlines():
            self._follow(path.stem, line)
        if not lines:
            return 0
        with writing(self._target.root):
            kept = self._target.folder("desk") / path.name
            is_new = not kept.exists()
        copy = Copy(self._target.disk, kept)
        copy.write(lines, at)
        copy.sync()
        copy.close()
        if is_new:
            with writing(kept.parent):
                self._target.disk.sync_folder(kept.parent)
        self._copied[path.stem] = at + len(lines)
        return len(lines)

    def _follow(self, day: str, line: bytes) -> None:
        try:
            entry = msgspec.json.decode(line, type=DeskEntry)
        except msgspec.MsgspecError as bad:
            raise _damaged(day, f"a line does not read: {bad}") from bad
        if self._prev and entry.prev != self._prev:
            raise _damaged(day, f"line {entry.seq} does not follow the one before it")
        self._note(day, line, entry)

    def _note(self, day: str, line: bytes, entry: DeskEntry | None = None) -> None:
        """The last line in the copy, by its day and number."""
        self._prev = hashlib.sha256(line).hexdigest()
        self.day, self.sequence = day, (entry or msgspec.json.decode(line, type=DeskEntry)).seq


def _damaged(day: str, told: str) -> SourceFailed:
    return SourceFailed("SOURCE_DAMAGED", f"desk's record of {day}: {told}", "tarazu ready --only desk.chain")


def _diverged(day: str, told: str) -> SourceFailed:
    return SourceFailed("SOURCE_DIVERGED", f"desk's record of {day}: {told}", "tarazu ready --only desk.chain")
