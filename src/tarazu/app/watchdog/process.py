"""The process: a pass of watching twice a second, and beside it, each in its thread, account, pager and courier."""

import logging
import os
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from tarazu import __version__
from tarazu.adapters.sim_clock import SimClock
from tarazu.adapters.system_clock import SystemClock
from tarazu.app.alerts.deliver import Courier
from tarazu.app.alerts.from_journal import JournalAlerts
from tarazu.app.alerts.urls import AlertUrls, read_alert_urls
from tarazu.app.broker_address import NoAddress, access_token, broker_address
from tarazu.app.depth_ws.seen_file import SeenFile
from tarazu.app.health import boot, write_health
from tarazu.app.home import Home, Profile
from tarazu.app.main.health import Stage as MainStage
from tarazu.app.secrets.store import BadSecrets, watched_file
from tarazu.app.settings import Settings
from tarazu.app.shipping.beside import Beside
from tarazu.app.shipping.checks import ship_standing
from tarazu.app.watchdog import triggers
from tarazu.app.watchdog.account.brake import Brake
from tarazu.app.watchdog.account.result import Result
from tarazu.app.watchdog.account.watch import AccountFacts, AccountWatch
from tarazu.app.watchdog.finding import Finding
from tarazu.app.watchdog.health import OwnPnl, Stage, WatchdogHealth
from tarazu.app.watchdog.monitor_duty import monitor_duty
from tarazu.app.watchdog.pager import Pager
from tarazu.app.watchdog.processes import Processes
from tarazu.app.watchdog.pulse import Silence
from tarazu.model import ist
from tarazu.model.units import PAISE, SECOND_NS

log = logging.getLogger("tarazu.watchdog")

PASS_S = 0.5
COURIER_S = 1.0
END_S = 6.0
"""How long the threads have for what they are at: a question to the broker takes 4 s at most."""
UNREAD_NS = 30 * SECOND_NS
EXIT_OK, EXIT_BUG, EXIT_TRY_AGAIN = 0, 70, 75


