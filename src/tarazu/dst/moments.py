"""What a market does now and then: one side of it goes, its sides fall apart, it jumps, it is not quoted until later,
and its feed stands still. Some days have none of it.
"""

from collections.abc import Iterable
from random import Random

import msgspec

from tarazu.market.touch import Touch


class Moments:
    def __init__(self, seed: int, keys: Iterable[str], late: str) -> None:
        """`late` is not quoted for a while; empty: another may be."""
        self._dice = Random(f"moments {seed}")
        odd = self._dice.choice((0.0, 1.0, 1.0, 3.0))
        self._one_sided, self._wide, self._jumps = 0.03 * odd, 0.03 * odd, 0.01 * odd
        self._first_step = dict.fromkeys(keys, 0)
        if late or self._dice.random() < 0.15:
            self._first_step[late or self._dice.choice(sorted(self._first_step))] = self._dice.randint(40, 100)
        self.freezes = self._dice.random() < 0.5
        """Whether nothing is seen to move while the feed is stale."""
        self.is_over = False
        """From now on all is quiet."""

    def jump(self, ticks: int) -> int:
        """How far it goes instead of so many ticks."""
        return ticks * 30 if not self.is_over and self._dice.random() < self._jumps else ticks

    def is_quoted(self, key: str, step: int) -> bool:
        return self.is_over or step >= self._first_step[key]

    def seen(self, touch: Touch, tick: int) -> Touch:
        """What is shown of it."""
        throw = 1.0 if self.is_over else self._dice.random()
        if throw < self._one_sided:
            gone = (
                {"bid_paise": None, "bid_qty": 0} if throw < self._one_sided / 2 else {"ask_paise": None, "ask_qty": 0}
            )
            return msgspec.structs.replace(touch, **gone)
        if throw < self._one_sided + self._wide:
            far = tick * self._dice.randint(10, 200)
            bid = max((touch.bid_paise or 0) - far, tick)
            return msgspec.structs.replace(touch, bid_paise=bid, ask_paise=(touch.ask_paise or 0) + far)
        return touch
