"""The day's executions on the price of what was traded: a panel for each of the instruments traded most."""

from bisect import bisect_right
from collections.abc import Sequence
from html import escape

from tarazu.app.day_audit.audit import Audit
from tarazu.app.day_audit.page.axes import clock_axis
from tarazu.app.day_audit.timeline.curves import Shot
from tarazu.app.pages.paper import Scale
from tarazu.app.pages.plot import Line, Mark, plot
from tarazu.app.pages.words import clock, rupees
from tarazu.model.units import PAISE

Prices = Sequence[tuple[int, int]]


def on_price(audit: Audit) -> str:
    if not audit.shots:
        return '<p class="none">Nothing was traded.</p>'
    prices = audit.feed.prices if audit.feed is not None else {}
    keys = list(prices) or list(dict.fromkeys(shot.key for shot in audit.shots))[:1]
    panels = [_panel(key, [s for s in audit.shots if s.key == key], prices.get(key, ())) for key in keys]
    others = {shot.key for shot in audit.shots} - set(keys)
    if others:
        panels.append(f'<p class="none">and {len(others)} more instruments, in audit.json</p>')
    return "".join(panels)


def _panel(key: str, shots: list[Shot], prices: Prices) -> str:
    """Where the market was not recorded the executions alone are drawn."""
    seen = prices if len(prices) > 1 else [(shot.ts_ns, shot.price_paise) for shot in shots]
    name = "last price" if seen is prices else "executions alone: the market was not recorded"
    times = [at_ns for at_ns, _ in seen]
    line = Line(name=f"{key}, {name}", style="price", values=[paise / PAISE for _, paise in seen])
    marks = [_mark(shot, times) for shot in shots]
    bought = sum(shot.qty for shot in shots if shot.side == "BUY")
    sold = sum(shot.qty for shot in shots if shot.side == "SELL")
    drawn = plot(clock_axis(times), [line], lambda value: f"{value:,.2f}", 210, marks, Scale.FREE)
    about = f"{len(shots)} executions, bought {bought:,}, sold {sold:,} units; {name}"
    return f"<h3>{escape(key)} <small>{about}</small></h3>{drawn}"


def _mark(shot: Shot, times: list[int]) -> Mark:
    at = max(bisect_right(times, shot.ts_ns) - 1, 0)
    after = min(at + 1, len(times) - 1)
    span = times[after] - times[at]
    share = min(max((shot.ts_ns - times[at]) / span, 0.0), 1.0) if span > 0 else 0.0
    title = f"{clock(shot.ts_ns)} {shot.side} {shot.qty:,} @ {rupees(shot.price_paise)}, {shot.ref}"
    return Mark(x=at + share * (after - at), y=shot.price_paise / PAISE, up=shot.side == "BUY", title=title)
