"""A trial as one HTML page that needs nothing else: no network, no script; for screens by day and night, and paper."""

from collections.abc import Sequence
from html import escape
from itertools import pairwise
from pathlib import Path

from tarazu import __version__
from tarazu.app.pages.paper import Axis, Scale
from tarazu.app.pages.plot import Line, Mark, plot
from tarazu.app.pages.sheet import sheet
from tarazu.app.pages.tables import tiles
from tarazu.app.pages.words import money, rupees, sign, signed
from tarazu.app.research.held_greeks import UNITS
from tarazu.app.research.report_tables import day_table, execution_table, refusal_table, terms, walk_table
from tarazu.app.research.result import DayResult, Point, Result, Trade
from tarazu.model import ist
from tarazu.model.units import HOUR_NS, PAISE

TEMPLATE = Path(__file__).with_name("report.html")
PANELS_MAX = 12
"""Days whose trades are drawn on the price: those with trades, the first ones."""


def report(result: Result, made_ns: int) -> str:
    """The page, of a result with at least one day."""
    days = result.days
    span = f"{days[0].date}" if len(days) == 1 else f"{days[0].date} to {days[-1].date}, {len(days)} days"
    words = {
        "STRATEGY": result.strategy,
        "SPAN": span
        if len({d.name for d in days}) > 1 or str(days[0].date) == days[0].name
        else f"{span} ({days[0].name})",
        "PARAMS": (", ".join(f"{name} = {value}" for name, value in result.params.items()) or "defaults")
        + (", and what each window chose" if result.walk is not None else ""),
        "MADE": f"tarazu {__version__} · build {result.build} · {ist.stamp(made_ns)} IST",
    }
    parts = {
        "TILES": _tiles(result),
        "EQUITY": _equity(days),
        "DRAWDOWN": _drawdown(days),
        "TRADES": _trade_panels(days),
        "EXPOSURE": _exposure(days),
        "REFUSALS": refusal_table(result),
        "DAYS": day_table(days),
        "WALK": _walk(result),
        "EXECUTIONS": execution_table(days),
        "TERMS": terms(result),
    }
    return sheet(TEMPLATE, f"{result.strategy} · {span}", words, parts)


def _walk(result: Result) -> str:
    if result.walk is None:
        return ""
    about = "the result is of the days that nobody chose by"
    return f"<section><h2>Walk-forward <small>{about}</small></h2>{walk_table(result.walk)}</section>"


# Tiles.


def _tiles(result: Result) -> str:
    straddle = result.straddle_paise
    wins = sum(day.net_paise > 0 for day in result.days)
    return tiles(
        [
            ("Net result", signed(result.net_paise), sign(result.net_paise)),
            ("Before charges", signed(result.net_paise + result.charges_paise), ""),
            ("Charges", rupees(result.charges_paise), ""),
            ("Worst drawdown", rupees(result.drawdown_paise), ""),
            ("Executions", f"{sum(len(day.trades) for day in result.days):,}", ""),
            ("Days in profit", f"{wins} of {len(result.days)}", ""),
            ("Straddle held", signed(straddle) if straddle is not None else "none", ""),
        ]
    )


# Plots over all days.


def _equity(days: Sequence[DayResult]) -> str:
    net, straddle, before, held = [], [], 0, 0
    for day in days:
        net += [(before + point.net_paise) / PAISE for point in day.curve]
        straddle += [(held + point.straddle_paise) / PAISE for point in day.curve]
        before += day.net_paise
        held += day.straddle.net_paise if day.straddle is not None else 0
    lines = [
        Line(name="straddle bought and held", style="two", values=straddle),
        Line(name="strategy", style="one", values=net),
    ]
    return plot(_axis(days), lines, money, 300)


def _drawdown(days: Sequence[DayResult]) -> str:
    high = total = 0
    values: list[float] = []
    for day in days:
        for point in day.curve:
            high = max(high, total + point.net_paise)
            values.append((total + point.net_paise - high) / PAISE)
        total += day.net_paise
    return plot(_axis(days), [Line(name="below the high water", style="bad", values=values, filled=True)], money, 150)


