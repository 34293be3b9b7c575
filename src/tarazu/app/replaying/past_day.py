"""A journalled day and all that it stands on: the journal, the feed log, the masters, and the engine's makers."""

from collections.abc import Callable, Iterator, Mapping
from datetime import date
from pathlib import Path

from tarazu.app.masters.listed import NONE, listed
from tarazu.app.masters.store import DamagedMaster, MasterStore
from tarazu.engine import codec
from tarazu.engine.messages import Started
from tarazu.engine.process import Engine
from tarazu.engine.strategies import MakeStrategies
from tarazu.journal.entry import Entry
from tarazu.market.touch import Quotes
from tarazu.model.instrument import Instrument
from tarazu.model.rules import ChargeRates
from tarazu.runtime.journal_reader import JournalReader
from tarazu.runtime.shell import recover
from tarazu.wire.kite_instruments import BadCsv, decode_csv

EMPTY_MASTER = ""
"""What a start without a master names."""


AskModels = Callable[[Mapping[str, str]], None]
"""Whether the models of these hashes, by name, are still there. Raises CannotReplay."""


class CannotReplay(Exception):
    """What it takes to judge is not there; the message says what, and what to do."""


class PastDay:
    """Looked at only; it may be the day that is being written."""

    def __init__(
        self,
        day: date,
        *,
        journal: Path,
        feed: Path,
        masters: MasterStore,
        rates: ChargeRates,
        make_strategies: MakeStrategies,
        build: str,
        ask_models: AskModels = lambda hashes: None,
    ) -> None:
        """`journal` and `feed` are the day's own folders; `build` is this program's, as `Started` has it."""
        self.ask_models = ask_models
        self.day, self.journal, self.feed, self.build = day, journal, feed, build
        self._masters, self._rates, self._make_strategies = masters, rates, make_strategies
        self._instruments: dict[tuple[str, frozenset[tuple[str, int]]], Mapping[str, Instrument]] = {}

    def entries(self, end: int | None = None) -> Iterator[Entry]:
        """From the first to `end`, or as far as there are any. Raises BrokenChain."""
        for entry in JournalReader(self.journal).ready():
            if end is not None and entry.sequence > end:
                return
            yield entry

    def engine(self, started: Started, quotes: Quotes | None = None) -> Engine:
        """As `main` made it at that start. Raises CannotReplay."""
        return Engine(
            self.instruments(started.master_sha256, started.freeze), self._rates, quotes, self._make_strategies
        )

    def recovered(self, engine: Engine, end: int) -> Engine:
        """The engine brought to where the entries up to `end` left it, as a start does it. Raises CannotReplay."""
        try:
            recover(engine, self.entries(end))
        except codec.BadPayload as bad:
            raise CannotReplay(unreadable(bad)) from bad
        return engine

    def instruments(self, sha256: str, freeze: Mapping[str, int] = NONE) -> Mapping[str, Instrument]:
        """By key, of the master with this hash and with these freeze quantities. Raises CannotReplay."""
        if sha256 == EMPTY_MASTER:
            return {}
        known = sha256, frozenset(freeze.items())
        if known not in self._instruments:
            self._instruments[known] = self._master(sha256, freeze)
        return self._instruments[known]

    def _master(self, sha256: str, freeze: Mapping[str, int]) -> Mapping[str, Instrument]:
        wanted = f"the instrument master of {self.day} that the engine knew ({sha256[:12]})"
        try:
            csv = self._masters.named(self.day, sha256)
        except DamagedMaster as damaged:
            raise CannotReplay(f"{wanted} does not read: {damaged}") from damaged
        if csv is None:
            raise CannotReplay(f"{wanted} is not in {self._masters.folder}: bring it back from a copy")
        master = decode_csv(csv)
        if isinstance(master, BadCsv):
            raise CannotReplay(f"{wanted} does not read: {master}")
        return listed(master.instruments, self.day, freeze)


def unreadable(bad: codec.BadPayload) -> str:
    return f"an entry does not read, it is of another version's journal: {bad}; replay it with the build that wrote it"
