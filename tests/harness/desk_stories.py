"""What can happen to orders at a desk: played at an `EngineDesk` or a `JournalledDesk` that is ready."""

import msgspec

from harness.engine_desk import BUY, EngineDesk
from tarazu.engine import messages as m
from tarazu.strategy.wants import CancelWant, ChangeWant


def at(price_paise: int, qty: int = 75):
    """An entry at a price of its own, so that none is like another."""
    return msgspec.structs.replace(BUY, price_paise=price_paise, qty=qty)


def timeout_then_found(desk: EngineDesk, order_id: str = "17", price_paise: int = 10_000) -> str:
    """An entry whose answer never came, found in the book by its tag some seconds later, and filled. Its tag."""
    desk.want(at(price_paise))
    tag = desk.sent[-1].order.tag
    desk.answer(tag, kind="NO_ANSWER", text="TIMEOUT after 5 s")
    for _ in range(6):
        desk.second()
        desk.reads()
    desk.row(order_id, "WORKING", tag=tag, price_paise=price_paise)
    desk.second(2)
    desk.reads()
    desk.filled(order_id, price_paise=price_paise)
    return tag


def cancelled_then_filled(desk: EngineDesk, order_id: str = "27", price_paise: int = 9_000) -> str:
    """An entry brought nearer and canceled, whose fill crossed the cancellation. Its tag."""
    desk.want(at(price_paise))
    tag = desk.placed(order_id)
    desk.tell(m.Wanted(want=ChangeWant(strategy="story", ref=tag, price_paise=price_paise + 500)), 0.1)
    desk.answer(tag, order_id, call="MODIFY")
    desk.heard(order_id, "WORKING", price_paise=price_paise + 500)
    desk.tell(m.Wanted(want=CancelWant(strategy="story", ref=tag, why="the signal is gone")), 0.1)
    desk.answer(tag, order_id, call="CANCEL")
    desk.heard(order_id, "CANCELED")
    desk.second(3)
    desk.filled(order_id, price_paise=price_paise + 500)
    return tag


def denied(desk: EngineDesk) -> None:
    """More than the limit, and off the tick."""
    desk.want(at(9_001, qty=750))


def foreign(desk: EngineDesk, order_id: str = "99") -> None:
    """An order that somebody placed by hand."""
    desk.heard(order_id, "WORKING", qty=150)
    desk.second()
    desk.heard(order_id, "CANCELED")


def claimed(desk: EngineDesk, order_id: str = "55", price_paise: int = 9_300) -> str:
    """An entry without an answer, there without its tag, traded, and claimed by a person. Its tag."""
    desk.want(at(price_paise))
    tag = desk.sent[-1].order.tag
    desk.answer(tag, kind="NO_ANSWER", text="RESET")
    desk.heard(order_id, "WORKING", price_paise=price_paise, qty=75)
    desk.filled(order_id, price_paise=price_paise)
    desk.tell(m.Commanded(order=m.Order.CLAIM, who="asha", why="I saw it", ref=tag, order_id=order_id), 0.5)
    return tag


def busy_morning(desk: EngineDesk) -> None:
    """All of these, a halt, a reset, and seconds between them."""
    timeout_then_found(desk)
    desk.placed("18", order_type=desk.sent[-1].order.order_type)
    denied(desk)
    foreign(desk)
    cancelled_then_filled(desk)
    desk.second(2)
    claimed(desk)
    desk.second(2)
    desk.tell(m.Commanded(order=m.Order.HALT, who="asha", why="lunch"), 0.5)
    desk.want(at(9_700))
    desk.tell(m.RecordTrouble(of="DATABASE", ok=False, text="disk full"), 0.1)
    desk.tell(m.RecordTrouble(of="DATABASE", ok=True), 0.1)
    desk.tell(m.Commanded(order=m.Order.RESET_HALT, who="asha", why="back", incident="T-1"), 0.5)
    desk.second(3)
    desk.reads()
