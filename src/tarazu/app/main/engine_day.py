"""One day of the engine in this process: its shell with the journal, the broker, the market, the feeds and the second.

Everything the engine is told goes through `take`, on the event loop's thread. The first thing that goes wrong in it is
the end: no message is taken after it, and the process says why.
"""

import asyncio
import functools
import logging
import time
from collections.abc import Callable, Iterator, Sequence

from tarazu.app.database.thread import ProjectionThread
from tarazu.app.home import Home
from tarazu.app.main.bands import Bands
from tarazu.app.main.broker import Broker
from tarazu.app.main.build import build
from tarazu.app.main.day import Opened, config_of, followed
from tarazu.app.main.desk import KiteDesk
from tarazu.app.main.desk_watch import DeskWatch
from tarazu.app.main.feeds import FeedWatch, MasterWatch
from tarazu.app.main.flags_watch import FlagsWatch
from tarazu.app.main.market import Market
from tarazu.app.main.models_watch import ModelsWatch
from tarazu.app.main.prepare import Prepared
from tarazu.app.main.reading import Reading
from tarazu.app.main.steady import SteadyTime, boot_id
from tarazu.app.main.strategies import Strategies
from tarazu.app.main.timings import Timings
from tarazu.app.main.watchdog_watch import WatchdogWatch
from tarazu.app.settings import EngineSettings
from tarazu.engine import codec
from tarazu.engine.acts import Step
from tarazu.engine.messages import (
    Commanded,
    Message,
    Order,
    OrderHeard,
    RecordTrouble,
    Stamped,
    Started,
    Stopping,
    Ticked,
)
from tarazu.engine.state import EngineState
from tarazu.model.calendar import TradingSession
from tarazu.model.instrument import Kind
from tarazu.model.units import MILLISECOND_NS, SECOND_NS
from tarazu.orders.client_order_id import head_bits
from tarazu.orders.lifecycle import AT_BROKER, UNANSWERED
from tarazu.ports.clock import Clock
from tarazu.runtime.journal_state import JournalDead, NoRoom, Space
from tarazu.runtime.segment import day_folder
from tarazu.runtime.shell import EngineFailed, Shell

log = logging.getLogger("tarazu.main")

BEAT_S = 0.5
SKEW_NS_MAX = 500 * MILLISECOND_NS
BEHIND_NS_MAX = 2 * SECOND_NS
"""A market that is further behind the log than this is none to enter by."""
PROJECTION_S = 0.5
"""How often the database is brought up to the journal: it shares the interpreter with what may not wait."""
SETTLE_S = 8.0
"""How long the last requests are waited for: what the broker's adapter gives one of them, and a little."""
PROJECTION_END_S, PROJECTION_FAILED_S = 10.0, 1.0
"""How long the database is waited for at the end; it loses nothing by not being."""
FAILURE_CHARS_MAX = 4_000
LAGS_KEPT = 20


