"""The market state as a file that other processes map: written by depth_ws, read by whoever wants to look.

A new writer makes a new file and puts it in the old one's place, so that a reader never sees a state being laid out;
one that has mapped the old file goes on seeing a market that stands still, and notices by `is_replaced`.
"""

import mmap
import os
from collections.abc import Sequence
from pathlib import Path

from tarazu.market.state import MarketState, MarketView


def create_market(path: Path, tokens: Sequence[int]) -> MarketState:
    """Raises ValueError for a token that is 0 or given twice, OSError."""
    beside = path.with_suffix(".new")
    beside.unlink(missing_ok=True)  # of a writer that was killed here; its pages may be mapped by nobody
    size = MarketState.layout(len(tokens))
    with beside.open("xb+") as file:
        os.posix_fallocate(file.fileno(), 0, size)  # a full disk says so now, not as SIGBUS at some later packet
        state = MarketState(mmap.mmap(file.fileno(), size), tokens)
    beside.replace(path)
    return state


class MappedMarket:
    """A reader's mapping of the present file. Raises FileNotFoundError, ValueError when it holds no state."""

    def __init__(self, path: Path) -> None:
        self._path = path
        with path.open("rb") as file:
            self._inode = os.fstat(file.fileno()).st_ino
            self.view = MarketView(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))

    @property
    def is_replaced(self) -> bool:
        """Whether another writer has come, or the file has gone: map again."""
        try:
            return self._path.stat().st_ino != self._inode
        except FileNotFoundError:
            return True
