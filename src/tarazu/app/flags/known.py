"""The flags there are, each with its type, its default and what it does: what is not in this table is no flag.

A flag takes away and never adds; its default takes nothing. Whoever sets one is told where the name or the value is
none: a flag that nothing reads would be a promise that nobody keeps.
"""

import re
from collections.abc import Mapping
from types import MappingProxyType

import msgspec

from tarazu.risk.flags import WHOLE_PCT, Flags, StrategyFlags

Value = bool | int
Values = Mapping[str, Value]
"""By the flag's name; only those that are not at their default."""
NONE_SET: Values = MappingProxyType({})

PERSON = "person"
"""In whose name wants come that no strategy has (`engine.entries.PERSON`)."""
NAME_CHARS_MAX = 64
_STRATEGY = re.compile(r"strategy\.(?P<name>[^\s.=\x00-\x1f\x7f][^\s=\x00-\x1f\x7f]*)\.(?P<field>entries|size_pct)")
_WORDS = {"on": True, "true": True, "yes": True, "off": False, "false": False, "no": False}


class BadFlag(ValueError):
    """No such flag, or no such value; the message is for the user."""


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """One row of the table."""

    form: str
    """The name, with `<name>` where a strategy's stands."""
    default: Value
    takes: str
    what: str

    @property
    def is_switch(self) -> bool:
        return isinstance(self.default, bool)


ENTRIES = Known(form="entries", default=True, takes="on, off", what="whether anything may be entered")
OF_STRATEGY: dict[str, Known] = {
    "entries": Known(
        form="strategy.<name>.entries", default=True, takes="on, off", what="whether this strategy may enter"
    ),
    "size_pct": Known(
        form="strategy.<name>.size_pct",
        default=WHOLE_PCT,
        takes="0-100",
        what="of the size it wants, cut to whole lots; 0 is none",
    ),
}
TABLE = (ENTRIES, *OF_STRATEGY.values())


def known(name: str) -> Known:
    """Raises BadFlag."""
    if name == ENTRIES.form:
        return ENTRIES
    if len(name) <= NAME_CHARS_MAX and (found := _STRATEGY.fullmatch(name)):
        return OF_STRATEGY[found["field"]]
    forms = ", ".join(row.form for row in TABLE)
    raise BadFlag(f"no flag is called {name[:NAME_CHARS_MAX]!r}; there are: {forms}")


def strategy_of(name: str) -> str:
    """Whose flag it is; empty: the whole desk's."""
    found = _STRATEGY.fullmatch(name)
    return found["name"] if found else ""


def read_value(name: str, text: str) -> Value:
    """`on`, `off`, or a whole number of per cent. Raises BadFlag."""
    row, said = known(name), text.strip().lower()
    if row.is_switch and said in _WORDS:
        return _WORDS[said]
    if not row.is_switch and said.isascii() and said.isdigit() and int(said) <= WHOLE_PCT:
        return int(said)
    raise BadFlag(f"{name} takes {row.takes}, not {text[:NAME_CHARS_MAX]!r}")


def check(values: Values) -> None:
    """Each is a flag, of its type, and not at its default. Raises BadFlag."""
    for name, value in values.items():
        row = known(name)
        if isinstance(value, bool) is not row.is_switch or not 0 <= value <= WHOLE_PCT:
            raise BadFlag(f"{name} takes {row.takes}, not {value!r}")
        if value == row.default:
            raise BadFlag(f"{name} is written down with its default")


def changed(values: Values, changes: Values) -> dict[str, Value]:
    """`values` with the changes; what is back at its default is left out."""
    return {name: v for name, v in sorted({**values, **changes}.items()) if v != known(name).default}


def flags_of(version: int, sha256: str, values: Values) -> Flags:
    """As the engine takes them. Raises BadFlag."""
    check(values)
    strategies: dict[str, StrategyFlags] = {}
    for name, value in sorted(values.items()):
        if of := strategy_of(name):
            field = name.rpartition(".")[2]
            was = strategies.get(of, StrategyFlags())
            strategies[of] = msgspec.structs.replace(was, **{field: value})
    entries = bool(values.get(ENTRIES.form, ENTRIES.default))
    return Flags(version=version, sha256=sha256, entries=entries, strategies=strategies)


def said(value: Value) -> str:
    """`on`, `off`, `50`: as it is typed."""
    return str(value) if not isinstance(value, bool) else "on" if value else "off"


def differences(was: Values, now: Values) -> list[str]:
    """`strategy.orb.size_pct 100 -> 25`, for each flag that is another."""
    names = sorted(was.keys() | now.keys())
    both = [(name, was.get(name, known(name).default), now.get(name, known(name).default)) for name in names]
    return [f"{name} {said(before)} -> {said(after)}" for name, before, after in both if before != after]
