"""A strategy that looks at every frame and says what it saw: what it decides is a function of the frames alone."""

from collections.abc import Iterable, Mapping
from typing import Any

from tarazu.model.execution import Fill
from tarazu.strategy.base import View, Word
from tarazu.strategy.day import TradingDay
from tarazu.strategy.decision import Decision, Verb


class FrameDecider:
    name = "frames"

    def __init__(self, key: str) -> None:
        self.key, self.watches = key, frozenset({key})

    def on_market(self, view: View) -> Iterable[Word]:
        touch = view.quotes.touch(self.key)
        if touch is not None:
            seen = (touch.bid_paise, touch.ask_paise, touch.last_paise, touch.bid_qty, touch.seen_ns)
            yield Decision(strategy=self.name, verb=Verb.PASS, about=self.key, why=str(seen))

    def on_second(self, view: View) -> Iterable[Word]:
        return ()

    def on_fill(self, view: View, ref: str, fill: Fill) -> Iterable[Word]:
        return ()


def make(params: Mapping[str, Any], day: TradingDay) -> FrameDecider:
    return FrameDecider(params["key"])
