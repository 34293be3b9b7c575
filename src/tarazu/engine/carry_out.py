"""How messages and acts change the state: the only place that does. Recovery takes the same way."""

from collections.abc import Iterator
from datetime import date

import msgspec

from tarazu.engine import agreement, reads
from tarazu.engine import messages as m
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
from tarazu.engine.config import EngineConfig
from tarazu.engine.halts import harder
from tarazu.engine.state import EngineState, Marked, Spread
from tarazu.model.execution import Fill
from tarazu.model.order import Product
from tarazu.orders import messages as told
from tarazu.orders.lifecycle import OrdStatus
from tarazu.orders.report import OrderReport
from tarazu.orders.throttle import rebuilt
from tarazu.portfolio.book import Books
from tarazu.portfolio.bookings import Booked, Unbooked, Why
from tarazu.portfolio.breaks import carried_of
from tarazu.strategy.decision import Decision
from tarazu.strategy.wants import ChangeWant, EntryWant, SpreadWant

BOOKS = "BOOKS"
"""Trouble of the engine's own: an execution that its books do not take."""
_UNKNOWN = OrdStatus.UNKNOWN

TRADES = "TRADES"
"""Trouble of the broker's: executions that do not read, or that none can be. Over with a read without them."""


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
            _end_spread(state, act)
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


def _end_spread(state: EngineState, act: EndSpread) -> None:
    ended = state.spreads.pop(act.group)
    for leg in (*ended.want.hedges, *ended.want.mains):
        for ref in ended.refs.get(leg.name, ()):
            if not state.blotter.orders[ref].ended:
                state.cancels.setdefault(ref, f"its spread has ended: {act.how}")


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


def tell(state: EngineState, message: told.Message, now_ns: int) -> list[Output]:
    """Give the blotter one message, and keep what its outputs say: fills into the books, alarms for the reactors."""
    out: list[Output] = []
    for said in state.blotter.apply(message):
        match said:
            case told.Filled():
                state.filled_ns = now_ns
                _book(state, said)
                state.conduct.filled(said.fill, _strategy_of(state, said.ref), now_ns)
                out.append(said)
            case told.Moved():
                state.conduct.moved(said, now_ns)
                out.append(said)
            case told.CancelWanted():
                state.cancels.setdefault(said.ref, said.why)
            case told.ReadWanted():
                for what in (m.What.ORDERS, m.What.TRADES):
                    state.readings[what].wanted = True
            case told.Alarm():
                state.alarms.append(said)
            case _:
                out.append(said)
    return out


def _strategy_of(state: EngineState, ref: str) -> str:
    order = state.blotter.find(ref)
    return order.intent.strategy if order is not None and order.intent is not None else ""


def _book(state: EngineState, filled: told.Filled) -> None:
    if state.books is None:
        state.unbooked.append(filled.fill)
    else:
        _entered(state, state.books.apply(filled.fill), filled.fill)


def _entered(state: EngineState, booked: Booked | Unbooked, fill: Fill) -> None:
    """An execution that the books do not take leaves positions and results in doubt: nothing new is entered."""
    if isinstance(booked, Unbooked) and booked.why is not Why.REPEATED:
        state.trouble[BOOKS] = f"execution {fill.exec_id} of order {fill.order_id} is not booked: {booked.why}"


# Messages.


def take(state: EngineState, message: m.Message, now_ns: int) -> list[Output]:
    """What a message itself changes, before anything is decided about it."""
    state.unsaid, state.said = (state.said if isinstance(message, m.Started) else []), []
    out = _take(state, message, now_ns)
    if isinstance(message, _COMPARED):
        agreement.compare(state, now_ns)
    return out


_COMPARED = (m.OrdersRead, m.TradesRead, m.PositionsRead)


def _take(state: EngineState, message: m.Message, now_ns: int) -> list[Output]:
    match message:  # the most frequent first: each case that is passed costs
        case m.MarketMoved() | m.Wanted() | m.DeskNoted():
            pass  # the market is not of this state, wants are the gate's, and the note is for who reads the journal
        case m.Ticked():
            return _ticked(state, message, now_ns)
        case m.OrdersRead():
            return _orders_read(state, message, now_ns)
        case m.PositionsRead():
            _positions_read(state, message)
        case m.OrderHeard():
            if not message.report.order_id:
                return []  # a hint of nothing: the next read of the book tells whose it is
            return tell(state, told.Reported(report=message.report, ts_ns=now_ns), now_ns)
        case m.TradesRead():
            return _trades_read(state, message, now_ns)
        case m.MarginsRead():
            state.funds = message
            _read_ended(state, m.What.MARGINS, message.started_ns)
        case m.Answered():
            return _answered(state, message, now_ns)
        case m.Commanded():
            return _commanded(state, message, now_ns)
        case _:
            return _take_rare(state, message, now_ns)
    return []


