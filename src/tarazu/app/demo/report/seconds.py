"""The day along one axis: seconds since the demo began, the same on every drawing of the page."""

from bisect import bisect_right
from collections.abc import Callable

import msgspec

from tarazu.app.demo.told import DemoTold, Kind, Sample
from tarazu.app.feed.words import span as age
from tarazu.app.pages.paper import Axis, Band, Paper
from tarazu.model.units import SECOND_NS

WIDE = Paper(width=1_160, left=128)
NARROW = Paper(width=380, left=52)
_STEPS_S = (5, 10, 20, 30, 60, 120, 300, 600)
LABEL_PX = 62
"""One label of the axis, with room about it."""
FRESH, STALE = "FRESH", "STALE"
"""Of `Sample.feed`."""


class Stretch(msgspec.Struct, frozen=True):
    """Seconds of the demo."""

    first: float
    last: float

    @property
    def took(self) -> float:
        return self.last - self.first


def on_both(draw: Callable[[Paper], str]) -> str:
    """A drawing for screens and paper, and one for a telephone; the page shows one of them."""
    return f'<div class="on-wide">{draw(WIDE)}</div><div class="on-narrow">{draw(NARROW)}</div>'


def axis(told: DemoTold, paper: Paper) -> Axis:
    length = end_of(told)
    room = max((paper.right - paper.left) / LABEL_PX, 1)
    step = next((s for s in _STEPS_S if length / s <= room), _STEPS_S[-1])
    labels = [(float(s), f"{s} s" if s < 600 else f"{s // 60} min") for s in range(0, int(length) + 1, step)]
    return Axis(length=length, labels=labels, rulers=_open_and_close(told), bands=_bands(told))


def end_of(told: DemoTold) -> float:
    """Of what is told; of a demo that was broken off too."""
    known = [told.took_s, *(s.at_s for s in told.samples[-1:]), *(s.began_s + s.took_s for s in told.steps[-1:])]
    return max(*known, 1.0)


def second_of(told: DemoTold, market_ns: int) -> float | None:
    """When the market's clock said so, by the samples before and after it. None: there are none."""
    samples = told.samples
    if not samples:
        return None
    at = bisect_right(samples, market_ns, key=lambda sample: sample.market_ns)
    near = samples[max(at - 1, 0)]
    far = samples[at] if 0 < at < len(samples) else near
    gone_ns = far.market_ns - near.market_ns
    share = (market_ns - near.market_ns) / gone_ns if gone_ns > 0 else 0.0
    beyond = 0.0 if gone_ns > 0 else (market_ns - near.market_ns) / SECOND_NS
    return max(near.at_s + share * (far.at_s - near.at_s) + beyond, 0.0)


def fault(told: DemoTold) -> Stretch | None:
    """From what was broken to the moment when it was whole again, or to the end."""
    known = [one for one in told.happened if one.kind is Kind.FAULT]
    if not known:
        return None
    return Stretch(known[0].at_s, known[-1].at_s if len(known) > 1 else end_of(told))


def stale(told: DemoTold) -> list[Stretch]:
    """From stale to fresh again, as the samples saw the required feeds. A feed of which nobody speaks is not fresh;
    after the close it need not be."""
    found: list[Stretch] = []
    since: float | None = None
    for sample in in_the_day(told):
        if sample.feed == STALE and since is None:
            since = sample.at_s
        elif sample.feed == FRESH and since is not None:
            found.append(Stretch(since, sample.at_s))
            since = None
    return found if since is None else [*found, Stretch(since, in_the_day(told)[-1].at_s)]


def in_the_day(told: DemoTold) -> list[Sample]:
    """From the open to the close; all of them where the day has neither."""
    closes_ns = told.closes_ns or (told.samples[-1].market_ns if told.samples else 0)
    return [sample for sample in told.samples if told.opens_ns <= sample.market_ns <= closes_ns]


def seconds(value: float) -> str:
    """`41.0 s`, `2m05s`."""
    return f"{value:,.1f} s" if value < 120 else age(round(value * SECOND_NS))


def _open_and_close(told: DemoTold) -> list[float]:
    known = (second_of(told, ns) for ns in (told.opens_ns, told.closes_ns) if ns)
    return [at for at in known if at is not None and at <= end_of(told)]


def _bands(told: DemoTold) -> list[Band]:
    broken = fault(told)
    bands = [Band(first=broken.first, last=broken.last, style="fault", title=f"{told.incident}")] if broken else []
    return bands + [
        Band(first=one.first, last=one.last, style="stale", title=f"not fresh for {seconds(one.took)}")
        for one in stale(told)
    ]
