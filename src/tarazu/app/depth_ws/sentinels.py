"""The second opinion, asked: a few instruments' prices over REST, once a second, against what the feed shows.

Runs on the event loop, but for the question itself. What is found goes to freshness as `Sighting.disagreeing`.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Mapping, Sequence

import msgspec

from tarazu.adapters.kite_rest.client import KiteMarketRest
from tarazu.adapters.kite_rest.errors import RestError
from tarazu.app.depth_ws.health import SentinelHealth
from tarazu.market.sentinel import Agreement, Sample, SentinelLimits, SentinelWatch, compare
from tarazu.model.ids import InstrumentToken
from tarazu.model.units import SECOND_NS
from tarazu.ports.clock import Clock
from tarazu.wire.kite_answers import LastPrice

log = logging.getLogger(__name__)

HISTORY_NS = 20 * SECOND_NS
"""Twice the slack of 3 s, a question of 7 s and the pause after it of 5 s leave 2 s over."""

CHANGES_MAX = 4_000
"""Of one sentinel in its history: 200 a second, where Kite sends a few."""

FAILING_EVERY_S = 5.0


class _Asked(msgspec.Struct, frozen=True):
    asked_ns: int
    answered_ns: int
    prices: Mapping[str, LastPrice]


class Sentinels:
    """Of the instruments in `keys`; prices are the wire's integers, times monotonic.

    REST shows trades that the ticker brings seconds later. So an answer is judged only when the feed has had the slack
    of `limits` to show its price: a wrong price counts after three answers and those seconds.

    REST that fails, and keys it leaves out, say nothing: what disagreed before goes on to, until a price agrees.
    """

    def __init__(
        self,
        rest: KiteMarketRest,
        keys: Mapping[InstrumentToken, str],
        clock: Clock,
        limits: SentinelLimits | None = None,
    ) -> None:
        self._rest = rest
        self._keys = dict(keys)
        self._clock = clock
        self._limits = limits or SentinelLimits()
        self._watch = SentinelWatch(keys, self._limits)
        self._shown: dict[int, deque[Sample]] = {token: deque(maxlen=CHANGES_MAX) for token in keys}
        self._unjudged: deque[_Asked] = deque()
        self._rounds = self._unanswered = 0
        self._answered_ns: int | None = None
        self._failing = False

    @property
    def tokens(self) -> Sequence[InstrumentToken]:
        return tuple(self._keys)

    @property
    def disagreeing(self) -> frozenset[InstrumentToken]:
        return self._watch.disagreeing

    def observe(self, token: int, mono_ns: int, price: int) -> None:
        """The feed shows this price. Cheap for all others than sentinels; a price that stays is kept once."""
        shown = self._shown.get(token)
        if shown is None or (shown and shown[-1].ltp_paise == price):
            return
        shown.append(Sample(mono_ns, price))
        while len(shown) > 1 and shown[1].ts_ns <= mono_ns - HISTORY_NS:
            shown.popleft()

    async def ask_once(self) -> bool:
        """One round, and the judgement of those that are due; whether REST answered. One at a time."""
        asked_ns = self._clock.mono_ns()
        self._rounds += 1
        try:
            prices = await asyncio.to_thread(self._rest.last_prices, tuple(self._keys.values()))
        except RestError as failed:
            self._unanswered += 1
            self._tell(failed)
            return False
        else:
            self._answered_ns = self._clock.mono_ns()
            self._unjudged.append(_Asked(asked_ns, self._answered_ns, prices))
            self._tell(None)
            return True
        finally:
            self.judge()

    def judge(self) -> None:
        """Judge the answers that the feed has had time to show."""
        due_ns = self._clock.mono_ns() - self._limits.slack_ns
        while self._unjudged and self._unjudged[0].answered_ns <= due_ns:
            answer = self._unjudged.popleft()
            for token, key in self._keys.items():
                price = answer.prices.get(key)
                if price is not None:
                    self._watch.take(token, self._agreement(token, price, answer))

    async def run(self, is_open: Callable[[], bool], every_s: float = 1.0) -> None:
        """For ever: a round while `is_open()`, the next `every_s` after its end, or `FAILING_EVERY_S` if REST failed.

        Counted from the end, so that two never fall into one of Kite's seconds and none is asked while one hangs.
        """
        while True:
            if is_open() and self._keys:
                answered = await self.ask_once()
            else:
                answered = True
                self.judge()
            await asyncio.sleep(every_s if answered else max(every_s, FAILING_EVERY_S))

    def health(self) -> SentinelHealth:
        return SentinelHealth(
            instruments=len(self._keys),
            asked=self._rounds,
            unanswered=self._unanswered,
            last_answer_mono_ns=self._answered_ns,
            disagreeing=tuple(sorted(self.disagreeing)),
        )

    def _agreement(self, token: InstrumentToken, price: LastPrice, answer: _Asked) -> Agreement:
        """A key that REST says is another instrument disagrees whatever its price: our master is not the broker's."""
        if price.token != token:
            return Agreement.DISAGREES
        return compare(price.price, answer.asked_ns, answer.answered_ns, self._shown[token], self._limits)

    def _tell(self, failed: RestError | None) -> None:
        """Once when REST begins to fail, and once when it answers again."""
        if failed is not None and not self._failing:
            log.warning("sentinels are not compared, REST does not answer: %s", failed)
        if failed is None and self._failing:
            log.info("sentinels are compared again")
        self._failing = failed is not None
