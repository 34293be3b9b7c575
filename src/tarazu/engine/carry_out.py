"""What an act that was decided on changes. Recovery takes the same way, with the acts of the journal."""

from tarazu.engine import unwanted
from tarazu.engine.acts import (
    Act,
    Alert,
    AllotLegs,
    AskCancel,
    AskChange,
    AskRead,
    BeginExit,
    BeginSpread,
    Decide,
    Decline,
    Deny,
    EndExit,
    EndHold,
    EndSpread,
    EntriesOff,
    Guard,
    HaltStrategy,
    HoldWant,
    Intend,
    Mark,
    MovePhase,
    Output,
    SetHalt,
)
from tarazu.engine.state import EngineState, Marked, Spread
from tarazu.engine.telling import tell
from tarazu.model.order import Product
from tarazu.orders import messages as told
from tarazu.strategy.decision import Decision
from tarazu.strategy.wants import ChangeWant, EntryWant, SpreadWant


def act(state: EngineState, act: Act, now_ns: int) -> list[Output]:
    """Carry one act out; what the orders say to it."""
    match act:
        case AskRead():
            reading = state.readings[act.what]
            reading.asked_ns, reading.wanted = now_ns, False
        case Alert():
            state.alerted[act.code, act.of] = now_ns
            state.said.append(act)
        case Intend():
            return _intend(state, act, now_ns)
        case AskChange():
            if act.first_paise:
                state.exit_prices.setdefault(act.ref, act.first_paise)
            return _asked(state, told.AskChange(ref=act.ref, change=act.change, ts_ns=now_ns), now_ns)
        case AskCancel():
            if act.until_ended:
                state.cancels.setdefault(act.ref, act.why)
            return _asked(state, told.AskCancel(ref=act.ref, ts_ns=now_ns), now_ns)
        case MovePhase():
            state.phase, state.phase_ns, state.phase_why = act.phase, now_ns, act.why
        case SetHalt():
            state.halt = act.halt
            if act.halt is None:
                state.agreement.needed_ns, state.conduct.rejects, state.unasked = now_ns, 0, []
        case BeginSpread():
            state.names += 1
            state.spreads[act.group] = Spread(want=act.want, began_ns=now_ns)
        case AllotLegs():
            state.spreads[act.group].allotted.update(act.qty)
            state.spreads[act.group].allotted_ns = now_ns
        case EndSpread():
            unwanted.legs(state, state.spreads.pop(act.group), f"its spread has ended: {act.how}")
        case BeginExit():
            state.exits[act.key, Product(act.product)] = act.strategy
        case EndExit():
            if act.key:
                del state.exits[act.key, Product(act.product)]
            else:
                state.flattening = ""
        case EntriesOff():
            state.entries_off = state.entries_off or act.why
        case HaltStrategy() | Decide() | Mark() | HoldWant() | EndHold() | Guard():
            _note(state, act, now_ns)
        case Deny():
            if isinstance(act.want, EntryWant | SpreadWant | ChangeWant):
                state.conduct.denied(act.want.strategy, now_ns)
        case Decline():
            pass  # of the record alone
    return []


def _note(state: EngineState, act: HaltStrategy | Decide | Mark | HoldWant | EndHold | Guard, now_ns: int) -> None:
    """What is kept of an act that sends nothing."""
    match act:
        case HaltStrategy():
            if act.halt is None:
                state.strategy_halts.pop(act.strategy, None)
            else:
                state.strategy_halts[act.strategy] = act.halt
        case Decide():
            state.decided[subject_of(act.decision)] = told_of(act.decision)
        case Mark():
            _mark(state.marked, act, now_ns)
        case HoldWant():
            state.names += 1
            state.waiting[act.ref] = act
        case EndHold():
            del state.waiting[act.ref]
        case Guard():
            state.approvals = state.approvals or act.approvals
            if act.pilot and state.pilot is None:
                state.pilot = state.config.pilot_as


def _mark(marked: Marked, act: Mark, now_ns: int) -> None:
    marked.why = act.why
    if act.net_paise is None:
        marked.unknown_ns = marked.unknown_ns or now_ns
    else:
        marked.drawdown, marked.known_ns, marked.unknown_ns = marked.drawdown.after(act.net_paise), now_ns, 0


def subject_of(decision: Decision) -> str:
    return f"{decision.strategy} {decision.about}"


def told_of(decision: Decision) -> str:
    return f"{decision.verb} {decision.why}"


def _intend(state: EngineState, act: Intend, now_ns: int) -> list[Output]:
    """The step that says so is durable before its outputs are performed: that is the shell's one promise."""
    intent, ref = act.intent, act.intent.ref
    state.names += 1
    if act.stop is not None:
        state.stops[ref] = act.stop
    if act.leg:
        state.spreads[intent.group].refs.setdefault(act.leg, []).append(ref)
    out = tell(state, told.Intended(intent=intent, ts_ns=now_ns), now_ns)
    out += tell(state, told.Durable(ref=ref, ts_ns=now_ns), now_ns)
    state.throttle.sent(now_ns)
    state.conduct.intended(intent, act.reference_paise, now_ns)
    return out + tell(state, told.Send(ref=ref, ts_ns=now_ns), now_ns)


def _asked(state: EngineState, message: told.AskChange | told.AskCancel, now_ns: int) -> list[Output]:
    out = tell(state, message, now_ns)
    for said in out:
        if isinstance(said, told.ModifyOrder):
            state.throttle.sent(now_ns)
            state.conduct.asked_change(now_ns)
        elif isinstance(said, told.CancelOrder):
            state.throttle.sent(now_ns)
            state.conduct.asked_cancel(now_ns)
    return out
