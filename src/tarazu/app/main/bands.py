"""The day's price bands, from quotes: at the start and every few minutes, a chunk at a time.

The exchange moves them during the day. Kite counts quotes for the account, whoever asks (KITE facts 1.12): depth_ws
asks its sentinels' prices by the same measure, and so does a person's `tarazu risk show`. Whatever becomes of a
question of ours, the next whole second is left to them.
"""

import asyncio
import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import repeat
from urllib.parse import urlencode

import msgspec

from tarazu.app.main.broker import Questions
from tarazu.app.main.reading import failed
from tarazu.engine.messages import Band, BandsRead, Message, ReadFailed, What
from tarazu.engine.state import EngineState
from tarazu.model.outcome import Answered, RefusalKind, Refused
from tarazu.orders.kite_rows import paise

log = logging.getLogger("tarazu.main")

CHUNK = 250
"""Kite takes 500 a question (KITE facts 1.4); an address of half as many stays below what proxies cut."""
EVERY_S = 180.0
GAP_S = 2.2
"""A whole second of Kite's lies in it, wherever it begins; and it is no multiple of one, so that who collided once does
not collide for ever."""
SOON_S = (0.7, 0.7)
"""While no band is known nothing can be entered: after the first two that were one too many the next comes sooner."""
TRIES = 10
"""Of a chunk whose every question was one too many: those behind it wait no longer."""


class _Quote(msgspec.Struct):
    """Of `GET /quote`; indices have no limits."""

    lower_circuit_limit: float | None = None
    upper_circuit_limit: float | None = None


_QUOTES = msgspec.json.Decoder(dict[str, _Quote])


class Bands:
    def __init__(
        self,
        broker: Questions,
        keys: Callable[[], Iterable[str]],
        state: Callable[[], EngineState],
        tell: Callable[[Message], object],
    ) -> None:
        """`keys`: whose bands are wanted now, the most needed first."""
        self._broker, self._keys, self._state, self._tell = broker, keys, state, tell
        self._one_at_a_time = asyncio.Lock()
        self.failing = ""

    async def follow(self) -> None:
        """For ever. What nobody answers for is asked for again sooner."""
        while True:
            await self.read()
            await asyncio.sleep(EVERY_S if not self.failing else GAP_S)

    async def read(self) -> None:
        """All of them once; what is new is told a chunk at a time, and so is the first that failed: those behind it
        are asked for all the same."""
        async with self._one_at_a_time:
            self.failing = ""
            for chunk in _chunks(list(self._keys())):
                self._heed(await self._ask(chunk))
                await asyncio.sleep(GAP_S)

    def _heed(self, message: BandsRead | ReadFailed) -> None:
        if isinstance(message, BandsRead):
            if message.bands:
                self._tell(message)
        elif not self.failing:
            self.failing = message.cause
            self._tell(message)

    async def _ask(self, keys: Sequence[str]) -> BandsRead | ReadFailed:
        try:
            return await self._asked(keys)
        except Exception as bug:  # an instrument without a band is not entered, and that is all
            log.exception("a bug in reading bands")
            return ReadFailed(what=What.BANDS, cause=f"BUG: {type(bug).__name__}: {bug}")

    async def _asked(self, keys: Sequence[str]) -> BandsRead | ReadFailed:
        target = "/quote?" + urlencode([("i", key) for key in keys])
        outcome = await self._broker.get(target)
        soon = () if self._state().bands else SOON_S
        for pause_s in (*soon, *repeat(GAP_S, TRIES)):
            if not (isinstance(outcome, Refused) and outcome.kind is RefusalKind.THROTTLED):
                break
            await asyncio.sleep(pause_s)
            outcome = await self._broker.get(target)
        if not isinstance(outcome, Answered):
            return failed(What.BANDS, outcome)
        try:
            quotes = _QUOTES.decode(outcome.value)
        except msgspec.MsgspecError as bad:
            return ReadFailed(what=What.BANDS, cause=f"BAD_ROW: {bad}")
        known = self._state().bands
        return BandsRead(bands=tuple(band for band in _bands(quotes) if known.get(band.key) != band))


def _bands(quotes: dict[str, _Quote]) -> Iterator[Band]:
    for key, quote in quotes.items():
        low, high = quote.lower_circuit_limit, quote.upper_circuit_limit
        if low is not None and high is not None and 0 < high >= low:
            yield Band(key=key, low_paise=paise(low), high_paise=paise(high))


def _chunks(keys: Sequence[str]) -> Iterator[Sequence[str]]:
    return (keys[at : at + CHUNK] for at in range(0, len(keys), CHUNK))
