"""What a rollup says: its verdict, and the day in six lines."""

from datetime import date

import msgspec

from tarazu.app.closing.rolling.frames import Gone
from tarazu.app.closing.rolling.logs import LogsKept
from tarazu.app.closing.rolling.statistics import Statistics, Traded
from tarazu.app.closing.whole import close_folder
from tarazu.app.data.archive import Manifest
from tarazu.app.data.listing import size_text
from tarazu.app.home import Home
from tarazu.app.verdict import Check, Status, Verdict, exit_of, worst

COMMAND = "rollup"


class Archived(msgspec.Struct, frozen=True, kw_only=True):
    """What a rollup has made; None: it did not come to it, or there was nothing."""

    statistics: Statistics | None = None
    logs: LogsKept | None = None
    manifest: Manifest | None = None
    """Of the frames' archive."""
    gone: tuple[Gone, ...] = ()


def verdict_of(
    home: Home, day: date, checks: list[Check], found: Archived, files: dict[str, str], now_ns: int
) -> Verdict:
    status, folder = worst(checks), close_folder(home, day)
    kept = [f"file       {folder / name}  sha256 {digest[:16]}" for name, digest in files.items()]
    return Verdict(
        command=COMMAND,
        word="DONE" if status is Status.OK else str(status),
        exit_code=exit_of(status),
        profile=home.profile,
        now_ns=now_ns,
        summary=f"{day}: {_summary(found) if files else 'nothing was written'}",
        checks=tuple(checks),
        body=(*body_of(found), *kept),
        facts={"day": day, "files": files, "archived": found},
    )


def body_of(found: Archived) -> list[str]:
    lines = [] if found.statistics is None else _day_lines(found.statistics)
    if found.logs is not None:
        was, now = sum(f.bytes for f in found.logs.files), sum(f.gz_bytes for f in found.logs.files)
        lines.append(f"logs       {len(found.logs.files)} files, {size_text(was)} in {size_text(now)}")
    if found.manifest is not None:
        sizes = "  ".join(f"{f.name} {size_text(f.size)}, {f.rows:,} rows" for f in found.manifest.files)
        lines.append(f"frames     {sizes}, read back row for row")
    for one in found.gone:
        went = f"are gone, {size_text(one.bytes)}: tarazu data restore {one.day}"
        lines.append(f"old        frames of {one.day} {f'stay: {one.kept_why}' if one.kept_why else went}")
    return lines


def _summary(found: Archived) -> str:
    if found.statistics is None or not found.statistics.entries:
        return "nothing is journalled of that day"
    return f"{found.statistics.entries:,} entries, {found.statistics.traded.executions:,} executions"


def _day_lines(day: Statistics) -> list[str]:
    decided = sum(sum(verbs.values()) for verbs in day.decisions.values())
    denied = ", ".join(f"{code} {count}" for code, count in list(day.denied.items())[:4])
    lines = [
        f"decisions  {decided:,}, refused {sum(day.denied.values()):,}{f': {denied}' if denied else ''}",
        f"orders     sent {day.sent:,}, changed {day.changed:,}, canceled {day.canceled:,}, refused by the broker"
        f" {day.refused:,}, unknown {day.unknown:,}",
        f"trades     {_money(day.traded)}",
    ]
    lines += [f"           {name}: {_money(traded)}" for name, traded in day.by_strategy.items()]
    if day.answer.count:
        lines.append(f"answers    p50 {day.answer.p50_ms} ms, p99 {day.answer.p99_ms} ms, worst {day.answer.max_ms} ms")
    if day.drawdown_paise is not None:
        lines.append(f"drawdown   {_rupees(day.drawdown_paise)}, last mark {_rupees(day.last_net_paise)}")
    return lines


def _money(traded: Traded) -> str:
    return (
        f"{traded.executions:,} executions of {traded.orders:,} orders, gross {_rupees(traded.gross_paise)},"
        f" charges {_rupees(traded.charges_paise)}, net {_rupees(traded.net_paise)}"
    )


def _rupees(paise: int | None) -> str:
    return "unknown" if paise is None else f"{paise / 100:,.2f} Rs"
