"""The trade log into files: of a day, which is a step of its close, or of several days in one table."""

from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path

from tarazu.app.closing.alone import done_alone
from tarazu.app.closing.standing import Standing, standing_of
from tarazu.app.closing.step import cannot_begin, ended, journal_check, order_check
from tarazu.app.closing.trading_day import empty_check, market_was_open
from tarazu.app.closing.whole import close_folder, write_whole
from tarazu.app.closing.written import write
from tarazu.app.data.steps import Steps
from tarazu.app.home import Home
from tarazu.app.trade_log.day import BadDay, TradeDay, trade_day
from tarazu.app.trade_log.formats import Format, encoded
from tarazu.app.trade_log.row import SCHEMA, Row
from tarazu.app.verdict import Check, Exit, Status, Verdict, exit_of, worst
from tarazu.model import ist
from tarazu.runtime.desk_record import BadDeskRecord, DeskKind
from tarazu.runtime.journal_files import days

COMMAND = "export.trades"
NAME = "trades"


def export_day(home: Home, day: date, forms: Sequence[Format], who: str, steps: Steps, now_ns: int) -> Verdict:
    """Write `closes/<day>/trades.*` in these formats, and in those that are there already, so that all tell the same;
    and write down that it was done. One process at a time."""
    refused = cannot_begin(home, COMMAND, day, now_ns)
    if refused is not None:
        return refused
    return done_alone(
        home, COMMAND, day, DeskKind.EXPORTED, now_ns, lambda: _exported(home, day, forms, who, steps, now_ns)
    )


def _exported(home: Home, day: date, forms: Sequence[Format], who: str, steps: Steps, now_ns: int) -> Verdict:
    folder = close_folder(home, day)
    wanted = [form for form in Format if form in forms or (folder / f"{NAME}.{form}").exists()]
    standing, files, checks = Standing(), dict[str, str](), [order_check(home, day, DeskKind.EXPORTED)]
    told: TradeDay | None = None
    try:
        standing = standing_of(home, day)
        checks.append(journal_check(day, standing))
        if worst([c for c in checks if c]) is not Status.CRIT:
            told = _told(home, day, standing.entries, steps)
            checks += _checks(told)
            tables = {f"{NAME}.{form}": encoded(told.rows, form) for form in wanted}
            files = write(home, day, DeskKind.EXPORTED, tables, who, now_ns)
    except BadDay as bad:
        told, hint = None, f"tarazu audit verify --date {day}"
        checks.append(Check(id="close.journal", status=Status.CRIT, code="JOURNAL", detail=str(bad), hint=hint))
    except (BadDeskRecord, OSError) as failed:
        told, hint = None, "make room, or see to the folder's rights, and export again"
        checks.append(Check(id="trades.file", status=Status.CRIT, code="NOT_WRITTEN", detail=str(failed), hint=hint))
    verdict = _verdict(home, day, told, [c for c in checks if c], folder, files, now_ns)
    own = {"schema": SCHEMA, "rows": len(told.rows) if told else 0}
    return ended(home, DeskKind.EXPORTED, day, verdict, standing, files, who, **own)


def export_days(home: Home, first: date, last: date, out: Path, form: Format, steps: Steps, now_ns: int) -> Verdict:
    """All days from `first` to `last` in one table, as the file `out`. No step of any close."""
    refused = cannot_begin(home, COMMAND, first, now_ns)
    if refused is not None:
        return refused
    told, checks = list[TradeDay](), list[Check]()
    files = dict[str, str]()
    for day in (one for one in days(home.journal) if first <= one <= last):
        try:
            standing = standing_of(home, day)
            fault = journal_check(day, standing)
            checks += [fault] if fault is not None else []
            if fault is None or fault.status is not Status.CRIT:
                told.append(_told(home, day, standing.entries, steps))
                checks += _checks(told[-1])
        except BadDay as bad:
            hint = f"tarazu audit verify --date {day}"
            checks.append(Check(id="close.journal", status=Status.CRIT, code="JOURNAL", detail=str(bad), hint=hint))
    checks += _missing(home, first, min(last, ist.day_of(now_ns)))
    rows = [row for one in told for row in one.rows]
    if worst(checks) is not Status.CRIT:
        try:
            files = {out.name: write_whole(out, encoded(rows, form))}
        except OSError as failed:
            checks.append(Check(id="trades.file", status=Status.CRIT, code="NOT_WRITTEN", detail=str(failed)))
    whole = TradeDay(day=last, rows=rows, entries=sum(one.entries for one in told)) if files else None
    return _verdict(home, first, whole, checks, out.parent, files, now_ns, last=last, count=len(told))


