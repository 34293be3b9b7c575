"""The process: the day's engine once there is all that it needs, the token and the broker's address kept in sight, the
inbox, and health written. One IST day a process; whoever supervises it starts the next.
"""

import asyncio
import gc
import logging
from datetime import date
from functools import partial
from itertools import chain, repeat
from typing import TYPE_CHECKING

import msgspec

from tarazu import reference
from tarazu.adapters.kite_broker.client import KiteBroker
from tarazu.adapters.kite_rest.client import KiteMarketRest
from tarazu.adapters.sim_clock import SimClock
from tarazu.adapters.system_clock import SystemClock
from tarazu.app.broker_address import NoAddress, access_token, broker_address
from tarazu.app.depth_ws.market_day import RULES, MarketDays
from tarazu.app.depth_ws.seen_file import SeenFile
from tarazu.app.health import write_health
from tarazu.app.home import Home, Profile
from tarazu.app.main.broker import Broker
from tarazu.app.main.day import open_day
from tarazu.app.main.engine_day import EngineDay
from tarazu.app.main.health import DISK, MainHealth, Stage
from tarazu.app.main.health_page import health_page
from tarazu.app.main.inbox import Inbox
from tarazu.app.main.page_alone import PageAlone
from tarazu.app.main.prepare import NotReady, Prepared, prepare
from tarazu.app.main.strategies import Strategies
from tarazu.app.masters.freeze import todays_freeze
from tarazu.app.masters.todays import MasterStore
from tarazu.app.secrets.store import watched_file
from tarazu.app.settings import Settings
from tarazu.engine.acts import Step
from tarazu.engine.messages import Message
from tarazu.model import ist
from tarazu.model.calendar import TradingSession
from tarazu.model.units import PAISE, SECOND_NS
from tarazu.runtime.journal_state import JournalDead, NoRoom

if TYPE_CHECKING:
    from tarazu.app.main.paper_broker import PaperBroker

log = logging.getLogger("tarazu.main")

HEALTH_S = 0.5
LOOK_S = 1.0
PREPARE_AGAIN_S = (0.5, 1.0, 2.0, 5.0, 5.0, 10.0, 20.0, 30.0)
EXIT_OK, EXIT_BUG, EXIT_DISK, EXIT_TRY_AGAIN = 0, 70, 74, 75


