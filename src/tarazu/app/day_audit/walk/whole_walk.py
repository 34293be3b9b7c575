"""All that is read off a day's journal, in one pass: each entry is decoded once and shown to every reader."""

from collections import Counter
from collections.abc import Callable
from datetime import date
from pathlib import Path

from tarazu.app.day_audit.evidence.desk import Notes
from tarazu.app.day_audit.timeline.curves import Curves
from tarazu.app.day_audit.trail.trail import Trail, Trails
from tarazu.app.day_audit.walk.conduct import Conduct
from tarazu.app.day_audit.walk.controls import Controls, Stage
from tarazu.app.day_audit.walk.limits import Limits
from tarazu.app.day_audit.walk.money import InstrumentsOf, Money
from tarazu.app.day_audit.walk.seen import Bounds, Seen, seen_day
from tarazu.engine.messages import MarketMoved
from tarazu.orders.intent import Purpose

Told = Callable[[int], None]
TELL_EACH = 1_024


class WholeWalk:
    def __init__(self, day: date, instruments: InstrumentsOf) -> None:
        self.bounds, self.trails, self.controls, self.notes = Bounds(day), Trails(), Controls(), Notes()
        self.money, self.limits, self.conduct, self.curves = Money(instruments), Limits(), Conduct(), Curves()
        self.messages: Counter[str] = Counter()
        self.last_frame = 0
        """Of the feed log, that the engine has seen."""

    def go(self, folder: Path, end: int, told: Told) -> None:
        """Up to the entry `end`: the day may be written on meanwhile. Raises BadPayload."""
        for seen in seen_day(folder, end):
            self.take(seen)
            if seen.sequence % TELL_EACH == 0:
                told(seen.sequence)

    def take(self, seen: Seen) -> None:
        """The market's movements are most of a day and concern few."""
        self.messages[type(seen.message).__name__] += 1
        self.bounds.take(seen)
        self.curves.take(seen)
        if isinstance(seen.message, MarketMoved):
            self.last_frame = seen.message.sequence
            if not seen.acts and not seen.outputs:
                return
        for reader in (self.trails, self.controls, self.notes, self.money, self.limits, self.conduct):
            reader.take(seen)

    def stages(self, orders: list[Trail]) -> dict[str, Stage]:
        """From decisions to fills, by strategy; empty: the desk's own."""
        for trail in orders:
            if trail.is_ours and trail.purpose != Purpose.STOP:
                stage = self.controls.stage(trail.strategy)
                stage.orders += 1
                stage.filled += bool(trail.cum_qty)
                stage.units += trail.cum_qty
        for name, stage in self.controls.stages.items():
            if not stage.decisions and not stage.wants:
                entries = (trail for trail in orders if trail.strategy == name and trail.purpose == Purpose.ENTRY)
                stage.wants = stage.denied + sum(1 for _ in entries)
        return self.controls.stages
