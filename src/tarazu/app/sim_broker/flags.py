"""The command-line flags of a simulated broker, for every command that starts one."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from tarazu.app.sim_broker.options import SESSIONS, SIZE_NAMES, SimOptions
from tarazu.model.units import PAISE
from tarazu.reference import RULE_PROFILES
from tarazu.sim.synthetic.scenario import SCENARIOS

_DEFAULT = SimOptions()

FLAGS = (
    click.option("--rest-port", default=0, help="Port of the REST API; 0 takes a free one.", metavar="PORT"),
    click.option("--ws-port", default=0, help="Port of the ticker WebSocket; 0 takes a free one.", metavar="PORT"),
    click.option("--admin-port", default=0, help="Port of the admin API; 0 takes a free one.", metavar="PORT"),
    click.option(
        "--rules",
        type=click.Choice(RULE_PROFILES),
        default=_DEFAULT.rules,
        show_default=True,
        help="Rule profile: this year's, or a market open at any hour without protection rule and bands.",
    ),
    click.option(
        "--scenario",
        type=click.Choice(tuple(SCENARIOS)),
        default=_DEFAULT.scenario,
        show_default=True,
        help="Kind of day.",
    ),
    click.option("--seed", default=_DEFAULT.seed, show_default=True, help="Same seed and commands, same day."),
    click.option(
        "--speed", default=_DEFAULT.speed, show_default=True, help="Virtual seconds a real second.", metavar="RATE"
    ),
    click.option(
        "--session",
        type=click.Choice(SESSIONS),
        default=_DEFAULT.session,
        show_default=True,
        help="The whole day, or one with every phase shortened (short: about two minutes; brief: one and a half).",
    ),
    click.option("--at", help="Begin at this IST time of the market's day.", metavar="HH:MM"),
    click.option("--day", help="Trading day; default: today when it trades, else the next.", metavar="YYYY-MM-DD"),
    click.option(
        "--size",
        type=click.Choice(SIZE_NAMES),
        default=_DEFAULT.size,
        show_default=True,
        help="About 30, 500 or 13,000 instruments.",
    ),
    click.option("--step-ms", default=_DEFAULT.step_ms, show_default=True, help="Virtual time between market steps."),
    click.option(
        "--cash",
        default=_DEFAULT.cash_paise / PAISE,
        show_default=True,
        help="Opening cash of an account, rupees.",
        metavar="RUPEES",
    ),
    click.option(
        "--state",
        type=click.Path(file_okay=False, path_type=Path),
        help="Keep the state here and take it up again after a restart.",
        metavar="DIR",
    ),
    click.option(
        "--ready-file",
        type=click.Path(dir_okay=False, path_type=Path),
        help="Keep the first line here, mode 0600, while the broker serves.",
        metavar="FILE",
    ),
    click.option(
        "--replay",
        type=click.Path(exists=True, file_okay=False, path_type=Path),
        help="Play this recording: a clip (tarazu feed record), or a day's folder of a feed log.",
        metavar="DIR",
    ),
    click.option(
        "--master",
        type=click.Path(exists=True, dir_okay=False, path_type=Path),
        help="Instrument master of a recording that has none with it: CSV, or .csv.gz.",
        metavar="FILE",
    ),
    click.option("--postback-url", default="", help="Where order updates go; this machine only.", metavar="URL"),
    click.option(
        "--static-ip",
        "static_ips",
        multiple=True,
        help="Address that may send orders; may be repeated. Default: any.",
        metavar="IP",
    ),
)


def broker_flags(command: Callable[..., Any]) -> Callable[..., Any]:
    """Decorates a click command; it receives them as keywords, which `options_of` takes."""
    for flag in reversed(FLAGS):
        command = flag(command)
    return command


def options_of(flags: dict[str, Any]) -> SimOptions:
    cash_paise = round(flags.pop("cash") * PAISE)
    return SimOptions(cash_paise=cash_paise, **flags)


def argv_of(flags: dict[str, Any]) -> list[str]:
    """The same flags as words for another process."""
    words: list[str] = []
    for name, value in flags.items():
        if name == "static_ips":
            words += [word for ip in value for word in ("--static-ip", ip)]
        elif value not in (None, ""):
            words += [f"--{name.replace('_', '-')}", str(value)]
    return words
