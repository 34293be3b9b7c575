"""The day in tables: executions, what each instrument came to, both sides' books, limits, proofs, steps, all events."""

from html import escape

from tarazu.app.demo.report.lanes import STEP_STYLES, step_told
from tarazu.app.demo.report.seconds import second_of, seconds
from tarazu.app.demo.told import Books, DemoTold, FillTold, StepTold
from tarazu.app.pages.tables import Cell, code, mark, none, number, table, text, told_by
from tarazu.app.pages.words import clock, rupees, sign, signed
from tarazu.app.verdict import Check, Status
from tarazu.model.units import div_half_up

NEAR_PERCENT = 80
MORE = "more"
"""The class of what a telephone has no room for."""
_SIDES = {"BUY": "up", "SELL": "down"}


def fills(told: DemoTold) -> str:
    if not told.fills:
        return none("Nothing was filled.")
    rows = [
        (
            Cell(clock(fill.market_ns), MORE),
            number(_second(told, fill)),
            Cell(text(fill.side), _SIDES.get(fill.side, "")),
            number(f"{fill.qty:,}"),
            text(fill.key),
            number(rupees(fill.price_paise)),
            Cell(text(fill.strategy or "nobody's"), MORE),
            Cell(code(fill.order_id), MORE),
        )
        for fill in told.fills
    ]
    head: list[str | Cell] = [Cell("IST", MORE), number("at"), "side", number("units"), "instrument", number("price")]
    return table([*head, Cell("strategy", MORE), Cell("order", MORE)], rows)


def by_instrument(told: DemoTold) -> str:
    """Sales less purchases of each: with nothing left open, its result before charges."""
    if not told.fills:
        return ""
    keys = dict.fromkeys(fill.key for fill in told.fills)
    rows = [_instrument(key, [fill for fill in told.fills if fill.key == key]) for key in keys]
    total = sum(_worth(fill) for fill in told.fills)
    blank = [number("", MORE if name in _LESS else "") for name in _COLUMNS[:-1]]
    rows.append(("<b>all</b>", *blank, number(f"<b>{signed(total)}</b>", sign(total))))
    head = [number(name, MORE if name in _LESS else "") for name in _COLUMNS]
    return table(("instrument", *head), rows)


_COLUMNS = ("bought", "at", "sold", "at", "left", "sales less purchases")
_LESS = ("at", "left")


def _instrument(key: str, of: list[FillTold]) -> tuple[str | Cell, ...]:
    cells: list[str | Cell] = [text(key)]
    for side in _SIDES:
        known = [fill for fill in of if fill.side == side]
        units = sum(fill.qty for fill in known)
        worth = sum(fill.qty * fill.price_paise for fill in known)
        cells += [number(f"{units:,}"), number(rupees(div_half_up(worth, units)) if units else "", MORE)]
    left = sum(fill.qty if fill.side == "BUY" else -fill.qty for fill in of)
    worth = sum(_worth(fill) for fill in of)
    return (*cells, number(f"{left:+,}" if left else "0", MORE), number(signed(worth), sign(worth)))


def _worth(fill: FillTold) -> int:
    return fill.qty * fill.price_paise * (-1 if fill.side == "BUY" else 1)


def _second(told: DemoTold, fill: FillTold) -> str:
    at = second_of(told, fill.market_ns)
    return "" if at is None else f"{at:.1f} s"


# Books.

_BOOKS: tuple[tuple[str, str], ...] = (
    ("orders", "orders"),
    ("trades", "trades"),
    ("units bought", "units_bought"),
    ("units sold", "units_sold"),
    ("sales less purchases", "gross_paise"),
    ("charges", "charges_paise"),
    ("net of charges", "net_paise"),
    ("positions left open", "open_positions"),
)


def books(told: DemoTold) -> str:
    """Side by side; with nothing left open, sales less purchases less charges is the result. What is not known equals
    nothing."""
    if told.broker is None and told.ours is None:
        return none("The day was not closed: there are no books to compare.")
    rows = []
    for name, field in _BOOKS:
        theirs, ours = _entry(told.broker, field), _entry(told.ours, field)
        known = told.broker is not None and told.ours is not None
        rows.append((name, number(theirs), number(ours), Cell(_equal(theirs == ours if known else None), "sure")))
    return table(("", number("the broker's"), number("ours"), ""), rows, "books")


