"""Typed parameters of a strategy: a struct whose fields carry their bounds, units and meanings.

class Params(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    range_minutes: Annotated[int, param("minutes", "How long the range is measured.", ge=5, le=120)] = 15
"""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal, TypeVar, get_type_hints

import msgspec
from msgspec import NODEFAULT, Meta, UnsetType, inspect

P = TypeVar("P", bound=msgspec.Struct)


class BadParams(ValueError):
    """The message names the field, the value and what it may be."""


def param(unit: str, what: str, **bounds: Any) -> Meta:
    """Of one field: its unit, empty where it has none, what it is, and msgspec's bounds (ge, gt, le, lt, pattern)."""
    return Meta(description=what, extra={"unit": unit}, **bounds)


Name = Annotated[str, param("", "What it is called in orders and decisions.", pattern=r"^[a-z][a-z0-9_]{0,15}$")]
Traded = Annotated[Literal["NRML", "MIS"], param("", "NRML; or MIS, which the broker squares off by himself.")]
"""Kite's products of derivatives."""


class Explained(msgspec.Struct, frozen=True, kw_only=True):
    """One parameter as people read it."""

    name: str
    default: Any
    """None: it has to be said."""
    unit: str
    bounds: str
    what: str


def read(of: type[P], params: Mapping[str, Any]) -> P:
    """Raises BadParams: for the first field that is wrong, in the order of the struct."""
    known = {row.name: row for row in explain(of)}
    strangers = [name for name in params if name not in known]
    if strangers:
        raise BadParams(f"{strangers[0]}: there is no such parameter; there are {', '.join(known)}")
    for field in inspect.type_info(of).fields:  # type: ignore[attr-defined]
        if field.name not in params:
            if field.required:
                raise BadParams(f"{field.name}: it has to be said, {known[field.name].bounds or 'of any value'}")
            continue
        try:
            msgspec.convert({field.name: params[field.name]}, _alone(of, field.name))
        except msgspec.ValidationError as bad:
            may = known[field.name].bounds
            why = str(bad).partition(" - at ")[0]
            raise BadParams(f"{field.name} = {params[field.name]!r}: {may or why}") from bad
    try:
        return msgspec.convert(dict(params), of)
    except msgspec.ValidationError as bad:  # the struct's own __post_init__: fields that do not go together
        raise BadParams(str(bad)) from bad


def explain(of: type[msgspec.Struct]) -> tuple[Explained, ...]:
    """Every field, in order."""
    return tuple(_explained(field) for field in inspect.type_info(of).fields)  # type: ignore[attr-defined]


def _alone(of: type[msgspec.Struct], name: str) -> type[msgspec.Struct]:
    """A struct of this field alone: what is wrong with a value is then said of no other."""
    hints = get_type_hints(of, include_extras=True)
    return msgspec.defstruct("Alone", [(name, hints[name])], frozen=True)


def _explained(field: inspect.Field) -> Explained:
    kind, meta = field.type, {}
    if isinstance(kind, inspect.Metadata):
        meta, kind = {**(kind.extra_json_schema or {}), **(kind.extra or {})}, kind.type
    return Explained(
        name=field.name,
        default=None if field.default is NODEFAULT or isinstance(field.default, UnsetType) else field.default,
        unit=meta.get("unit", ""),
        bounds=", ".join(_bounds(kind)),
        what=meta.get("description", ""),
    )


_WORDS = {"ge": "{} at least", "gt": "above {}", "le": "{} at most", "lt": "below {}", "pattern": "like {}"}


def _bounds(kind: Any) -> Iterator[str]:
    if isinstance(kind, inspect.EnumType):
        yield f"one of {', '.join(str(one.value) for one in kind.cls)}"
        return
    if isinstance(kind, inspect.LiteralType):
        yield f"one of {', '.join(str(one) for one in kind.values)}"
        return
    if isinstance(kind, inspect.BoolType):
        yield "true or false"
        return
    if isinstance(kind, inspect.IntType):
        yield "a whole number"
    elif isinstance(kind, inspect.FloatType):
        yield "a number"
    elif isinstance(kind, inspect.StrType):
        yield "a text"
    for name, words in _WORDS.items():
        bound = getattr(kind, name, None)
        if bound is not None:
            yield words.format(bound if isinstance(bound, str) else f"{bound:,g}" if bound % 1 else f"{int(bound):,}")
