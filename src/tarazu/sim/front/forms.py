"""Parameters of one request, read field by field. The first thing wrong is kept as the refusal; nothing is guessed.

A reader returns a value of the right type even where the field is bad, so that a route reads all its fields and then
looks at `form.refusal` once. An empty field counts as absent. Prices are rupee text and become exact paise.
"""

import json
import re
from collections.abc import Iterable, Mapping
from decimal import Decimal
from enum import StrEnum
from typing import Any, NoReturn, TypeVar

from tarazu.sim.front.http import BODY_BYTES_MAX, FORM, Pairs, Request, decode_pairs
from tarazu.wire.kite_errors import Refusal

_E = TypeVar("_E", bound=StrEnum)

_WHOLE = re.compile(r"[+-]?[0-9]{1,18}\Z", re.ASCII)
_DECIMAL = re.compile(r"[+-]?[0-9]{1,12}(\.[0-9]{0,18})?\Z", re.ASCII)
_FLAGS = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}

# The wire's 32-bit integers bound quantities and paise.
INT32_MAX = 2**31 - 1

# Names that a query may carry many times: instruments, alerts, shares to authorise.
REPEATED = frozenset({"i", "uuid", "isin", "quantity"})


class Form:
    """Named text values; see the module for how refusals are kept."""

    def __init__(self, fields: Mapping[str, str], where: str = "", refusal: Refusal | None = None) -> None:
        self.fields = {name: value for name, value in fields.items() if value != ""}
        self.refusal = refusal
        self._where = where

    def refuse(self, message: str) -> None:
        """Keep this as the refusal unless an earlier one stands."""
        if self.refusal is None:
            self.refusal = Refusal(self._where + message)

    def has(self, name: str) -> bool:
        return name in self.fields

    def text(self, name: str, default: str | None = None, chars_max: int = 64) -> str:
        """One line of printable text; required when there is no default."""
        value = self.fields.get(name)
        if value is None:
            if default is None:
                self.refuse(f"Missing or empty field `{name}`.")
            return default or ""
        if len(value) > chars_max or not value.isprintable():
            self.refuse(f"Invalid `{name}`: at most {chars_max} printable characters.")
            return default or ""
        return value

    def choice(self, name: str, words: type[_E], default: _E | None = None) -> _E:
        """One word of an enumeration, exactly as Kite spells it."""
        value = self.text(name, None if default is None else default.value)
        for word in words:
            if word.value == value:
                return word
        self.refuse(f"Invalid `{name}`. It should be one of: {', '.join(words)}.")
        return default or next(iter(words))

    def whole(self, name: str, default: int | None = None, least: int = 0, most: int = INT32_MAX) -> int:
        """A whole number in [least, most]."""
        value = self.fields.get(name)
        if value is None:
            if default is None:
                self.refuse(f"Missing or empty field `{name}`.")
            return least if default is None else default
        if not _WHOLE.match(value):
            self.refuse(f"Invalid `{name}`: it should be a whole number.")
        elif not least <= int(value) <= most:
            self.refuse(f"Invalid `{name}`: it should lie between {least} and {most}.")
        else:
            return int(value)
        return least

    def number(self, name: str, default: float, least: float, most: float) -> float:
        """A plain decimal number in [least, most]; no exponent, no NaN, no infinity."""
        value = self.fields.get(name)
        if value is None:
            return default
        if not _DECIMAL.match(value):
            self.refuse(f"Invalid `{name}`: it should be a number.")
        elif not least <= float(value) <= most:
            self.refuse(f"Invalid `{name}`: it should lie between {least:g} and {most:g}.")
        else:
            return float(value)
        return default

    def paise(self, name: str, default: int | None = None) -> int:
        """A price in rupees with at most two decimals, as paise; not negative."""
        value = self.fields.get(name)
        if value is None:
            if default is None:
                self.refuse(f"Missing or empty field `{name}`.")
            return default or 0
        if not _DECIMAL.match(value):
            self.refuse(f"Invalid `{name}`: it should be a price in rupees.")
            return 0
        paise = Decimal(value) * 100
        if paise != int(paise):
            self.refuse(f"Invalid `{name}`: a price has at most two decimals; it is not a multiple of the tick size.")
        elif not 0 <= paise <= INT32_MAX:
            self.refuse(f"Invalid `{name}`: it should lie between 0 and {INT32_MAX // 100}.")
        else:
            return int(paise)
        return 0

    def flag(self, name: str, default: bool = False) -> bool:
        """`true`, `True`, `1` and their opposites: the official client sends all of them."""
        value = self.fields.get(name)
        if value is None:
            return default
        if value.lower() not in _FLAGS:
            self.refuse(f"Invalid `{name}`: it should be true or false.")
            return default
        return _FLAGS[value.lower()]


