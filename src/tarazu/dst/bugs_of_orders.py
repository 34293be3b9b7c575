"""Wrong orders: each function takes the real part and returns a wrong one in its place. `mutants` says where."""

from collections.abc import Callable, Iterable
from typing import Any

import msgspec

from tarazu.model.outcome import RefusalKind
from tarazu.orders.blotter import Blotter
from tarazu.orders.client_order_id import read_tag
from tarazu.orders.exposure import Exposure, Open
from tarazu.orders.intent import Purpose
from tarazu.orders.lifecycle import UNANSWERED, OrdStatus
from tarazu.orders.messages import BookRead, Output, SendOrder, TradesRead
from tarazu.orders.order_state import OrderState
from tarazu.orders.report import Answer, AnswerKind, OrderReport, Word
from tarazu.orders.standing import Standing

Real = Callable[..., Any]
Rows = Iterable[OrderReport]


def sent_again_at_a_timeout(real: Real) -> Real:
    def placed(blotter: Blotter, order: OrderState, answer: Answer) -> list[Output]:
        if answer.kind is AnswerKind.NO_ANSWER and order.status is OrdStatus.IN_FLIGHT and order.intent is not None:
            return [SendOrder(ref=order.ref, order=order.intent.order)]
        return real(blotter, order, answer)  # type: ignore[no-any-return]

    return placed


def refused_at_a_timeout(real: Real) -> Real:
    def placed(blotter: Blotter, order: OrderState, answer: Answer) -> list[Output]:
        if answer.kind is AnswerKind.NO_ANSWER:
            answer = Answer(AnswerKind.REFUSED, refusal=RefusalKind.REQUEST, text=answer.text)
        return real(blotter, order, answer)  # type: ignore[no-any-return]

    return placed


_RETRIED = "RETRIED"


def sent_again_after_one_look(real: Real) -> Real:
    def read(blotter: Blotter, message: BookRead) -> list[Output]:
        out: list[Output] = real(blotter, message)
        for order in blotter.unknown() if message.whole else ():
            if order.unknown_ns < message.started_ns and _RETRIED not in order.told and order.intent is not None:
                told = (*order.told, _RETRIED)
                blotter.put(msgspec.structs.replace(order, status=OrdStatus.IN_FLIGHT, told=told))
                out.append(SendOrder(ref=order.ref, order=order.intent.order))
        return out

    return read


def lost_session_is_a_rejection(real: Real) -> Real:
    def placed(blotter: Blotter, order: OrderState, answer: Answer) -> list[Output]:
        if answer.refusal is RefusalKind.AUTH_LOST:
            answer = Answer(AnswerKind.REFUSED, refusal=RefusalKind.REQUEST, text=answer.text)
        return real(blotter, order, answer)  # type: ignore[no-any-return]

    return placed


def filled_is_added_up(real: Real) -> Real:
    def with_row(order: OrderState, row: OrderReport, *rest: Any, **how: Any) -> OrderState:
        if order.row is not None and row.filled_qty:
            row = msgspec.structs.replace(row, filled_qty=order.row.filled_qty + row.filled_qty)
        return real(order, row, *rest, **how)  # type: ignore[no-any-return]

    return with_row


def the_last_word_wins(real: Real) -> Real:
    def is_news(order: OrderState, row: OrderReport, at_ns: int) -> bool:
        return True

    return is_news


def a_read_wins(real: Real) -> Real:
    def with_row(order: OrderState, row: OrderReport, *rest: Any, read: bool) -> OrderState:
        if read and order.row is not None and row.rank < order.row.rank:
            order = msgspec.structs.replace(order, row=None, status=OrdStatus.SUBMITTED)
        return real(order, row, *rest, read=read)  # type: ignore[no-any-return]

    return with_row


def canceled_is_over(real: Real) -> Real:
    """For `with_row` and `with_fills` alike."""

    def heard(order: OrderState, *rest: Any, **how: Any) -> OrderState:
        return order if order.status is OrdStatus.CANCELED else real(order, *rest, **how)

    return heard


def canceled_has_no_fills(real: property) -> property:
    def cum_qty(order: OrderState) -> int:
        is_canceled = order.row is not None and order.row.word is Word.CANCELED
        return 0 if is_canceled else real.__get__(order)

    return property(cum_qty)


def nothing_cools(real: Real) -> Real:
    def cools(order: OrderState, read_ns: int, cooling_ns: int) -> bool:
        return False

    return cools


def unanswered_was_never_sent(real: Real) -> Real:
    def restart(blotter: Blotter) -> list[Output]:
        for order in [order for order in blotter.orders.values() if order.status in UNANSWERED]:
            blotter.put(msgspec.structs.replace(order, status=OrdStatus.ABSENT, status_ns=blotter.now_ns))
        return real(blotter)  # type: ignore[no-any-return]

    return restart


def strangers_are_not_looked_at(real: Real) -> Real:
    def take_rows(blotter: Blotter, rows: Rows, *rest: Any, **how: Any) -> list[Output]:
        ours = [row for row in rows if row.order_id in blotter.refs or _is_of_ours(blotter, row.tag)]
        return real(blotter, ours, *rest, **how)  # type: ignore[no-any-return]

    return take_rows


def their_trades_are_not_looked_at(real: Real) -> Real:
    def trades(blotter: Blotter, message: TradesRead) -> list[Output]:
        ours = tuple(fill for fill in message.fills if fill.order_id in blotter.refs)
        return real(blotter, msgspec.structs.replace(message, fills=ours))  # type: ignore[no-any-return]

    return trades


def _is_of_ours(blotter: Blotter, tag: str) -> bool:
    cid = read_tag(tag)
    return getattr(cid, "tag", None) in blotter.orders


def pending_exits_do_not_count(real: Real) -> Real:
    def open_part(order: OrderState, read_ns: int, cooling_ns: int) -> Open:
        is_exit = order.intent is not None and order.intent.purpose is Purpose.SQUARE_OFF
        return Open() if is_exit else real(order, read_ns, cooling_ns)

    return open_part


def covered_by_nothing(real: Real) -> Real:
    def weigh(standing: Standing, entry: OrderState) -> None:
        standing.bare.setdefault((entry.key, entry.product), {})[entry.ref] = entry.cum_qty

    return weigh


def room_without_what_rests(real: Real) -> Real:
    def room(exposure: Exposure) -> int:
        return exposure.filled

    return room
