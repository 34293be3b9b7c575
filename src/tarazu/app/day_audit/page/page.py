"""The audit as one HTML page that needs nothing else: no network, no script; for screens by day and night, or paper."""

from pathlib import Path

from tarazu.app.day_audit.audit import Audit
from tarazu.app.day_audit.page import bars, curve_charts, tables
from tarazu.app.day_audit.page.histograms import histograms
from tarazu.app.day_audit.page.price_charts import on_price
from tarazu.app.day_audit.walk import conduct
from tarazu.app.pages.sheet import sheet
from tarazu.app.pages.tables import tiles
from tarazu.app.pages.words import clock, rupees, sign

TEMPLATE = Path(__file__).with_name("page.html")


def page(audit: Audit) -> str:
    title = f"Audit of {audit.day} · {audit.profile.upper()}"
    words = {
        "SPAN": f"{clock(audit.first_ns)} to {clock(audit.last_ns)} IST, {audit.starts} starts"
        if audit.first_ns
        else "",
        "PATTERNS": (conduct.__doc__ or "").partition("\n\n")[2].strip(),
        "MADE": tables.made(audit),
    }
    parts = {
        "TILES": _tiles(audit),
        "CHECKS": tables.checks(audit),
        "EXCEPTIONS": tables.exceptions(audit),
        "LINKS": tables.links(audit),
        "EQUITY": curve_charts.equity(audit),
        "DRAWDOWN": curve_charts.drawdown(audit),
        "ORDERS": on_price(audit),
        "FUNNEL": bars.funnel(audit),
        "LIMITS": bars.limits_used(audit),
        "BUDGETS": curve_charts.budgets(audit),
        "LATENCIES": histograms(audit),
        "FEED": curve_charts.feed_lag(audit),
        "OUTAGES": curve_charts.outages(audit),
        "CONTROLS": tables.controls(audit),
        "RESULTS": tables.results(audit),
        "EVIDENCE": tables.evidence(audit),
    }
    return sheet(TEMPLATE, title, words, parts)


def _tiles(audit: Audit) -> str:
    net = audit.result.net_paise
    style = {"OK": "up", "WARN": "warn", "CRIT": "crit"}.get(audit.verdict, "unknown")
    rows = [
        ("Verdict", audit.verdict, style),
        ("Exceptions", f"{len(audit.findings):,}", "warn" if audit.findings else ""),
        (
            "Net result",
            "not known" if net is None else rupees(net),
            sign(net or 0),
        ),
        (
            "Charges",
            "not known" if audit.result.charges_paise is None else rupees(audit.result.charges_paise),
            "",
        ),
        ("Worst drawdown", rupees(audit.worst_drawdown_paise), ""),
        ("Orders", f"{audit.complete.orders:,}", ""),
        ("Executions", f"{audit.executions:,}", ""),
        ("Said no", f"{sum(row.denied for row in audit.controls):,}", ""),
        ("Entries", f"{audit.standing.entries:,}", ""),
    ]
    return tiles(rows)