def _take_rare(state: EngineState, message: m.Message, now_ns: int) -> list[Output]:
    """A few times a day."""
    match message:
        case m.Started():
            return _start(state, message, now_ns)
        case m.Stopping():
            state.stopping = True
        case m.RecordTrouble():
            if message.ok:
                state.trouble.pop(message.of, None)
            else:
                state.trouble[message.of] = message.text
        case m.ModelsSet():
            state.models = message.active
        case m.FeedMoved():
            state.feeds[message.feed] = message
        case m.BandsRead():
            state.bands.update({band.key: band for band in message.bands})
            _read_ended(state, m.What.BANDS, now_ns)
        case m.ReadFailed():
            _read_failed(state, message.what, now_ns)
            if message.auth_lost:
                state.blotter.auth_lost = True
                state.agreement.needed_ns = now_ns
        case m.FlagsSet():
            state.flags = message.flags
    return []


def _ticked(state: EngineState, message: m.Ticked, now_ns: int) -> list[Output]:
    state.skewed = message.skewed
    state.ailing = {name: state.ailing.get(name, now_ns) for name in _out_of_order(state)}
    if state.cancels:
        _forget_cancels(state)
    return tell(state, told.Timed(ts_ns=now_ns), now_ns)


def _out_of_order(state: EngineState) -> list[str]:
    """Records in trouble by their name, required feeds that are stale by `feed` and theirs."""
    stale = [f"feed {name}" for name, feed in state.feeds.items() if feed.required and not feed.fresh]
    return [*state.trouble, *stale]


def _forget_cancels(state: EngineState) -> None:
    """Of what has ended, once its end cannot be denied any more."""
    blotter = state.blotter
    for ref in list(state.cancels):
        order = blotter.find(ref)
        if order is not None and order.ended and not order.cools(blotter.read_ns, blotter.patience.cooling_ns):
            del state.cancels[ref]


def _start(state: EngineState, message: m.Started, now_ns: int) -> list[Output]:
    """A new epoch. Nothing that was under way has an answer any more, and the books are compared anew."""
    _begin_guards(state, message.config)
    is_unasked = _count_start(state, message.config, now_ns)
    state.flags = state.flags if state.epoch else message.flags
    state.config, state.day, state.epoch = message.config, date.fromisoformat(message.day), message.epoch
    state.started_ns, state.names, state.stopping, state.session = now_ns, 0, False, message.session
    state.halt = harder(state.halt, message.halt)
    state.strategy_halts = {**message.strategy_halts, **state.strategy_halts}
    state.entries_off = state.entries_off or message.entries_off
    state.models = message.models
    state.ailing = {}
    state.skewed = None
    state.feeds.clear()
    state.trouble = {of: text for of, text in state.trouble.items() if of == BOOKS}  # the process tells the others anew
    state.agreement.needed_ns = now_ns
    state.agreement.breaks, state.agreement.since_ns = (), 0
    for reading in state.readings.values():
        reading.asked_ns = reading.failed_ns = 0
    state.throttle = rebuilt(state.throttle.sends, now_ns, message.config.limits)
    state.blotter.patience = message.config.patience
    if is_unasked:
        _cancel_entries(state, "main had ended unasked: what it wanted is wanted anew, or not at all")
    return tell(state, told.Restarted(ts_ns=now_ns), now_ns)


def _count_start(state: EngineState, config: EngineConfig, now_ns: int) -> bool:
    """Whether nobody had asked for it: the first of a day follows none; another that follows no Stopping was asked for
    by nobody."""
    if config.starts is None or not state.epoch or state.stopping:
        return False
    since_ns = now_ns - config.starts.hard_ns
    state.unasked = [*(at for at in state.unasked if at > since_ns), now_ns]
    return True


def _cancel_entries(state: EngineState, why: str) -> None:
    """All that have not ended, wherever they are; asked for until they have."""
    for order in state.blotter.open():
        if order.intent is not None and order.intent.purpose == "ENTRY" and not order.ended:
            state.cancels.setdefault(order.ref, why)


def _begin_guards(state: EngineState, config: EngineConfig) -> None:
    """As the settings say. What a person has switched on that they had off stays on for the day, whatever restarts."""
    by_person = state.approvals and not state.config.approvals
    pilot_by_person = state.pilot if state.config.pilot is None else None
    state.approvals = config.approvals or by_person
    state.pilot = config.pilot or pilot_by_person


def _answered(state: EngineState, message: m.Answered, now_ns: int) -> list[Output]:
    was_lost = state.blotter.auth_lost
    out = tell(state, _answer(message, now_ns), now_ns)
    if state.blotter.auth_lost and not was_lost:
        state.agreement.needed_ns = now_ns
    return out