def _told(home: Home, day: date, expected: int, steps: Steps) -> TradeDay:
    with steps("trades") as progress:
        return trade_day(home, day, expected, progress)


def _checks(told: TradeDay) -> list[Check]:
    empty = empty_check(told.day, told.entries)
    found = [] if empty is None else [empty]
    if told.unknown:
        detail = f"{told.day}: amounts are empty, {'; '.join(told.unknown)}"
        found.append(Check(id="trades.amounts", status=Status.WARN, code="AMOUNTS_UNKNOWN", detail=detail))
    noted = [row for row in told.rows if row.note]
    if noted:
        detail = f"{told.day}: {len(noted)} executions are not like the others, {_first(noted[0])}"
        hint = f"tarazu reconcile --date {told.day}"
        found.append(Check(id="trades.notes", status=Status.WARN, code="NOTED", detail=detail, hint=hint))
    return found


def _missing(home: Home, first: date, last: date) -> list[Check]:
    """Days of several on which the market was open and of which nothing is journalled."""
    asked = (first + timedelta(n) for n in range((last - first).days + 1))
    lacking = [day for day in asked if day not in days(home.journal) and market_was_open(day)]
    if not lacking:
        return []
    detail = f"nothing is journalled of {len(lacking)} days on which the market was open, the first {lacking[0]}"
    return [Check(id="close.day", status=Status.WARN, code="NO_JOURNAL", detail=detail)]


def _first(row: Row) -> str:
    return f"the first {row.exec_id} of order {row.order_id}: {row.note}"


def _verdict(
    home: Home,
    day: date,
    told: TradeDay | None,
    checks: list[Check],
    folder: Path,
    files: dict[str, str],
    now_ns: int,
    last: date | None = None,
    count: int = 1,
) -> Verdict:
    found = worst(checks)
    body = [f"file       {folder / name}  sha256 {digest[:16]}" for name, digest in files.items()]
    rows = told.rows if told is not None else []
    if told is not None:
        body.append(_money(rows))
    of = f"{day} to {last}, {count} days with a journal" if last is not None else str(day)
    summary = f"{of}: {len(rows):,} executions of {len({row.order_id for row in rows}):,} orders"
    return Verdict(
        command=COMMAND,
        word="DONE" if found is Status.OK else str(found),
        exit_code=exit_of(found) if told is not None else Exit.CRIT,
        profile=home.profile,
        now_ns=now_ns,
        summary=summary if told is not None else f"{of}: nothing was written",
        checks=tuple(checks),
        body=tuple(body),
        facts={"day": day, "last": last, "table": SCHEMA, "rows": len(rows), "files": files, "folder": str(folder)},
    )


def _money(rows: Sequence[Row]) -> str:
    """What the rows add up to; `unknown` where one of them is not known."""
    told = []
    for name in ("gross", "charges", "net"):
        amounts = [getattr(row, f"{name}_paise") for row in rows]
        known = [amount for amount in amounts if amount is not None]
        told.append(f"{name} {'unknown' if len(known) < len(amounts) else f'{sum(known) / 100:,.2f} Rs'}")
    return f"realised   {'  '.join(told)}"
