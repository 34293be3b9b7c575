"""The risk state in lines for people, and what of it is wrong."""

from collections.abc import Iterator

from tarazu.app.feed.words import clock
from tarazu.app.main.risk_health import RiskPage
from tarazu.app.verdict import Check, Status, epoch, plain
from tarazu.engine.halts import RiskState
from tarazu.model.units import rupees_text

RESET = 'tarazu engine tell RESET_HALT --incident ID --why "..."'
RESET_STRATEGY = "tarazu engine tell RESET_STRATEGY --ref {} --incident ID --why ..."


def risk_lines(page: RiskPage) -> Iterator[str]:
    """The state with the day's result, then the halted strategies. What is used of each limit is on the first line."""
    yield f"RISK        {page.state} | {_result(page)}"
    used = ", ".join(f"{gauge.code} {gauge.percent} %" for gauge in page.gauges)
    yield f"LIMITS      used: {used or 'none is configured'}"
    for name, halt in page.strategy_halts.items():
        yield f"STRATEGY    {plain(name)} halted since {clock(halt.since_ns)}, {halt.code}: {plain(halt.why)}"


def _result(page: RiskPage) -> str:
    if page.net_paise is None:
        return f"the day's result is not known{': ' + plain(page.unknown) if page.unknown else ' yet'}"
    said = f"net {rupees_text(page.net_paise)}"
    if page.drawdown_paise is not None:
        said += f", {rupees_text(page.drawdown_paise)} below the day's best ({rupees_text(page.worst_paise)} at worst)"
    return f"{said}; NOT KNOWN now: {plain(page.unknown)}" if page.unknown else said


def risk_checks(page: RiskPage) -> Iterator[Check]:
    """Of what wants a person, or soon will. The halt itself is the phase's check."""
    if page.state is not RiskState.NORMAL:
        return
    for gauge in page.gauges:
        if gauge.near or gauge.reached:
            seen = Check(id=f"risk.{gauge.code.lower()}", status=Status.OK, observed=gauge.percent, limit=100, unit="%")
            yield seen.broken(Status.WARN, f"NEAR_{gauge.code}", plain(gauge.text))
    if page.unknown:
        seen = Check(id="risk.result", status=Status.OK)
        yield seen.broken(Status.WARN, "PNL_UNKNOWN", f"no entries: {plain(page.unknown)}")


def strategy_checks(page: RiskPage) -> Iterator[Check]:
    for name, halt in page.strategy_halts.items():
        seen = Check(id=f"strategy.{name}", status=Status.OK, observed="HALTED")
        told = f"{halt.code}: {plain(halt.why)}"
        yield seen.broken(Status.WARN, "STRATEGY_HALT", told, RESET_STRATEGY.format(name), epoch(halt.since_ns))
