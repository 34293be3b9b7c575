"""`tarazu backtest STRATEGY`: a strategy on recorded or made days, by the engine that trades."""

import math
import sys
import time as clock
from collections.abc import Sequence
from datetime import datetime, time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tarazu.app.home import BadProfile, Home, home
from tarazu.app.verdict import Check, Exit, Status, Verdict, exit_of, worst

if TYPE_CHECKING:
    from tarazu.app.research.result import Result
    from tarazu.app.research.swept import Swept
    from tarazu.app.research.trial import Trial

COMMAND = "backtest"
EXAMPLES = """
\b
Examples:
  tarazu backtest orb_spread --days synthetic:7
  tarazu backtest orb_spread --days synthetic:7x5 --scenario trend --param risk_rupees=5000
  tarazu backtest orb_spread --days synthetic:7x5 --grid range_minutes=10,15,30 --grid width_strikes=2,4
  tarazu backtest orb_spread --days synthetic:7x20 --grid range_minutes=10,15,30 --walk-forward 10:5
  tarazu backtest iron_fly --days 2026-11-02..2026-11-20 --out reports/iron_fly
  tarazu backtest my.module:make --days 2026-11-23 --keep /tmp/run --json
  TARAZU_HOME=/tmp/run tarazu replay 2026-11-23 --verify
"""
CASH_MAX = 1e12


