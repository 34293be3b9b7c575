"""What a day's journal amounts to, entry by entry: messages, decisions, orders, starts, phases."""

from collections import Counter

import msgspec

from tarazu.engine import codec
from tarazu.engine.acts import Alert, Deny, Intend, MovePhase, SetHalt
from tarazu.engine.messages import Started
from tarazu.journal.entry import Entry
from tarazu.orders.messages import Filled


class Turn(msgspec.Struct, frozen=True):
    """The engine went to another phase, or a process began."""

    sequence: int
    ts_ns: int
    phase: str
    why: str


class Tally(msgspec.Struct, kw_only=True):
    entries: int = 0
    first_ns: int = 0
    last_ns: int = 0
    messages: Counter[str] = msgspec.field(default_factory=Counter)
    """By kind."""
    acts: Counter[str] = msgspec.field(default_factory=Counter)
    intents: Counter[str] = msgspec.field(default_factory=Counter)
    """By purpose."""
    denials: Counter[str] = msgspec.field(default_factory=Counter)
    """By code."""
    alerts: Counter[str] = msgspec.field(default_factory=Counter)
    fills: int = 0
    failures: int = 0
    halts: int = 0
    starts: list[Started] = []
    turns: list[Turn] = []

    def take(self, entry: Entry, record: codec.Record | codec.Failure) -> None:
        self.entries += 1
        self.first_ns = self.first_ns or entry.ts_ns
        self.last_ns = entry.ts_ns
        message = record.stamped.message
        self.messages[type(message).__name__] += 1
        if isinstance(message, Started):
            self.starts.append(message)
        if isinstance(record, codec.Failure):
            self.failures += 1
            self.turns.append(Turn(entry.sequence, entry.ts_ns, "FAILED", record.error))
            return
        self.fills += sum(isinstance(said, Filled) for said in record.step.outputs)
        for act in record.step.acts:
            self.acts[type(act).__name__] += 1
            match act:
                case Intend():
                    self.intents[act.intent.purpose] += 1
                case Deny():
                    self.denials.update(denial.code for denial in act.denials)
                case Alert():
                    self.alerts[f"{act.severity} {act.code}"] += 1
                case SetHalt():
                    self.halts += act.halt is not None
                case MovePhase():
                    self.turns.append(Turn(entry.sequence, entry.ts_ns, act.phase, act.why))

    @property
    def span_ns(self) -> int:
        return self.last_ns - self.first_ns
