"""The orders are told, and what they say to it is kept: fills in the books, alarms for the reactors."""

from tarazu.engine import messages as m
from tarazu.engine.acts import Output
from tarazu.engine.state import EngineState
from tarazu.model.execution import Fill
from tarazu.orders import messages as told
from tarazu.portfolio.bookings import Booked, Unbooked, Why

BOOKS = "BOOKS"
"""Trouble of the engine's own: an execution that its books do not take."""


def tell(state: EngineState, message: told.Message, now_ns: int) -> list[Output]:
    """Give the blotter one message. What is for the shell, or for a reactor to look at, is returned."""
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
        entered(state, state.books.apply(filled.fill), filled.fill)


def entered(state: EngineState, booked: Booked | Unbooked, fill: Fill) -> None:
    """An execution that the books do not take leaves positions and results in doubt: nothing new is entered."""
    if isinstance(booked, Unbooked) and booked.why is not Why.REPEATED:
        state.trouble[BOOKS] = f"execution {fill.exec_id} of order {fill.order_id} is not booked: {booked.why}"
