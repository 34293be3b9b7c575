"""Reading a day, while it is written or after: entries in order, as far as they are there."""

from collections.abc import Iterator
from pathlib import Path

from tarazu.journal.chain import break_of, head_after
from tarazu.journal.codec import SEGMENT_HEADER_BYTES, after, decode_segment_header, entry_at, leaf_of
from tarazu.journal.entry import FIRST_SEQUENCE, Entry, Head
from tarazu.runtime.journal_files import map_file, segment_numbers, segment_path


class BrokenChain(Exception):
    """An entry that cannot follow the one before. `tarazu audit verify` says what happened to the day."""


class JournalReader:
    """A place in a day's log. Never waits; what `ready` has not given yet it gives when asked again.

    Entries are given once they are written, which may be a moment before they are on the disk.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._segment, self._at = 0, 0
        self._view = memoryview(b"")
        self._head = Head(FIRST_SEQUENCE - 1)

    def ready(self) -> Iterator[Entry]:
        """The entries that are there and were not given yet. Raises BrokenChain."""
        while True:
            entry = entry_at(self._view, self._at)
            if entry is None and self._next_segment():
                continue
            if entry is None:
                return
            broken = break_of(entry, self._head)
            if broken is not None:
                raise BrokenChain(f"{segment_path(self.folder, self._segment)} at {self._at}: {broken}")
            self._head, self._at = head_after(entry), after(entry, self._at)
            yield entry

    def _next_segment(self) -> bool:
        """Go on in the next segment, if there is one and nothing came in this one before it was begun."""
        path = segment_path(self.folder, self._segment + 1)
        if not path.exists() or entry_at(self._view, self._at) is not None:
            return path.exists()
        self._view = map_file(path)
        self._segment, self._at = self._segment + 1, SEGMENT_HEADER_BYTES
        return True


def leaf_in(folder: Path, sequence: int) -> bytes | None:
    """The bytes of one entry as the tree hashes them; None when there is none of that sequence."""
    for number in reversed(segment_numbers(folder)):
        view = map_file(segment_path(folder, number))
        if decode_segment_header(view).first_sequence > sequence:
            continue
        at = SEGMENT_HEADER_BYTES
        while (entry := entry_at(view, at)) is not None:
            if entry.sequence == sequence:
                return leaf_of(view, at)
            at = after(entry, at)
        return None
    return None
