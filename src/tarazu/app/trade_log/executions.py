"""The day's executions as the journal has them, each with the order that made it and whether the broker still tells of
it; and what the day's books begin with."""

import msgspec

from tarazu.engine import codec
from tarazu.engine import messages as m
from tarazu.engine.acts import Intend
from tarazu.model.execution import Fill
from tarazu.orders.intent import OrderIntent
from tarazu.orders.messages import Filled
from tarazu.portfolio.breaks import carried_of
from tarazu.portfolio.postings import Carried


class Execution(msgspec.Struct, frozen=True, kw_only=True):
    sequence: int
    """The journal's entry in which it was first heard of."""
    heard_ns: int
    """When, by the engine's steady time."""
    ref: str
    """The order's tag; `#` and the order id of a foreign one."""
    intent: OrderIntent | None
    """None: an order nobody here decided."""
    fill: Fill


class Executions:
    """Told of every entry that says something, in order."""

    def __init__(self) -> None:
        self.found: list[Execution] = []
        self.opening: tuple[Carried, ...] | None = None
        """What was carried in, as the first read of positions told; None: they were never read."""
        self.gone: set[tuple[str, str]] = set()
        """Order and exec ids that the broker told of and tells of no more."""
        self.started: m.Started | None = None
        """The last start: its master is the one that instruments are known by."""
        self._intents: dict[str, OrderIntent] = {}

    def told(self, sequence: int, record: codec.Record) -> None:
        self._heard(record.stamped.message)
        for act in record.step.acts:
            if isinstance(act, Intend):
                self._intents[act.intent.ref] = act.intent
        for output in record.step.outputs:
            if isinstance(output, Filled):
                self.found.append(
                    Execution(
                        sequence=sequence,
                        heard_ns=record.stamped.ts_ns,
                        ref=output.ref,
                        intent=self._intents.get(output.ref),
                        fill=output.fill,
                    )
                )

    def _heard(self, message: m.Message) -> None:
        match message:
            case m.Started():
                self.started = message
            case m.PositionsRead(positions=held) if self.opening is None:
                self.opening = tuple(carried for row in held if (carried := carried_of(row)) is not None)
            case m.TradesRead(fills=fills, gone=gone):
                self.gone |= set(gone)
                self.gone -= {(fill.order_id, fill.exec_id) for fill in fills}
