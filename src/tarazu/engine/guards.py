"""A person's leave before an entry; and the switch to it and to the pilot, which turns one way while the process runs.

Exits, stops and cancellations never ask for leave. What waits for it is in the record, ends by itself (`approval_ns`),
and with everything that ends the wish for entries: a halt, its strategy's, a person's CANCEL_ENTRIES, ENTRIES_OFF or
FLATTEN, other flags or models, and the end or the start of a process, for what it was decided by is gone by then.
"""

import hashlib
from collections.abc import Sequence

import msgspec

from tarazu.engine.acts import Alert, Decline, Deny, EndHold, Guard, HoldWant, Severity
from tarazu.engine.messages import Commanded, FlagsSet, ModelsSet, Order, Started
from tarazu.engine.run import Run
from tarazu.engine.tags import fresh_tag
from tarazu.engine.weighing import addings, denials_of
from tarazu.model import ist
from tarazu.model.units import rupees_text
from tarazu.risk.denial import Code, Denial
from tarazu.strategy.wants import ChangeWant, EntryWant, LegWant, SpreadWant

WAITING_MAX = 20
"""More is no list that a person reads: what comes beyond it is denied."""
LEAVE = "a person's leave"
NOT_THERE = "nothing waits by this name: it was answered, has ended, or never was (tarazu approvals)"

_ADDS = {Order.APPROVALS_ON: Guard(approvals=True), Order.PILOT_ON: Guard(pilot=True)}
_ENDS_ALL = (Order.CANCEL_ENTRIES, Order.ENTRIES_OFF, Order.FLATTEN)


def holds(run: Run, want: EntryWant | SpreadWant) -> bool:
    """Whether the want, which has passed every control, waits for leave or is denied for lack of it.

    One that waits already is not put twice; another of the same strategy in the same places is denied meanwhile, so
    that no two leaves are given for one trade.
    """
    state, digest = run.state, sha256(want)
    if not state.approvals:
        return False
    if any(held.sha256 == digest for held in state.waiting.values()):
        return True
    if held := next((held for held in state.waiting.values() if _is_alike(held.want, want)), None):
        _deny(run, want, f"{held.ref} waits for leave in the same place")
    elif len(state.waiting) >= WAITING_MAX:
        _deny(run, want, f"{len(state.waiting)} wait for leave")
    else:
        ref, until_ns = fresh_tag(run), run.now_ns + state.config.approval_ns
        run.act(HoldWant(ref=ref, want=want, sha256=digest, until_ns=until_ns))
        until = f"until {ist.clock_of(until_ns):%H:%M:%S}"
        run.act(Alert(severity=Severity.WARN, code="APPROVAL", of=ref, text=f"{said(want)}, {until}"))
    return True


def approved(run: Run) -> Sequence[EntryWant | SpreadWant]:
    """The want that this message gives leave to: once, in time, and to what was shown."""
    message = run.message
    if not isinstance(message, Commanded) or message.order is not Order.APPROVE:
        return ()
    held = run.state.waiting.get(message.ref)
    if held is None:
        run.act(Decline(order=message.order, of=message.ref, why=NOT_THERE))
        return ()
    if sha256(held.want) != held.sha256:
        _end(run, held, "it is not what was shown")
        return ()
    run.act(EndHold(ref=held.ref, how=f"approved by {message.who}"))
    return (held.want,)


def change_denials(run: Run, want: ChangeWant, added: int) -> tuple[Denial, ...]:
    """Of `added` units of an entry that rests, or another price: leave was given for what was shown and no more."""
    if not run.state.approvals or (not added and want.price_paise is None):
        return ()
    return (Denial(Code.APPROVAL, "a change of an entry is a want without leave", "cancel it, and want it anew"),)


def verdicts(run: Run) -> dict[str, tuple[Denial, ...]]:
    """By ref, what the controls say now to what waits: leave would come to that."""
    return {held.ref: denials_of(run, addings(held.want)) for held in run.state.waiting.values()}


def watch(run: Run) -> None:
    """A person switches a guard on or refuses a want; what has waited too long, or is wanted no more, ends."""
    message, waiting = run.message, run.state.waiting
    if isinstance(message, Commanded):
        if message.order is Order.REFUSE and message.ref not in waiting:
            run.act(Decline(order=message.order, of=message.ref, why=NOT_THERE))
        if message.order in _ADDS:
            _switch_on(run, message, _ADDS[message.order])
    for held in tuple(waiting.values()):
        if how := _over(run, held):
            _end(run, held, how)


def _over(run: Run, held: HoldWant) -> str:
    """Why it waits no longer; empty while it does."""
    state, message = run.state, run.message
    if isinstance(message, Started):
        return "the process has started anew"
    if isinstance(message, FlagsSet):
        return f"the flags are of version {message.flags.version} now"
    if isinstance(message, ModelsSet):
        return "other models are active now"
    if isinstance(message, Commanded):
        if message.order is Order.REFUSE and message.ref == held.ref:
            return f"refused by {message.who}: {message.why}"
        if message.order in _ENDS_ALL:
            return f"{message.order} by {message.who}"
    if state.halt is not None or held.want.strategy in state.strategy_halts:
        return "halted"
    if state.stopping:
        return "the process stops"
    return "nobody gave leave in time" if run.now_ns >= held.until_ns else ""


def _end(run: Run, held: HoldWant, how: str) -> None:
    run.act(EndHold(ref=held.ref, how=how))
    _deny(run, held.want, how)


def _deny(run: Run, want: EntryWant | SpreadWant, observed: str) -> None:
    run.act(Deny(want=want, denials=(Denial(Code.APPROVAL, observed, LEAVE),)))


def _switch_on(run: Run, message: Commanded, guard: Guard) -> None:
    """Orders that rest, and spreads under way, were decided before: CANCEL_ENTRIES ends them. The rest of a spread is
    weighed again with each leg."""
    state = run.state
    if (guard.approvals and state.approvals) or (guard.pilot and state.pilot is not None):
        return
    run.act(guard)
    of = "APPROVALS" if guard.approvals else "PILOT"
    run.act(Alert(severity=Severity.WARN, code="GUARD_ON", of=of, text=f"{message.who}: {message.why}"))


def sha256(want: EntryWant | SpreadWant) -> str:
    """Of all that is wanted."""
    return hashlib.sha256(msgspec.json.encode(want, order="deterministic")).hexdigest()


def _is_alike(one: EntryWant | SpreadWant, other: EntryWant | SpreadWant) -> bool:
    return one.strategy == other.strategy and _places(one) == _places(other)


def _places(want: EntryWant | SpreadWant) -> set[tuple[str, str, str]]:
    return {(leg.key, leg.side, want.product) for leg in _legs(want)}


def _legs(want: EntryWant | SpreadWant) -> Sequence[EntryWant | LegWant]:
    return (want,) if isinstance(want, EntryWant) else (*want.hedges, *want.mains)


def said(want: EntryWant | SpreadWant) -> str:
    """`orb: BUY 75 NFO:NIFTY26NOV26000CE at ₹100.00 NRML`, for people."""
    sets = 1 if isinstance(want, EntryWant) else want.sets
    legs = [f"{leg.side} {_units(leg) * sets} {leg.key} at {_at(leg)}" for leg in _legs(want)]
    return f"{want.strategy}: {', '.join(legs)} {want.product}"


def _units(leg: EntryWant | LegWant) -> int:
    return leg.qty if isinstance(leg, EntryWant) else leg.per_set


def _at(leg: EntryWant | LegWant) -> str:
    return f"₹{rupees_text(leg.price_paise)}" if leg.price_paise is not None else "MARKET"
