"""Every setting there can be, walked out of the structs themselves: its place, its type in words, its default."""

from collections.abc import Iterator
from typing import Any

import msgspec
from msgspec import inspect

Path = tuple[str, ...]


class Field(msgspec.Struct, frozen=True, kw_only=True):
    """One setting: `engine.risk.day_loss_max`. A list or a table of its own making (`position_limits`) is one."""

    path: Path
    type: Any
    kind: str
    """What it takes, in words: `number, 0 to 3,600`."""
    default: Any
    """In JSON's own types; None: not said."""
    of: type[msgspec.Struct]
    """The section's struct, whose source has its docstring."""

    @property
    def key(self) -> str:
        return ".".join(self.path)

    @property
    def variable(self) -> str:
        """The environment's name for it."""
        return "__".join(("TARAZU", *(part.upper() for part in self.path)))


def fields_of(root: type[msgspec.Struct], path: Path = ()) -> Iterator[Field]:
    """In the order of the source; sections first come, first walked."""
    for field in msgspec.structs.fields(root):
        place = (*path, field.name)
        kind = inspect.type_info(field.type)
        if isinstance(kind, inspect.StructType):
            yield from fields_of(kind.cls, place)
        else:
            yield Field(path=place, type=field.type, kind=words(kind), default=_default(field), of=root)


def _default(field: msgspec.structs.FieldInfo) -> Any:
    value = None
    if field.default is not msgspec.NODEFAULT:
        value = field.default
    elif field.default_factory is not msgspec.NODEFAULT:
        value = field.default_factory()
    return msgspec.json.decode(msgspec.json.encode(value))


def sections_of(root: type[msgspec.Struct], path: Path = ()) -> dict[Path, type[msgspec.Struct]]:
    """The tables that settings stand in, by their place."""
    found: dict[Path, type[msgspec.Struct]] = {}
    for field in msgspec.structs.fields(root):
        kind = inspect.type_info(field.type)
        if isinstance(kind, inspect.StructType):
            found[(*path, field.name)] = kind.cls
            found |= sections_of(kind.cls, (*path, field.name))
    return found


def words(kind: inspect.Type) -> str:
    """What a type takes."""
    match kind:
        case inspect.IntType():
            return "whole number" + _bounds(kind)
        case inspect.FloatType():
            return "number" + _bounds(kind)
        case inspect.BoolType():
            return "true or false"
        case inspect.StrType():
            return "text"
        case inspect.LiteralType():
            return "one of " + ", ".join(map(str, kind.values))
        case inspect.EnumType():
            return "one of " + ", ".join(str(member.value) for member in kind.cls)
        case inspect.UnionType():
            said = [words(each) for each in kind.types if not isinstance(each, inspect.NoneType)]
            return " or ".join(said) + ", or not said"
        case inspect.VarTupleType() | inspect.ListType():
            return f"list of {words(kind.item_type)}"
        case inspect.DictType():
            return f"table of {words(kind.value_type)}"
        case inspect.StructType():
            return "table"
        case _:
            return "anything"


def _bounds(kind: inspect.IntType | inspect.FloatType) -> str:
    least = "" if kind.ge is None and kind.gt is None else _number(kind.ge if kind.gt is None else kind.gt)
    most = "" if kind.le is None and kind.lt is None else _number(kind.le if kind.lt is None else kind.lt)
    above, below = ("above " if kind.gt is not None else ""), ("below " if kind.lt is not None else "")
    if least and most:
        return f", {above}{least} to {below}{most}"
    if least:
        return f", {above or 'at least '}{least}"
    return f", {below or 'at most '}{most}" if most else ""


def _number(value: float | None) -> str:
    assert value is not None
    return f"{value:,}" if isinstance(value, int) or value % 1 else f"{value:,.0f}"
