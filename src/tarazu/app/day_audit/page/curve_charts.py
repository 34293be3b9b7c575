"""Curves over the day: the result and its drawdown, what was used of the budgets, the feed's lag."""

from html import escape

from tarazu.app.day_audit.audit import Audit
from tarazu.app.day_audit.page.axes import clock_axis
from tarazu.app.day_audit.walk.limits import Use
from tarazu.app.pages.plot import Line, plot
from tarazu.app.pages.words import clock, money
from tarazu.model.units import PAISE

NONE = '<p class="none">{}</p>'


def equity(audit: Audit) -> str:
    known = [point for point in audit.points if point.net_paise is not None]
    if not known:
        return NONE.format("The engine marked no result: nothing was traded or held.")
    axis = clock_axis([point.ts_ns for point in known])
    lines = [Line(name="net of charges", style="one", values=[(p.net_paise or 0) / PAISE for p in known], filled=True)]
    return plot(axis, lines, money, 260)


def drawdown(audit: Audit) -> str:
    known = [point for point in audit.points if point.net_paise is not None]
    if not known or not audit.worst_drawdown_paise:
        return NONE.format("There was none.")
    axis = clock_axis([point.ts_ns for point in known])
    below = Line(
        name="below the day's high water", style="bad", values=[-p.drawdown_paise / PAISE for p in known], filled=True
    )
    return plot(axis, [below, *_limit_line(audit, "drawdown_max", len(known))], money, 150)


def budgets(audit: Audit) -> str:
    """In per cent of what there is: the day's loss limit, the margin."""
    loss = next((use.limit for use in audit.limits if use.name == "day_loss_max"), None)
    points = audit.points
    lines: list[Line] = []
    if loss and any(point.low_paise is not None for point in points):
        used = [100.0 * max(-(point.low_paise or 0), 0) / loss for point in points]
        lines.append(Line(name="loss limit used", style="bad", values=used, filled=True))
    if any(point.margin_used_paise for point in points):
        lines.append(
            Line(
                name="margin used",
                style="one",
                values=[_margin(p.margin_used_paise, p.margin_free_paise) for p in points],
            )
        )
    if not lines:
        return NONE.format("Neither the loss limit nor the margin was touched, or neither was known.")
    return plot(clock_axis([point.ts_ns for point in points]), lines, lambda value: f"{value:,.3g} %", 170)


def feed_lag(audit: Audit) -> str:
    minutes = audit.feed.minutes if audit.feed is not None else []
    if not minutes:
        return NONE.format("There is no feed log of the day, or its instruments carry no stamps.")
    axis = clock_axis([minute.ts_ns for minute in minutes])
    lines = [
        Line(name="worst frame of the minute", style="two", values=[minute.worst_s for minute in minutes]),
        Line(name="median", style="one", values=[minute.median_s for minute in minutes]),
    ]
    return plot(axis, lines, lambda value: f"{value:,.3g} s", 170)


def outages(audit: Audit) -> str:
    """A line for each time a feed was stale."""
    if not audit.outages:
        return NONE.format("No feed was stale.")
    rows = "".join(
        f"<tr><td>{escape(one.feed)}</td><td>{clock(one.from_ns)}</td>"
        f"<td>{clock(one.until_ns) if one.until_ns else 'to the end'}</td>"
        f'<td class="n">{_seconds(one.from_ns, one.until_ns or audit.last_ns)}</td>'
        f"<td>{'required' if one.required else ''}</td><td>{escape(one.reason)}</td></tr>"
        for one in audit.outages
    )
    head = '<th>stale feed</th><th>from</th><th>until</th><th class="n">s</th><th></th><th>why</th>'
    return f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"


def _seconds(from_ns: int, until_ns: int) -> str:
    return f"{max(until_ns - from_ns, 0) / 1e9:,.1f}"


def _margin(used: int | None, free: int | None) -> float:
    whole = (used or 0) + (free or 0)
    return 100.0 * (used or 0) / whole if whole > 0 else 0.0


def _limit_line(audit: Audit, name: str, length: int) -> list[Line]:
    """Where it is near enough to be seen on the same scale."""
    use: Use | None = next((one for one in audit.limits if one.name == name), None)
    if use is None or not use.limit or use.limit > 3 * max(use.used, 1):
        return []
    return [Line(name="limit", style="two", values=[-use.limit / PAISE] * max(length, 1))]