def _equal(equal: bool | None) -> str:
    if equal is None:
        return '<b class="unknown">not known</b>'
    return '<b class="ok">equal</b>' if equal else '<b class="crit">NOT EQUAL</b>'


def _entry(book: Books | None, field: str) -> str:
    if book is None:
        return "not known"
    value = getattr(book, field)
    if isinstance(value, dict):
        return "<br>".join(text(f"{key} {units:+,}") for key, units in sorted(value.items()) if units) or "none"
    return rupees(value) if field.endswith("_paise") else f"{value:,}"


# Limits.


def limits(told: DemoTold) -> str:
    """The most that was used of each, and when."""
    most: dict[str, tuple[int, float]] = {}
    for sample in told.samples:
        for name, percent in sample.used.items():
            if name not in most or percent > most[name][0]:
                most[name] = (percent, sample.at_s)
    if not most:
        return none("No limit was seen in use: the engine told none.")
    return table(("limit", number("most used"), "", number("at")), map(_limit, most, most.values()), "bars")


def _limit(name: str, used: tuple[int, float]) -> tuple[str | Cell, ...]:
    percent, at_s = used
    style = "deny" if percent >= NEAR_PERCENT else ""
    bar = f'<i class="fill {style}" style="width:{min(max(percent, 0), 100)}%"></i>'
    return text(name), number(f"{percent} %"), Cell(bar, "wide"), number(f"{at_s:.1f} s" if percent else "")


# Proofs, steps, events, ways on.


def proofs(told: DemoTold) -> str:
    """What did not hold before all else; then what held, by subject. Steps are many, and folded."""
    if not told.proofs:
        return none("Nothing was proven: the day did not come to its end.")
    missed = [check for check in told.proofs if check.status is not Status.OK]
    parts = [f"<h3>Did not hold</h3>{_checks(missed)}"] if missed else []
    held = [check for check in told.proofs if check.status is Status.OK]
    for subject in dict.fromkeys(check.id.partition(".")[0] for check in held):
        of = [check for check in held if check.id.partition(".")[0] == subject]
        parts.append(f"<h3>{text(subject)}</h3>{_folded(of) if subject == STEP else _checks(of)}")
    return "".join(parts)


STEP = "step"
"""The subject of the proofs that a step of the runbook ended as expected."""


def _folded(checks: list[Check]) -> str:
    return f"<details><summary>{len(checks):,} steps ended as expected</summary>{_checks(checks)}</details>"


def _checks(checks: list[Check]) -> str:
    return table((), [(mark(check.status), text(check.id), told_by(check)) for check in checks], "proofs")


def step_table(told: DemoTold) -> str:
    rows = [
        (
            number(seconds(step.began_s)),
            Cell(text(step.runbook or step.chapter), MORE),
            f"{text(step.step)}<br>{code(step.command)}",
            Cell(text(step.expected), MORE),
            f"{_how(step)}<br>{text('; '.join(part for part in (step.first_line, *step.missed) if part))}",
        )
        for step in told.steps
    ]
    head = (number("at"), Cell("runbook", MORE), "step", Cell("expected", MORE), "what came")
    return table(head, rows, "long steps")


def _how(step: StepTold) -> str:
    return f'<b class="{STEP_STYLES[step.how]}">{escape(step_told(step))}</b>'


def events(told: DemoTold) -> str:
    rows = [
        (number(seconds(one.at_s)), clock(one.market_ns), f"{one.kind}", _word(one.status), text(one.text))
        for one in told.happened
    ]
    return table((number("at"), "IST", "what", "", ""), rows)


def _word(status: Status) -> str:
    return "" if status is Status.OK else mark(status)


def ways_on(told: DemoTold) -> str:
    return table((), [(code(command), text(shows)) for command, shows in told.next], "long")


def files(told: DemoTold) -> str:
    """Links that lead nowhere but into the demo's folder."""
    rows = [(_link(name, path), code(path)) for name, path in told.files.items()]
    return table((), rows, "long") if rows else none("It left no files.")


def _link(name: str, path: str) -> str:
    is_inside = not path.startswith(("/", "\\")) and ":" not in path and ".." not in path.split("/")
    return f'<a href="{escape(path)}">{text(name)}</a>' if is_inside else text(name)
