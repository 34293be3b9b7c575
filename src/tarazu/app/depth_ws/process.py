"""The process: one `FeedDay` after another, the token and the broker's address kept in sight, and health written."""

import asyncio
import gc
import logging
import os
from collections.abc import Callable
from datetime import date
from itertools import chain, repeat

import msgspec

from tarazu import __version__
from tarazu.adapters.kite_feed.client import KiteFeed
from tarazu.adapters.kite_feed.events import LinkEvent
from tarazu.adapters.kite_rest.client import KiteMarketRest
from tarazu.adapters.kite_rest.errors import RestError
from tarazu.adapters.sim_clock import SimClock
from tarazu.adapters.system_clock import SystemClock
from tarazu.app.broker_address import NoAddress, access_token, broker_address
from tarazu.app.depth_ws.feed_book import FeedBook
from tarazu.app.depth_ws.feed_day import FeedDay
from tarazu.app.depth_ws.health import DepthWsHealth, MasterHealth, Stage, read_health
from tarazu.app.depth_ws.health_page import PacketRate, health_page
from tarazu.app.depth_ws.market_day import MarketDays
from tarazu.app.depth_ws.prepare import NotReady, Prepared, master_health, next_due_ns, prepare
from tarazu.app.depth_ws.seen_file import SeenFile
from tarazu.app.depth_ws.told import Told
from tarazu.app.feed.breaker_file import BadBreakerFile, read_breaker
from tarazu.app.feed.record import (
    FeedStarted,
    FeedStopped,
    TokenReplaced,
)
from tarazu.app.health import BadHealth, write_health
from tarazu.app.home import Home
from tarazu.app.masters.todays import BadMaster, MasterStore, todays_master
from tarazu.app.secrets.store import watched_file
from tarazu.app.settings import Settings
from tarazu.market.breaker import Breaker
from tarazu.model import ist
from tarazu.model.units import SECOND_NS
from tarazu.runtime.feed_log import FeedLog

log = logging.getLogger("tarazu.depth_ws")

HEALTH_S = 0.5
LOOK_S = 1.0
PREPARE_AGAIN_S = (1.0, 2.0, 5.0, 5.0, 10.0, 20.0, 30.0)
EXIT_OK, EXIT_TRY_AGAIN = 0, 75


