"""What is asked of the broker about one order, and what is answered: placing once, changing, cancelling."""

from typing import TYPE_CHECKING

import msgspec

from tarazu.model.order_request import Cancellation, OrderChange
from tarazu.model.outcome import RefusalKind
from tarazu.orders import messages, strangers
from tarazu.orders.asks import Ask, AskPhase, answered, unanswered
from tarazu.orders.evidence import ask_over
from tarazu.orders.lifecycle import AT_BROKER, Heard, OrdStatus
from tarazu.orders.messages import Alarm, AlarmKind, CancelOrder, ModifyOrder, NotAsked, Output, ReadWanted, SendOrder
from tarazu.orders.messages import WhyNot as W
from tarazu.orders.order_state import OrderState, heard
from tarazu.orders.report import Answer, AnswerKind

if TYPE_CHECKING:
    from tarazu.orders.blotter import Blotter

Request = (
    messages.Durable | messages.Withdrawn | messages.Send | messages.PlaceAnswered | messages.AskChange
    | messages.AskCancel | messages.ChangeAnswered | messages.CancelAnswered
)  # fmt: skip

_HEARD = {
    AnswerKind.ACCEPTED: Heard.ACCEPTED,
    AnswerKind.REFUSED: Heard.REFUSED,
    AnswerKind.NOT_PLACED: Heard.NOT_PLACED,
    AnswerKind.NO_ANSWER: Heard.NO_ANSWER,
}


def taken(blotter: "Blotter", message: Request) -> list[Output]:
    match message:
        case messages.AskChange():
            return _ask_change(blotter, message)
        case messages.AskCancel():
            return _ask_cancel(blotter, message)
    order = blotter.find(message.ref)
    assert order is not None, f"{message.ref} is of no order here"
    match message:
        case messages.Durable():
            return blotter.put(msgspec.structs.replace(order, durable=True))
        case messages.Withdrawn():
            order = msgspec.structs.replace(order, text=message.why)
            return blotter.put(heard(order, Heard.WITHDRAW, blotter.now_ns))
        case messages.Send():
            return _send(blotter, order)
        case messages.PlaceAnswered():
            return _placed(blotter, order, message.answer)
        case _:
            return _asked(blotter, order, message)


def without_answers(order: OrderState, now_ns: int) -> OrderState:
    """After a restart."""
    return msgspec.structs.replace(
        order, change=unanswered(order.change, now_ns), cancel=unanswered(order.cancel, now_ns)
    )


def _send(blotter: "Blotter", order: OrderState) -> list[Output]:
    assert order.intent is not None and order.durable, f"{order.ref} is not durable: nothing is sent before"
    assert not order.sent_ns, f"{order.ref} was sent before"
    sent = msgspec.structs.replace(heard(order, Heard.SEND, blotter.now_ns), sent_ns=blotter.now_ns)
    return [*blotter.put(sent), SendOrder(ref=order.ref, order=order.intent.order)]


def _placed(blotter: "Blotter", order: OrderState, answer: Answer) -> list[Output]:
    out: list[Output] = []
    if answer.refusal is RefusalKind.AUTH_LOST:
        out += _auth_lost(blotter, order, answer)
    was_there = order.status in AT_BROKER or order.row is not None
    order = heard(order, _HEARD[answer.kind], blotter.now_ns)
    if answer.kind in (AnswerKind.REFUSED, AnswerKind.NOT_PLACED):
        order = msgspec.structs.replace(order, text=answer.text)
        if was_there:
            out.append(Alarm(ref=order.ref, kind=AlarmKind.REFUSED_YET_THERE, text=answer.text))
    if answer.kind is not AnswerKind.ACCEPTED:
        return blotter.put(order) + out
    if order.order_id and order.order_id != answer.order_id:
        text = f"its answer names {answer.order_id}, the book {order.order_id}"
        return [*blotter.put(order), Alarm(ref=order.ref, kind=AlarmKind.DOUBLED, text=text), *out]
    known = blotter.orders.get(f"#{answer.order_id}")
    if known is not None:
        order = strangers.bound(blotter, known, order)
    return blotter.put(msgspec.structs.replace(order, order_id=answer.order_id)) + out


