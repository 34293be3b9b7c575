"""The day in three sentences and a few figures: what went on, what was broken, what it came to. Said as it was."""

from datetime import date

from tarazu.app.demo.report.curves import worst_drawdown
from tarazu.app.demo.report.incident import again, broken, playbook, seen
from tarazu.app.demo.report.seconds import second_of, seconds
from tarazu.app.demo.told import DemoTold
from tarazu.app.pages.words import rupees, sign, signed
from tarazu.app.verdict import Status
from tarazu.model.units import PAISE

NO_INCIDENT = "none"


def verdict(told: DemoTold) -> tuple[str, str]:
    """A word and its class. A day of which nothing was proven is not a good one."""
    if not told.proofs:
        return "NOT PROVEN", "unknown"
    if told.status is Status.OK:
        return "EVERYTHING HELD", "ok"
    missed = sum(check.status is not Status.OK for check in told.proofs)
    return f"{missed} OF {len(told.proofs)} DID NOT HOLD", "crit"


def title(told: DemoTold) -> str:
    return f"A trading day in {told.took_s:.0f} seconds"


def about(told: DemoTold) -> str:
    day = date.fromisoformat(told.day)
    return (
        f"{day:%A} {day.day} {day:%B} {day.year} · SIM · scenario {told.scenario} · seed {told.seed} · "
        f"incident {told.incident} · speed {told.speed:g}"
    )


def sentences(told: DemoTold) -> tuple[str, str, str]:
    return _market(told), _incident(told), _end(told)


def _market(told: DemoTold) -> str:
    opened = second_of(told, told.opens_ns) if told.opens_ns else None
    lasted = (told.closes_ns - told.opens_ns) / 1e9
    market = (
        f"a simulated exchange that opened after {seconds(opened)} for {seconds(lasted)}"
        if opened is not None and lasted > 0
        else "a simulated exchange"
    )
    first = (
        "its first tick never came" if told.first_tick_s is None else f"the first tick came {_after(told.first_tick_s)}"
    )
    fill = "nothing was filled" if told.first_fill_s is None else f"the first fill {_after(told.first_fill_s)}"
    return f"The desk was set up from nothing by its runbook's own commands and traded {market}: {first}, {fill}."


def _incident(told: DemoTold) -> str:
    fault = broken(told)
    if fault is None:
        why = "as it was asked" if told.incident == NO_INCIDENT else f"though {told.incident} was asked for"
        return f"Nothing was broken on purpose, {why}."
    noticed = seen(told, fault)
    names = list(dict.fromkeys(step.runbook for step in playbook(told) if step.runbook))
    walked = f"the playbook {' and '.join(names)} was walked" if names else "no playbook was walked"
    if noticed is None:
        return f"At {seconds(fault.at_s)} {told.incident} began: the desk said nothing of it, {walked}."
    back = again(told, noticed)
    whole = (
        f"entries were taken again {seconds(back.at_s - fault.at_s)} after its beginning"
        if back
        else "no entry was taken again that day"
    )
    return (
        f"At {seconds(fault.at_s)} {told.incident} began: the desk saw it after "
        f"{seconds(noticed.at_s - fault.at_s)}, {walked}, and {whole}."
    )


def _end(told: DemoTold) -> str:
    if told.ours is None or told.broker is None:
        return "The day was not closed, and nothing is known of its books."
    equal = (
        "the broker's books and ours are equal to the paisa"
        if told.ours == told.broker
        else "the broker's books are NOT ours"
    )
    held = _held(told.ours.open_positions)
    net = told.ours.net_paise
    made = f"made {rupees(net)}" if net > 0 else f"lost {rupees(-net)}" if net < 0 else "made nothing"
    if is_open(told):
        made = f"came to {signed(net)} so far"
    charges = rupees(told.ours.charges_paise)
    proven = sum(check.status is Status.OK for check in told.proofs)
    return (
        f"Its {told.ours.trades:,} fills of {told.ours.orders:,} orders {made}, {charges} of charges "
        f"in it, and left {held}; {equal}, and {proven} of {len(told.proofs)} proofs hold."
    )


def is_open(told: DemoTold) -> bool:
    """Units were left: what the trades came to is no result yet."""
    return told.ours is not None and any(told.ours.open_positions.values())


def _held(positions: dict[str, int]) -> str:
    still = [f"{key} {units:+,}" for key, units in sorted(positions.items()) if units]
    return f"{', '.join(still)} open" if still else "nothing open"


def _after(value: float) -> str:
    return f"after {seconds(value)}"


def figures(told: DemoTold) -> list[tuple[str, str, str]]:
    """Name, value, class: the tiles."""
    net = told.ours.net_paise if told.ours else None
    fault = broken(told)
    noticed = seen(told, fault) if fault else None
    back = again(told, noticed) if noticed else None
    rows = [
        ("Net result", "left open", "warn") if is_open(told) else ("Net result", _known(net), sign(net or 0)),
        ("Worst drawdown", rupees(round(-worst_drawdown(told) * PAISE)), ""),
        ("Fills", f"{len(told.fills):,}", ""),
        ("First tick", _or_never(told.first_tick_s), ""),
        ("First fill", _or_never(told.first_fill_s), ""),
    ]
    if fault is not None:
        rows += [
            ("Fault seen after", _or_never(noticed.at_s - fault.at_s if noticed else None), ""),
            ("Entries again after", _or_never(back.at_s - fault.at_s if back else None), ""),
        ]
    return [*rows, ("Whole day", seconds(told.took_s), "")]


def _known(paise: int | None) -> str:
    return "not known" if paise is None else signed(paise)


def _or_never(value: float | None) -> str:
    return "never" if value is None else seconds(value)
