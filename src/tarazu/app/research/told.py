"""A trial's result as a verdict's lines: the whole, the baselines, a row for each day, what was refused."""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from tarazu.app.pages.words import rupees, signed
from tarazu.app.research.result import DayResult, Result, WalkForward
from tarazu.app.verdict import Check, Status

DAYS_SHOWN = 40
REFUSALS_SHOWN = 8


def checks(result: Result) -> tuple[Check, ...]:
    books = Check(id="backtest.books", status=Status.OK, observed=len(result.days), unit="days equal to the broker's")
    for day in result.days:
        if day.net_paise != day.broker_net_paise:
            off = rupees(day.broker_net_paise - day.net_paise)
            detail = f"{day.date}: the broker's books have {off} more: a square-off's fee, or a bug"
            books = books.broken(Status.CRIT, "BOOKS", detail, "tarazu backtest ... --keep DIR; tarazu why --help")
            break
    halts = [day for day in result.days if day.halted]
    halted = Check(id="backtest.halts", status=Status.OK, observed=len(halts), unit="days halted")
    if halts:
        halted = halted.broken(Status.WARN, "HALTED", f"{halts[0].date}: {halts[0].halted}")
    idle = Check(
        id="backtest.refusals", status=Status.OK, observed=sum(r.count for d in result.days for r in d.refusals)
    )
    if idle.observed and not any(day.orders for day in result.days):
        first = next(r for d in result.days for r in d.refusals)
        told = f"nothing was ever sent: every want was refused, first by {first.code}: {first.first}"
        idle = idle.broken(Status.WARN, first.code, told, "[engine.risk] of tarazu.toml has the limits")
    return books, halted, idle


def lines(result: Result) -> Iterator[str]:
    orders = sum(day.orders for day in result.days)
    trades = sum(len(day.trades) for day in result.days)
    straddle = result.straddle_paise
    yield f"result     {signed(result.net_paise)} net, {signed(result.net_paise + result.charges_paise)} before charges"
    yield f"charges    {rupees(result.charges_paise)}; {orders:,} orders, {trades:,} executions"
    yield f"drawdown   {rupees(result.drawdown_paise)} at the worst, by the minute"
    told = signed(straddle) if straddle is not None else "there was none to buy on every day"
    decided = sum((Counter(day.decisions) for day in result.days), Counter[str]())
    yield f"decisions  {', '.join(f'{count:,} {verb}' for verb, count in decided.most_common()) or 'none were told'}"
    yield f"baselines  nothing done {rupees(0)}; straddle bought and held, one lot: {told}"
    yield f"terms      {result.latency_ms:g} ms each way, {rupees(result.cash_paise)} a day, limits are {result.limits}"
    yield f"{'day':<11}{'net':>14}{'charges':>12}{'drawdown':>13}{'orders':>8}{'refused':>9}{'straddle':>14}  "
    for day in result.days[:DAYS_SHOWN]:
        yield _row(day)
    if len(result.days) > DAYS_SHOWN:
        yield f"           and {len(result.days) - DAYS_SHOWN} more days: --json, or the report, has them all"
    if result.walk is not None:
        yield from _walk(result.walk)
    yield from _refusals(result)
    for day in result.days:
        if day.held:
            held = ", ".join(f"{qty:+,} {key}" for key, qty in day.held)
            yield f"held       {day.date}: {held}, valued at last prices and not settled"
        if day.note:
            yield f"note       {day.date}: {day.note}"


def facts(result: Result) -> dict[str, Any]:
    """For machines: paise and UTC ns."""
    whole: dict[str, Any] = msgspec.to_builtins(result, str_keys=True)
    for row, day in zip(whole["days"], result.days, strict=True):
        row["net_paise"] = day.net_paise
        if day.straddle is not None:
            row["straddle"]["net_paise"] = day.straddle.net_paise
    totals = {
        "net_paise": result.net_paise,
        "charges_paise": result.charges_paise,
        "drawdown_paise": result.drawdown_paise,
        "straddle_paise": result.straddle_paise,
    }
    return {**whole, **totals}


def refusals(result: Result) -> list[tuple[str, int, str]]:
    """By code, the most frequent first; with what was seen the first time."""
    counts: Counter[str] = Counter()
    first: dict[str, str] = {}
    for day in result.days:
        for row in day.refusals:
            counts[row.code] += row.count
            first.setdefault(row.code, row.first)
    return [(code, count, first[code]) for code, count in counts.most_common()]


def _row(day: DayResult) -> str:
    straddle = signed(day.straddle.net_paise) if day.straddle is not None else "none"
    refused = sum(row.count for row in day.refusals)
    return (
        f"{day.date!s:<11}{signed(day.net_paise):>14}{rupees(day.charges_paise):>12}{rupees(day.drawdown_paise):>13}"
        f"{day.orders:>8,}{refused:>9,}{straddle:>14}  {f'halted: {day.halted}' if day.halted else ''}"
    ).rstrip()


def said(params: Mapping[str, Any]) -> str:
    return ", ".join(f"{name}={value}" for name, value in params.items())


def _walk(walk: WalkForward) -> Iterator[str]:
    for one in walk.windows:
        yield (
            f"window     {one.first}..{one.last} chose {said(one.params)} ({signed(one.trained_paise)}); "
            f"{one.tested[0]}..{one.tested[-1]} made {signed(one.tested_paise)}"
        )
    if walk.left_out:
        yield f"left out   {', '.join(walk.left_out)}: too few days for another window"


def _refusals(result: Result) -> Iterator[str]:
    rows = refusals(result)
    for code, count, first in rows[:REFUSALS_SHOWN]:
        yield f"refused    {count:>6,} x {code:<12} first: {first}"
    if len(rows) > REFUSALS_SHOWN:
        yield f"           and by {len(rows) - REFUSALS_SHOWN} controls more"
