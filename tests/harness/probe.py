"""A strategy for whole days through real processes: it buys and leaves, again and again, so that a day has many orders.

It decides by the view alone, so a day with it replays, and a new process finds its way from its orders and positions.
"""

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from tarazu.model.execution import Fill
from tarazu.model.order import Product, Side
from tarazu.model.units import SECOND_NS
from tarazu.orders.intent import Purpose
from tarazu.orders.lifecycle import AT_BROKER
from tarazu.orders.order_state import OrderState
from tarazu.strategy.base import View
from tarazu.strategy.day import TradingDay
from tarazu.strategy.wants import CancelWant, ChangeWant, EntryWant, ExitWant, StopPlan, Want


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    keys: tuple[str, ...]
    """Each is traded by itself."""
    qty: int
    product: Product = Product.NRML
    every_s: float = 4.0
    """Between two entries of one key."""
    hold_s: float = 3.0
    """How long a position is held; then it is left."""
    cross_paise: int = 50
    """Above the ask: what buys at once."""
    patient_each: int = 4
    """Each so many-th entry rests below the bid instead, is moved once and then taken back."""
    rest_s: float = 2.0
    move_paise: int = 0
    """Enters only after the price has moved so far since the last entry; 0: by time alone."""
    stop: StopPlan = StopPlan(distance_paise=2_000, width_paise=500)
    entries_max: int = 1_000_000


class Probe:
    name = "probe"

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.watches = frozenset(plan.keys)
        self._entered: dict[str, int] = {}
        self._anchors: dict[str, int] = {}
        self._count = 0

    def on_market(self, view: View) -> Iterable[Want]:
        return [want for key in self.plan.keys for want in self._enter(view, key)] if self.plan.move_paise else []

    def on_second(self, view: View) -> Iterable[Want]:
        wants: list[Want] = []
        for key in self.plan.keys:
            if not self.plan.move_paise:
                wants += self._enter(view, key)
            wants += self._leave(view, key)
            wants += self._tend(view, key)
        return wants

    def on_fill(self, view: View, ref: str, fill: Fill) -> Iterable[Want]:
        return ()

    def _enter(self, view: View, key: str) -> Iterable[Want]:
        plan, touch = self.plan, view.quotes.touch(key)
        due_ns = self._entered.get(key, 0) + round(plan.every_s * SECOND_NS)
        if not view.is_active or touch is None or touch.ask_paise is None or touch.bid_paise is None:
            return
        if view.now_ns < due_ns or view.position(key, plan.product) or self._working(view, key):
            return
        anchor = self._anchors.setdefault(key, touch.ask_paise)
        if abs(touch.ask_paise - anchor) < plan.move_paise or self._count >= plan.entries_max:
            return
        self._count += 1
        self._entered[key], self._anchors[key] = view.now_ns, touch.ask_paise
        patient = plan.patient_each and self._count % plan.patient_each == 0
        price = touch.bid_paise * 97 // 100 if patient else touch.ask_paise + plan.cross_paise
        yield EntryWant(
            strategy=self.name,
            key=key,
            side=Side.BUY,
            qty=plan.qty,
            product=plan.product,
            price_paise=price // 5 * 5,
            stop=plan.stop,
        )

    def _leave(self, view: View, key: str) -> Iterable[Want]:
        if not view.position(key, self.plan.product):
            return
        held_ns = view.now_ns - self._entered.setdefault(key, view.now_ns)
        if held_ns >= round(self.plan.hold_s * SECOND_NS):
            yield ExitWant(strategy=self.name, key=key, product=self.plan.product, why="held long enough")

    def _tend(self, view: View, key: str) -> Iterable[Want]:
        """What rests is raised by a tick when half its time is over, and taken back when all of it is."""
        rest_ns = round(self.plan.rest_s * SECOND_NS)
        for order in self._working(view, key):
            if order.status not in AT_BROKER or order.change or order.cancel:
                continue
            age_ns = view.now_ns - order.intended_ns
            if age_ns >= rest_ns:
                yield CancelWant(strategy=self.name, ref=order.ref, why="rested long enough")
            elif age_ns >= rest_ns // 2 and not order.changes:
                yield ChangeWant(strategy=self.name, ref=order.ref, price_paise=order.price_paise + 5)

    def _working(self, view: View, key: str) -> list[OrderState]:
        mine = view.orders(self.name)
        entries = (o for o in mine if o.key == key and o.intent is not None and o.intent.purpose is Purpose.ENTRY)
        return [order for order in entries if not order.ended]


def make(params: Mapping[str, Any], day: TradingDay) -> Probe:
    return Probe(msgspec.convert(params, Plan))
