"""The tables of a trial's page: what was refused, the days, the executions, and what to think of it all."""

from collections.abc import Sequence
from html import escape

from tarazu.app.pages.words import rupees, sign, signed
from tarazu.app.research.result import DayResult, Result, WalkForward
from tarazu.app.research.told import refusals, said
from tarazu.model import ist
from tarazu.model.units import PAISE

TRADES_MAX = 500


def refusal_table(result: Result) -> str:
    rows = refusals(result)
    if not rows:
        return '<p class="none">No control had to say no.</p>'
    most = rows[0][1]
    body = "".join(
        f'<tr><td><code>{escape(code)}</code></td><td class="n">{count:,}</td>'
        f'<td><i class="bar" style="width:{max(2, 160 * count // most)}px"></i></td><td>{escape(first)}</td></tr>'
        for code, count, first in rows
    )
    head = "<th>Control</th><th class=n>Times</th><th></th><th>The first: what it saw, its limit</th>"
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def day_table(days: Sequence[DayResult]) -> str:
    head = "".join(f'<th class="{style}">{name}</th>' for name, style in _COLUMNS)
    body = "".join(_day_row(day) for day in days)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


_COLUMNS = (
    ("Day", ""),
    ("Net", "n"),
    ("Before charges", "n"),
    ("Charges", "n"),
    ("Drawdown", "n"),
    ("Straddle", "n"),
    ("Orders", "n"),
    ("Executions", "n"),
    ("Refused", "n"),
    ("Entries open", "n"),
    ("", ""),
)


def _day_row(day: DayResult) -> str:
    straddle = signed(day.straddle.net_paise) if day.straddle is not None else "none"
    notes = [f"halted: {day.halted}"] if day.halted else []
    notes += [f"held at the close: {', '.join(f'{qty:+,} {key}' for key, qty in day.held)}"] if day.held else []
    cells = [
        f'<td class="n {sign(day.net_paise)}">{signed(day.net_paise)}</td>',
        *(
            f'<td class="n">{cell}</td>'
            for cell in (
                signed(day.gross_paise),
                rupees(day.charges_paise),
                rupees(day.drawdown_paise),
                straddle,
                f"{day.orders:,}",
                f"{len(day.trades):,}",
                f"{sum(row.count for row in day.refusals):,}",
                f"{day.active_s // 3600}:{day.active_s // 60 % 60:02} h",
            )
        ),
        f"<td>{escape('; '.join(notes))}</td>",
    ]
    return f"<tr><td>{day.date:%a %d %b %Y}</td>{''.join(cells)}</tr>"


def walk_table(walk: WalkForward) -> str:
    head = "".join(f"<th{style}>{name}</th>" for name, style in _WALK_COLUMNS)
    body = "".join(
        f"<tr><td>{one.first} to {one.last}</td><td><code>{escape(said(one.params))}</code></td>"
        f'<td class="n {sign(one.trained_paise)}">{signed(one.trained_paise)}</td>'
        f"<td>{one.tested[0]} to {one.tested[-1]}</td>"
        f'<td class="n {sign(one.tested_paise)}">{signed(one.tested_paise)}</td></tr>'
        for one in walk.windows
    )
    out = f"Left out, too few for another window: {', '.join(walk.left_out)}." if walk.left_out else ""
    note = f'<p class="none">{out}</p>' if out else ""
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{note}"


_WALK_COLUMNS = (
    ("Chosen by", ""),
    ("Parameters", ""),
    ("They made there", ' class="n"'),
    ("Tried on", ""),
    ("They made there", ' class="n"'),
)


def execution_table(days: Sequence[DayResult]) -> str:
    trades = [trade for day in days for trade in day.trades]
    body = "".join(
        f"<tr><td>{ist.stamp(t.ts_ns)}</td><td>{escape(t.key)}</td><td>{escape(t.purpose)}</td>"
        f'<td class="{"up" if t.side == "BUY" else "down"}">{t.side}</td><td class="n">{t.qty:,}</td>'
        f'<td class="n">{t.price_paise / PAISE:,.2f}</td><td><code>{escape(t.order_id)}</code></td></tr>'
        for t in trades[:TRADES_MAX]
    )
    more = (
        f'<p class="none">and {len(trades) - TRADES_MAX:,} more, in result.json</p>' if len(trades) > TRADES_MAX else ""
    )
    names = ("IST", "Instrument", "For", "Side", "Units", "Price", "Order")
    head = "".join(f'<th class="{"n" if name in ("Units", "Price") else ""}">{name}</th>' for name in names)
    table = f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
    return f"<summary>{len(trades):,} executions</summary>{table}{more}"


def terms(result: Result) -> str:
    told = [
        f"Each day begins flat with {rupees(result.cash_paise)}; a message takes {result.latency_ms:g} ms each way.",
        f"Limits are {result.limits}. Fills are the exchange model's: queue, partial fills, circuit breakers, margins, "
        "charges.",
        "An order meets the book of the last frame before it arrives. With a latency below the distance of the "
        "frames, a second on a synthetic day, that is the very book that it was decided by: its price is flattered.",
        "What was recorded does not move by our orders: a size that would have moved the market is flattered here.",
        "The straddle: one lot each of the call and the put at the money, bought at the day's first asks, sold at its "
        "last bids, charges paid.",
    ]
    notes = [f"{day.date}: {day.note}" for day in result.days if day.note]
    alerts = [f"{day.date}: {alert}" for day in result.days for alert in day.alerts[:3]]
    return "".join(f"<li>{escape(each)}</li>" for each in (*told, *notes[:10], *alerts[:10]))
