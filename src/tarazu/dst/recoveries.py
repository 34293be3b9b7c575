"""What is recovered is what was live: the state's digest, now and then and at each death, against the recovery's."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from tarazu.engine.process import Engine
from tarazu.journal.entry import Entry

if TYPE_CHECKING:
    from tarazu.dst.life import Life
    from tarazu.dst.oracle import Oracle


class Recoveries:
    def __init__(self, oracle: "Oracle") -> None:
        self._oracle = oracle
        self._digests: dict[int, str] = {}
        """Of the live state, by the last entry it has taken."""

    def keep(self, life: "Life", sequence: int) -> None:
        self._digests[sequence] = life.engine.state.digest()

    def checked(self, engine: Engine, found: Sequence[Entry]) -> Iterator[Entry]:
        """The journal's entries as they are recovered from; where the live state was looked at, it must be the same."""
        for entry in found:
            yield entry
            self._compare(engine, entry.sequence)
        self._digests = {}

    def _compare(self, engine: Engine, sequence: int) -> None:
        live = self._digests.get(sequence)
        if live is not None and engine.state.digest() != live:
            self._oracle.violated("REPLAY", f"what is recovered up to entry {sequence} is not what was live then")
