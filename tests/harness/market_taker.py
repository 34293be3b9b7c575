"""A strategy for tests that trades on every few moves of one instrument: long, then flat, then long again."""

from collections.abc import Iterable, Mapping
from typing import Any

from tarazu.model.execution import Fill
from tarazu.model.order import Product, Side
from tarazu.strategy.base import View
from tarazu.strategy.day import TradingDay
from tarazu.strategy.wants import EntryWant, Want


class MarketTaker:
    """Buys at the ask and sells at the bid; what it saw decides when and how much."""

    def __init__(self, *, key: str, every: int, lot: int, fail_at: int = 0, meddle_at: int = 0) -> None:
        """At the move `fail_at` it raises; at `meddle_at` it does what no strategy may: it changes the engine."""
        self.name, self.watches = "taker", frozenset({key})
        self._key, self._every, self._lot = key, every, lot
        self._fail_at, self._meddle_at = fail_at, meddle_at
        self._moves = 0

    def on_market(self, view: View) -> Iterable[Want]:
        self._moves += 1
        if self._moves == self._fail_at:
            raise RuntimeError("the taker's bug")
        if self._moves == self._meddle_at:
            view.state.entries_off = "the taker's meddling"  # type: ignore[attr-defined]
        touch = view.quotes.touch(self._key)
        if touch is None or not view.is_active or self._moves % self._every:
            return ()
        is_long = view.position(self._key, Product.NRML) > 0
        side, price = (Side.SELL, touch.bid_paise) if is_long else (Side.BUY, touch.ask_paise)
        want = EntryWant(
            strategy=self.name, key=self._key, side=side, qty=self._lot, product=Product.NRML, price_paise=price
        )
        return (want,)

    def on_second(self, view: View) -> Iterable[Want]:
        return ()

    def on_fill(self, view: View, ref: str, fill: Fill) -> Iterable[Want]:
        return ()


def make(params: Mapping[str, Any], day: TradingDay) -> MarketTaker:
    return MarketTaker(**params)