class Main:
    """One run of the process. `stop` may be called at any time, from the event loop's thread."""

    def __init__(self, home: Home, settings: Settings, entries_off: str = "") -> None:
        """`entries_off`: why it begins without entries; empty: it does not. They stay off until a person says
        ENTRIES_ON. Raises BadStrategy, NoAddress, OSError when nobody answers for the clock of the sim profile."""
        self.home, self.settings, self._entries_off = home, settings, entries_off
        self._strategies = Strategies(settings.engine.strategies, home.models)
        self.address = broker_address(home)
        sim = self.address.sim
        self.clock = SimClock(sim.admin_url) if sim else SystemClock()
        self._started = self.clock.wall_ns(), self.clock.mono_ns()
        self._stage, self._detail, self._failed_as = Stage.STARTING, "", ""
        self._day: EngineDay | None = None
        self._paper: PaperBroker | None = None
        self._env, self._sim = SeenFile(watched_file(home)), SeenFile(home.sim_broker)
        self._token = access_token(home, self.address)
        self._rest = KiteMarketRest(root=self.address.rest_url, api_key=self.address.api_key, access_token=self._access)
        self._inbox = Inbox(home.main_socket, self._told)
        self._pages = PageAlone(home, settings.alerts, self.clock.wall_ns)
        self._turn, self._ending = asyncio.Event(), asyncio.Event()
        self._code, self._why = EXIT_OK, ""

    async def run(self) -> int:
        """Until `stop`, until the day is over or until it cannot go on; returns the exit code. Raises what keeps the
        day from beginning."""
        beside = [asyncio.create_task(self._write_health()), asyncio.create_task(self._look_around())]
        if isinstance(self.clock, SimClock):
            beside.append(asyncio.create_task(self.clock.follow()))
        whole = asyncio.create_task(self._whole_day())
        try:
            await self._inbox.open()
            done, _ = await asyncio.wait([whole, *beside], return_when=asyncio.FIRST_COMPLETED)
            if whole not in done:
                self._end(EXIT_BUG, "a part of the process ended")
                await whole
            for task in done:
                task.result()
        except BaseException as failed:
            if self._day is None or not isinstance(failed, Exception):
                self._stage, self._detail = Stage.FAILED, f"{type(failed).__name__}: {failed}"
                self._failed_as = _failed_of(failed)
                raise
            self._failed(failed)
        finally:
            self._inbox.close()
            for task in (whole, *beside):
                task.cancel()
            await asyncio.gather(whole, *beside, return_exceptions=True)
            self._rest.close()
            self._last_word()
        return self._code

    def stop(self) -> None:
        self._end(EXIT_OK, "asked to stop")

    # The day.

    async def _whole_day(self) -> None:
        day = ist.day_of(self.clock.wall_ns())
        prepared = await self._prepare(day)
        if prepared is None:
            return
        self._stage, self._detail = Stage.RECOVERING, ""
        session = MarketDays(self.address.sim).session(day)
        self._strategies.try_on(day, prepared.instruments, session)
        broker = self._broker(prepared, session)
        opened = await asyncio.to_thread(open_day, self.home, self.settings.engine, prepared, self._strategies)
        opened = msgspec.structs.replace(opened, entries_off=opened.entries_off or self._entries_off)
        for finding in opened.journal.recovered.findings:
            log.warning("the journal of a process that was killed: %s, erased", finding)
        if not self._ending.is_set():
            await broker.open()
        if self._ending.is_set():  # meanwhile: nothing is begun
            await broker.close()
            opened.journal.close()
            return
        self._day = EngineDay(
            home=self.home,
            settings=self.settings.engine,
            clock=self.clock,
            prepared=prepared,
            opened=opened,
            broker=broker,
            strategies=self._strategies,
            second_s=self._second_s,
            is_virtual=isinstance(self.clock, SimClock),
            session=session,
        )
        if self._paper is not None:
            self._day.market.trade_beside(self._paper.after_frame)
            self._paper.tell_to(self._day.take)
        gc.collect()
        gc.freeze()  # 120,000 instruments stay all day: no collection of them while frames come
        log.info("journal of %s, epoch %d, entry %d", day, opened.journal.epoch, opened.journal.sequence)
        self._stage = Stage.RUNNING
        await self._run_day(self._day)

    def _broker(self, prepared: Prepared, session: TradingSession | None) -> Broker:
        """Of the paper profile: one in this process, which no wire leaves. Raises NoAddress."""
        if self.home.profile is not Profile.PAPER:
            return KiteBroker(self.address.rest_url, self.address.api_key, self._access, self.clock)
        if session is None:
            raise NoAddress(f"{prepared.day} is no trading day: the paper exchange is closed")
        from tarazu.app.main.paper_broker import PaperBroker  # the exchange model is no part of a live process

        paper = self.settings.paper
        self._paper = PaperBroker(
            self.home.root / "paper",
            session,
            [prepared.instruments[i.key] for i in prepared.watched],
            self.clock,
            cash_paise=round(paper.cash * PAISE),
            latency_s=paper.latency_ms / 1_000,
        )
        return self._paper

    async def _run_day(self, day: EngineDay) -> None:
        running = asyncio.create_task(day.run())
        ending = asyncio.create_task(self._ending.wait())
        try:
            await asyncio.wait([running, ending], return_when=asyncio.FIRST_COMPLETED)
            if not running.done():
                day.over.set()
            await running
        finally:
            ending.cancel()
            if day.failure is None:
                self._stage, self._detail = Stage.STOPPING, self._why
            else:
                self._failed(day.failure)  # said before the end, which takes its time
            await day.end()
            if day.failure is not None and self._stage is not Stage.FAILED:
                self._failed(day.failure)

    def _failed(self, failure: Exception) -> None:
        """The last word: of the first failure."""
        if self._stage is Stage.FAILED:
            log.error("and after that: %s: %s", type(failure).__name__, failure, exc_info=failure)
            return
        is_disk = isinstance(failure, JournalDead | NoRoom | OSError)
        self._code = EXIT_DISK if is_disk else EXIT_BUG
        self._stage, self._detail = Stage.FAILED, f"{type(failure).__name__}: {failure}"
        self._failed_as = _failed_of(failure)
        advice = f"look at the disk of {self.home.journal}" if is_disk else "please report it, with this log"
        log.critical(
            "main ends at once: %s. What was sent is looked for at the next start; stops rest at the exchange; %s",
            self._detail,
            advice,
            exc_info=None if is_disk else failure,
        )

    async def _prepare(self, day: date) -> Prepared | None:
        """Try until it works; None when the day is over or we are to stop."""
        sim = self.address.sim
        freeze_of = partial(todays_freeze, self.home, day, reference.rules(sim.rules if sim else RULES))
        store, pauses = MasterStore(self.home.masters), chain(PREPARE_AGAIN_S, repeat(PREPARE_AGAIN_S[-1]))
        while not self._ending.is_set():
            if ist.day_of(self.clock.wall_ns()) != day:
                self._end(EXIT_TRY_AGAIN, f"{day} is over")
                return None
            try:
                return await asyncio.to_thread(
                    prepare, self._rest, store, self.settings.feed, day, self.clock.wall_ns(), freeze_of
                )
            except NotReady as waits:
                if (waits.stage, waits.detail) != (self._stage, self._detail):
                    log.warning("%s: %s", waits.stage, waits.detail)
                self._stage, self._detail = waits.stage, waits.detail
                await self._nap(next(pauses))
        return None

    # What others ask.

    def _access(self) -> str:
        return self._token or ""

    def _second_s(self) -> float:
        """A fast broker's second is shorter; never so short that the loop does nothing else."""
        rate = self.clock.published.rate if isinstance(self.clock, SimClock) else 1.0
        return min(1.0, max(1.0 / rate, 0.05)) if rate > 0 else 1.0

    def _told(self, message: Message) -> tuple[int, Step, str] | str:
        day = self._day
        if day is None or day.over.is_set():
            return f"main takes nothing now, it is {self._stage} {self._detail}".rstrip()
        step = day.take(message)
        if step is None:
            return f"main has failed: {day.failure}"
        return day.desk.sequence, step, str(day.state.phase)

    # Beside the day.

    async def _write_health(self) -> None:
        while True:
            try:
                # In a thread: to replace a file may wait for the disk, and answers of the broker must not.
                await asyncio.to_thread(write_health, self.home.main_health, self.health())
            except OSError as full:
                log.error("health is not written, and readers will call it UNKNOWN: %s", full)
            await asyncio.sleep(HEALTH_S)

    def health(self) -> MainHealth:
        return health_page(
            home=self.home,
            started=self._started,
            now=(self.clock.wall_ns(), self.clock.mono_ns()),
            every_ns=round(HEALTH_S * SECOND_NS),
            stage=self._stage,
            detail=self._detail,
            day=self._day,
            failed_of=self._failed_as,
        )

    def _last_word(self) -> None:
        """The health that stays."""
        if self._stage is not Stage.FAILED:
            self._stage, self._detail = Stage.STOPPING, self._why
        try:
            write_health(self.home.main_health, self.health())
        except OSError as full:
            log.error("the last health is not written: %s", full)

    async def _look_around(self) -> None:
        """The token, the broker's address, the day, the master: each second."""
        while True:
            await asyncio.sleep(LOOK_S)
            if self._sim.changed() and self.address.sim is not None:
                self._look_for_broker()
            if self._env.changed():
                self._look_for_token()
            if self._day is not None:
                self._look_at_day(self._day)

    def _look_for_broker(self) -> None:
        try:
            now = broker_address(self.home)
        except NoAddress as gone:
            log.warning("the simulated broker has gone: %s", gone)
            return
        if now != self.address:
            self._end(EXIT_TRY_AGAIN, "the simulated broker is another one now")

    def _look_for_token(self) -> None:
        try:
            token = access_token(self.home, self.address)
        except NoAddress as bad:
            log.error("the token stays as it is: %s", bad)
            return
        if token and token != self._token:
            log.info("another access token, used from now on")
            self._token = token
            self._turn.set()

    def _look_at_day(self, day: EngineDay) -> None:
        self._pages.look(day.watchdog.silent_ns)
        today, feed = ist.day_of(self.clock.wall_ns()), day.feeds.health
        if today != day.prepared.day:
            self._end(EXIT_TRY_AGAIN, f"{day.prepared.day} is over")
        master = feed.master if feed is not None and feed.is_current() else None
        if master is not None and master.day == today and day.masters.is_other(master.sha256):
            self._end(EXIT_TRY_AGAIN, "today's instrument master is another one now")

    def _end(self, code: int, why: str) -> None:
        if self._ending.is_set():
            return
        log.info("ending: %s", why)
        self._code, self._why = code, why
        self._ending.set()
        self._turn.set()
        self._rest.close()  # nobody waits for an answer that may take a minute

    async def _nap(self, seconds: float) -> None:
        """Sleep, unless something turns up or has turned up since the last nap."""
        try:
            async with asyncio.timeout(seconds):
                await self._turn.wait()
        except TimeoutError:
            return  # slept to its end
        if not self._ending.is_set():
            self._turn.clear()


def _failed_of(failure: BaseException) -> str:
    """DISK where it is the disk's doing; a line to somebody that breaks is an OSError, too, and is not."""
    of_a_line = isinstance(failure, ConnectionError | TimeoutError | NoAddress)
    return DISK if isinstance(failure, JournalDead | NoRoom | OSError) and not of_a_line else ""
