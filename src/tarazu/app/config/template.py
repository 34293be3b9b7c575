"""A tarazu.toml to begin with: made from the settings themselves, each with its meaning, all as comments but the limits
that the profile is given."""

import textwrap
from collections.abc import Iterator, Mapping
from typing import Any

from tarazu.app.config.fields import Field, fields_of, sections_of
from tarazu.app.config.meanings import meaning, meaning_of_section
from tarazu.app.config.values import shown
from tarazu.app.home import Profile
from tarazu.app.settings import Settings

WIDTH = 118

# For the sim profile's crore of rupees: enough for every strategy that ships, and tight enough to be seen at work.
SIM_LIMITS: Mapping[str, Any] = {
    "engine.position_limit_default": 5_000,
    "engine.risk.order_qty_max": 5_000,
    "engine.risk.order_value_max": 5_000_000.0,
    "engine.risk.gross_premium_max": 20_000_000.0,
    "engine.risk.unexecuted_value_max": 10_000_000.0,
    "engine.risk.scenario_loss_max": 1_000_000.0,
    "engine.risk.delta_max": 10_000_000.0,
    "engine.risk.vega_max": 200_000.0,
    "engine.risk.day_loss_max": 200_000.0,
    "engine.risk.drawdown_max": 150_000.0,
    "engine.risk.round_trips_max": 20,
}
"""Rupees and units."""

_FILL_IN = "to be filled in: without it every entry is denied"


def template(profile: Profile) -> str:
    return "\n".join(_lines(profile)) + "\n"


def _lines(profile: Profile) -> Iterator[str]:
    yield f"# Settings of the {profile} profile. What is a comment has the value that it shows."
    yield "# tarazu config explain KEY says more, tarazu config validate checks this file."
    yield "# The environment goes before it: TARAZU__ENGINE__SETTLE_S=30 is settle_s of [engine]."
    fields = list(fields_of(Settings))
    for section, struct in sections_of(Settings).items():
        if section[0] in ("sim", "paper") and section[0] != profile:
            continue
        yield from ("", f"[{'.'.join(section)}]")
        yield from _comment(_without_name(meaning_of_section(struct), section))
        for field in fields:
            if field.path[:-1] == section:
                yield from _setting(field, profile)


def _setting(field: Field, profile: Profile) -> Iterator[str]:
    yield from _comment(meaning(field))
    name = field.path[-1]
    if field.key not in SIM_LIMITS:
        value = shown(field.default) if field.default not in (None, [], {}) else ""
        yield f"# {name} = {value}" if value else f"# {name} =      ({field.kind})"
    elif profile is Profile.SIM:
        yield f"{name} = {shown(SIM_LIMITS[field.key])}"
    else:
        yield f"# {name} =      ({_FILL_IN})"


def _comment(text: str) -> Iterator[str]:
    return iter(textwrap.wrap(text, WIDTH, initial_indent="# ", subsequent_indent="# "))


def _without_name(text: str, section: tuple[str, ...]) -> str:
    return text.removeprefix(f"`[{'.'.join(section)}]`").lstrip(":. ")
