"""`tarazu decisions`: what the strategies of a day decided, traded or not, and what each no cost."""

import time
from datetime import datetime
from typing import TYPE_CHECKING

import click
import msgspec

from tarazu.app.feed.flags import PROFILE
from tarazu.app.home import BadProfile, Home, home
from tarazu.app.verdict import Exit, Verdict
from tarazu.model import ist
from tarazu.model.units import rupees_text

if TYPE_CHECKING:
    from tarazu.app.decisions.funnel import Funnel
    from tarazu.app.decisions.report import Report
    from tarazu.app.decisions.told import Decided
    from tarazu.app.decisions.vetoes import Veto

COMMAND = "decisions"

EXAMPLES = """
\b
Examples:
  tarazu decisions                              the last day, all strategies
  tarazu decisions --strategy orb_spread        one of them
  tarazu decisions --day 2026-11-23 --json      everything, for machines
"""

RECKONED = (
    "a refused trade is reckoned from its first refusal: in at the touch (or at its own price when the touch comes",
    "there), out at its stop or the day's last middle, charges taken off; no queue, no impact: kind to the trade",
)


@click.command("decisions", epilog=EXAMPLES)
@click.option("--day", type=click.DateTime(["%Y-%m-%d"]), help="This day; default: the last that has a journal.")
@click.option("--strategy", help="Only of this one.", metavar="NAME")
@PROFILE
@click.option("--last", type=click.IntRange(0), default=40, show_default=True, help="So many, the last; 0: all.")
@click.option("--no-cost", is_flag=True, help="Do not go through the market for what was refused.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object; all decisions.")
def command(
    day: datetime | None, strategy: str | None, profile: str | None, last: int, no_cost: bool, as_json: bool
) -> int:
    """What was decided and why, with its numbers; how much of it came to orders and fills; and what each no of the
    gate cost or saved.

    Reads the journal, and the feed log for what was refused; needs no running process.

    Exit code 0: told; 1: told, but what was refused cannot be reckoned; 2: the journal does not read; 3: there is no
    journal.
    """
    try:
        desk = home(profile)
    except BadProfile as bad:
        raise click.UsageError(str(bad)) from bad
    return _decisions(desk, day, strategy, last, with_cost=not no_cost).show(as_json)


def _decisions(desk: Home, asked: datetime | None, strategy: str | None, last: int, *, with_cost: bool) -> Verdict:
    from tarazu.app import audit
    from tarazu.app.decisions.report import report
    from tarazu.engine.codec import BadPayload

    now_ns = time.time_ns()
    answer = Verdict(command=COMMAND, word="UNKNOWN", exit_code=Exit.UNKNOWN, profile=desk.profile, now_ns=now_ns)
    try:
        found = report(desk, audit.chosen_day(desk, asked.date() if asked else None), strategy, with_cost=with_cost)
    except audit.CannotAudit as no:
        return msgspec.structs.replace(answer, summary=str(no))
    except BadPayload as bad:
        return msgspec.structs.replace(answer, word="CRIT", exit_code=Exit.CRIT, summary=str(bad))
    exit_code = Exit.WARN if found.unknown else Exit.OK
    return msgspec.structs.replace(
        answer,
        word="WARN" if found.unknown else "OK",
        exit_code=exit_code,
        summary=f"{len(found.decisions)} decisions, {sum(v.times for v in found.vetoes)} refused trades, {found.day}",
        body=tuple(_body(found, last)),
        facts={"day": str(found.day), "report": found, "reckoned": " ".join(RECKONED)},
    )


def _body(found: "Report", last: int) -> list[str]:
    lines = [_funnel(one) for one in found.funnels]
    shown = found.decisions[-last:] if last else found.decisions
    lines += ["", f"the last {len(shown)} decisions:" if len(shown) < len(found.decisions) else "decisions:"]
    lines += [line for one in shown for line in _decision(one)]
    if found.vetoes:
        lines += ["", "refused:", *(_veto(one) for one in found.vetoes), *RECKONED]
    if found.unknown:
        lines += [f"what was refused cannot be reckoned: {found.unknown}"]
    return lines


def _funnel(one: "Funnel") -> str:
    verbs = ", ".join(f"{count} {verb}" for verb, count in one.decisions.items()) or "no decisions"
    codes = ", ".join(f"{code} {count}" for code, count in sorted(one.by_code.items()))
    denied = f"{one.denied} denied ({codes})" if one.denied else "none denied"
    name = one.strategy or "the desk"
    return (
        f"{name}: {verbs} -> {one.wants} wants, {denied} -> {one.orders} orders, {one.filled} filled, {one.units} units"
    )


def _decision(one: "Decided") -> list[str]:
    said = one.decision
    at = ist.clock_of(one.ts_ns).isoformat("seconds")
    came = f" -> {'; '.join(one.came_of_it)}" if one.came_of_it else ""
    head = f"{at} {one.sequence:>8}  {said.strategy} {said.verb} {said.about}: {said.why}{came}"
    numbers = ", ".join(f"{name} {value:,.2f}".replace(".00", "") for name, value in said.numbers.items())
    return [head, f"{'':>19}{numbers}"] if numbers else [head]


def _veto(one: "Veto") -> str:
    at = ist.clock_of(one.wall_ns).isoformat("seconds")
    legs = ", ".join(f"{leg.side} {leg.qty} {leg.key}" for leg in one.legs)
    again = f", {one.times} times" if one.times > 1 else ""
    made = "not known" if one.made_paise is None else f"₹{rupees_text(one.made_paise)} net"
    codes = ", ".join(one.codes)
    return f"{at} {one.sequence:>8}  {one.strategy}: {legs}: {codes}{again}: would have made {made}, {one.how}"
