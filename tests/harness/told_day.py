"""What a desk's journal tells of its last day: an engine brought back from it, and every message and act in order.

told = ToldDay(home)
told.read()                     # takes what has been written since; the writer may be at it
told.state.phase
told.acts(Alert)
"""

from collections.abc import Mapping
from datetime import date
from typing import TypeVar

from tarazu import reference
from tarazu.app.home import Home
from tarazu.app.masters.store import MasterStore
from tarazu.engine import codec
from tarazu.engine import messages as m
from tarazu.engine.acts import Alert, Intend, MovePhase
from tarazu.engine.process import Engine
from tarazu.engine.state import EngineState
from tarazu.model.instrument import Instrument
from tarazu.orders.intent import OrderIntent
from tarazu.orders.messages import Moved, SendOrder
from tarazu.orders.order_state import OrderState
from tarazu.runtime.journal_files import day_folder, days
from tarazu.runtime.journal_reader import JournalReader
from tarazu.runtime.shell import recover
from tarazu.wire.kite_instruments import InstrumentMaster, decode_csv

T = TypeVar("T")


class ToldDay:
    def __init__(self, home: Home) -> None:
        """The home has a journal and a master of its last day."""
        self.day = days(home.journal)[-1]
        self.records: list[codec.Record] = []
        self.failures: list[str] = []
        """What an engine died of."""
        self._reader = JournalReader(day_folder(home.journal, self.day))
        self._engine = Engine(instruments_of(home, self.day), reference.charge_rates())

    def read(self) -> "ToldDay":
        for entry in self._reader.ready():
            record = codec.decode(entry.kind, entry.payload)
            if isinstance(record, codec.Record):
                self.records.append(record)
            else:
                self.failures.append(record.error)
            recover(self._engine, [entry])
        assert not self.failures, self.failures
        return self

    @property
    def state(self) -> EngineState:
        return self._engine.state

    def messages(self, kind: type[T]) -> list[T]:
        return [r.stamped.message for r in self.records if isinstance(r.stamped.message, kind)]

    def acts(self, kind: type[T]) -> list[T]:
        return [act for r in self.records for act in r.step.acts if isinstance(act, kind)]

    def outputs(self, kind: type[T]) -> list[T]:
        return [said for r in self.records for said in r.step.outputs if isinstance(said, kind)]

    def way(self, ref: str) -> list[str]:
        """Where an order stood, one after the other."""
        return [moved.status for moved in self.outputs(Moved) if moved.ref == ref and moved.status is not moved.was]

    def way_ns(self, ref: str, status: str) -> int:
        """When it came to stand there first, engine's time."""
        return next(
            r.stamped.ts_ns
            for r in self.records
            for said in r.step.outputs
            if isinstance(said, Moved) and said.ref == ref and said.status == status
        )

    def phases(self) -> list[list[str]]:
        """Of each start, one after the other."""
        found: list[list[str]] = []
        for record in self.records:
            if isinstance(record.stamped.message, m.Started):
                found.append([])
            found[-1] += [act.phase for act in record.step.acts if isinstance(act, MovePhase)]
        return found

    def alerts(self, code: str = "") -> list[Alert]:
        """In the order in which they were raised; of one code only, if it is given."""
        return [alert for alert in self.acts(Alert) if not code or alert.code == code]

    def sends(self) -> list[SendOrder]:
        """Every order that was given to the wire, as often as it was."""
        return self.outputs(SendOrder)

    @property
    def intents(self) -> dict[str, OrderIntent]:
        """By tag. One tag has one intent."""
        acts = self.acts(Intend)
        found = {act.intent.ref: act.intent for act in acts}
        assert len(found) == len(acts), "a tag was used twice"
        return found

    def orders(self, purpose: str = "") -> list[OrderState]:
        """Ours, in the order in which they were intended."""
        ours = self.state.blotter.orders.values()
        return [o for o in ours if o.intent is not None and (not purpose or o.intent.purpose == purpose)]


def instruments_of(home: Home, day: date) -> Mapping[str, Instrument]:
    kept = MasterStore(home.masters).load(day)
    assert kept is not None, f"no master of {day} is kept"
    master = decode_csv(kept.csv)
    assert isinstance(master, InstrumentMaster), master
    return {instrument.key: instrument for instrument in master.instruments}
