"""A feed or a record that has failed for too long while something is held: the desk must be halted, and stays so.

Judged by the world: when its feed stood still and its disk was full, what the broker holds, and who has said what.
Named for the control that asks it (C25 of the feed, C24 of the record).
"""

from collections.abc import Iterator
from datetime import time
from typing import TYPE_CHECKING

from tarazu.engine import messages as m
from tarazu.engine.acts import SetHalt, Step
from tarazu.engine.messages import Order
from tarazu.model import ist
from tarazu.model.units import SECOND_NS
from tarazu.orders.messages import SendOrder

if TYPE_CHECKING:
    from tarazu.dst.life import Life
    from tarazu.dst.oracle import Oracle
    from tarazu.dst.world import World

PATIENCE_NS = 15 * SECOND_NS
"""The engine looks with the clock, which here ticks every six seconds at the slowest, and hears of a disk a second
late."""
KNOWN_NS = 180 * SECOND_NS
"""What has been held for so long is known to be, though reads fail."""
OPENS, CLOSES = time(9, 16), time(15, 30)
"""Of the feed; it is asked nothing in the first minute."""


class Ailing:
    def __init__(self, oracle: "Oracle", world: "World") -> None:
        self._oracle, self._world = oracle, world
        self._since: dict[str, int] = {}
        """By control, since which tick of this life it has failed."""
        self._is_halted = False
        self._owed = ""
        """What no person has looked into yet; empty: nothing."""

    def told(self, life: "Life", message: m.Message, step: Step, now_ns: int) -> None:
        for act in step.acts:
            if isinstance(act, SetHalt):
                self._is_halted = act.halt is not None
                if act.halt is not None and act.halt.code in _MARKS:
                    self._world.marks.hit(_MARKS[act.halt.code])
        if isinstance(message, m.Started):
            self._since.clear()
        elif isinstance(message, m.RecordTrouble | m.FeedMoved):
            self._is_over(message)
        elif isinstance(message, m.Commanded) and message.order is Order.RESET_HALT and message.incident.strip():
            self._owed = ""
        elif isinstance(message, m.Ticked):
            self._look(life, now_ns)

    def _is_over(self, message: m.RecordTrouble | m.FeedMoved) -> None:
        """What was well between two ticks has failed anew since."""
        if isinstance(message, m.RecordTrouble) and message.ok:
            self._since.pop("C24", None)
        elif isinstance(message, m.FeedMoved) and message.fresh:
            self._since.pop("C25", None)

    def entering(self, request: SendOrder) -> None:
        if self._owed:
            self._oracle.violated("C25", f"{request.ref} takes on risk, and no person has looked into it: {self._owed}")

    def recovered(self, life: "Life") -> None:
        self._is_halted = life.engine.state.halt is not None
        self._since.clear()

    def _look(self, life: "Life", now_ns: int) -> None:
        """Of every tick that was taken."""
        self._since = {name: self._since.get(name, now_ns) for name in self._failing(life)}
        limit_ns = self._world.plan.config.risk.trouble_ns
        for name, since_ns in self._since.items():
            if now_ns <= since_ns + limit_ns + PATIENCE_NS or not self._holds():
                continue
            self._owed = f"{_WORDS[name]} for {(now_ns - since_ns) // SECOND_NS} s"
            if not self._is_halted:
                self._oracle.violated(name, f"{self._owed} with something held, and nothing is halted")

    def _failing(self, life: "Life") -> Iterator[str]:
        world = self._world
        if not world.feed_fresh and OPENS <= ist.clock_of(world.agenda.now_ns + world.wall_ahead_ns) < CLOSES:
            yield "C25"
        if life.record.reserve_only:
            yield "C24"

    def _holds(self) -> bool:
        """In truth, and for so long that everybody knows."""
        broker, now_ns = self._world.broker, self._world.agenda.now_ns
        traded_ns: dict[object, int] = {}
        for order in broker.orders.values():
            traded_ns[order.place] = max(traded_ns.get(order.place, 0), order.filled_ns)
        return any(net and now_ns - traded_ns.get(place, 0) > KNOWN_NS for place, net in broker.net.items())


_WORDS = {"C25": "the feed stood still", "C24": "the disk was full"}
_MARKS = {"FEED": "halted_by_feed", "RECORD": "halted_by_record", "PILOT_LOSS": "halted_by_pilot_loss"}
