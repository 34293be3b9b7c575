"""Bars that are read beside their words: from decisions to fills, and what was used of each limit."""

from html import escape

from tarazu.app.day_audit.audit import Audit
from tarazu.app.day_audit.walk.controls import Stage
from tarazu.app.day_audit.walk.limits import Use
from tarazu.app.pages.words import rupees

NEAR_PERCENT = 80


def funnel(audit: Audit) -> str:
    """Each stage beside the one before, by strategy."""
    stages = [stage for stage in audit.stages if stage.decisions or stage.wants or stage.orders or stage.denied]
    if not stages:
        return '<p class="none">Nothing was decided.</p>'
    return "".join(_funnel(stage) for stage in stages)


def _funnel(stage: Stage) -> str:
    decided = sum(stage.decisions.values())
    steps = [
        ("decisions", decided, ", ".join(f"{count:,} {verb}" for verb, count in stage.decisions.items())),
        ("wants to enter", stage.wants, "by decisions, or from outside"),
        ("denied", stage.denied, "by the gate"),
        ("orders", stage.orders, "sent, protective stops left out"),
        ("filled", stage.filled, f"{stage.units:,} units"),
    ]
    most = max(count for _, count, _ in steps) or 1
    rows = "".join(
        f'<tr><td>{name}</td><td class="n">{count:,}</td><td class="wide">'
        f'<i class="fill {"deny" if name == "denied" else ""}" style="width:{100 * count / most:.1f}%"></i></td>'
        f"<td>{escape(about)}</td></tr>"
        for name, count, about in steps
    )
    return f"<h3>{escape(stage.strategy or 'the desk itself')}</h3><table class='bars'><tbody>{rows}</tbody></table>"


def limits_used(audit: Audit) -> str:
    rows = "".join(_limit(use) for use in audit.limits)
    names = ("limit", "control", "most used", "limit", "%", "", "at")
    numbers = ("most used", "%")
    head = "".join(
        f'<th class="{"n" if name in numbers or n == 3 else ""}">{name}</th>' for n, name in enumerate(names)
    )
    return f'<table class="bars"><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>'


def _limit(use: Use) -> str:
    percent = use.percent
    style = "deny" if percent is not None and percent >= NEAR_PERCENT else ""
    bar = "" if percent is None else f'<i class="fill {style}" style="width:{min(percent, 100):.1f}%"></i>'
    return (
        f"<tr><td>{escape(use.name)}</td><td>{use.control}</td>"
        f'<td class="n">{_told(use.used, use.unit)}</td>'
        f'<td class="n">{"none is set" if use.limit is None else _told(use.limit, use.unit)}</td>'
        f'<td class="n">{"" if percent is None else f"{percent:,.1f}"}</td><td class="wide">{bar}</td>'
        f"<td><code>{escape(use.about)}</code></td></tr>"
    )


def _told(value: int, unit: str) -> str:
    return rupees(value) if unit == "paise" else f"{value:,} {unit}"
