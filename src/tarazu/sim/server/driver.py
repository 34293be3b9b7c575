"""The driver: brings the broker along the virtual clock and ships what that produced.

Work is done in slices, and the event loop runs between them, so that HTTP stays quick while a jump or an accelerated
day is being caught up. How far the broker is behind the clock is told (`lag_ns`), never hidden: while it lags, the
broker's own time is the time of every request and tick.
"""

import asyncio
import time
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tarazu.model.units import MINUTE_NS
from tarazu.sim.broker.broker import Broker
from tarazu.sim.faults import Faults
from tarazu.sim.server.clock import VirtualClock
from tarazu.sim.server.postback import Postbacks
from tarazu.sim.server.ticker import Ticker
from tarazu.sim.universe import Universe

# At most this long between two looks at the clock, and at most this much work before the loop gets its turn.
TURN_S = 0.020
SLICE_S = 0.015
# While it catches up, several market steps are sent as one frame of their latest rows, this often: a client is not
# flooded with hours of ticks in seconds.
CATCH_UP_SHIP_S = 0.1
# A market whose every step counts (a recording) is sent step by step, unless the broker is further behind than this:
# then it catches up as any other does, and says how many steps were sent together with later ones.
EACH_STEP_LAG_S = 1.0
# Between two sessions no step is due; the night is crossed in stretches of this length, for one may hold a morning.
NIGHT_STEP_NS = MINUTE_NS


class BrokerTicks:
    """The broker as the ticker sees it. Rows are replaced when the day rolls, so they are asked for each time."""

    def __init__(self, broker: Broker) -> None:
        self._broker = broker
        self.faults: Faults = broker.faults

    @property
    def now_ns(self) -> int:
        return self._broker.now_ns

    @property
    def universe(self) -> Universe:
        return self._broker.universe

    @property
    def rows(self) -> NDArray[Any]:
        return self._broker.exchange.market.rows


class Driver:
    """Owns the advance of the broker's time."""

    def __init__(
        self,
        broker: Broker,
        clock: VirtualClock,
        ticker: Ticker,
        postbacks: Postbacks,
        seen: Callable[[], None],
        *,
        each_step: bool = False,
    ) -> None:
        """`seen` is called when order updates leave: the state's log may want to know (`LoggedBroker.seen`).

        With `each_step` no two market steps are sent as one while the broker keeps up with its clock.
        """
        self._broker = broker
        self._seen_outside = seen
        self._clock = clock
        self._ticker = ticker
        self._postbacks = postbacks
        self._wake = asyncio.Event()
        self._market_changed: NDArray[np.bool_] = np.zeros(0, np.bool_)
        self._seen = self._unsent = self._market_changed
        self._shipped_s = 0.0
        self._each_step = each_step
        self.conflated = 0
        """Market steps whose rows were overtaken by a later step's before they were sent."""
        self.lag_ns_max = 0

    @property
    def lag_ns(self) -> int:
        """Virtual time by which the broker is behind the clock; a few milliseconds when it keeps up."""
        return max(0, self._clock.now_ns() - self._broker.now_ns)

    def wake(self) -> None:
        """Look at the clock now: its rate changed, or it jumped."""
        self._wake.set()

    def reach(self) -> int:
        """Bring the broker as near to the clock as one slice of work allows; returns the broker's time."""
        end_s = time.perf_counter() + SLICE_S
        target_ns = self._clock.now_ns()
        while self._broker.now_ns < target_ns:
            self._step(target_ns)
            if self._each_step and self._clock.real_s(self.lag_ns) <= EACH_STEP_LAG_S:
                self._ship(caught_up=True)
            if time.perf_counter() >= end_s:
                break
        self._ship(caught_up=self._broker.now_ns >= target_ns)
        return self._broker.now_ns

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            self.reach()
            self._ticker.pump()
            self.lag_ns_max = max(self.lag_ns_max, self.lag_ns)
            await self._rest()

    def deliver(self) -> None:
        """Send the order updates that have come about; called after every change."""
        updates = self._broker.updates
        if updates:
            batch = tuple(updates)
            updates.clear()
            self._seen_outside()
            self._ticker.ship_updates(batch)
            self._postbacks.post(batch)

    def _step(self, target_ns: int) -> None:
        """One market step, or up to `target_ns` when none is due before it."""
        due_ns = self._due_ns()
        steps = due_ns is not None and due_ns <= target_ns
        if steps and due_ns is not None:
            target_ns = due_ns
        elif due_ns is None:
            target_ns = min(target_ns, self._broker.now_ns + NIGHT_STEP_NS)
        self._broker.advance(target_ns)
        self._note_changes(steps)
        self.deliver()

    def _due_ns(self) -> int | None:
        """When the next market step is due; None when today's are over, or there are none."""
        return self._broker.exchange.market.next_ns() if self._broker.trading else None

    def _note_changes(self, stepped: bool) -> None:
        """Collect the rows to ship: a step's, and those that orders changed since. A day's market has its own array."""
        changed = self._broker.exchange.market.changed
        if changed is not self._market_changed:
            self._market_changed = changed
            self._seen = np.zeros(len(changed), np.bool_)
            self._unsent = np.zeros(len(changed), np.bool_)
        if stepped:
            self._seen[:] = False
            self.conflated += bool((self._unsent & changed).any())
        self._unsent |= changed & ~self._seen
        self._seen |= changed

    def _ship(self, caught_up: bool) -> None:
        now_s = time.perf_counter()
        if not (caught_up or now_s - self._shipped_s >= CATCH_UP_SHIP_S):
            return
        rows = np.flatnonzero(self._unsent)
        if len(rows):
            self._unsent[:] = False
            self._shipped_s = now_s
            self._ticker.ship(rows)

    async def _rest(self) -> None:
        self._wake.clear()
        pause_s = self._pause_s()
        if pause_s <= 0:
            await asyncio.sleep(0)
            return
        timer = asyncio.get_running_loop().call_later(pause_s, self._wake.set)
        await self._wake.wait()
        timer.cancel()

    def _pause_s(self) -> float:
        """Real seconds to the next market step, at most a turn."""
        if self._clock.paused:
            return TURN_S
        due_ns = self._due_ns()
        if due_ns is None:
            return TURN_S
        return min(TURN_S, self._clock.real_s(due_ns - self._clock.now_ns()))
