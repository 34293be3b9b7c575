"""Which order is meant: by our tag, the broker's order id, the beginning of either, or the journal's entry."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import msgspec

from tarazu import reference
from tarazu.engine import codec
from tarazu.engine.codec import Record
from tarazu.engine.recovery import Recovery
from tarazu.engine.state import EngineState
from tarazu.orders.client_order_id import ClientOrderId, read_tag
from tarazu.runtime.journal_files import day_folder, days
from tarazu.runtime.journal_reader import BrokenChain, JournalReader

ENTRY_MARK = "@"
"""`@48211`: the journal's entry of that number, for what has no tag: a want that was denied."""
_NEAR = 5


class NoSuchOrder(Exception):
    """Nothing, or more than one thing, is named so; the message says what there is."""


class Told(msgspec.Struct, frozen=True):
    sequence: int
    record: Record


class Day(msgspec.Struct, frozen=True):
    """A day's journal as far as it was read, and the engine's state at its end."""

    day: date
    folder: Path
    last: int
    state: EngineState


def records(folder: Path, upto: int | None = None) -> Iterator[Told]:
    """In order, up to the first damage: what that is is for `tarazu audit verify` to say. Raises BadPayload."""
    entries = JournalReader(folder).ready()
    while True:
        try:
            entry = next(entries, None)
        except BrokenChain:
            return
        if entry is None or (upto is not None and entry.sequence > upto):
            return
        record = codec.decode(entry.kind, entry.payload)
        if isinstance(record, Record):
            yield Told(entry.sequence, record)


def recovery() -> Recovery:
    """Nothing is decided, so no master is needed."""
    return Recovery({}, reference.charge_rates())


def read(journal: Path, day: date) -> Day:
    """Raises BadPayload."""
    engine, last = recovery(), 0
    folder = day_folder(journal, day)
    for told in records(folder):
        engine.recover(told.record.stamped, told.record.step)
        last = told.sequence
    return Day(day, folder, last, engine.state)


def find(journal: Path, asked: str, day: date | None) -> tuple[Day, str]:
    """The day and the order's `ref`; `@N` stays as it is. Without `day`: the tag's own day, else the last day that has
    such an order. Raises NoSuchOrder, BadPayload."""
    known = days(journal)
    tag = read_tag(asked)
    if day is None and isinstance(tag, ClientOrderId) and tag.day in known:
        day = tag.day
    chosen = [day] if day is not None else list(reversed(known))
    if asked.startswith(ENTRY_MARK):
        return read(journal, chosen[0]), asked
    names: list[str] = []
    for one in chosen:
        found = read(journal, one)
        ref = _ref(found.state, asked)
        if ref is not None:
            return found, ref
        names += _names(found.state)
    where = f"on {chosen[0]}" if len(chosen) == 1 else f"on {len(chosen)} days, {known[0]} to {known[-1]}"
    near = _near(asked, names) if names else []
    said = f"; near it: {', '.join(near)}" if near else f"; there are {len(names)} orders" if names else "; none is"
    raise NoSuchOrder(f"no order {asked} {where}{said}. What was denied has no order: {ENTRY_MARK}N names an entry")


def _ref(state: EngineState, asked: str) -> str | None:
    """Raises NoSuchOrder when several begin so."""
    wanted = asked.strip().lstrip("#").upper()
    names = _names(state)
    if wanted in names:
        return names[wanted]
    matches = {ref for name, ref in names.items() if wanted and name.startswith(wanted)}
    if len(matches) > 1:
        listed = [*sorted(matches)[:_NEAR], *(["..."] if len(matches) > _NEAR else [])]
        raise NoSuchOrder(f"{len(matches)} orders begin with {asked}: {', '.join(listed)}")
    return next(iter(matches), None)


def _near(asked: str, names: list[str]) -> list[str]:
    from difflib import get_close_matches

    return get_close_matches(asked.upper(), dict.fromkeys(names), _NEAR, 0.6)


def _names(state: EngineState) -> dict[str, str]:
    """Every name in capitals, and whose it is."""
    tags = {ref.upper(): ref for ref in state.blotter.orders if not ref.startswith("#")}
    return tags | {order_id.upper(): ref for order_id, ref in state.blotter.refs.items()}