class EngineDay:
    def __init__(
        self,
        *,
        home: Home,
        settings: EngineSettings,
        clock: Clock,
        prepared: Prepared,
        opened: Opened,
        broker: Broker,
        strategies: Strategies,
        second_s: Callable[[], float],
        is_virtual: bool,
        session: TradingSession | None,
    ) -> None:
        """`second_s`: how many seconds of the machine one of the profile's clock takes now."""
        self.prepared, self.journal, self.broker = prepared, opened.journal, broker
        self.failure: Exception | None = None
        self.over = asyncio.Event()
        """Set by a failure; who runs the day ends it."""
        self.closed = False
        """The journal takes no more: whatever comes late is dropped, and is no failure."""
        self.ticked_mono_ns: int | None = None
        self.lags_ns: list[int] = []
        self.timings = Timings()
        self.feeds, self.masters = FeedWatch(home), MasterWatch(prepared.master_sha256)
        self.watchdog = WatchdogWatch(home, clock.wall_ns)
        self.desk_record = DeskWatch(home.desk, opened.noted)
        self.models = self._models_watch(home, strategies, session)
        self.flags = FlagsWatch(home)
        self.market = Market(day_folder(home.feed, prepared.day), prepared.watched, opened.heard_to)
        self._home, self._settings, self._opened, self.strategies = home, settings, opened, strategies
        self._second_s, self._session = second_s, session
        self.times = SteadyTime(clock, opened.last_ns, virtual=is_virtual, anchor=opened.anchor, boot=boot_id())
        opened.engine.quotes = self.market.quotes
        reading = Reading(broker, self.times.steady_ns, self._state)
        self.bands = Bands(broker, self._banded, self._state, self.take)
        self.desk = KiteDesk(broker, reading, self.bands, self.take, self.timings.order_ack)
        if self.models is not None:
            self.desk.on_step = self.models.drift.heard
        self.shell = Shell(opened.engine, opened.journal, self.desk, self.times)
        self._space, self._damages_told = Space.OK, 0
        self._projection: ProjectionThread | None = None
        self._behind_since_ns, self._followed = time.monotonic_ns(), False

    @property
    def state(self) -> EngineState:
        return self._opened.engine.state

    def take(self, message: Message | None) -> Step | None:
        """None when the day has failed, with this message or before, or is closed. Without a message the market alone
        is told of."""
        if self.failure is not None or self.closed:
            return None
        try:
            moved = self.market.moved()
            step = None if moved is None else self.shell.take(moved)
            return step if message is None else self.shell.take(message)
        except Exception as bad:  # noqa: BLE001 - whatever it was: the engine may know what its journal does not
            self._fail(bad)
            return None

    async def run(self) -> None:
        """From `Started` until `over` is set. A bug is a failure of the day."""
        try:
            await self._run()
        except Exception as bug:  # noqa: BLE001 - told as the last word of the process
            self._fail(bug)

    async def _run(self) -> None:
        self._start()
        loop = asyncio.get_running_loop()
        loop.add_reader(self.market.fileno(), self._on_frames)
        bands = asyncio.create_task(self.bands.follow())
        self._projection = ProjectionThread(
            self._home, functools.partial(self._database, loop), PROJECTION_S, on_written=self.timings.db_write.note
        )
        self._projection.start()
        try:
            self._on_frames()
            self._look_at_feeds()
            self._tick()
            await self._beats(bands)
        finally:
            loop.remove_reader(self.market.fileno())
            bands.cancel()
            await asyncio.gather(bands, return_exceptions=True)

    async def end(self) -> None:
        """The last messages, the last answers, and the journal closed. After a failure, as little as possible."""
        try:
            if self.failure is None:
                if self._settings.cancel_on_stop:
                    self.take(Commanded(order=Order.CANCEL_ENTRIES, who="tarazu", why="engine.cancel_on_stop"))
                self.take(Stopping())
                self._tell_left()
                await self.desk.settle(SETTLE_S)
            await self.desk.close()
        finally:
            self.market.close()
            self.closed = True
            try:
                self.journal.close()
            except (JournalDead, OSError) as dead:
                self._fail(dead)
            patience_s = PROJECTION_END_S if self.failure is None else PROJECTION_FAILED_S
            if self._projection is not None and not await asyncio.to_thread(self._projection.stop, patience_s):
                log.warning("the database is behind the journal: tarazu db rebuild, or the next start, makes it whole")

    def _database(self, loop: asyncio.AbstractEventLoop, well: bool, text: str) -> None:
        """Of the projection's thread."""
        if not self.closed:  # the loop may be over by then, and `take` looks again
            loop.call_soon_threadsafe(self.take, RecordTrouble(of="DATABASE", ok=well, text=text))

    def _fail(self, failure: Exception) -> None:
        """The first counts."""
        if self.failure is None:
            self.failure = failure
            self._journal_failure(failure)
        self.over.set()

    def _journal_failure(self, failure: Exception) -> None:
        """The next start is halted for a bug. The shell has journalled its own; for a disk there is no halt."""
        if self.closed or self.journal.dead is not None or isinstance(failure, EngineFailed | NoRoom | OSError):
            return
        error = f"{type(failure).__name__}: {failure}"[:FAILURE_CHARS_MAX]
        at = RecordTrouble(of="MAIN", ok=False, text=error)
        stamped = Stamped(self.times.steady_ns(), self.times.wall_ns(), head_bits(self.journal.head.hash), at)
        try:
            self.journal.append(*codec.encode_failure(stamped, error), stamped.ts_ns, from_reserve=True)
            self.journal.sync()
        except Exception as bad:  # noqa: BLE001 - the failure itself is what is to be told
            log.error("the failure is not in the journal: %s: %s", type(bad).__name__, bad)

    # The start.

    def _start(self) -> None:
        opened, prepared = self._opened, self.prepared
        self.take(
            Started(
                day=prepared.day.isoformat(),
                epoch=opened.journal.epoch,
                profile=self._home.profile,
                build=build(),
                config=config_of(self._settings),
                master_sha256=prepared.master_sha256,
                freeze=dict(prepared.freeze),
                watch=tuple(followed(prepared)),
                boot=boot_id(),
                mono_ns=time.monotonic_ns(),
                halt=opened.halt,
                strategy_halts=opened.strategy_halts,
                entries_off=opened.entries_off,
                flags=opened.flags,
                session=self._session,
                models=dict(self.strategies.model_hashes),
            )
        )
        self._take_all(self.flags.look(self.state.flags))
        self._take_all(self.desk_record.look())
        self.market.decide_by(lambda: self._opened.engine.strategies)
        self._take_all(self.feeds.look(time.monotonic_ns()))

    # The market.

    def _on_frames(self) -> None:
        """Of the event loop, at a ring of the log's bell."""
        if self.over.is_set():
            return
        try:
            self._follow()
        except Exception as bug:  # noqa: BLE001 - a market that stands still unseen is the worst of all
            self._fail(bug)

    def _follow(self) -> None:
        behind_since_ns, followed = self._behind_since_ns, self._followed
        if self.market.follow():
            asyncio.get_running_loop().call_soon(self._on_frames)
        else:
            self._behind_since_ns, self._followed = 0, True
        if not self.market.caught_up and not self._behind_since_ns:
            self._behind_since_ns = time.monotonic_ns()
        self._take_others()
        if self.market.caught_up and self.market.is_moved:
            self.take(None)
            if followed:  # what was written before this main began waited for no decision of its
                since_ns = behind_since_ns or self.market.follower.mono_ns
                self.timings.decision_loop.note(time.monotonic_ns() - since_ns)

    def _take_others(self) -> None:
        others, self.market.others = self.market.others, []
        for other in others:
            if isinstance(other, OrderHeard):
                self.take(other)
                continue
            self._take_all(self.feeds.heard(*other))
        if len(self.market.damages) > self._damages_told:
            self._damages_told = len(self.market.damages)
            self.take(RecordTrouble(of="FEED_LOG", ok=False, text=self.market.damages[-1]))

    # The second.

    async def _beats(self, bands: "asyncio.Task[None]") -> None:
        """Twice a second of the profile's clock: the feeds; every other time the second."""
        loop, count = asyncio.get_running_loop(), 0
        due_s = loop.time()
        while not self.over.is_set():
            due_s = max(due_s + self._second_s() * BEAT_S, loop.time())
            try:
                async with asyncio.timeout_at(due_s):
                    await self.over.wait()
            except TimeoutError:
                pass  # the beat
            self.lags_ns = [*self.lags_ns[-LAGS_KEPT + 1 :], round((loop.time() - due_s) * SECOND_NS)]
            if bands.done():
                bands.result()  # a bug: bands are asked for for ever
            count += 1
            self._look_at_feeds()
            if count % 2 == 0:
                self._tick()
            self.timings.decision_loop.note(round((loop.time() - due_s) * SECOND_NS))

    def _tick(self) -> None:
        self._look_at_journal()
        self._take_all(self.watchdog.look(time.monotonic_ns()))
        self._take_all(self.flags.look(self.state.flags))
        self._take_all(self.desk_record.look())
        self._take_all(self.models.look() if self.models is not None else ())
        if self.market.caught_up and "FEED_LOG" in self.state.trouble:
            self.take(RecordTrouble(of="FEED_LOG", ok=True))
        if self.take(Ticked(skewed=self._skewed())) is not None:
            self.ticked_mono_ns = time.monotonic_ns()

    def _look_at_feeds(self) -> None:
        mono_ns = time.monotonic_ns()
        behind_ns = mono_ns - self._behind_since_ns if self._behind_since_ns else 0
        if self._followed and behind_ns:
            self.timings.decision_loop.note(behind_ns)  # a backlog is a decision that waits, while it lasts
        follows = self._followed and behind_ns < BEHIND_NS_MAX
        why = "" if follows else f"the market is being caught up with, at frame {self.market.follower.sequence}"
        self._take_all([*self.feeds.look(mono_ns), *self.feeds.follows(follows, mono_ns, why)])

    def _take_all(self, messages: Sequence[Message]) -> None:
        for message in messages:
            self.take(message)

    def _look_at_journal(self) -> None:
        if self.journal.dead is not None:
            self._fail(JournalDead(self.journal.dead))
        space, is_told = self.journal.space, "DISK" in self.state.trouble  # by an earlier process, perhaps
        if space is not self._space or is_told is (space is Space.OK):
            self._space = space
            self.take(RecordTrouble(of="DISK", ok=space is Space.OK, text="" if space is Space.OK else _ROOM[space]))

    def _skewed(self) -> bool | None:
        offset = self.broker.clock_offset()
        if offset is None:
            return None
        skew_ns = abs(offset.offset_ns) - offset.uncertainty_ns
        self.timings.clock_skew.note(skew_ns)
        return skew_ns > SKEW_NS_MAX

    # What the parts ask.

    def _models_watch(self, home: Home, strategies: Strategies, session: TradingSession | None) -> ModelsWatch | None:
        """None: no strategy runs, so that no model is used."""
        if not strategies.running:
            return None
        listed = self.prepared.instruments
        try_on = functools.partial(strategies.rehearse, self.prepared.day, listed, session)
        return ModelsWatch(home, strategies.model_hashes, try_on)

    def _state(self) -> EngineState:
        return self.state

    def _banded(self) -> Iterator[str]:
        """What is held or worked on, then all that is followed; indices have no bands."""
        state, instruments = self.state, self.prepared.instruments
        needed = dict.fromkeys(key for key, _ in state.held)
        needed |= dict.fromkeys(order.key for order in state.blotter.orders.values())
        needed |= dict.fromkeys(sorted(self.strategies.watches))
        needed |= dict.fromkeys(instrument.key for instrument in self.prepared.watched)
        return (key for key in needed if key in instruments and instruments[key].kind is not Kind.INDEX)

    def _tell_left(self) -> None:
        orders = self.state.blotter.orders.values()
        left = [f"{o.ref} {o.side} {o.qty} {o.key} {o.status}" for o in orders if o.status in AT_BROKER | UNANSWERED]
        log.info("left at the broker: %s", "; ".join(left) or "no order")


_ROOM = {
    Space.LOW: "the journal's disk runs full: free some space",
    Space.RESERVE: "the journal has its reserve left: free some space",
}
