"""A day's decisions as the journal has them, each with what the engine did about it in the same step."""

from collections.abc import Iterable, Iterator

import msgspec

from tarazu.app.why.names import Told
from tarazu.engine.acts import Act, AskCancel, AskChange, BeginExit, BeginSpread, Decide, Deny, HoldWant, Intend
from tarazu.orders.intent import Purpose
from tarazu.risk.denial import Denial
from tarazu.strategy.decision import Decision
from tarazu.strategy.wants import CancelWant, ChangeWant, EntryWant, ExitWant, SpreadWant, Want


class Decided(msgspec.Struct, frozen=True, kw_only=True):
    sequence: int
    """The journal's entry."""
    ts_ns: int
    decision: Decision
    came_of_it: tuple[str, ...]
    """Tags of orders, `spread GROUP`, `denied CODE`, `waits REF`, `leaves KEY`, `cancels TAG`, in the wants' order."""


class Vetoed(msgspec.Struct, frozen=True, kw_only=True):
    """A want that was denied, whoever wanted it."""

    sequence: int
    wall_ns: int
    want: Want
    denials: tuple[Denial, ...]


def decided(told: Told) -> Iterator[Decided]:
    """Of one entry."""
    acts = told.record.step.acts
    for n, act in enumerate(acts):
        if isinstance(act, Decide):
            after = _until_next(acts[n + 1 :])
            came = tuple(word for want in act.decision.wants for word in _came_of(want, after))
            stamped = told.record.stamped
            yield Decided(sequence=told.sequence, ts_ns=stamped.ts_ns, decision=act.decision, came_of_it=came)


def vetoed(told: Told) -> Iterator[Vetoed]:
    stamped = told.record.stamped
    for act in told.record.step.acts:
        if isinstance(act, Deny):
            yield Vetoed(sequence=told.sequence, wall_ns=stamped.wall_ns, want=act.want, denials=act.denials)


def _until_next(acts: Iterable[Act]) -> list[Act]:
    """What was done before the next decision."""
    found: list[Act] = []
    for act in acts:
        if isinstance(act, Decide):
            break
        found.append(act)
    return found


def _came_of(want: Want, acts: Iterable[Act]) -> Iterator[str]:
    for act in acts:
        match act, want:
            case Deny(want=denied, denials=denials), _ if denied == want:
                yield f"denied {', '.join(dict.fromkeys(no.code for no in denials))}"
            case HoldWant(want=held, ref=ref), _ if held == want:
                yield f"waits {ref}"
            case BeginSpread(want=begun, group=group), SpreadWant() if begun == want:
                yield f"spread {group}"
            case Intend(intent=intent), EntryWant() if intent.purpose is Purpose.ENTRY and intent.key == want.key:
                yield intent.ref
            case BeginExit(key=key), ExitWant() if key == want.key:
                yield f"leaves {key}"
            case AskCancel(ref=ref), CancelWant() if ref == want.ref:
                yield f"cancels {ref}"
            case AskChange(ref=ref), ChangeWant() if ref == want.ref:
                yield f"changes {ref}"
            case _:
                pass
