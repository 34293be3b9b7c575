"""`tarazu strategies`: what ships with tarazu, what it can be told, and which of it this profile runs."""

import time
from typing import TYPE_CHECKING

import click
import msgspec

from tarazu.app.feed.flags import PROFILE
from tarazu.app.home import BadProfile, Home, home
from tarazu.app.verdict import Check, Exit, Status, Verdict

if TYPE_CHECKING:
    from tarazu.strategy.bundled import Bundled

COMMAND = "strategies"

EXAMPLES = """
\b
Examples:
  tarazu strategies                   all that ship, and what the settings of this profile run
  tarazu strategies orb_spread        what it bets on, what loses, and every parameter with its bounds
\b
In tarazu.toml, one table for each that is to trade:
  [[engine.strategies]]
  factory = "orb_spread"
  params = { range_minutes = 15, risk_rupees = 10_000 }
"""


@click.command("strategies", epilog=EXAMPLES)
@click.argument("name", required=False)
@PROFILE
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def command(name: str | None, profile: str | None, as_json: bool) -> int:
    """What ships with tarazu, by the names that settings say; with NAME, one of them with its parameters.

    Reads the settings, and needs no running process.

    Exit code 0: shown; 2: this profile's settings or models name something that cannot be traded by; 64: there is no
    strategy of that name.
    """
    from tarazu.strategy.bundled import MODULES, bundled

    try:
        desk = home(profile)
    except BadProfile as bad:
        raise click.UsageError(str(bad)) from bad
    found = None if name is None else bundled(name)
    if name is not None and found is None:
        raise click.UsageError(f"no strategy ships under the name {name}; there are {', '.join(MODULES)}")
    return (_one(desk, found) if found is not None else _all(desk)).show(as_json)


def _one(desk: Home, of: "Bundled") -> Verdict:
    from tarazu.strategy.params import explain

    rows = explain(of.params)
    body = [*of.about.splitlines(), "", *_table([(r.name, _value(r.default), r.unit, r.bounds, r.what) for r in rows])]
    return Verdict(
        command=COMMAND,
        word="OK",
        exit_code=Exit.OK,
        profile=desk.profile,
        now_ns=time.time_ns(),
        summary=f"{of.name}, {len(rows)} parameters",
        body=tuple(body),
        facts={"name": of.name, "about": of.about, "params": rows},
    )


def _all(desk: Home) -> Verdict:
    from tarazu.strategy.bundled import MODULES, bundled

    ship = [found for name in MODULES if (found := bundled(name)) is not None]
    runs, active, checks = _configured(desk)
    body = [*_table([(one.name, one.summary) for one in ship]), ""]
    body += [f"this profile runs {len(runs)}:", *(f"  {row}" for row in runs)] if runs else ["this profile runs none"]
    body += [f"model {name} is active: {sha256[:12]}" for name, sha256 in active.items()]
    broken = bool(checks)
    return Verdict(
        command=COMMAND,
        word="CRIT" if broken else "OK",
        exit_code=Exit.CRIT if broken else Exit.OK,
        profile=desk.profile,
        now_ns=time.time_ns(),
        summary=f"{len(ship)} ship, {len(runs)} configured",
        checks=checks,
        body=tuple(body),
        facts={"ship": [{"name": one.name, "summary": one.summary} for one in ship], "runs": runs, "models": active},
    )


def _configured(desk: Home) -> tuple[list[str], dict[str, str], tuple[Check, ...]]:
    """The rows of the settings, the active models by hash, and what of both cannot be used."""
    from tarazu.app.main.strategies import BadStrategy, Strategies
    from tarazu.app.models.active import BadModels, active_models
    from tarazu.app.settings import BadSettings, read_settings

    runs: list[str] = []
    active: dict[str, str] = {}
    try:
        rows = read_settings(desk.settings_file).engine.strategies
        runs = [f"{row.factory} {msgspec.json.encode(row.params).decode()}" for row in rows]
        Strategies(rows)
        active = {name: model.sha256 for name, model in active_models(desk.models).items()}
    except (BadSettings, BadStrategy, BadModels, OSError) as bad:
        hint = f"edit {desk.settings_file}" if not isinstance(bad, BadModels) else f"look at {desk.models}"
        check = Check(id="strategies.settings", status=Status.CRIT, code="REFUSED", detail=str(bad), hint=hint)
        return runs, active, (check,)
    return runs, active, ()


def _value(default: object) -> str:
    if default is None:
        return "must be said"
    return f"{default:,}" if isinstance(default, int | float) and not isinstance(default, bool) else str(default)


def _table(rows: list[tuple[str, ...]]) -> list[str]:
    """Columns as wide as they need; the last one runs on."""
    widths = [max(len(row[n]) for row in rows) for n in range(len(rows[0]) - 1)]
    return ["  ".join([*(f"{cell:<{w}}" for cell, w in zip(row, widths, strict=False)), row[-1]]) for row in rows]