class Finite(click.FloatRange):
    """`nan` is in every range as click compares."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        number = super().convert(value, param, ctx)
        return number if math.isfinite(number) else self.fail(f"{value} is no finite number", param, ctx)


@click.command(COMMAND, epilog=EXAMPLES)
@click.argument("strategy")
@click.option("--days", "said", required=True, metavar="DAYS", help="DATE, DATE..DATE, or synthetic:SEED[xN][@DATE].")
@click.option("--scenario", default="normal", show_default=True, help="Of synthetic days (tarazu sim serve --help).")
@click.option(
    "--size", type=click.Choice(["tiny", "desk", "full"]), default="desk", show_default=True, help="Likewise."
)
@click.option(
    "--from", "since", type=click.DateTime(["%H:%M"]), help="Synthetic days from here on, IST.", metavar="HH:MM"
)
@click.option("--to", "until", type=click.DateTime(["%H:%M"]), help="...and up to here.", metavar="HH:MM")
@click.option("--param", "params", multiple=True, metavar="K=V", help="Of the strategy; say it for each.")
@click.option(
    "--latency-ms", type=Finite(0, 10_000), default=60.0, show_default=True, help="Each way; see docs/research.md."
)
@click.option("--cash", type=Finite(0, CASH_MAX), default=10_000_000.0, show_default=True, help="Rupees, each day.")
@click.option(
    "--walk-forward", "windows", metavar="TRAIN:TEST", help="So many days to choose by, then so many to try on."
)
@click.option("--grid", multiple=True, metavar="K=V,V", help="Values of a parameter: try every set; say it for each.")
@click.option(
    "--out", type=click.Path(path_type=Path, file_okay=False), help="Write report.html and result.json there."
)
@click.option(
    "--keep", type=click.Path(path_type=Path, file_okay=False), help="Keep journal and feed log: a TARAZU_HOME."
)
@click.option(
    "--profile", help="Whose recorded days and limits: sim, paper or live; default: TARAZU_PROFILE, else sim."
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def command(strategy: str, said: str, as_json: bool, profile: str | None, **more: Any) -> int:
    """Try STRATEGY (one of `tarazu strategies`, or module:callable) on days that are past or made up.

    The engine, its controls and its books are the ones that trade. Orders go to the exchange model of the broker in a
    box: queues, partial fills, circuit breakers, margins and charges as there, every message taking its latency; what
    is recorded does not move by our orders. Each day begins flat and with the same cash.

    --grid tries every set of its values on all the days and lists them; with --walk-forward each window's set is chosen
    on the days before, and only the days after count.

    Limits are those of tarazu.toml where [engine.risk] has any; else as wide as the cash, and the result says so.

    Exit code 0: done; 1: done, and a day was halted or nothing was ever sent; 2: the books do not agree with the
    broker's; 3: the days or the strategy cannot be had.
    """
    try:
        desk = home(profile)
    except BadProfile as bad:
        raise click.UsageError(str(bad)) from bad
    return _backtest(desk, strategy, said, **more).show(as_json)


def _backtest(
    desk: Home,
    strategy: str,
    said: str,
    *,
    scenario: str,
    size: str,
    since: datetime | None,
    until: datetime | None,
    params: tuple[str, ...],
    latency_ms: float,
    cash: float,
    windows: str | None,
    grid: tuple[str, ...],
    out: Path | None,
    keep: Path | None,
) -> Verdict:
    from tarazu.app.data.steps import steps
    from tarazu.app.main.strategies import BadStrategy
    from tarazu.app.pages.words import signed
    from tarazu.app.research import told
    from tarazu.app.research.choice import chosen
    from tarazu.app.research.params import BadParam, params_of, strategy_of
    from tarazu.app.research.recorded_days import NoSuchDay
    from tarazu.app.research.run import Terms
    from tarazu.app.research.swept import swept
    from tarazu.app.research.trial import trial_of, tried
    from tarazu.app.research.walk import sets_of, walked, windows_of
    from tarazu.app.settings import BadSettings, read_settings

    try:
        settings = read_settings(desk.settings_file)
        terms = Terms(latency_ns=round(latency_ms * 1e6), cash_paise=round(cash * 100), models=desk.models)
        one = strategy_of(strategy, params_of(params))
        trial = trial_of(one, settings.engine, terms)
        choice = chosen(said, scenario, size, (_time(since), _time(until)), desk.feed)
        days = choice.days(desk.feed, desk.masters, settings.feed)
        sys.path.insert(0, "")  # a strategy of one's own lies where one works
        if keep is not None and (windows is not None or grid):
            raise BadParam("--keep is of one set of parameters: without --grid and --walk-forward")
        if grid and windows is None:
            return _swept(desk, trial, swept(trial, days, sets_of(grid), steps()), out)
        if windows is not None:
            result = walked(trial, days, windows_of(windows, grid, len(choice)), steps())
        else:
            result = tried(trial, days, steps(), keep)
    except (BadParam, BadSettings, BadStrategy, NoSuchDay, FileExistsError) as cannot:
        return _verdict(desk, "UNKNOWN", Exit.UNKNOWN, str(cannot))
    written = _written(result, out) if out is not None else {}
    checks = told.checks(result)
    return _verdict(
        desk,
        "DONE" if exit_of(worst(checks)) is Exit.OK else worst(checks).upper(),
        exit_of(worst(checks)),
        f"{trial.name} on {len(result.days)} days: {signed(result.net_paise)}",
        checks=checks,
        body=tuple(told.lines(result)),
        tail=tuple(f"{name:<11}{path}" for name, path in written.items()),
        facts={**told.facts(result), **written},
    )


def _swept(desk: Home, trial: "Trial", rows: "Sequence[Swept]", out: Path | None) -> Verdict:
    import msgspec

    from tarazu.app.pages.words import signed
    from tarazu.app.research.swept import lines

    facts = {"sets": msgspec.to_builtins(rows), "limits": trial.limits}
    written = {}
    if out is not None:
        out.mkdir(parents=True, exist_ok=True)
        (out / "sets.json").write_bytes(msgspec.json.encode(facts))
        written = {"rows": str(out / "sets.json")}
    best, off = max(rows, key=lambda row: row.net_paise), sum(row.books_off for row in rows)
    books = Check(id="backtest.books", status=Status.OK, observed=len(rows), unit="sets equal to the broker's")
    if off:
        books = books.broken(Status.CRIT, "BOOKS", f"{off} days of all sets are not the broker's", "try that set alone")
    return _verdict(
        desk,
        "DONE" if not off else "CRIT",
        exit_of(books.status),
        f"{trial.name}: {len(rows)} sets on {best.days} days, the best {signed(best.net_paise)}",
        checks=(books,),
        body=tuple(lines(rows)),
        tail=tuple(f"{name:<11}{path}" for name, path in written.items()),
        facts={**facts, **written},
    )


def _written(result: "Result", out: Path) -> dict[str, str]:
    import msgspec

    from tarazu.app.research.report import report
    from tarazu.app.research.told import facts

    out.mkdir(parents=True, exist_ok=True)
    page, rows = out / "report.html", out / "result.json"
    page.write_text(report(result, clock.time_ns()), encoding="utf-8")
    rows.write_bytes(msgspec.json.encode(facts(result)))
    return {"report": str(page), "rows": str(rows)}


def _time(said: datetime | None) -> time | None:
    return said.time() if said is not None else None


def _verdict(desk: Home, word: str, code: Exit, summary: str, **more: Any) -> Verdict:
    return Verdict(
        command=COMMAND,
        word=word,
        exit_code=code,
        profile=desk.profile,
        now_ns=clock.time_ns(),
        summary=summary,
        **more,
    )
