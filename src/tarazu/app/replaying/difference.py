"""The first step that came out another way: which part of it, both sides, and what is likely to have done it."""

from collections.abc import Iterator
from typing import Any

import msgspec

from tarazu.app.replaying.life import Life, Written, written
from tarazu.engine import codec
from tarazu.engine.acts import Act, BeginSpread, Deny, Intend
from tarazu.engine.messages import Wanted
from tarazu.journal.entry import Durability, Entry
from tarazu.orders.intent import Purpose

NOTHING = "nothing"


class Field(msgspec.Struct, frozen=True):
    """One value that differs."""

    of: str
    """`intent.order.qty`; empty for all of it."""
    journalled: Any
    replayed: Any


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    sequence: int
    ts_ns: int
    message: str
    """The name of its kind."""
    told: Any
    """The message itself, as plain values."""
    part: str
    """`act 2`, `output 1`, `the engine's failure`, or `the entry` where all that was decided is the same."""
    fields: tuple[Field, ...]
    causes: tuple[str, ...]
    """The likeliest first."""


def difference(
    entry: Entry, record: codec.Record | codec.Failure, wrote: Written, life: Life, build: str
) -> Difference:
    """Of an entry and what was written about its message now; they are not equal."""
    ours = codec.decode(wrote.kind, wrote.payload)
    part, was, found = _first(record, ours) or _around(written(entry), record, wrote, ours)
    return Difference(
        sequence=entry.sequence,
        ts_ns=entry.ts_ns,
        message=type(record.stamped.message).__name__,
        told=plain(record.stamped.message),
        part=part,
        fields=tuple(_fields("", was, found)),
        causes=tuple(_causes(entry, record, ours, life, build)),
    )


def plain(value: object) -> Any:
    """As JSON has it."""
    return msgspec.to_builtins(value, str_keys=True)


Part = tuple[str, Any, Any]
"""Its name, and both sides."""


def _first(was: codec.Record | codec.Failure, found: codec.Record | codec.Failure) -> Part | None:
    """The first part that differs; None where all that was decided is the same, or where it was told otherwise."""
    if was.stamped != found.stamped:
        return None
    if isinstance(was, codec.Failure) or isinstance(found, codec.Failure):
        return "the engine's failure", _failure(was), _failure(found)
    for what, theirs, ours in (
        ("act", was.step.acts, found.step.acts),
        ("output", was.step.outputs, found.step.outputs),
    ):
        for n in range(max(len(theirs), len(ours))):
            one, other = theirs[n : n + 1], ours[n : n + 1]
            if one != other:
                return f"{what} {n + 1}", plain(one[0]) if one else NOTHING, plain(other[0]) if other else NOTHING
    return None


def _around(
    wrote: Written, was: codec.Record | codec.Failure, writes: Written, found: codec.Record | codec.Failure
) -> Part:
    """What entries are besides what was decided; where that is the same, their bytes."""
    sides = _outside(wrote, was), _outside(writes, found)
    if sides[0] == sides[1]:
        sides = {"payload": wrote.payload.hex()}, {"payload": writes.payload.hex()}
    return "the entry", *sides


def _outside(wrote: Written, record: codec.Record | codec.Failure) -> dict[str, Any]:
    return {
        "kind": codec.NAMES[wrote.kind],
        "ts_ns": wrote.ts_ns,
        "stamped_ns": record.stamped.ts_ns,
        "wall_ns": record.stamped.wall_ns,
        "head": record.stamped.head,
        "durability": Durability(wrote.durability).name,
    }


def _failure(record: codec.Record | codec.Failure) -> str:
    return record.error if isinstance(record, codec.Failure) else "none"


def _fields(of: str, was: Any, found: Any) -> Iterator[Field]:
    """The places where two plain values differ; as a whole where they are of other kinds."""
    if was == found:
        return
    if isinstance(was, dict) and isinstance(found, dict) and was.get("type") == found.get("type"):
        for name in (*was, *(name for name in found if name not in was)):
            yield from _fields(f"{of}.{name}" if of else name, was.get(name), found.get(name))
    else:
        yield Field(of, was, found)


def _causes(
    entry: Entry, was: codec.Record | codec.Failure, found: codec.Record | codec.Failure, life: Life, build: str
) -> Iterator[str]:
    if was.stamped.head != found.stamped.head:
        yield f"entry {entry.sequence - 1}, or one before it, was altered: its hash is not the one that was known then"
    if life.started.build != build:
        yield f"another build: it was journalled by {life.started.build}, this is {build}"
    if life.market.losses:
        yield f"the market is not the one it was: {life.market.losses[0]}"
    if not isinstance(was.stamped.message, Wanted) and (_decided(was) ^ _decided(found)):
        yield "the strategies: others, with other settings than that day's, or one that is not pure"
    yield (
        f"entry {entry.sequence} is not what was written (tarazu audit verify), or the engine has decided by something "
        "that is in no message: a bug"
    )


def _decided(record: codec.Record | codec.Failure) -> frozenset[bytes]:
    """What a strategy is behind."""
    acts: tuple[Act, ...] = record.step.acts if isinstance(record, codec.Record) else ()
    return frozenset(msgspec.json.encode(act) for act in acts if _is_a_strategys(act))


def _is_a_strategys(act: Act) -> bool:
    if isinstance(act, Intend):
        return act.intent.purpose is Purpose.ENTRY
    return isinstance(act, Deny | BeginSpread)
