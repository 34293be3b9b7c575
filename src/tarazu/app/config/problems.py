"""What is wrong with settings, all of it at once: words that there are not, values that cannot be, limits not said."""

import difflib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec

from tarazu.app.config.fields import Field, fields_of, sections_of
from tarazu.app.config.overrides import BadOverride, overlaid, overrides
from tarazu.app.config.values import at, has
from tarazu.app.home import Home, Profile
from tarazu.app.settings import RISK_NEEDED, BadSettings, Settings, read_settings, read_table
from tarazu.app.verdict import Check, Status


def problems(home: Home, path: Path, environ: Mapping[str, str]) -> list[Check]:
    """Of this file, as the profile's, with the environment's before it. Raises OSError."""
    try:
        table = read_table(path)
    except BadSettings as bad:
        return [_wrong("settings.toml", "NOT_TOML", str(bad), f"edit {path}")]
    found = [*_of_words(table, path), *_of_values(table, path)]
    try:
        merged = overlaid(table, overrides(environ, Settings)) if not found else table
    except BadOverride as bad:
        return [*found, _wrong("settings.environment", "BAD_OVERRIDE", str(bad), "unset it, or correct it")]
    if found:
        return found
    try:
        read_settings(path, environ)
    except BadSettings as bad:  # what no single value shows
        return [_wrong("settings.toml", "BAD_SETTINGS", str(bad), f"edit {path}")]
    return [*_of_limits(merged, path), *_of_profile(merged, home.profile, path)]


def _wrong(place: str, code: str, detail: str, hint: str) -> Check:
    return Check(id=place, status=Status.CRIT, code=code, detail=detail, hint=hint)


def _of_words(table: Mapping[str, Any], path: Path) -> Iterator[Check]:
    """Names that no setting has, and values where a section belongs."""
    fields = {field.path for field in fields_of(Settings)}
    sections = set(sections_of(Settings))
    known = {".".join(place) for place in (*fields, *sections)}

    def walk(inside: Mapping[str, Any], place: tuple[str, ...]) -> Iterator[Check]:
        for name, value in inside.items():
            here = (*place, name)
            key = ".".join(here)
            if here in fields:
                continue
            if here not in sections:
                near = difflib.get_close_matches(key, known, 1)
                told = f"there is no such setting{f'; is it {near[0]}?' if near else ''}"
                yield _wrong(key, "UNKNOWN_SETTING", told, f"edit {path}")
            elif not isinstance(value, dict):
                yield _wrong(key, "NOT_A_SECTION", f"is a section: write [{key}]", f"edit {path}")
            else:
                yield from walk(value, here)

    yield from walk(table, ())


def _of_values(table: Mapping[str, Any], path: Path) -> Iterator[Check]:
    for field in fields_of(Settings):
        if has(table, field.path):
            wrong = _misfit(field, at(table, field.path))
            if wrong:
                yield _wrong(field.key, "BAD_VALUE", f"{wrong}; it takes: {field.kind}", f"edit {path}")


def _misfit(field: Field, value: Any) -> str:
    try:
        msgspec.convert(value, field.type)
    except msgspec.ValidationError as bad:
        return str(bad)
    return ""


def _of_limits(table: Mapping[str, Any], path: Path) -> Iterator[Check]:
    """Limits that are not said: no fault of the file, and no entry passes."""
    for name in RISK_NEEDED:
        if at(table, ("engine", "risk", name)) is None:
            told = "not said: its control denies every entry"
            yield Check(
                id=f"engine.risk.{name}", status=Status.WARN, code="LIMIT_NOT_SET", detail=told, hint=f"edit {path}"
            )
    largest = at(table, ("engine", "position_limit_default")) or 0
    named = at(table, ("engine", "position_limits")) or {}
    if not largest and not any(named.values()):
        told = "no instrument may be held: every entry is denied"
        yield Check(
            id="engine.position_limits", status=Status.WARN, code="LIMIT_NOT_SET", detail=told, hint=f"edit {path}"
        )


def _of_profile(table: Mapping[str, Any], profile: Profile, path: Path) -> Iterator[Check]:
    """What is allowed, and odd with real money."""
    if profile is not Profile.LIVE:
        return
    odd = {
        ("engine", "durability"): ("process", "an order may be sent whose record a power cut loses"),
        ("engine", "stop_required"): (False, "entries without a protective stop are taken"),
    }
    for place, (value, told) in odd.items():
        if at(table, place) == value:
            key = ".".join(place)
            yield Check(id=key, status=Status.WARN, code="ODD_IN_LIVE", detail=told, hint=f"edit {path}")
