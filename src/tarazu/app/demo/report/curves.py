"""Curves over the day: the market with our fills on it, the result and its drawdown, the feed's lag and its limit."""

from bisect import bisect_right
from itertools import accumulate

from tarazu.app.demo.report.seconds import axis, in_the_day, on_both, second_of
from tarazu.app.demo.told import DemoTold, FillTold, Sample
from tarazu.app.pages.paper import Paper, Scale
from tarazu.app.pages.plot import Line, Mark, plot
from tarazu.app.pages.tables import none
from tarazu.app.pages.words import clock, money, rupees, span
from tarazu.model.units import MILLISECOND_NS, PAISE

LAG_MIN_NS = MILLISECOND_NS
"""Less is shown as this: a lag of nothing has no place on a scale of powers."""


def price(told: DemoTold) -> str:
    """NIFTY 50 as the desk saw it, and each execution at the index's price of that moment, whatever was traded."""
    day = in_the_day(told)
    seen = [sample for sample in day if sample.spot_paise is not None]
    if not seen:
        return none("No price was ever seen.")
    marks = [mark for fill in told.fills if (mark := _mark(told, seen, fill)) is not None]

    def draw(paper: Paper) -> str:
        line = Line(
            name="NIFTY 50",
            style="price",
            at=[sample.at_s for sample in day],
            values=[_rupees(sample.spot_paise) for sample in day],
        )
        return plot(axis(told, paper), [line], lambda value: f"{value:,.0f}", 260, marks, Scale.FREE, paper)

    return on_both(draw)


def result(told: DemoTold) -> str:
    if not _results(told):
        return none("The engine marked no result: nothing was traded or held.")

    def draw(paper: Paper) -> str:
        at, values = zip(*_results(told), strict=True)
        line = Line(name="result of the day, net of charges", style="one", at=at, values=values, filled=True)
        return plot(axis(told, paper), [line], money, 190, paper=paper)

    return on_both(draw)


def drawdown(told: DemoTold) -> str:
    results = _results(told)
    if worst_drawdown(told) == 0:
        return none("The result was never below its high water.")

    def draw(paper: Paper) -> str:
        line = Line(
            name="below the day's high water",
            style="bad",
            at=[at for at, _ in results],
            values=_below([value for _, value in results]),
            filled=True,
        )
        return plot(axis(told, paper), [line], money, 120, paper=paper)

    return on_both(draw)


def worst_drawdown(told: DemoTold) -> float:
    """In rupees, from a high water of nothing at the beginning: zero or less."""
    return min(_below([value for _, value in _results(told)]), default=0.0)


def lag(told: DemoTold) -> str:
    """On a scale of powers: what is usual is seen beside what broke the limit."""
    if not any(sample.tick_lag_ns is not None for sample in told.samples):
        return none("Nobody judged the feed: it never ran.")

    def draw(paper: Paper) -> str:
        at = [sample.at_s for sample in told.samples]
        lines = [
            Line(name="limit", style="bad", at=at, values=[_shown(sample.tick_limit_ns) for sample in told.samples]),
            Line(name="tick lag", style="one", at=at, values=[_shown(sample.tick_lag_ns) for sample in told.samples]),
        ]
        return plot(axis(told, paper), lines, span, 170, scale=Scale.LOG, paper=paper)

    return on_both(draw)


def _results(told: DemoTold) -> list[tuple[float, float]]:
    return [(s.at_s, s.day_pnl_paise / PAISE) for s in in_the_day(told) if s.day_pnl_paise is not None]


def _below(values: list[float]) -> list[float]:
    high = accumulate(values, max, initial=0.0)
    next(high)
    return [value - top for value, top in zip(values, high, strict=True)]


def _shown(ns: int | None) -> float | None:
    return None if ns is None else max(ns, LAG_MIN_NS)


def _rupees(paise: int | None) -> float | None:
    return None if paise is None else paise / PAISE


def _mark(told: DemoTold, seen: list[Sample], fill: FillTold) -> Mark | None:
    at = second_of(told, fill.market_ns)
    if at is None:
        return None
    near = seen[max(bisect_right(seen, at, key=lambda sample: sample.at_s) - 1, 0)]
    title = f"{clock(fill.market_ns)} {fill.side} {fill.qty:,} {fill.key} @ {rupees(fill.price_paise)}"
    return Mark(x=at, y=_rupees(near.spot_paise) or 0.0, up=fill.side == "BUY", title=title)
