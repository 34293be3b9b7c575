"""What a walk over a desk's journal sees, in memory: to be doctored, and looked at by the audit's readers."""

from collections.abc import Callable, Iterable, Sequence

from harness.engine_desk import NIFTY_CALL, EngineDesk
from harness.order_story import DAY
from tarazu.app.day_audit.finding import Finding
from tarazu.app.day_audit.trail.completeness import joined, missing
from tarazu.app.day_audit.walk.seen import Seen
from tarazu.app.day_audit.walk.whole_walk import WholeWalk
from tarazu.engine import codec
from tarazu.engine import messages as m
from tarazu.engine.acts import Step
from tarazu.engine.messages import Stamped
from tarazu.model.instrument import Instrument

Doctor = Callable[[Seen], Seen | None]


class SeenDesk(EngineDesk):
    """Keeps every step as an entry of the journal would."""

    def tell(self, message: m.Message, after_s: float = 0.0) -> Step:
        step = super().tell(message, after_s)
        kept: list[Seen] = self.__dict__.setdefault("kept", [])
        durable = int(codec.durability(Stamped(self.now_ns, self.wall_ns, 7, message), step))
        seen = Seen(len(kept) + 1, self.now_ns, self.wall_ns, durable, message, step.acts, step.outputs)
        kept.append(seen)
        return step

    @property
    def seen(self) -> list[Seen]:
        return list(self.__dict__["kept"])


def walked(seen: Iterable[Seen], listed: Iterable[Instrument] = (NIFTY_CALL,)) -> WholeWalk:
    """`listed`: the day's master."""
    by_key = {one.key: one for one in listed}
    walk = WholeWalk(DAY, lambda started: by_key)
    for one in seen:
        walk.take(one)
    return walk


def trail_findings(walk: WholeWalk, *, is_over: bool = False) -> list[Finding]:
    return list(missing(walk.trails, joined(walk.trails), walk.bounds, is_over))


def changed(seen: Sequence[Seen], change: Doctor) -> list[Seen]:
    """The first entry that `change` makes another of, put in its place; None: it is left as it is."""
    for n, one in enumerate(seen):
        other = change(one)
        if other is not None:
            return [*seen[:n], other, *seen[n + 1 :]]
    raise AssertionError("there is no such entry")


def without(seen: Sequence[Seen], kind: type, part: str = "outputs") -> list[Seen]:
    """The first entry that has one of this kind among its acts or outputs loses it."""

    def lose(one: Seen) -> Seen | None:
        had = getattr(one, part)
        kept = tuple(each for each in had if not isinstance(each, kind))
        return None if kept == had else one._replace(**{part: kept})

    return changed(seen, lose)
