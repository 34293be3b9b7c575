"""A day decided anew: every message processed again, and every step compared, byte for byte, with the one journalled.

Each start is lived as the process lived it: recovered from the entries before, then told its own messages. The first
step that is another ends it, for what comes after stands on it.
"""

from collections.abc import Callable

import msgspec

from tarazu.app.replaying.difference import Difference, difference
from tarazu.app.replaying.life import Life, written
from tarazu.app.replaying.past_day import CannotReplay, PastDay, unreadable
from tarazu.engine import codec
from tarazu.engine.messages import Started
from tarazu.engine.state import EngineState
from tarazu.journal.entry import Entry

Told = Callable[[int], None]
"""Told how many entries are done."""


class Rerun(msgspec.Struct, kw_only=True):
    """What was found."""

    equal: int = 0
    """Entries whose steps came out the same, from the first on."""
    difference: Difference | None = None
    recoveries: int = 0
    """How often the state recovered from the journal was compared with the one that the messages made."""
    not_recovered: list[int] = []
    """Entries after which it was another."""
    builds: list[str] = []
    """Other builds than this one, that journalled some of it."""
    losses: list[str] = []
    """What the feed log lacks of what the engine saw."""
    state: EngineState | None = None
    """As the last message left it; None where the engine failed, or nothing was lived."""


def rerun(past: PastDay, end: int | None = None, told: Told = lambda done: None) -> Rerun:
    """Up to the entry `end`. Raises CannotReplay, BrokenChain."""
    found, life = Rerun(), None
    try:
        for entry in past.entries(end):
            record = decoded(entry)
            if isinstance(record.stamped.message, Started):
                life = _next_life(past, entry, record.stamped.message, life, found)
            if life is None:
                raise CannotReplay(f"entry {entry.sequence} comes before any start: the day does not begin with one")
            wrote = life.take(entry, record.stamped)
            if wrote != written(entry):
                found.difference = difference(entry, record, wrote, life, past.build)
                break
            life.journalled(record)
            found.equal += 1
            told(found.equal)
        _end(life, found)
    finally:
        if life is not None:
            life.close()
    return found


def decoded(entry: Entry) -> codec.Record | codec.Failure:
    """Raises CannotReplay."""
    try:
        return codec.decode(entry.kind, entry.payload)
    except codec.BadPayload as bad:
        raise CannotReplay(f"entry {entry.sequence}: {unreadable(bad)}") from bad


def _next_life(past: PastDay, entry: Entry, started: Started, before: Life | None, found: Rerun) -> Life:
    _end(before, found)
    if before is not None:
        before.close()
    if started.build != past.build and started.build not in found.builds:
        found.builds.append(started.build)
    return Life(past, started, entry.sequence - 1)


def _end(life: Life | None, found: Rerun) -> None:
    """Of one start, before the next begins: what recovery makes of it is what it was."""
    found.state = None
    if life is None:
        return
    found.losses += [loss for loss in life.market.losses if loss not in found.losses]
    if life.failed:
        return
    found.state = life.state
    if found.difference is not None:
        return
    found.recoveries += 1
    if life.recovered.digest() != life.state.digest():
        found.not_recovered.append(found.equal)
