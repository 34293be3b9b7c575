"""One start of the engine, lived again: the real shell around a new engine, told each message at its time, and heard.

What the shell writes is what it would append to the journal: the same bytes, or something is another than it was.
"""

from typing import NamedTuple

from tarazu.app.replaying.market import ReplayedMarket
from tarazu.app.replaying.past_day import PastDay
from tarazu.engine import codec
from tarazu.engine.acts import Step
from tarazu.engine.messages import MarketMoved, ModelsSet, Stamped, Started, What
from tarazu.engine.state import EngineState
from tarazu.journal.entry import Durability, Entry, Head
from tarazu.ports.desk import Request
from tarazu.runtime.shell import EngineFailed, Shell


class Written(NamedTuple):
    """An entry without its place in the chain."""

    kind: int
    payload: bytes
    ts_ns: int
    durability: int


def written(entry: Entry) -> Written:
    return Written(entry.kind, entry.payload, entry.ts_ns, entry.durability)


class Life:
    """Ends with the next start, or with the engine's failure. Close it."""

    def __init__(self, past: PastDay, started: Started, before: int) -> None:
        """The engine is as the entries up to `before` left it. Raises CannotReplay."""
        past.ask_models(started.models)
        self.started, self._ask_models = started, past.ask_models
        listed, watched = past.instruments(started.master_sha256, started.freeze), frozenset(started.watch)
        key_of = {int(i.instrument_token): i.key for i in listed.values() if i.instrument_token in watched}
        self.market = ReplayedMarket(past.feed, started.watch, key_of)
        self._engine = past.recovered(past.engine(started, self.market.quotes), before)
        self._recovering = past.recovered(past.engine(started), before)
        self._reel = _Reel()
        self._shell = Shell(self._engine, self._reel, _NoDesk(), self._reel)
        self.failed = ""
        """How the engine failed; then its state is none."""

    @property
    def state(self) -> EngineState:
        return self._engine.state

    @property
    def recovered(self) -> EngineState:
        """As a start after the last entry that was `journalled` would find it."""
        return self._recovering.state

    def journalled(self, record: codec.Record | codec.Failure) -> None:
        """Of the entry that `take` was given last: what the journal says that was decided, which recovery goes by."""
        if isinstance(record, codec.Record):
            self._recovering.recover(record.stamped, record.step)

    def take(self, entry: Entry, stamped: Stamped) -> Written:
        """What the shell writes about the entry's message. Raises CannotReplay where the market or a model is gone."""
        if isinstance(stamped.message, ModelsSet):
            self._ask_models(stamped.message.active)
        if isinstance(stamped.message, MarketMoved):
            self.market.decide_by(self._engine.strategies)
            self.market.move_to(stamped.message)
        self._reel.entry, self._reel.stamped = entry, stamped
        try:
            self._shell.take(stamped.message)
        except EngineFailed as failed:
            self.failed = str(failed)
        assert self._reel.wrote is not None, "a shell writes about every message"
        return self._reel.wrote

    def close(self) -> None:
        self.market.close()


class _Reel:
    """Time and record of a replay: both are the entry's that is under way, and what is written is kept."""

    entry: Entry
    stamped: Stamped
    wrote: Written | None = None

    def steady_ns(self) -> int:
        return self.stamped.ts_ns

    def wall_ns(self) -> int:
        return self.stamped.wall_ns

    @property
    def head(self) -> Head:
        return Head(self.entry.sequence - 1, self.entry.prev)

    def append(
        self,
        kind: int,
        payload: bytes,
        ts_ns: int,
        durability: Durability = Durability.GROUP,
        *,
        from_reserve: bool = False,
    ) -> int:
        self.wrote = Written(kind, payload, ts_ns, int(durability))
        return self.entry.sequence

    def sync(self) -> int:
        return self.entry.sequence


class _NoDesk:
    """Nothing is sent twice: what was done about a step then is in the entries that follow."""

    def request(self, request: Request) -> None:
        pass

    def read(self, what: What) -> None:
        pass

    def told(self, sequence: int, stamped: Stamped, step: Step) -> None:
        pass
