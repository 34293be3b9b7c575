"""A demo up to a moment of it: what there was to be seen then."""

from collections.abc import Sequence

import msgspec

from tarazu.app.demo.told import DemoTold, FillTold, Happened, Sample, StepTold
from tarazu.app.verdict import Check

NOT_JUDGED = "not judged"
"""A feed of which nobody says how it is: depth_ws is not there."""


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    told: DemoTold
    now_s: float
    samples: Sequence[Sample]
    steps: Sequence[StepTold]
    """One that had not ended yet is as when it began."""
    happened: Sequence[Happened]
    """By the second at which it did."""
    fills: Sequence[FillTold]
    proofs: Sequence[Check]
    said: str
    """The last line of the command that runs."""

    @property
    def last(self) -> Sample | None:
        return self.samples[-1] if self.samples else None

    @property
    def running(self) -> StepTold | None:
        return self.steps[-1] if self.steps and self.steps[-1].how is None else None

    @property
    def is_over(self) -> bool:
        return bool(self.told.took_s) and self.now_s >= self.told.took_s

    @property
    def is_open(self) -> bool:
        return self.last is not None and self.told.opens_ns <= self.last.market_ns < self.told.closes_ns

    @property
    def age_s(self) -> float:
        """Of the last sample."""
        return self.now_s - self.last.at_s if self.last else 0.0


def seen_at(told: DemoTold, now_s: float, said: str = "") -> Seen:
    """Safe while another thread appends to what `told` holds."""
    samples = [sample for sample in told.samples if sample.at_s <= now_s]
    known_ns = samples[-1].market_ns if samples else 0
    has_ended = not told.took_s or now_s >= told.took_s
    return Seen(
        told=told,
        now_s=now_s,
        samples=samples,
        steps=[_by_then(step, now_s) for step in told.steps if step.began_s <= now_s],
        happened=sorted((what for what in told.happened if what.at_s <= now_s), key=lambda what: what.at_s),
        fills=[fill for fill in told.fills if fill.market_ns <= known_ns],
        proofs=list(told.proofs) if has_ended else [],
        said=said,
    )


def _by_then(step: StepTold, now_s: float) -> StepTold:
    if step.how is None or step.began_s + step.took_s <= now_s:
        return step
    return msgspec.structs.replace(step, how=None, took_s=0.0, exit=None, first_line="", missed=())
