"""The shell around the engine: stamp, process, journal, and only then perform. The same live and simulated.

A crash may fall between any two of these. What was not journalled was not performed; what was journalled and perhaps
not performed is UNKNOWN to the next process, and is looked for at the broker.
"""

from collections.abc import Iterable
from typing import Protocol

from tarazu.engine import codec
from tarazu.engine.acts import AskCancel, AskChange, AskRead, Intend, Step
from tarazu.engine.messages import Message, Stamped
from tarazu.engine.process import Engine
from tarazu.journal.entry import Entry
from tarazu.orders.client_order_id import head_bits
from tarazu.orders.messages import CancelOrder, ModifyOrder, SendOrder
from tarazu.ports.desk import Desk
from tarazu.ports.record import Record


class Times(Protocol):
    """Where a stamp comes from."""

    def steady_ns(self) -> int:
        """UTC ns that never go back and that no stepped clock changes."""
        ...

    def wall_ns(self) -> int: ...


_SENDING = (Intend, AskChange, AskCancel)
_REQUESTS = (SendOrder, ModifyOrder, CancelOrder)


class EngineFailed(Exception):
    """A bug. The message is in the journal, its effects are not in the world; the process is to end."""


class Shell:
    """Not for two threads, and never called from within its desk's calls."""

    def __init__(self, engine: Engine, record: Record, desk: Desk, times: Times) -> None:
        self.engine = engine
        self._record, self._desk, self._times = record, desk, times
        self._taking = False

    def take(self, message: Message) -> Step:
        """Everything that comes of one message. Raises EngineFailed, and what the record raises."""
        assert not self._taking, "a message within a message"
        self._taking = True
        stamped = Stamped(self._times.steady_ns(), self._times.wall_ns(), head_bits(self._record.head.hash), message)
        step, kind, payload = self._process(stamped)
        sequence = self._write(stamped, step, kind, payload)
        self._perform(step)
        self._desk.told(sequence, stamped, step)
        self._taking = False
        return step

    def _process(self, stamped: Stamped) -> tuple[Step, int, bytes]:
        """The step, and its entry: one that cannot be written down is a bug like any other. One that sends is read back
        first: the next start must be able to."""
        try:
            step = self.engine.process(stamped)
            kind, payload = codec.encode(stamped, step)
            if step.acts and any(isinstance(act, _SENDING) for act in step.acts):
                codec.decode(kind, payload)
            return step, kind, payload
        except Exception as bug:
            kind, payload = codec.encode_failure(stamped, f"{type(bug).__name__}: {bug}")
            self._record.append(kind, payload, stamped.ts_ns, from_reserve=True)
            self._record.sync()
            raise EngineFailed(f"at {type(stamped.message).__name__}: {type(bug).__name__}: {bug}") from bug

    def _write(self, stamped: Stamped, step: Step, kind: int, payload: bytes) -> int:
        """The one barrier: nothing of a step is done before this has returned."""
        return self._record.append(
            kind,
            payload,
            stamped.ts_ns,
            codec.durability(stamped, step),
            from_reserve=codec.is_urgent(stamped, step),
        )

    def _perform(self, step: Step) -> None:
        for output in step.outputs:
            if isinstance(output, _REQUESTS):
                self._desk.request(output)
        for act in step.acts:
            if isinstance(act, AskRead):
                self._desk.read(act.what)


def recover(engine: Engine, entries: Iterable[Entry]) -> int:
    """Bring an engine to where the journal left it; returns the steady time of the last entry, 0 for none.

    Raises `codec.BadPayload`.
    """
    last_ns = 0
    for entry in entries:
        record = codec.decode(entry.kind, entry.payload)
        last_ns = max(last_ns, entry.ts_ns)
        if isinstance(record, codec.Record):
            engine.recover(record.stamped, record.step)
    return last_ns
