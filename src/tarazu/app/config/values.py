"""Every setting as it is: the environment before tarazu.toml before the default, and what each of them hides."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

import msgspec

from tarazu.app.config.fields import Field, Path, fields_of
from tarazu.app.config.overrides import overrides
from tarazu.app.home import Home
from tarazu.app.settings import Settings, read_settings, read_table


class Origin(StrEnum):
    DEFAULT = "default"
    TOML = "toml"
    ENV = "env"


class Value(msgspec.Struct, frozen=True, kw_only=True):
    field: Field
    value: Any
    """As the settings have it, in plain JSON values; None: not said."""
    default: Any
    origin: Origin
    hidden: tuple[Origin, ...]
    """Who says something else, and is not heard."""

    @property
    def is_default(self) -> bool:
        return bool(self.value == self.default)


def values(home: Home, environ: Mapping[str, str]) -> list[Value]:
    """In the order of the source. Raises BadSettings, OSError."""
    table = read_table(home.settings_file)
    settings = read_settings(home.settings_file, environ)
    over = overrides(environ, Settings)
    return [_value(field, plain(settings), table, over) for field in fields_of(Settings)]


def plain(settings: Settings) -> dict[str, Any]:
    """In JSON's own types, as a file or another process has them."""
    told: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(settings))
    return told


def at(table: Any, path: Path) -> Any:
    """None where there is nothing."""
    for part in path:
        table = table.get(part) if isinstance(table, dict) else None
    return table


def has(table: Any, path: Path) -> bool:
    for part in path:
        if not isinstance(table, dict) or part not in table:
            return False
        table = table[part]
    return True


def shown(value: Any) -> str:
    """As TOML writes it; `not said` for None."""
    match value:
        case None:
            return "not said"
        case bool():
            return str(value).lower()
        case str():
            return msgspec.json.encode(value).decode()
        case float() if value % 1 == 0 and abs(value) < 1e15:
            return f"{value:_.1f}"
        case int():
            return f"{value:_}"
        case dict():
            inside = ", ".join(f"{_key(name)} = {shown(each)}" for name, each in value.items() if each is not None)
            return f"{{ {inside} }}" if inside else "{}"
        case list() | tuple():
            return f"[{', '.join(map(shown, value))}]"
        case _:
            return str(value)


def _key(name: Any) -> str:
    text = str(name)
    return text if text.replace("_", "").replace("-", "").isalnum() else msgspec.json.encode(text).decode()


def _value(field: Field, settings: dict[str, Any], table: dict[str, Any], over: Mapping[Path, Any]) -> Value:
    in_toml, in_env = has(table, field.path), field.path in over
    origin = Origin.ENV if in_env else Origin.TOML if in_toml else Origin.DEFAULT
    return Value(
        field=field,
        value=at(settings, field.path),
        default=field.default,
        origin=origin,
        hidden=(Origin.TOML,) if in_env and in_toml else (),
    )
