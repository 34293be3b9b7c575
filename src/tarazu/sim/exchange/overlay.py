"""What our orders and trades add to an instrument's row, kept apart because the market rewrites its rows."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from tarazu.model.order import Side
from tarazu.model.units import SECOND_NS
from tarazu.sim.exchange.book import Book
from tarazu.wire.kite_ticks import DEPTH_LEVELS, TICK

# A row is read and written as its 32-bit words: one numpy call for all fields instead of one for each.
WORDS = TICK.itemsize // 4
_OFFSETS = {name: field[1] // 4 for name, field in (TICK.fields or {}).items()}
LTP, LAST_QTY, AVG_PRICE, VOLUME, OPEN, HIGH, LOW, CLOSE, LAST_TRADE_TS, EXCHANGE_TS = (
    _OFFSETS[name]
    for name in (
        "ltp",
        "last_qty",
        "avg_price",
        "volume",
        "open",
        "high",
        "low",
        "close",
        "last_trade_ts",
        "exchange_ts",
    )
)
WORD_MAX = 0xFFFFFFFF
"""A row holds 32 bits a number; volume and total quantities stop here, as the market's own stop before."""
LEVEL_WORDS = 3  # qty, price, orders in the upper half (kite_ticks.LEVEL)
_LADDER = {Side.BUY: _OFFSETS["bids"], Side.SELL: _OFFSETS["asks"]}
_TOTAL = {Side.BUY: _OFFSETS["buy_qty"], Side.SELL: _OFFSETS["sell_qty"]}


class Overlay:
    """One instrument. `lift` before the market steps, `settle` after, `paint` whenever the row is to be read."""

    def __init__(self, rows: NDArray[Any], index: int) -> None:
        self._row = rows.view(np.uint32).reshape(len(rows), WORDS)[index]
        self._base = self._row.copy()
        """The row as the market wrote it."""
        self._words: list[int] = self._base.tolist()
        self._volume = 0
        self._value = 0
        self._high = 0
        self._low = 0
        self._last: tuple[int, int, int] | None = None
        """Price, units and second of our last trade, until the market's volume says that it traded since."""
        self._last_at_volume = 0

    @property
    def is_blank(self) -> bool:
        """Nothing of ours would show without a book."""
        return self._high == 0

    @property
    def ltp_paise(self) -> int:
        """Our last trade's price while it is the last, else the market's."""
        return self._last[0] if self._last is not None and self._is_last_ours() else self._words[LTP]

    @property
    def close_paise(self) -> int:
        """Yesterday's."""
        return self._words[CLOSE]

    @property
    def volume(self) -> int:
        """Units traded today, ours included."""
        return self._words[VOLUME] + self._volume

    def lift(self) -> None:
        """Give the market its own row back."""
        np.copyto(self._row, self._base)

    def settle(self) -> None:
        """Take the row the market has just written as the base."""
        np.copyto(self._base, self._row)
        self._words = self._base.tolist()

    def record(self, price_paise: int, qty: int, now_ns: int, counted: bool) -> None:
        """A trade of ours. `counted`: the market's own volume has these units already (its flow hit our order)."""
        if not counted:
            self._volume += qty
            self._value += qty * price_paise
        self._high = max(self._high, price_paise)
        self._low = min(self._low or price_paise, price_paise)
        self._last = (price_paise, qty, now_ns // SECOND_NS)
        self._last_at_volume = self._words[VOLUME]

    def paint(self, book: Book | None) -> None:
        words = self._words.copy()
        if not self.is_blank:
            self._paint_trades(words)
        if book is not None:
            self._paint_depth(words, book)
        self._row[:] = words

    def ladder(self, side: Side) -> list[tuple[int, int, int]]:
        """Everybody else's displayed levels: (price, units, orders)."""
        words, start = self._words, _LADDER[side]
        return [
            (words[at + 1], words[at], words[at + 2] >> 16)
            for at in range(start, start + DEPTH_LEVELS * LEVEL_WORDS, LEVEL_WORDS)
            if words[at] and words[at + 1]
        ]

    def _is_last_ours(self) -> bool:
        return self._words[VOLUME] == self._last_at_volume

    def _paint_trades(self, words: list[int]) -> None:
        if self._volume:
            volume = words[VOLUME] + self._volume
            words[AVG_PRICE] = (words[AVG_PRICE] * words[VOLUME] + self._value) // volume
            words[VOLUME] = min(volume, WORD_MAX)
        words[HIGH] = max(words[HIGH], self._high)
        words[LOW] = min(words[LOW] or self._low, self._low)
        if self._last is not None and self._is_last_ours():
            words[LTP], words[LAST_QTY], words[LAST_TRADE_TS] = self._last
            words[EXCHANGE_TS] = max(words[EXCHANGE_TS], self._last[2])
            words[OPEN] = words[OPEN] or self._last[0]

    def _paint_depth(self, words: list[int], book: Book) -> None:
        for side in Side:
            levels = book.levels(side)
            before = sum(qty for _, qty, _ in self.ladder(side))
            total = words[_TOTAL[side]] + sum(qty for _, qty, _ in levels) - before
            words[_TOTAL[side]] = min(max(total, 0), WORD_MAX)
            shown = [word for price, qty, orders in levels[:DEPTH_LEVELS] for word in (qty, price, orders << 16)]
            start, room = _LADDER[side], DEPTH_LEVELS * LEVEL_WORDS
            words[start : start + room] = shown + [0] * (room - len(shown))
