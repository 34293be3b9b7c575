"""The digest by which a recovery is held equal: nothing that decides what comes next is left out of it."""

from typing import Any

import msgspec
import pytest

from harness.engine_desk import EngineDesk
from tarazu.engine.state import EngineState, Marked
from tarazu.portfolio.pnl import Drawdown

LEFT_OUT = {"instruments", "rates", "agreed", "alarms"}
"""The day's own, what is kept for speed, and what is empty between messages: the state's docstrings say so."""
BY_PARTS = {"blotter", "books", "broker", "marked"}
PLACES = {"before", "held", "exits", "alerted"}


def state() -> EngineState:
    desk = EngineDesk().ready()
    desk.want()
    return desk.engine.state


@pytest.mark.parametrize("name", sorted(set(EngineState.__struct_fields__) - LEFT_OUT - BY_PARTS))
def test_another_value_is_another_digest(name: str) -> None:
    of = state()
    before = of.digest()
    changed: Any = {**getattr(of, name), ("A", "B"): 7} if name in PLACES else "another"
    setattr(of, name, changed)
    assert of.digest() != before


@pytest.mark.parametrize("name", Marked.__struct_fields__)
def test_another_result_is_another_digest(name: str) -> None:
    of = state()
    before = of.digest()
    setattr(of.marked, name, {"why": "no price", "drawdown": Drawdown(worst_paise=1)}.get(name, 7))
    assert of.digest() != before


@pytest.mark.parametrize("name", ["rows_ns", "fills_ns"])
def test_another_read_of_the_brokers_books_is_another_digest(name: str) -> None:
    of = state()
    before = of.digest()
    setattr(of.broker, name, 7)
    assert of.digest() != before


def test_books_and_blotter_count() -> None:
    of = state()
    before = of.digest()
    blank = msgspec.structs.replace(of, books=None)
    assert blank.digest() != before
    assert msgspec.structs.replace(of, blotter=EngineDesk().engine.state.blotter).digest() != before