def _why_not(order: OrderState | None) -> W | None:
    if order is None:
        return W.NO_SUCH_ORDER
    if order.ended:
        return W.ENDED
    if order.status not in AT_BROKER or not order.order_id:
        return W.NOT_AT_BROKER
    if order.cancel is not None and order.cancel.phase is AskPhase.IN_FLIGHT:
        return W.UNDER_WAY
    return None


def _ask_change(blotter: "Blotter", message: messages.AskChange) -> list[Output]:
    order = blotter.find(message.ref)
    why = _why_not(order)
    if order is None or why is not None:
        return [NotAsked(ref=message.ref, why=why or W.NO_SUCH_ORDER)]
    if order.change is not None or order.cancel is not None or order.status not in _MODIFIABLE:
        return [NotAsked(ref=order.ref, why=W.UNDER_WAY)]
    if not _differs(order, message.change):
        return [NotAsked(ref=order.ref, why=W.NO_CHANGE)]
    change = msgspec.structs.replace(
        message.change, order_id=order.order_id, variety=order.variety, parent_order_id=order.parent_order_id
    )
    ask = Ask(asked_ns=blotter.now_ns, change=change)
    asked = msgspec.structs.replace(order, change=ask, changes=order.changes + 1)
    out = blotter.put(heard(asked, Heard.ASK_MODIFY, blotter.now_ns))
    return [*out, ModifyOrder(ref=order.ref, change=change)]


def _ask_cancel(blotter: "Blotter", message: messages.AskCancel) -> list[Output]:
    """May be asked again once it is answered: to cancel twice does no harm."""
    order = blotter.find(message.ref)
    why = _why_not(order)
    if order is None or why is not None:
        return [NotAsked(ref=message.ref, why=why or W.NO_SUCH_ORDER)]
    asked = msgspec.structs.replace(order, cancel=Ask(asked_ns=blotter.now_ns), cancel_ns=blotter.now_ns)
    out = blotter.put(heard(asked, Heard.ASK_CANCEL, blotter.now_ns))
    wanted = Cancellation(order_id=order.order_id, variety=order.variety, parent_order_id=order.parent_order_id)
    return [*out, CancelOrder(ref=order.ref, cancellation=wanted)]


def _asked(
    blotter: "Blotter", order: OrderState, message: messages.ChangeAnswered | messages.CancelAnswered
) -> list[Output]:
    field = "change" if isinstance(message, messages.ChangeAnswered) else "cancel"
    answer, ask = message.answer, getattr(order, field)
    out: list[Output] = []
    if answer.refusal is RefusalKind.AUTH_LOST:
        out += _auth_lost(blotter, order, answer)
    if ask is None:
        return out  # settled by the order's rows before the answer came
    now = answered(ask, answer, blotter.now_ns)
    order = msgspec.structs.replace(order, **{field: now})
    if now is None:
        text = f"{field} {answer.kind}: {answer.text}"
        kind = AlarmKind.ASK_FAILED if answer.kind is AnswerKind.REFUSED else AlarmKind.ASK_NOT_SENT
        out.append(Alarm(ref=order.ref, kind=kind, text=text))
        order = ask_over(order, blotter.now_ns)
    if answer.kind is not AnswerKind.ACCEPTED:
        out.append(ReadWanted(ref=order.ref, why=f"{field} {answer.kind}"))
    return blotter.put(order) + out


def _auth_lost(blotter: "Blotter", order: OrderState, answer: Answer) -> list[Output]:
    if blotter.auth_lost:
        return []
    blotter.auth_lost = True
    return [Alarm(ref=order.ref, kind=AlarmKind.AUTH_LOST, text=answer.text)]


_MODIFIABLE = frozenset({OrdStatus.SUBMITTED, OrdStatus.WORKING, OrdStatus.PARTIALLY_FILLED})


def _differs(order: OrderState, change: OrderChange) -> bool:
    asked = (change.qty, change.price_paise, change.trigger_paise, change.order_type)
    have = (order.qty, order.price_paise, order.trigger_paise, order.order_type)
    return any(want is not None and want != now for want, now in zip(asked, have, strict=True))