def _exposure(days: Sequence[DayResult]) -> str:
    values = [point.exposure_paise / PAISE for day in days for point in day.curve]
    if not any(values):
        return '<p class="none">Nothing was held at any full minute.</p>'
    drawn = plot(
        _axis(days), [Line(name="worth of what was held", style="under", values=values, filled=True)], money, 150
    )
    for name, unit in UNITS.items():
        curve = _greek(days, name)
        if any(curve):
            head = f"<h3>{name}, rupees {unit}</h3>"
            drawn += head + plot(_axis(days), [Line(name=name, style="one", values=curve)], money, 130)
    return drawn


def _greek(days: Sequence[DayResult], name: str) -> list[float]:
    """Where it was not known: as it was last."""
    values: list[float] = []
    for point in (point for day in days for point in day.curve):
        last = values[-1] if values and point.exposure_paise else 0.0
        values.append(point.greeks.get(name, last))
    return values


def _axis(days: Sequence[DayResult]) -> Axis:
    """Minutes of one day by the hour; of many by the day."""
    length = sum(len(day.curve) for day in days)
    if len(days) == 1:
        return Axis(length=max(length - 1, 1), labels=_hours(days[0].curve))
    starts, at = [], 0
    for day in days:
        starts.append((at, f"{day.date:%d %b}"))
        at += len(day.curve)
    each = -(-len(starts) // 10)
    middle = length / len(days) / 2
    labels = [(x + middle, label) for n, (x, label) in enumerate(starts) if n % each == 0]
    return Axis(length=max(length - 1, 1), labels=labels, rulers=[x for x, _ in starts[1:]])


def _hours(curve: Sequence[Point]) -> list[tuple[float, str]]:
    found = []
    for n, (before, point) in enumerate(pairwise(curve)):
        if (before.ts_ns - _HALF_NS) // HOUR_NS != (point.ts_ns - _HALF_NS) // HOUR_NS:
            found.append((float(n + 1), f"{ist.clock_of(point.ts_ns):%H:%M}"))
    return found or [(0.0, f"{ist.clock_of(curve[0].ts_ns):%H:%M}")] if curve else []


_HALF_NS = HOUR_NS // 2
"""IST's hours begin at half past UTC's."""


# Trades on the price.


def _trade_panels(days: Sequence[DayResult]) -> str:
    traded = [day for day in days if day.trades]
    if not traded:
        return '<p class="none">Nothing was traded.</p>'
    panels = [_trade_panel(day) for day in traded[:PANELS_MAX]]
    if len(traded) > PANELS_MAX:
        panels.append(f'<p class="none">and {len(traded) - PANELS_MAX} more days; the table has all of them</p>')
    return "".join(panels)


def _trade_panel(day: DayResult) -> str:
    seen = [point.spot_paise / PAISE for point in day.curve if point.spot_paise]
    if not seen:
        return f'<h3>{day.date}</h3><p class="none">the underlying was not seen</p>'
    prices = [(point.spot_paise / PAISE) or seen[0] for point in day.curve]
    marks = [_mark(day.curve, prices, trade) for trade in day.trades]
    axis = Axis(length=max(len(prices) - 1, 1), labels=_hours(day.curve))
    drawn = plot(
        axis, [Line(name=day.shown, style="price", values=prices)], lambda v: f"{v:,.0f}", 230, marks, Scale.FREE
    )
    return f"<h3>{escape(day.shown)}, {day.date} <small>{signed(day.net_paise)}</small></h3>{drawn}"


def _mark(curve: Sequence[Point], prices: Sequence[float], trade: Trade) -> Mark:
    """At the underlying's price when it traded, whatever was traded."""
    at = next((n for n, point in enumerate(curve) if point.ts_ns >= trade.ts_ns), len(curve) - 1)
    before = max(at - 1, 0)
    span = curve[at].ts_ns - curve[before].ts_ns
    share = (trade.ts_ns - curve[before].ts_ns) / span if span > 0 else 0.0
    when, what = f"{ist.clock_of(trade.ts_ns):%H:%M:%S}", f"{trade.purpose} {trade.side} {trade.qty:,} {trade.key}"
    return Mark(
        x=before + share * (at - before),
        y=prices[before] + share * (prices[at] - prices[before]),
        up=trade.side == "BUY",
        title=f"{when} {what} @ {rupees(trade.price_paise)}",
    )