def query_form(request: Request) -> Form:
    """The query as a form; a name given twice is refused unless it is a list by nature."""
    return _form_of((pair for pair in request.query if pair[0] not in REPEATED), "query")


def body_form(request: Request) -> Form:
    """The url-encoded body as a form; one that does not decode carries its refusal."""
    content_type = request.headers.get("content-type", FORM).partition(";")[0].strip().lower()
    if request.body and content_type != FORM:
        return Form({}, refusal=Refusal(f"Invalid content type: this request takes {FORM}."))
    pairs = decode_pairs(request.body)
    if pairs is None:
        return Form({}, refusal=Refusal("The body is not valid percent-encoded UTF-8."))
    return _form_of(pairs, "body")


def values(pairs: Pairs, name: str) -> list[str]:
    """Every value of a repeated name, in order, empty ones dropped."""
    return [value for key, value in pairs if key == name and value]


def json_list(request: Request, item: str, most: int = 500) -> list[Form] | Refusal:
    """The JSON list of objects that the margin and charge routes take, each as a form that names its place."""
    parsed = parse_json(request.body)
    if isinstance(parsed, Refusal):
        return parsed
    if not isinstance(parsed, list) or not parsed:
        return Refusal(f"Invalid JSON: expected a list of {item}s.")
    if len(parsed) > most:
        return Refusal(f"Too many {item}s: at most {most}.")
    forms = []
    for position, entry in enumerate(parsed):
        form = json_form(entry, f"{item} {position}: ")
        if isinstance(form, Refusal):
            return form
        forms.append(form)
    return forms


def json_form(entry: Any, where: str = "") -> Form | Refusal:
    """A JSON object of plain values as a form: numbers become their text, null counts as absent."""
    if not isinstance(entry, dict):
        return Refusal(f"{where}Invalid JSON: expected an object.")
    fields: dict[str, str] = {}
    for name, value in entry.items():
        if isinstance(value, (dict, list)):
            return Refusal(f"{where}Invalid `{_shown(name)}`: expected a plain value.")
        if isinstance(value, bool):
            fields[name] = "true" if value else "false"
        elif value is not None:
            fields[name] = format(value, "f") if isinstance(value, Decimal) else str(value)
    return Form(fields, where)


def parse_json(text: bytes | str) -> Any | Refusal:
    """JSON with exact decimals; refuses NaN, infinities, repeated names, absurd numbers and absurd nesting."""
    try:
        return json.loads(
            text, parse_float=_decimal, parse_constant=_no_constant, object_pairs_hook=_without_duplicates
        )
    except (ValueError, RecursionError):
        return Refusal("Invalid JSON in the request.")


def oversized(request: Request) -> Refusal | None:
    if len(request.body) <= BODY_BYTES_MAX:
        return None
    return Refusal(f"The request body is too large: at most {BODY_BYTES_MAX} bytes.", status=413)


def _form_of(pairs: Iterable[tuple[str, str]], where: str) -> Form:
    fields: dict[str, str] = {}
    for name, value in pairs:
        if name in fields:
            return Form({}, refusal=Refusal(f"`{_shown(name)}` is given more than once in the {where}."))
        fields[name] = value
    return Form(fields)


def _shown(name: str) -> str:
    """A field's name for an error text: short, printable."""
    return name[:40] if name.isprintable() else "?"


def _decimal(text: str) -> Decimal:
    number = Decimal(text)
    if abs(number.adjusted()) > 30:
        raise ValueError("a number out of all proportion")
    return number


def _no_constant(text: str) -> NoReturn:
    raise ValueError(f"{text} is not JSON")


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise ValueError("a name is given twice")
    return fields
