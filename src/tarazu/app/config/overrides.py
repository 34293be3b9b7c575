"""Settings of the environment: `TARAZU__ENGINE__SETTLE_S=30` goes before `settle_s` of `[engine]` in tarazu.toml.

A value is read as TOML (`5`, `true`, `["NSE:INFY"]`, `{ CE = 500 }`) where the setting takes that, else as text. A name
that no setting has is refused: a misspelt limit must not be a default.
"""

import difflib
import tomllib
from collections.abc import Mapping
from typing import Any

import msgspec

from tarazu.app.config.fields import Field, fields_of

PREFIX = "TARAZU__"


class BadOverride(ValueError):
    """The message names the variable and is for the user."""


def overrides(environ: Mapping[str, str], root: type[msgspec.Struct]) -> dict[tuple[str, ...], Any]:
    """By the setting's place, what the environment says of it, as TOML would. Raises BadOverride."""
    named = {name: value for name, value in environ.items() if name.startswith(PREFIX)}
    if not named:
        return {}
    known = {field.variable: field for field in fields_of(root)}
    return {_field(name, known).path: _value(known[name], named[name]) for name in sorted(named)}


def overlaid(table: dict[str, Any], over: Mapping[tuple[str, ...], Any]) -> dict[str, Any]:
    """The table with these in place of its own; the argument stays as it is."""
    result = dict(table)
    for path, value in over.items():
        at = result
        for part in path[:-1]:
            at[part] = dict(at.get(part, {}))
            at = at[part]
        at[path[-1]] = value
    return result


def _field(name: str, known: Mapping[str, Field]) -> Field:
    if name in known:
        return known[name]
    near = difflib.get_close_matches(name, known, 1)
    raise BadOverride(f"{name} is no setting{f'; is it {near[0]}?' if near else ''} tarazu config show names them all")


def _value(field: Field, text: str) -> Any:
    wrong = ""
    for value in _readings(text):
        try:
            msgspec.convert(value, field.type)
        except msgspec.ValidationError as bad:
            wrong = wrong or str(bad)
        else:
            return value
    raise BadOverride(f"{field.variable}: {wrong}; it takes: {field.kind}")


def _readings(text: str) -> list[Any]:
    try:
        read = tomllib.loads(f"v = {text}")
    except tomllib.TOMLDecodeError:
        return [text]
    return [read["v"], text] if read.keys() == {"v"} else [text]
