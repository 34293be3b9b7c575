"""`tarazu config show`: every value, and where it is from."""

import time
from collections.abc import Iterator, Sequence
from itertools import groupby

from tarazu.app.config.values import Origin, Value, shown
from tarazu.app.home import Home
from tarazu.app.secrets.store import BadSecrets, Name, read_secrets, secrets_file
from tarazu.app.settings import BadSettings
from tarazu.app.verdict import Check, Exit, Status, Verdict

_KEY, _VALUE = 24, 34


def show_verdict(home: Home, found: Sequence[Value], changed_only: bool) -> Verdict:
    said = [value for value in found if value.origin is not Origin.DEFAULT]
    rows = said if changed_only else list(found)
    return Verdict(
        command="config.show",
        word="OK",
        exit_code=Exit.OK,
        profile=home.profile,
        now_ns=time.time_ns(),
        summary=f"{len(found)} settings, {_count(said)}",
        body=tuple(_lines(home, rows)),
        facts={"file": str(home.settings_file), "values": [fact(value) for value in rows], "secrets": _secrets(home)},
    )


def bad_settings(command: str, home: Home, bad: BadSettings | OSError) -> Verdict:
    """Of a command that needs settings which do not read."""
    code = "BAD_SETTINGS" if isinstance(bad, BadSettings) else "UNREADABLE"
    check = Check(id="settings", status=Status.CRIT, code=code, detail=str(bad), hint="tarazu config validate")
    return Verdict(
        command=command,
        word="INVALID",
        exit_code=Exit.CRIT,
        profile=home.profile,
        now_ns=time.time_ns(),
        summary="the settings do not read",
        checks=(check,),
    )


def fact(value: Value) -> dict[str, object]:
    return {
        "key": value.field.key,
        "value": value.value,
        "default": value.default,
        "origin": value.origin,
        "variable": value.field.variable,
        "hides": list(value.hidden),
    }


def origin_told(value: Value) -> str:
    match value.origin:
        case Origin.ENV:
            return f"env {value.field.variable}" + ("  (tarazu.toml is not heard)" if value.hidden else "")
        case Origin.TOML:
            return "tarazu.toml" + ("  (as the default)" if value.is_default else "")
        case Origin.DEFAULT:
            return "default"


def _count(said: Sequence[Value]) -> str:
    toml, env = (sum(value.origin is origin for value in said) for origin in (Origin.TOML, Origin.ENV))
    return f"{toml} from tarazu.toml, {env} from the environment, the others default"


def _lines(home: Home, rows: Sequence[Value]) -> Iterator[str]:
    there = "" if home.settings_file.exists() else "  (not there: the defaults)"
    yield f"file  {home.settings_file}{there}"
    for section, group in groupby(rows, key=lambda value: value.field.path[:-1]):
        yield f"[{'.'.join(section)}]"
        for value in group:
            yield f"  {value.field.path[-1]:<{_KEY}} {shown(value.value):<{_VALUE}} {origin_told(value)}"
    names = ", ".join(f"{name} {'set' if there else 'not set'}" for name, there in _secrets(home).items())
    yield f"secrets  {names or 'cannot be read: tarazu doctor'}"


def _secrets(home: Home) -> dict[str, bool]:
    """By name, whether it is there; empty where the file cannot be used."""
    try:
        found = read_secrets(home).names
        secrets_file(home)
    except BadSecrets:
        return {}
    return {name: name in found for name in dict.fromkeys((*Name, *found))}
