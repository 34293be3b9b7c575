"""What a message itself changes, before anything is decided about it. Recovery takes the same way."""

from tarazu.engine import agreement, books_read, epoch, unwanted
from tarazu.engine import messages as m
from tarazu.engine.acts import Output
from tarazu.engine.state import EngineState
from tarazu.engine.telling import tell
from tarazu.orders import messages as told

_COMPARED = (m.OrdersRead, m.TradesRead, m.PositionsRead)


def take(state: EngineState, message: m.Message, now_ns: int) -> list[Output]:
    """Change the state by what it says; what the orders say to it."""
    state.unsaid, state.said = (state.said if isinstance(message, m.Started) else []), []
    out = _take(state, message, now_ns)
    if isinstance(message, _COMPARED):
        agreement.compare(state, now_ns)
    return out


def _take(state: EngineState, message: m.Message, now_ns: int) -> list[Output]:
    match message:  # the most frequent first: each case that is passed costs
        case m.MarketMoved() | m.Wanted() | m.DeskNoted():
            pass  # the market is not of this state, wants are the gate's, and the note is for who reads the journal
        case m.Ticked():
            return _ticked(state, message, now_ns)
        case m.OrdersRead():
            return books_read.orders(state, message, now_ns)
        case m.PositionsRead():
            books_read.positions(state, message)
        case m.OrderHeard():
            if not message.report.order_id:
                return []  # a hint of nothing: the next read of the book tells whose it is
            return tell(state, told.Reported(report=message.report, ts_ns=now_ns), now_ns)
        case m.TradesRead():
            return books_read.trades(state, message, now_ns)
        case m.MarginsRead():
            state.funds = message
            books_read.ended(state, m.What.MARGINS, message.started_ns)
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
            return epoch.begin(state, message, now_ns)
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
            books_read.ended(state, m.What.BANDS, now_ns)
        case m.ReadFailed():
            books_read.failed(state, message.what, now_ns)
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
        unwanted.forget(state)
    return tell(state, told.Timed(ts_ns=now_ns), now_ns)


def _out_of_order(state: EngineState) -> list[str]:
    """Records in trouble by their name, required feeds that are stale by `feed` and theirs."""
    stale = [f"feed {name}" for name, feed in state.feeds.items() if feed.required and not feed.fresh]
    return [*state.trouble, *stale]


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
            unwanted.entries(state, by)
        case _:
            pass  # decided about by a reactor
    return []