class DepthWs:
    """One run of the process. `stop` may be called at any time, from the event loop's thread."""

    def __init__(self, home: Home, settings: Settings) -> None:
        """Raises NoAddress, OSError when nobody answers for the clock of the sim profile."""
        self.home, self.settings = home, settings
        self.address = broker_address(home)
        sim = self.address.sim
        self.clock = SimClock(sim.admin_url) if sim else SystemClock()
        self._days = MarketDays(sim)
        self._started = self.clock.wall_ns(), self.clock.mono_ns()
        self._stage, self._detail = Stage.STARTING, ""
        self._told = Told(self.clock)
        self._prepared: Prepared | None = None
        self._feed_day: FeedDay | None = None
        self._left = self._read_left()
        self._book, self._book_day = FeedBook(), date.min
        self._rate = PacketRate()
        self._env, self._sim = SeenFile(watched_file(home)), SeenFile(home.sim_broker)
        self._token = access_token(home, self.address)
        self._rest = KiteMarketRest(
            root=self.address.rest_url, api_key=self.address.api_key, access_token=lambda: self._token or ""
        )
        self._stopping = asyncio.Event()
        self._turn = asyncio.Event()
        """Something has changed that who waits should look at: a token, the day, the end."""
        self._code = EXIT_OK

    async def run(self) -> int:
        """Until `stop`, or until it cannot go on; returns the exit code."""
        watching = [asyncio.create_task(self._write_health()), asyncio.create_task(self._look_around())]
        if isinstance(self.clock, SimClock):
            watching.append(asyncio.create_task(self.clock.follow()))
        days = asyncio.create_task(self._one_by_one())
        try:
            done, _ = await asyncio.wait([days, *watching], return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            for task in (days, *watching):
                task.cancel()
            await asyncio.gather(days, *watching, return_exceptions=True)
            self._rest.close()
            self._last_word()
        return self._code

    def stop(self) -> None:
        self._end(EXIT_OK)

    # Days.

    async def _one_by_one(self) -> None:
        while not self._stopping.is_set():
            day = ist.day_of(self.clock.wall_ns())
            self._days.session(day)  # a day beyond our data is refused before anything is written
            self._told.begin(FeedLog.open(self.home.feed, day))
            self._open_book(day)
            why = ""
            try:
                await self._day(day)
            except BaseException as failed:
                why = "" if isinstance(failed, asyncio.CancelledError) else f"failed: {type(failed).__name__}"
                raise
            finally:
                self._told.tell(FeedStopped(ts_ns=self.clock.wall_ns(), reason=why or self._why_over(day)))
                self._told.end()

    async def _day(self, day: date) -> None:
        now_ns, profile = self.clock.wall_ns(), self.home.profile
        self._told.tell(FeedStarted(ts_ns=now_ns, profile=profile, pid=os.getpid(), version=__version__, day=day))
        self._prepared = await self._prepare(day)
        if self._prepared is None or self._told.log is None:
            return
        self._feed_day = FeedDay(
            home=self.home,
            settings=self.settings.feed,
            clock=self.clock,
            feed_log=self._told.log,
            prepared=self._prepared,
            session=self._days.session(day),
            rest=self._rest,
            make_feed=self._make_feed,
            tell=self._told.tell,
            book=self._book,
        )
        self._told.symbols = self._feed_day.symbols
        gc.unfreeze()  # the day before's may go
        gc.collect()
        gc.freeze()  # what is here stays all day: no collection of its thousands of instruments while frames come
        running = asyncio.create_task(self._feed_day.run())
        over = asyncio.create_task(self._until_over(day, self._prepared))
        try:
            await asyncio.wait([running, over], return_when=asyncio.FIRST_COMPLETED)
            self._feed_day.stop()
            await running
            if over.done():
                over.result()  # the day is over, or the watch for its end has failed: say why
        finally:
            for task in (running, over):
                task.cancel()
            await asyncio.gather(running, over, return_exceptions=True)
            self._feed_day = self._prepared = None

    async def _until_over(self, day: date, prepared: Prepared) -> None:
        """The day has ended, or its own master was written since a provisional one was taken."""
        master = prepared.master
        while not self._stopping.is_set() and ist.day_of(self.clock.wall_ns()) == day:
            if master.due_ns is not None and self.clock.wall_ns() >= master.due_ns:
                found = await self._master_now(day, master)
                if found.sha256 != master.sha256:
                    return
                master = found  # the same, which may be the day's own by now
                self._prepared = msgspec.structs.replace(prepared, master=master)
            await self._nap(LOOK_S)

    async def _master_now(self, day: date, before: MasterHealth) -> MasterHealth:
        """What the broker has now; it is kept, for whoever prepares next."""
        store, now_ns = MasterStore(self.home.masters), self.clock.wall_ns()
        try:
            return master_health(await asyncio.to_thread(todays_master, store, self._rest, day, now_ns), now_ns)
        except (RestError, BadMaster, OSError) as failed:  # a feed that runs is not ended for a file
            log.warning("the day's own master is not there yet: %s", failed)
            return msgspec.structs.replace(before, due_ns=next_due_ns(day, now_ns))

    async def _prepare(self, day: date) -> Prepared | None:
        """Try until it works; None when the day is over or we are to stop."""
        store, told = MasterStore(self.home.masters), ""
        pauses = chain(PREPARE_AGAIN_S, repeat(PREPARE_AGAIN_S[-1]))
        while not self._stopping.is_set() and ist.day_of(self.clock.wall_ns()) == day:
            try:
                if not self._token:
                    raise NotReady(Stage.NO_TOKEN, f"no KITE_ACCESS_TOKEN in {self.home.env_file}")
                now_ns = self.clock.wall_ns()
                made = await asyncio.to_thread(prepare, self._rest, store, self.settings.feed, day, now_ns)
            except NotReady as waits:
                if self._stopping.is_set():
                    return None
                self._stage, self._detail = waits.stage, waits.detail
                if waits.detail != told:
                    self._told.waits(waits)
                told = waits.detail
                await self._nap(next(pauses))
                continue
            self._told.master(made)
            self._stage, self._detail = Stage.CONNECTING, ""
            return made
        return None

    def _make_feed(self, on_frame: Callable[..., None], on_event: Callable[[LinkEvent], None]) -> KiteFeed:
        feed = self.settings.feed
        return KiteFeed(
            api_key=self.address.api_key,
            access_token=self._token or "",
            clock=self.clock,
            on_frame=on_frame,
            on_event=on_event,
            root=self.address.ws_url,
            connections=feed.connections,
            tokens_max=feed.instruments_each,
        )

    def _read_left(self) -> DepthWsHealth | None:
        """What an earlier process had said last."""
        try:
            return read_health(self.home.feed_health)
        except BadHealth as bad:
            log.warning("today's counts begin anew: %s", bad)
            return None

    def _open_book(self, day: date) -> None:
        """Another day's counts begin at nothing, or where an earlier process of this day had got to."""
        if day == self._book_day:
            return
        self._book, self._book_day = FeedBook(), day
        if self._left is not None and self._left.day == day:
            self._book.resume(self._left.feeds)

    def _last_word(self) -> None:
        """The health that stays: stopping, or what was wrong."""
        self._stage = Stage.STOPPING
        try:
            write_health(self.home.feed_health, self.health())
        except OSError as full:
            log.error("the last health is not written: %s", full)

    # Beside the days.

    async def _write_health(self) -> None:
        while True:
            try:
                # In a thread: to replace a file may wait for the disk, and frames must not.
                await asyncio.to_thread(write_health, self.home.feed_health, self.health())
            except OSError as full:
                log.error("health is not written, and readers will call it UNKNOWN: %s", full)
            await asyncio.sleep(HEALTH_S)

    def health(self) -> DepthWsHealth:
        wall_ns = self.clock.wall_ns()
        return health_page(
            profile=self.home.profile,
            started=self._started,
            now=(wall_ns, self.clock.mono_ns()),
            every_ns=round(HEALTH_S * SECOND_NS),
            stage=self._stage,
            detail=self._detail,
            session=self._days.session(ist.day_of(wall_ns)),
            feed_log=self._told.log,
            master=self._prepared.master if self._prepared else None,
            day=self._feed_day,
            breaker=self._feed_day.links.shown if self._feed_day else self._breaker_on_file(wall_ns),
            rate=self._rate,
        )

    def _breaker_on_file(self, wall_ns: int) -> Breaker:
        """As it was left; one that cannot be read is open."""
        try:
            return read_breaker(self.home.feed_breaker)
        except BadBreakerFile:
            return Breaker(tripped_ns=wall_ns)

    async def _look_around(self) -> None:
        """The token, the broker's address, the recording: each second."""
        while True:
            await asyncio.sleep(LOOK_S)
            if self._sim.changed() and self.address.sim is not None:
                self._look_for_broker()
            if self._env.changed():
                self._look_for_token()
            self._told.recording()

    def _look_for_broker(self) -> None:
        try:
            now = broker_address(self.home)
        except NoAddress as gone:
            log.warning("the simulated broker has gone: %s", gone)
            return
        if now != self.address:
            log.warning("the simulated broker is another one now: starting again")
            self._end(EXIT_TRY_AGAIN)

    def _look_for_token(self) -> None:
        try:
            token = access_token(self.home, self.address)
        except NoAddress as bad:
            log.error("the token stays as it is: %s", bad)
            return
        if token and token != self._token:
            self._token = token
            self._told.tell(TokenReplaced(ts_ns=self.clock.wall_ns()))
            if self._feed_day is not None:
                self._feed_day.links.set_access_token(token)
            self._turn.set()

    def _end(self, code: int) -> None:
        self._code = code
        self._stage, self._detail = Stage.STOPPING, ""
        self._stopping.set()
        self._turn.set()
        self._rest.close()  # nobody waits for an answer that may take a minute

    async def _nap(self, seconds: float) -> None:
        """Sleep, unless something turns up or has turned up since the last nap."""
        try:
            async with asyncio.timeout(seconds):
                await self._turn.wait()
        except TimeoutError:
            return  # slept to its end
        if not self._stopping.is_set():
            self._turn.clear()

    def _why_over(self, day: date) -> str:
        if not self._stopping.is_set():
            is_same = ist.day_of(self.clock.wall_ns()) == day
            return "the day's own instrument master is due" if is_same else f"{day} is over"
        return "asked to stop" if self._code == EXIT_OK else "the broker is another one now"
