"""What a change of one order's state should be told as: to people, and as a wish for more."""

from tarazu.orders.lifecycle import AT_BROKER, OrdStatus
from tarazu.orders.messages import Alarm, AlarmKind, CancelWanted, Moved, Output, ReadWanted
from tarazu.orders.order_state import OrderState
from tarazu.orders.report import Word

_A = AlarmKind
_UNKNOWN, _ODD, _FILLED = OrdStatus.UNKNOWN, Word.ODD, Word.FILLED


def told(before: OrderState, after: OrderState) -> list[Output]:
    out: list[Output] = []
    if before.status is not after.status or before.cum_qty != after.cum_qty:
        out.append(Moved(ref=after.ref, was=before.status, status=after.status, cum_qty=after.cum_qty, text=after.text))
    if after.status is _UNKNOWN and before.status is not _UNKNOWN:
        out.append(_alarm(after, _A.UNKNOWN, "no answer to believe; it counts in full and is looked for by its tag"))
        out.append(ReadWanted(ref=after.ref, why="an order is unknown"))
    if _was_given_up(before) and not _was_given_up(after):
        out.append(_alarm(after, _A.LATE, f"taken for {before.status}, and there after all"))
        if after.status in AT_BROKER:
            out.append(CancelWanted(ref=after.ref, why=f"arrived after it was taken for {before.status}"))
    elif before.ended and after.cum_qty > before.cum_qty:
        text = f"{before.status} with {before.cum_qty} filled, now {after.status} with {after.cum_qty}"
        out.append(_alarm(after, _A.CORRECTED, text))
    elif before.ended and after.status is before.status and after.ended_ns > before.ended_ns:
        out.append(_alarm(after, _A.DISPUTED, f"it was {after.status}; a later read of the book shows it at work"))
    if _is_odd(after) and not (_is_odd(before) and before.row == after.row):
        text = after.row.text if after.row else ""
        out.append(_alarm(after, _A.ODD, f"a row that contradicts itself, counted as working: {text}"))
    if _is_overfilled(after) and not _is_overfilled(before):
        out.append(_alarm(after, _A.OVERFILLED, f"{after.cum_qty} filled of {after.qty}"))
    return out


def _was_given_up(order: OrderState) -> bool:
    """Ended on our conclusion or on an API answer, without the broker having shown it."""
    return order.ended and order.row is None and order.traded_qty == 0


def _is_odd(order: OrderState) -> bool:
    row = order.row
    return row is not None and (row.word is _ODD or (row.word is _FILLED and not order.ended))


def _is_overfilled(order: OrderState) -> bool:
    """More than any quantity it had or was asked to have: trades may be heard before the row of a change."""
    asked = order.change.change.qty if order.change and order.change.change else None
    return order.qty > 0 and order.cum_qty > max(order.qty, order.qty_high, asked or 0)


def _alarm(order: OrderState, kind: AlarmKind, text: str) -> Alarm:
    return Alarm(ref=order.ref, kind=kind, text=text)
