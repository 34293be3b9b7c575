"""Parameters as the command line says them: `--param lots=2`, `--grid lots=1,2,3`."""

import math
from collections.abc import Sequence
from typing import Any

import msgspec

from tarazu.app.settings import StrategySettings


class BadParam(ValueError):
    """The message is for the user."""


def params_of(said: Sequence[str]) -> dict[str, Any]:
    """Values are JSON where they read as that, else text. Raises BadParam."""
    found: dict[str, Any] = {}
    for each in said:
        name, equals, value = each.partition("=")
        if not equals or not name:
            raise BadParam(f"--param {each!r} is not NAME=VALUE")
        found[name] = value_of(value)
    return found


def grid_of(said: Sequence[str]) -> dict[str, list[Any]]:
    """Values of each name, apart by commas. Raises BadParam."""
    found: dict[str, list[Any]] = {}
    for each in said:
        name, equals, values = each.partition("=")
        if not equals or not name or not values:
            raise BadParam(f"--grid {each!r} is not NAME=VALUE,VALUE")
        found[name] = [value_of(value) for value in values.split(",")]
    return found


def strategy_of(factory: str, params: dict[str, Any]) -> StrategySettings:
    """Raises BadParam for a name that can be none."""
    try:
        return msgspec.convert({"factory": factory, "params": params}, StrategySettings)
    except msgspec.ValidationError as bad:
        raise BadParam(f"{factory!r} is no strategy: one of `tarazu strategies`, or module:callable") from bad


def value_of(text: str) -> Any:
    """Raises BadParam for what is a number and not a finite one: a limit that is none, or nothing to compare with."""
    try:
        return msgspec.json.decode(text)
    except msgspec.DecodeError:
        if _is_endless(text):
            raise BadParam(f"{text!r} is no finite number") from None
        return text


def _is_endless(text: str) -> bool:
    try:
        return not math.isfinite(float(text))
    except ValueError:
        return False
