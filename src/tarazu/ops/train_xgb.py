"""`tarazu train xgb`: boosted trees on recorded or made days, judged out of sample and net of charges."""

import time as clock
from datetime import datetime, time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tarazu.app.home import BadProfile, Home, home
from tarazu.app.person import person
from tarazu.app.verdict import Exit, Verdict, exit_of, worst

if TYPE_CHECKING:
    from tarazu.app.training.training import Training

COMMAND = "train.xgb"
EXAMPLES = """
\b
Examples:
  tarazu train xgb --days 2026-09-01..2026-11-20
  tarazu train xgb --days 2026-09-01..2026-11-20 --walk-forward 30:5 --out reports/xgb
  tarazu train xgb --days synthetic:7x24 --scenario trend --size tiny --dry-run
  tarazu train xgb --days synthetic:7x24 --size tiny --param gap_bps_min=2 --rounds 100 --json
  tarazu model list
"""


@click.command("xgb", epilog=EXAMPLES)
@click.option("--days", "said", required=True, metavar="DAYS", help="DATE..DATE, or synthetic:SEEDxN[@DATE].")
@click.option("--scenario", default="normal", show_default=True, help="Of synthetic days (tarazu sim serve --help).")
@click.option(
    "--size", type=click.Choice(["tiny", "desk", "full"]), default="desk", show_default=True, help="Likewise."
)
@click.option("--from", "since", type=click.DateTime(["%H:%M"]), metavar="HH:MM", help="Synthetic days from here on.")
@click.option("--to", "until", type=click.DateTime(["%H:%M"]), metavar="HH:MM", help="...and up to here.")
@click.option("--param", "params", multiple=True, metavar="K=V", help="Of the momentum strategy; say it for each.")
@click.option("--family", default="xgb", show_default=True, help="What the versions are called.")
@click.option("--walk-forward", "windows", metavar="TRAIN:TEST", help="Days; default: half of them, and a tenth.")
@click.option(
    "--embargo-days", type=click.IntRange(0, 50), default=1, show_default=True, help="Left out before a test."
)
@click.option("--rounds", type=click.IntRange(1, 5_000), default=60, show_default=True, help="Trees.")
@click.option("--depth", type=click.IntRange(1, 12), default=3, show_default=True, help="Levels of each.")
@click.option("--eta", type=click.FloatRange(0.001, 1), default=0.05, show_default=True, help="How much each adds.")
@click.option("--seed", type=click.IntRange(0, 2**31 - 1), default=1, show_default=True, help="Of the drawn rows.")
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), help="Write report.html and model.json there.")
@click.option("--dry-run", is_flag=True, help="Train and judge; register nothing.")
@click.option(
    "--profile", help="Whose recorded days and registry: sim, paper or live; default: TARAZU_PROFILE, else sim."
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def command(said: str, as_json: bool, profile: str | None, **more: Any) -> int:
    """Learn which of the momentum strategy's trades make money after charges, and register that as a new version.

    The strategy itself is asked over every day: each moment at which it would have entered is a row, with the features
    that it would have told a model and what the trade would have made. Forward through the days models are trained and
    judged on the days behind, purged and with an embargo between; then one is made of all days, calibrated, and kept
    under its hash with a signed manifest. The same days and words make the same bytes.

    Nothing becomes active: that is tarazu model promote. To be asked, the strategy's `model` is the family.

    Exit code 0: better than no model and than doing nothing, out of sample; 1: it is not, and the report says why;
    3: the days, the trainer or the registry cannot be had.
    """
    try:
        desk = home(profile)
    except BadProfile as bad:
        raise click.UsageError(str(bad)) from bad
    return _train(desk, said, **more).show(as_json)


def _train(
    desk: Home,
    said: str,
    *,
    scenario: str,
    size: str,
    since: datetime | None,
    until: datetime | None,
    params: tuple[str, ...],
    family: str,
    windows: str | None,
    embargo_days: int,
    rounds: int,
    depth: int,
    eta: float,
    seed: int,
    out: Path | None,
    dry_run: bool,
) -> Verdict:
    from tarazu.adapters.signing import BadKeyFile
    from tarazu.app.data.steps import steps
    from tarazu.app.incidents.moment import desk_now_ns
    from tarazu.app.models.versions import BadVersion, is_family
    from tarazu.app.research.choice import chosen
    from tarazu.app.research.params import BadParam, params_of
    from tarazu.app.research.recorded_days import NoSuchDay
    from tarazu.app.settings import BadSettings, read_settings
    from tarazu.app.training.boosted import Boosting, NoTrainer, TooFew, refuse_without_trainer
    from tarazu.app.training.folds import BadFolds, folds_of
    from tarazu.app.training.moments import read_params
    from tarazu.app.training.training import Order, keep, train
    from tarazu.strategy.calibration import BadModel
    from tarazu.strategy.option_view import NoContracts
    from tarazu.strategy.params import BadParams

    if not is_family(family):
        return _cannot(desk, "BAD_FAMILY", f"{family!r} names no family: small letters, digits and _, a letter first")
    try:
        refuse_without_trainer()
        settings = read_settings(desk.settings_file)
        choice = chosen(said, scenario, size, (_time(since), _time(until)), desk.feed)
        order = Order(
            family=family,
            params=read_params({**params_of(params), "model": family}),
            boosting=Boosting(rounds=rounds, depth=depth, eta=eta, seed=seed),
            folds=folds_of(windows, embargo_days, len(choice)),
            psi_warn=settings.models.psi_warn,
        )
        days = choice.days(desk.feed, desk.masters, settings.feed)
        training = train(desk, order, days, len(choice), steps())
        sha256 = "" if dry_run else keep(desk, training, person(), desk_now_ns(desk))
    except (NoTrainer, NoSuchDay, BadFolds, TooFew, NoContracts) as cannot:
        return _cannot(desk, _CODES[type(cannot).__name__], str(cannot))
    except (BadParam, BadParams, BadSettings) as bad:
        return _cannot(desk, "BAD_SETTINGS", str(bad))
    except (BadVersion, BadModel, BadKeyFile) as bad:
        return _cannot(desk, "REGISTRY", str(bad))
    except OSError as bad:
        return _cannot(desk, "DISK", f"{bad}: nothing was registered")
    try:
        written = _written(training, sha256, out) if out is not None else {}
    except OSError as bad:
        return _cannot(desk, "DISK", f"{bad}: no page was written; version {sha256 or 'none'} is registered")
    return _told(desk, training, sha256, written)


_CODES = {
    "NoTrainer": "NO_TRAINER",
    "NoSuchDay": "NO_SUCH_DAY",
    "BadFolds": "TOO_FEW_DAYS",
    "TooFew": "TOO_FEW_TRADES",
    "NoContracts": "NO_CONTRACTS",
}


def _told(desk: Home, training: "Training", sha256: str, written: dict[str, str]) -> Verdict:
    from tarazu.app.training import told

    checks = told.checks(training)
    kept = f"version    {training.order.family} {sha256}" if sha256 else "version    none was registered: --dry-run"
    code = exit_of(worst(checks))
    return _verdict(
        desk,
        "TRAINED" if code is Exit.OK else worst(checks).upper(),
        code,
        f"{training.order.family} {sha256[:12] or 'not registered'} of {len(training.days)} days",
        checks=checks,
        body=(*told.lines(training), kept, told.NOT_ACTIVE),
        tail=tuple(f"{name:<11}{path}" for name, path in written.items()),
        facts={**told.facts(training, sha256), **written},
    )


def _written(training: "Training", sha256: str, out: Path) -> dict[str, str]:
    from tarazu.app.training.report import report

    out.mkdir(parents=True, exist_ok=True)
    page, model = out / "report.html", out / "model.json"
    page.write_text(report(training, sha256, clock.time_ns()), encoding="utf-8")
    model.write_bytes(training.trained.text)
    return {"report": str(page), "model": str(model)}


def _time(said: datetime | None) -> time | None:
    return said.time() if said is not None else None


def _cannot(desk: Home, code: str, why: str) -> Verdict:
    return _verdict(desk, "UNKNOWN", Exit.UNKNOWN, f"{code}: {why}")


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