class Watchdog:
    """One run of the process. `stop` may be called at any time, by a signal too."""

    def __init__(self, home: Home, settings: Settings) -> None:
        """Raises NoAddress, OSError when nobody answers for the clock of the sim profile."""
        self.home, self.settings = home, settings
        self.address = broker_address(home)
        sim = self.address.sim
        self.clock = SimClock(sim.admin_url) if sim else SystemClock()
        self.ending = threading.Event()
        self._started = self.clock.wall_ns(), self.clock.mono_ns()
        self._stage, self._detail = Stage.STARTING, ""
        self._passed_ns: int | None = None
        self._env, self._sim = SeenFile(watched_file(home)), SeenFile(home.sim_broker)
        self._token = access_token(home, self.address) or ""
        self._processes, self._silence = Processes(home, self._started[0]), Silence()
        brake = Brake(self.address, lambda: self._token, self.ending)
        # The paper profile's orders live and die with main: there is no account to look at.
        self._account = None if home.profile is Profile.PAPER else AccountWatch(home, brake, self.clock.wall_ns)
        self._pager, self._journal = Pager(home, self._started[0]), JournalAlerts(home)
        self._monitor = monitor_duty(home, settings.watchdog, self._started[0])
        self._urls_bad = ""
        """Why `.env` gives no address; empty: it reads."""
        self._courier = Courier(home, settings.alerts, self._urls())
        self._main_said: tuple[Finding, ...] = ()
        self._code = EXIT_OK

    def run(self) -> int:
        """Until `stop`, or until it cannot go on; returns the exit code."""
        self._write()
        works = {"pager": self._page, "courier": self._carry}
        if self._account is not None:
            works["account"] = self._watch_account
        threads = [threading.Thread(target=self._kept, args=work, name=work[0], daemon=True) for work in works.items()]
        if self.settings.ship.to:  # not kept: nothing that happens to it ends the watchdog
            beside = Beside(self.home)
            threads.append(threading.Thread(target=beside.run, args=(self.ending,), name="ship", daemon=True))
        for thread in threads:
            thread.start()
        log.info("watching %s", self.home.root)
        self._kept("watching", self._watch)
        self._stage = Stage.FAILED if self._code == EXIT_BUG else Stage.STOPPING
        end_s = time.monotonic() + END_S
        for thread in threads:
            thread.join(max(0.0, end_s - time.monotonic()))
        self._write()
        return self._code

    def stop(self, code: int = EXIT_OK, why: str = "asked to stop") -> None:
        if not self.ending.is_set():
            log.info("ending: %s", why)
            self._code, self._detail = code, "" if code == EXIT_OK else why
            self.ending.set()

    # The threads.

    def _kept(self, name: str, work: Callable[[], None]) -> None:
        """A thread that ends by a bug is the end of the process: half a watchdog is taken for a whole one."""
        try:
            work()
        except Exception as bug:
            log.critical("the watchdog ends at once, by its %s: a bug, please report it", name, exc_info=bug)
            self.stop(EXIT_BUG, f"{name}: {type(bug).__name__}: {bug}")

    def _watch(self) -> None:
        while not self.ending.is_set():
            self._pass()
            self._write()
            self.ending.wait(PASS_S)

    def _watch_account(self) -> None:
        assert self._account is not None
        self._account.run(self.ending)

    def _page(self) -> None:
        while not self.ending.is_set():
            self._pager.work(time.monotonic_ns(), self.clock.wall_ns())
            self.ending.wait(PASS_S)

    def _carry(self) -> None:
        while not self.ending.is_set():
            if isinstance(self.clock, SimClock):
                self.clock.refresh()  # a broker that does not answer must hold up nobody's pulse
            now_ns = self.clock.wall_ns()
            self._journal.work(now_ns)
            for alert in [*self._journal.lost, *(self._pager.unkept.popleft() for _ in range(len(self._pager.unkept)))]:
                self._courier.carry(alert, now_ns)
            self._courier.work(now_ns)
            self.ending.wait(COURIER_S)

    # A pass.

    def _pass(self) -> None:
        self._look_around()
        mono_ns = time.monotonic_ns()
        self._processes.look(mono_ns, self.clock.wall_ns())
        main = self._processes.main
        silent_ns = self._silence.look(self._processes.main_health, main.pid != 0, time.monotonic_ns())
        if self._account is not None:
            self._account.silent_ns = silent_ns
        self._pager.take(self._findings())
        self._stage, self._detail = self._standing(time.monotonic_ns())
        self._passed_ns = time.monotonic_ns()

    def _look_around(self) -> None:
        """The broker's address, the token, the alert addresses."""
        try:
            if self._sim.changed() and broker_address(self.home) != self.address:
                self.stop(EXIT_TRY_AGAIN, "the broker is another one now")
            if self._env.changed():
                self._token = access_token(self.home, self.address) or self._token
                self._courier.urls = self._urls()
        except NoAddress as bad:
            log.error("address and token stay as they are: %s", bad)

    def _urls(self) -> AlertUrls:
        try:
            found = read_alert_urls(self.home)
            self._urls_bad = ""
            return found
        except BadSecrets as bad:
            log.error("no alert goes out: %s", bad)
            self._urls_bad = f"no address: {bad}"
            return AlertUrls()

    def _findings(self) -> Iterator[Finding]:
        processes, mono_ns = self._processes, time.monotonic_ns()
        for process in processes.all:
            yield from triggers.of_process(process.watched(), process.died(mono_ns), process.is_given_up)
        yield from map(triggers.of_storm, processes.storms())
        main, feed = processes.main_health, processes.feed_health
        current = main if main is not None and main.is_current(mono_ns) else None
        self._main_said = triggers.last_word(current, self._main_said)
        yield from self._main_said
        yield from triggers.of_feed(feed, processes.feed.pulse)
        if self.settings.ship.to:
            yield from triggers.of_ship(ship_standing(self.home, mono_ns, self.settings)[1])
        if self._monitor is not None:
            works = current is not None and current.stage is MainStage.RUNNING
            yield from triggers.of_monitor(self._monitor.missed(self.clock.wall_ns()), works)
        if self._account is None:
            return
        day = ist.day_of(self.clock.wall_ns()).isoformat()
        is_open = feed is not None and feed.market_open
        facts, books = self._account.facts, self._account.books(mono_ns)
        yield from triggers.of_account(facts, books, day, is_open, self.settings.watchdog)
        if (pnl := self._pnl(facts)) is not None and facts.result is not None:
            yield from triggers.of_result(pnl, current, facts.result.slack_paise, facts.halted)

    def _standing(self, mono_ns: int) -> tuple[Stage, str]:
        if self._account is None:
            return Stage.WATCHING, "paper: main keeps the account itself"
        for book in self._account.books(mono_ns):
            if book.age_ns is None or book.age_ns > UNREAD_NS:
                return Stage.BLIND, f"{book.what}: {book.failing or 'not read yet'}"
        return Stage.WATCHING, ""

    # Health.

    def _pnl(self, facts: AccountFacts) -> OwnPnl | None:
        result = facts.result
        if result is None:
            return None
        age_ns = time.monotonic_ns() - facts.result_mono_ns
        if age_ns > UNREAD_NS:
            result = Result(why=f"not reckoned for {age_ns // SECOND_NS} s")
        main, limit = self._processes.main_health, self.settings.engine.risk.day_loss_max
        says = main is not None and main.is_current() and not main.risk.unknown
        return OwnPnl(
            net_paise=result.net_paise,
            limit_paise=None if limit is None else round(limit * PAISE),
            wall_ns=facts.result_wall_ns,
            why=result.why,
            main_paise=main.risk.net_paise if main is not None and says else None,
        )

    def _alerts_failing(self) -> str:
        if not self._courier.urls.addresses:
            return self._urls_bad or "no address: TARAZU_ALERT_URLS is not set"
        return "; ".join(f"{channel}: {why}" for channel, why in dict(self._courier.failing).items())

    def _write(self) -> None:
        try:
            write_health(self.home.watchdog_health, self.health())
        except OSError as full:
            log.error("health is not written, and readers will call it UNKNOWN: %s", full)

    def health(self) -> WatchdogHealth:
        mono_ns, account, pager = time.monotonic_ns(), self._account, self._pager
        incidents = pager.incidents_open
        return WatchdogHealth(
            profile=self.home.profile,
            version=__version__,
            pid=os.getpid(),
            boot=boot(),
            started_ns=self._started[0],
            started_mono_ns=self._started[1],
            wall_ns=self.clock.wall_ns(),
            mono_ns=mono_ns,
            every_ns=round(PASS_S * SECOND_NS),
            stage=self._stage,
            detail=self._detail,
            doing="incidents not known" if incidents is None else f"{incidents} open incidents",
            passed_mono_ns=self._passed_ns,
            watched=tuple(process.watched() for process in self._processes.all),
            books=account.books(mono_ns) if account else (),
            pnl=self._pnl(account.facts) if account else None,
            findings=pager.texts(),
            incidents_open=incidents,
            restarts_asked=sum(process.kills for process in self._processes.all),
            cancels_asked=account.cancels if account else 0,
            halts_asked=pager.halts,
            alerts_failing=self._alerts_failing(),
            rss_bytes=int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE"),
            fds=sum(1 for _ in Path("/proc/self/fd").iterdir()),
        )
