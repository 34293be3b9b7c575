"""The engine's values in plain words."""

from collections.abc import Iterable, Iterator

from tarazu.engine.messages import Call
from tarazu.model import ist
from tarazu.model.order import OrdType
from tarazu.model.order_request import NewOrder, OrderChange
from tarazu.model.units import PAISE
from tarazu.orders.order_state import OrderState
from tarazu.orders.report import Answer, AnswerKind, OrderReport
from tarazu.risk.denial import Denial
from tarazu.strategy.wants import CancelWant, ChangeWant, EntryWant, ExitWant, SpreadWant, Want

ASKED = {Call.PLACE: "order", Call.MODIFY: "change", Call.CANCEL: "cancellation"}


def clock(ts_ns: int) -> str:
    """IST, to the millisecond."""
    return ist.clock_of(ts_ns).isoformat("milliseconds")


def price(paise: int) -> str:
    return f"{paise // PAISE:,}.{paise % PAISE:02}"


def terms(order: NewOrder) -> str:
    parts = [f"{order.side} {order.qty} {order.exchange}:{order.tradingsymbol}", f"{order.product} {order.order_type}"]
    if order.trigger_paise is not None:
        parts.append(f"trigger {price(order.trigger_paise)}")
    if order.price_paise is not None:
        parts.append(f"{'limit' if order.order_type is OrdType.SL else 'at'} {price(order.price_paise)}")
    return ", ".join(parts)


def change(asked: OrderChange) -> str:
    parts = [f"quantity {asked.qty}"] if asked.qty is not None else []
    parts += [f"price {price(asked.price_paise)}"] if asked.price_paise is not None else []
    parts += [f"trigger {price(asked.trigger_paise)}"] if asked.trigger_paise is not None else []
    parts += [f"type {asked.order_type}"] if asked.order_type is not None else []
    return ", ".join(parts)


def want(wanted: Want) -> str:
    match wanted:
        case EntryWant():
            at = "MARKET" if wanted.price_paise is None else f"at {price(wanted.price_paise)}"
            stop = f", stop {price(wanted.stop.distance_paise)} away" if wanted.stop else ", without a stop"
            return f"{wanted.side} {wanted.qty} {wanted.key} {wanted.product} {at}{stop}"
        case SpreadWant():
            legs = "; ".join(f"{leg.side} {leg.per_set} {leg.key}" for leg in (*wanted.hedges, *wanted.mains))
            return f"{wanted.sets} sets of {legs}"
        case ExitWant():
            return f"leave {wanted.key} {wanted.product}"
        case CancelWant():
            return f"cancel {wanted.ref}"
        case ChangeWant():
            asked = OrderChange(order_id="", qty=wanted.qty, price_paise=wanted.price_paise)
            return f"change {wanted.ref}: {change(asked)}"


def denial(no: Denial) -> str:
    limit = f", limit {no.limit}" if no.limit else ""
    return f"{no.code}: {no.observed or 'no'}{limit}"


def meanings(codes: Iterable[str]) -> Iterator[str]:
    """What each denial means, and what to do, as `tarazu explain` has it: once for each code."""
    from tarazu.app.codes.registry import room

    known = room("gate").codes
    for code in dict.fromkeys(codes):
        yield f"{code:<9} {known[code].means}"
        if known[code].do:
            yield f"{'':<9} do: {known[code].do}"


def row(report: OrderReport) -> str:
    filled = f"{report.filled_qty} of {report.qty} filled"
    at = f" at {price(report.average_paise)}" if report.average_paise else ""
    said = f", the broker says: {report.text}" if report.text else ""
    return f"{report.word}, {filled}{at}{said}"


def answer(said: Answer) -> str:
    match said.kind:
        case AnswerKind.ACCEPTED:
            return f"accepted, order id {said.order_id}"
        case AnswerKind.REFUSED:
            return f"refused ({said.refusal}): {said.text}"
        case AnswerKind.NOT_PLACED:
            return f"certainly not taken ({said.refusal}): {said.text}"
        case AnswerKind.NO_ANSWER:
            return f"none that can be believed: {said.text or 'nothing came'}"


def filled(order: OrderState) -> str:
    """`75 of 75 filled at 100.00`; the price from the trades, else the broker's average."""
    if order.traded_qty:
        paise = round(sum(f.qty * f.price_paise for f in order.fills.values()) / order.traded_qty)
    else:
        paise = order.row.average_paise if order.row else 0
    return f"{order.cum_qty} of {order.qty} filled" + (f" at {price(paise)}" if paise else "")
