"""The journal as the engine's shell sees it."""

from typing import Protocol

from tarazu.journal.entry import Durability, Head


class Record(Protocol):
    """One writer. What it raises ends the process: nothing is done that is not written down."""

    @property
    def head(self) -> Head: ...

    def append(
        self, kind: int, payload: bytes, ts_ns: int, durability: Durability = ..., *, from_reserve: bool = ...
    ) -> int:
        """Returns when the entry is as durable as was asked for; its sequence."""
        ...

    def sync(self) -> int: ...
