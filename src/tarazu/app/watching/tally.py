"""What a stretch of the journal comes to: decisions, orders, answers, feeds."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import msgspec

from tarazu.app.watching.entries import Seen, entries
from tarazu.engine import messages as m
from tarazu.engine.acts import Alert, Decide, Deny, Intend
from tarazu.model.units import SECOND_NS
from tarazu.orders.intent import Purpose
from tarazu.orders.lifecycle import OrdStatus
from tarazu.orders.messages import Filled, Moved, SendOrder

SCORES = ("score", "p")
"""How a model's answer is named among a decision's numbers."""


class Span(msgspec.Struct, frozen=True):
    """UTC ns of the journal's time; the end is not in it."""

    from_ns: int
    until_ns: int


class Tally(msgspec.Struct, kw_only=True):
    span: Span
    decisions: Counter[str] = msgspec.field(default_factory=Counter)
    """By verb. One that repeats the one before is in no journal."""
    wants: int = 0
    """Of decisions, and of people and other programs."""
    denied: int = 0
    codes: Counter[str] = msgspec.field(default_factory=Counter)
    """Denied wants by each control that said no."""
    orders: int = 0
    """Entries and exits, not the stops that protect them."""
    sent: int = 0
    """All that was placed, stops too."""
    filled: int = 0
    rejected: int = 0
    acks_ns: list[int] = []
    """From placing to the broker's answer."""
    slipped_paise: int = 0
    """What fills of entries cost more than the market's middle they were weighed against, by all their units."""
    slipped_units: int = 0
    scores: list[float] = []
    frames: int = 0
    """Of the feed that the engine took in."""
    stales: int = 0
    """Times a required feed was lost to the engine."""
    recovers: int = 0
    stale_ns: int = 0
    """For how long some required feed was."""
    starts: int = 0
    """Of main."""
    alerts: Counter[str] = msgspec.field(default_factory=Counter)
    """By code."""

    first_ns: int | None = None
    """When the first entry was written; None: there was none."""

    @property
    def ack_p99_ns(self) -> int | None:
        """None: nothing was answered."""
        ordered = sorted(self.acks_ns)
        return ordered[-(-len(ordered) * 99 // 100) - 1] if ordered else None

    @property
    def frames_per_s(self) -> float:
        """From the first entry on."""
        lasted_ns = self.span.until_ns - (self.first_ns or self.span.from_ns)
        return self.frames * SECOND_NS / lasted_ns if lasted_ns else 0.0


class _Counting:
    """What is remembered from one stretch to the next: an order sent in one may be answered in another."""

    def __init__(self) -> None:
        self.sent_ns: dict[str, int] = {}
        self.intents: dict[str, Intend] = {}
        self.lost: dict[str, int] = {}
        """Required feeds that are stale, and since when."""
        self.met: set[str] | None = None
        """Feeds that this main has had fresh: what was never fresh is not lost. None: it began before the stretch."""
        self.frame: int | None = None

    def count(self, tally: Tally, seen: Seen) -> None:
        message, step = seen.record.stamped.message, seen.record.step
        tally.first_ns = seen.ts_ns if tally.first_ns is None else tally.first_ns
        self._message(tally, seen.ts_ns, message)
        for act in step.acts:
            match act:
                case Decide(decision=decision):
                    tally.decisions[decision.verb] += 1
                    tally.wants += len(decision.wants)
                    tally.scores += [decision.numbers[name] for name in SCORES if name in decision.numbers][:1]
                case Deny():
                    tally.denied += 1
                    tally.codes.update({str(denial.code) for denial in act.denials})
                case Intend(intent=intent):
                    self.intents[intent.ref] = act
                    tally.orders += intent.purpose is not Purpose.STOP
                case Alert(code=code):
                    tally.alerts[code] += 1
                case _:
                    pass
        for said in step.outputs:
            match said:
                case SendOrder():
                    tally.sent += 1
                    self.sent_ns[said.ref] = seen.ts_ns
                case Moved(status=OrdStatus.FILLED) if said.was is not OrdStatus.FILLED:
                    tally.filled += 1
                case Moved(status=OrdStatus.REJECTED) if said.was is not OrdStatus.REJECTED:
                    tally.rejected += 1
                case Filled():
                    self._slip(tally, said)
                case _:
                    pass

    def _message(self, tally: Tally, ts_ns: int, message: m.Message) -> None:
        match message:
            case m.MarketMoved(sequence=sequence):
                tally.frames += max(sequence - self.frame, 0) if self.frame is not None else 0
                self.frame = sequence
            case m.Answered(call=m.Call.PLACE, ref=ref) if ref in self.sent_ns:
                tally.acks_ns.append(ts_ns - self.sent_ns.pop(ref))
            case m.FeedMoved(required=True, fresh=True):
                since_ns = self.lost.pop(message.feed, None)
                if since_ns is not None:
                    tally.recovers += 1
                    tally.stale_ns += ts_ns - max(since_ns, tally.span.from_ns)
                if self.met is not None:
                    self.met.add(message.feed)
            case m.FeedMoved(required=True) if message.feed not in self.lost and self._has_met(message.feed):
                tally.stales += 1
                self.lost[message.feed] = ts_ns
            case m.Wanted():
                tally.wants += 1
            case m.Started():
                tally.starts += 1
                self.lost, self.met = {}, set()
            case _:
                pass

    def _has_met(self, feed: str) -> bool:
        return self.met is None or feed in self.met

    def _slip(self, tally: Tally, said: Filled) -> None:
        intended = self.intents.get(said.ref)
        if intended is None or not intended.reference_paise or intended.intent.purpose is not Purpose.ENTRY:
            return
        fill = said.fill
        tally.slipped_paise += fill.side.sign * (fill.price_paise - intended.reference_paise) * fill.qty
        tally.slipped_units += fill.qty

    def end(self, tally: Tally) -> None:
        """What lasts on is counted up to the end of the stretch."""
        for since_ns in self.lost.values():
            tally.stale_ns += tally.span.until_ns - max(since_ns, tally.span.from_ns)


def tallies(folder: Path, spans: Sequence[Span]) -> list[Tally]:
    """Of stretches that follow each other, of one day's folder. Raises Damaged, BadPayload, OSError."""
    found, counting = [Tally(span=span) for span in spans], _Counting()
    current = 0
    for seen in entries(folder, spans[0].from_ns, spans[-1].until_ns):
        while seen.ts_ns >= spans[current].until_ns:
            counting.end(found[current])
            current += 1
        counting.count(found[current], seen)
    for tally in found[current:]:
        counting.end(tally)
    return found
