"""What of a day's trace tells how it went wrong: the lines about what the violation names, and the turns of the day."""

import re
from collections.abc import Iterator, Sequence

LINES = 50
_ROUTINE = re.compile(r"\] (Ticked|MarketMoved|PositionsRead|BandsRead)|AskRead|(reports|fills)=\(\), gone=\(\)")
_NAMES = re.compile(r"T[0-9A-Z]{19}|\b26\d{9}\b|\b(?:NFO|NSE|BSE|BFO|MCX|CDS):\w+")
_WHEN = re.compile(r" *\d+ +[\d.]+ ")


def story(trace: Sequence[str], said: str) -> tuple[str, ...]:
    """At most `LINES`, the last of them: those without a name in them, and those with one that `said` has, or that
    belongs to the same order."""
    told = [line for line in trace if not _ROUTINE.search(line)]
    names = set(_NAMES.findall(said))
    places = {name for name in names if ":" in name}
    orders = names - places
    if orders:
        orders |= _aliases(told, orders)
    wanted = orders or places
    lines = [line for line in told if not wanted or _is_about(line, wanted)]
    return tuple(lines[-LINES:])


def _aliases(lines: Sequence[str], names: set[str]) -> set[str]:
    """The tag of an order id, and the other way: what the broker's rows and the answers name together."""
    found: set[str] = set()
    for pair in _pairs(lines):
        if not names.isdisjoint(pair):
            found |= pair
    return found


def _pairs(lines: Sequence[str]) -> Iterator[set[str]]:
    for line in lines:
        named = {name for name in _NAMES.findall(line) if ":" not in name}
        if len(named) == 2:
            yield named


def _is_about(line: str, wanted: set[str]) -> bool:
    named = set(_NAMES.findall(line))
    return not named.isdisjoint(wanted) or not (named or _is_indented(line))


def _is_indented(line: str) -> bool:
    """An act of a message: not a turn of the day by itself."""
    return _WHEN.sub("", line, count=1).startswith("    ")