def _answer(message: m.Answered, now_ns: int) -> told.Message:
    match message.call:
        case m.Call.PLACE:
            return told.PlaceAnswered(ref=message.ref, answer=message.answer, ts_ns=now_ns)
        case m.Call.MODIFY:
            return told.ChangeAnswered(ref=message.ref, answer=message.answer, ts_ns=now_ns)
        case m.Call.CANCEL:
            return told.CancelAnswered(ref=message.ref, answer=message.answer, ts_ns=now_ns)


def _orders_read(state: EngineState, message: m.OrdersRead, now_ns: int) -> list[Output]:
    if state.blotter.auth_lost:
        state.agreement.needed_ns = now_ns
    if not all(row.order_id for row in message.reports):
        named = tuple(row for row in message.reports if row.order_id)
        # Some order is there and nobody can say which: no proof of absence.
        message = msgspec.structs.replace(message, reports=named, whole=False)
    reads.take_orders(state.broker, message)
    if message.whole:
        _read_ended(state, m.What.ORDERS, message.started_ns)
    else:
        _read_failed(state, m.What.ORDERS, now_ns)
    reports = message.reports
    if message.base_ns:
        reports = (*reports, *_standing_rows(state, {row.order_id for row in reports}))
    read = told.BookRead(started_ns=message.started_ns, reports=reports, whole=message.whole, ts_ns=now_ns)
    return tell(state, read, now_ns)


def _trades_read(state: EngineState, message: m.TradesRead, now_ns: int) -> list[Output]:
    """An execution that cannot be is left out, here too, and is trouble for as long as the broker tells of it."""
    fills = message.fills
    odd = [*message.odd, *[f"{fill.exec_id} of {fill.order_id!r}" for fill in fills if not fill.can_be]]
    if odd:
        state.trouble[TRADES] = f"{len(odd)} do not read and are in no books: {'; '.join(odd[:3])}"
    else:
        state.trouble.pop(TRADES, None)
    if odd:
        fills = tuple(fill for fill in fills if fill.can_be)
        message = msgspec.structs.replace(message, fills=fills)
    reads.take_trades(state.broker, message)
    _read_ended(state, m.What.TRADES, message.started_ns)
    return tell(state, told.TradesRead(started_ns=message.started_ns, fills=fills, ts_ns=now_ns), now_ns)


def _standing_rows(state: EngineState, told_now: set[str]) -> Iterator[OrderReport]:
    """Rows that are as they were, of orders that are open: that a read shows them still so is what settles a change
    without effect, and denies an end. An unknown order is looked for by its tag in all of them."""
    rows, unknown = state.broker.rows, set()
    for order in state.blotter.open():
        if order.status is _UNKNOWN and not order.order_id:
            unknown.add(order.ref)
        elif order.order_id in rows and order.order_id not in told_now:
            yield rows[order.order_id]
    if unknown:
        yield from (r for r in rows.values() if r.order_id not in told_now and r.tag.strip().upper() in unknown)


def _positions_read(state: EngineState, message: m.PositionsRead) -> None:
    _read_ended(state, m.What.POSITIONS, message.started_ns)
    state.held = {(row.key, row.product): row.qty for row in message.positions if row.qty}
    state.lasts = {row.key: row.last_paise for row in message.positions if row.last_paise > 0}
    if state.books is not None:
        return
    carried = [c for row in message.positions if (c := carried_of(row)) is not None]
    state.before = {(c.key, c.product): c.qty for c in carried}
    state.books = Books(state.day, state.rates, state.instruments, carried)
    for fill in state.unbooked:
        _entered(state, state.books.apply(fill), fill)
    state.unbooked = []


def _read_failed(state: EngineState, what: m.What, now_ns: int) -> None:
    """Or it was not whole, which proves no agreement either."""
    reading = state.readings[what]
    reading.asked_ns, reading.failed_ns = 0, now_ns


def _read_ended(state: EngineState, what: m.What, started_ns: int) -> None:
    reading = state.readings[what]
    reading.asked_ns, reading.failed_ns, reading.began_ns = 0, 0, max(reading.began_ns, started_ns)


def _commanded(state: EngineState, message: m.Commanded, now_ns: int) -> list[Output]:
    by = f"{message.who}: {message.why}"
    state.entries_off = m.entries_off_after(state.entries_off, message)
    match message.order:
        case m.Order.FLATTEN:
            state.flattening = by
        case m.Order.STOP_FLATTEN:
            state.flattening = ""
        case m.Order.ENTRIES_ON:
            state.trusted_ns = now_ns
        case m.Order.CLAIM:
            return tell(state, told.Claimed(order_id=message.order_id, ref=message.ref, ts_ns=now_ns), now_ns)
        case m.Order.DISOWN:
            return tell(state, told.Disowned(order_id=message.order_id, ts_ns=now_ns), now_ns)
        case m.Order.CANCEL_ENTRIES:
            _cancel_entries(state, by)
        case _:
            pass  # decided about by a reactor
    return []
