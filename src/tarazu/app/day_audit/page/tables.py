"""What the audit found, in tables: checks, exceptions, orders' links, controls, results, and what it stood on."""

from html import escape

from tarazu.app.day_audit.audit import Audit
from tarazu.app.day_audit.finding import Finding
from tarazu.app.pages.tables import mark
from tarazu.app.pages.words import clock, rupees
from tarazu.model import ist

EXCEPTIONS_MAX = 12
"""Of one code that the page shows one by one."""


def checks(audit: Audit) -> str:
    rows = []
    for check in audit.checks:
        seen = (
            ""
            if check.observed is None
            else f"{check.observed:,}"
            if isinstance(check.observed, int)
            else check.observed
        )
        told = check.detail or f"{seen} {check.unit}".strip()
        rows.append(
            f"<tr><td>{mark(check.status)}</td><td>{check.id}</td><td>{check.code}</td><td>{escape(str(told))}</td></tr>"
        )
    return f"<table><tbody>{''.join(rows)}</tbody></table>"


def exceptions(audit: Audit) -> str:
    if not audit.findings:
        return '<p class="none">None.</p>'
    by_code: dict[str, list[Finding]] = {}
    for one in audit.findings:
        by_code.setdefault(one.code, []).append(one)
    head = '<th></th><th>code</th><th>at</th><th class="n">entry</th><th>about</th><th>what</th>'
    rows = "".join(_of_code(found) for found in by_code.values())
    return f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"


def _of_code(found: list[Finding]) -> str:
    rows = "".join(
        f"<tr><td>{mark(one.status)}</td><td>{one.code}</td>"
        f"<td>{clock(one.ts_ns)}</td><td class='n'>{f'{one.sequence:,}' if one.sequence else ''}</td>"
        f"<td><code>{escape(one.about)}</code></td><td>{escape(one.detail)}</td></tr>"
        for one in found[:EXCEPTIONS_MAX]
    )
    more = len(found) - EXCEPTIONS_MAX
    if more <= 0:
        return rows
    return f"{rows}<tr><td></td><td>{found[0].code}</td><td colspan='4'>and {more:,} more, all in audit.json</td></tr>"


def links(audit: Audit) -> str:
    """Of every order the whole chain: how many have each link."""
    whole = audit.complete
    if not whole.orders:
        return '<p class="none">No order was intended.</p>'
    names = ("decision", "gate", "intent", "send", "outcome")
    cells = []
    for name in names:
        count = getattr(whole, name)
        style = "up" if count == whole.orders else "down"
        cells.append(f'<div class="link"><span>{name}</span><b class="{style}">{count:,} of {whole.orders:,}</b></div>')
    return f'<div class="chain">{"<i>→</i>".join(cells)}</div>'


def controls(audit: Audit) -> str:
    rows = "".join(
        f"<tr><td>{row.code}</td><td>{', '.join(row.controls)}</td>"
        f'<td class="n">{row.denied:,}</td><td>{escape(_by(row.by_strategy))}</td></tr>'
        for row in sorted(audit.controls, key=lambda row: -row.denied)
        if row.denied
    )
    silent = ", ".join(row.code for row in audit.controls if not row.denied)
    head = '<th>said no</th><th>controls</th><th class="n">times</th><th>to whom</th>'
    alerts = ", ".join(f"{name} {count:,}" for name, count in audit.alerts.items()) or "none"
    words = ", ".join(f"{name} {count:,}" for name, count in audit.words.items()) or "none"
    halts = "".join(
        f"<li>{clock(one.ts_ns)} {escape(one.strategy or 'the account')}: {escape(one.code or 'no halt')}, "
        f"{escape(one.why)}</li>"
        for one in audit.halts
    )
    return (
        f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"
        f"<ul>{halts}<li>never: {silent}</li><li>alerts: {escape(alerts)}</li>"
        f"<li>people's words: {escape(words)}</li></ul>"
    )


def results(audit: Audit) -> str:
    rows = [
        ("the account", audit.result),
        *((name or "the desk itself", one) for name, one in audit.by_strategy.items()),
    ]
    body = "".join(
        f'<tr><td>{escape(name)}</td><td class="n">{_money(one.gross_paise)}</td>'
        f'<td class="n">{_money(one.charges_paise)}</td><td class="n">{_money(one.net_paise)}</td>'
        f"<td>{escape(one.why)}</td></tr>"
        for name, one in rows
    )
    held = "".join(
        f"<li>open: {escape(place.key)} {place.product} {place.qty:+,} units, last {_money(place.last_paise)}</li>"
        for place in audit.open_places
    )
    head = '<th>by executions</th><th class="n">gross</th><th class="n">charges</th><th class="n">net</th><th></th>'
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table><ul>{held}</ul>"


def evidence(audit: Audit) -> str:
    standing, replay = audit.standing, audit.replay
    again = f"{replay.equal:,} of {replay.of:,} entries came out the same, {replay.recoveries} recoveries compared"
    rows = [
        ("journal", f"{standing.entries:,} entries, root {standing.root}"),
        ("head", standing.head),
        ("checkpoints", f"{audit.checkpoints:,} hold, {audit.covered:,} entries under them"),
        ("desk's record", f"{audit.desk_entries:,} entries; {audit.desk_noted:,} heads that the journal noted hold"),
        ("decided again", replay.why_not or again),
        ("reconciled", audit.reconciled.stale or audit.reconciled.verdict or "not done"),
        ("builds", ", ".join(audit.builds)),
        ("engine's config", audit.config_sha256),
        ("models", ", ".join(f"{name} {sha256}" for name, sha256 in audit.models.items()) or "none"),
        *(
            (f"closes/{one.name}", f"{one.sha256}{'' if one.is_as_written else ' AND IS NOT THAT NOW'}")
            for one in audit.artefacts
        ),
    ]
    body = "".join(f"<tr><td>{escape(name)}</td><td><code>{escape(text)}</code></td></tr>" for name, text in rows)
    return f"<table class='evidence'><tbody>{body}</tbody></table>"


def made(audit: Audit) -> str:
    return f"{audit.build}, by {audit.who}, {ist.stamp(audit.made_ns)} IST"


def _by(by_strategy: dict[str, int]) -> str:
    return ", ".join(f"{name or 'the desk itself'} {count:,}" for name, count in by_strategy.items())


def _money(paise: int | None) -> str:
    return "not known" if paise is None else rupees(paise)
