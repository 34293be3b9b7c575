"""The process `sim_broker`: a simulated broker with its four ways in (REST, ticker, admin, postbacks out) on loopback.

Its first line on stdout is one JSON object with everything a client needs; logs go to stderr. SIGINT and SIGTERM end it
cleanly.
"""

import asyncio
import logging
import signal
import sys
from functools import partial
from typing import Any

from tarazu import reference
from tarazu.app.recordings.replayed import BadRecording, Recording, open_recording
from tarazu.app.redacted_logs import conceal_in_logs
from tarazu.app.sim_broker.options import USER_ID, BadOptions, SimOptions, opening, today_ist
from tarazu.app.sim_broker.ready import Ready, first_line, forget, keep
from tarazu.model import ist
from tarazu.model.calendar import NotCovered, Pace
from tarazu.sim.broker.broker import AccountSeed, Broker, BrokerConfig
from tarazu.sim.broker.days import MarketFactory
from tarazu.sim.front.front import Front
from tarazu.sim.front.sessions import App, Sessions
from tarazu.sim.server.admin import Admin
from tarazu.sim.server.clock import VirtualClock
from tarazu.sim.server.command_log import CommandLog, CommandLogError, Header, read_header
from tarazu.sim.server.commands import IssueAccessToken, IssueRequestToken
from tarazu.sim.server.driver import BrokerTicks, Driver
from tarazu.sim.server.listening import LOOPBACK, HttpServer, PortTaken, bind, port_of
from tarazu.sim.server.logged_broker import LoggedBroker, derived
from tarazu.sim.server.postback import Postbacks
from tarazu.sim.server.rest import CuttableProtocol, RestApp
from tarazu.sim.server.ticker import Ticker
from tarazu.sim.synthetic.scenario import SCENARIOS

log = logging.getLogger("tarazu.sim")

# Exit codes of the command (DESIGN 11): 2 is a port or a state directory that cannot be had.
EXIT_OK, EXIT_UNAVAILABLE, EXIT_INTERRUPTED = 0, 2, 130
MARK_S = 1.0


class SimBroker:
    """One simulated broker, wired. Building it restores the state directory's commands; `run` serves it."""

    def __init__(self, options: SimOptions) -> None:
        """Raises BadOptions, BadRecording, PortTaken, CommandLogError."""
        self.options = options
        self.recording = _opened(options)
        self._recording_over = False
        self._sockets = {name: bind(getattr(options, name)) for name in ("rest_port", "ws_port", "admin_port")}
        header = _header(options, self.recording)
        self._log = None if options.state is None else CommandLog(options.state, header)
        self.broker = _broker(options, header.start_ns, self.recording)
        sessions = Sessions([_app(options)], options.seed, self.broker.config.rules.token_dies_at)
        self.book = LoggedBroker(self.broker, sessions, Front(self.broker, sessions), self._log)
        self._restore()
        self.clock = VirtualClock(self.broker.now_ns, options.speed)
        self.postbacks = Postbacks(sessions.apps.values)
        self.ticker = Ticker(BrokerTicks(self.broker), sessions, self.broker.config.rules)
        self.driver = Driver(
            self.broker,
            self.clock,
            self.ticker,
            self.postbacks,
            self.book.seen,
            each_step=self.recording is not None,
        )
        self.rest = RestApp(self._answer, self.clock.real_s)
        self.ready = self._ready()
        self._stopping = asyncio.Event()

    async def run(self) -> None:
        """Serve until `stop`."""
        admin = Admin(
            book=self.book,
            clock=self.clock,
            driver=self.driver,
            ticker=self.ticker,
            rest=self.rest,
            postbacks=self.postbacks,
            about=self._about(),
            scenarios={s.name: s.meaning for s in SCENARIOS.values()},
            cash_paise=self.options.cash_paise,
            shut_down=self.stop,
        )
        servers = [
            (HttpServer(self.rest, CuttableProtocol), self._sockets["rest_port"]),
            (HttpServer(admin.app()), self._sockets["admin_port"]),
        ]
        await self.ticker.start(self._sockets["ws_port"])
        serving = [asyncio.create_task(server.serve(sockets=[listening])) for server, listening in servers]
        moving = [asyncio.create_task(self.driver.run()), asyncio.create_task(self._mark_forever())]
        stopping = asyncio.create_task(self._stopping.wait())
        if self.recording is not None:
            log.info("playing %s", self.recording.about())
        self._say_ready()
        try:
            done, _ = await asyncio.wait([stopping, *moving, *serving], return_when=asyncio.FIRST_COMPLETED)
        finally:
            await self._close([server for server, _ in servers], serving, [stopping, *moving])
        for task in done - {stopping}:
            await task  # a part that ended by itself failed: say why

    def stop(self) -> None:
        self._stopping.set()

    def _say_ready(self) -> None:
        """On stdout, and in the ready file: whoever finds the file finds its broker listening."""
        if self.options.ready_file is not None:
            keep(self.options.ready_file, self.ready)
        print(first_line(self.ready), end="", flush=True)

    async def _close(
        self, servers: list[HttpServer], serving: list[asyncio.Task[None]], moving: list[asyncio.Task[Any]]
    ) -> None:
        for task in moving:
            task.cancel()
        self.rest.end()
        for server in servers:
            server.should_exit = True
        await self.ticker.stop()
        await self.postbacks.stop()
        await asyncio.gather(*serving, *moving, return_exceptions=True)
        if self.options.ready_file is not None:
            forget(self.options.ready_file, self.ready)
        self.book.close()

    async def _mark_forever(self) -> None:
        while True:
            await asyncio.sleep(MARK_S)
            self.book.mark()
            self._tell_end()

    def _tell_end(self) -> None:
        """Once, when the recording has no more frames."""
        over = self.recording is not None and self.broker.exchange.market.next_ns() is None
        if over and not self._recording_over:
            self._recording_over = True
            at = ist.stamp(self.broker.now_ns)
            log.info("the recording has ended (%s IST): the market stands still, the broker goes on", at)

    def _answer(self, request: Any) -> Any:
        self.driver.reach()
        try:
            return self.book.request(request)
        finally:
            self.driver.deliver()

    def _restore(self) -> None:
        """Take up the state directory where it was left."""
        if self._log is None:
            return
        if self._log.torn_bytes:
            log.warning("%s: cut off a torn last line of %d bytes", self._log.path, self._log.torn_bytes)
        if self._log.lines:
            count = self.book.replay(self._log.lines)
            log.info("replayed %d commands up to %s", count, ist.stamp(self.broker.now_ns))

    def _ready(self) -> Ready:
        rest, ws, admin = (port_of(s) for s in self._sockets.values())
        login = self.book.access_token(IssueAccessToken(user_id=USER_ID))
        return Ready(
            rest_port=rest,
            ws_port=ws,
            admin_port=admin,
            rest_url=f"http://{LOOPBACK}:{rest}",
            ws_url=f"ws://{LOOPBACK}:{ws}",
            admin_url=f"http://{LOOPBACK}:{admin}",
            user_id=USER_ID,
            api_key=login.app.api_key,
            api_secret=login.app.api_secret,
            access_token=login.access_token,
            request_token=self.book.request_token(IssueRequestToken(user_id=USER_ID)),
            login_url=f"http://{LOOPBACK}:{rest}/connect/login?v=3&api_key={login.app.api_key}",
            day=str(self.broker.universe.day),
            now_ist=ist.stamp(self.broker.now_ns),
            rules=self.options.rules,
            session=self.options.session,
            scenario=self.options.scenario,
            seed=self.options.seed,
        )

    def _about(self) -> dict[str, Any]:
        shown = ("rest_url", "ws_url", "admin_url", "rules", "scenario", "seed", "version")
        about = {name: getattr(self.ready, name) for name in shown}
        about |= {"size": self.options.size, "session": self.options.session, "step_ms": self.options.step_ms}
        if self.recording is not None:
            about["recording"] = {"path": str(self.options.replay), "sha256": self.recording.sha256}
        return about


def serve(options: SimOptions, log_level: str = "info") -> int:
    """Run a simulated broker in this process until it is told to stop; returns the exit code.

    Raises BadOptions for what only the broker itself can tell; call `sim_options.refuse` before.
    """
    form = "%(asctime)s %(levelname)s %(name)s: %(message)s"
    logging.basicConfig(level=log_level.upper(), stream=sys.stderr, format=form)
    conceal_in_logs()
    logging.getLogger("tarazu.ticker.socket").setLevel(logging.WARNING)
    try:
        return asyncio.run(_serve(options))
    except (PortTaken, CommandLogError, BadRecording) as unavailable:
        print(f"tarazu sim serve: {unavailable}", file=sys.stderr)
        return EXIT_UNAVAILABLE


async def _serve(options: SimOptions) -> int:
    code = EXIT_OK
    simulated = SimBroker(options)

    def interrupted() -> None:
        nonlocal code
        code = EXIT_INTERRUPTED
        simulated.stop()

    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGINT, interrupted)
    loop.add_signal_handler(signal.SIGTERM, simulated.stop)
    await simulated.run()
    return code


def _opened(options: SimOptions) -> Recording | None:
    if options.replay is None:
        return None
    log.info("reading %s", options.replay)
    return open_recording(options.replay, options.master)


def _header(options: SimOptions, recording: Recording | None) -> Header:
    """What the broker is built from. A state directory remembers its day; without `--day` and `--at` it is kept."""
    found = None if options.state is None else read_header(options.state)
    if found is not None and options.day is None and options.at is None:
        start_ns = found.start_ns
    else:
        start_ns = opening(options, today_ist(), recording.contents.first_ns if recording else None).start_ns
    return Header(
        seed=options.seed,
        rules=options.rules,
        scenario=options.scenario,
        size=options.size,
        step_ns=options.step_ns,
        start_ns=start_ns,
        pace=Pace(options.session),
        cash_paise=options.cash_paise,
        static_ips=options.static_ips,
        recording=recording.sha256 if recording else "",
    )


def _app(options: SimOptions) -> App:
    """The first account's app. Its postback URL may differ from one run to the next: no state hangs on it."""
    return App(
        api_key=derived(options.seed, "api_key", USER_ID)[:16],
        api_secret=derived(options.seed, "api_secret", USER_ID)[:32],
        user_id=USER_ID,
        postback_url=options.postback_url,
        allowed_ips=options.static_ips,
    )


def _broker(options: SimOptions, start_ns: int, recording: Recording | None) -> Broker:
    rules = reference.rules(options.rules)
    market: MarketFactory | None = None
    if recording is not None:
        market = partial(recording.market, played_on=ist.day_of(start_ns), seed=options.seed, rules=rules)
    try:
        return Broker(
            BrokerConfig(
                seed=options.seed,
                rules=rules,
                calendar=reference.calendar_for(rules),
                charge_rates=reference.charge_rates(),
                scenario=SCENARIOS[options.scenario],
                size=options.size,
                step_ns=options.step_ns,
                start_ns=start_ns,
                pace=Pace(options.session),
                accounts=(AccountSeed(user_id=USER_ID, cash_paise=options.cash_paise),),
                market_factory=market,
                universe_factory=recording.universe if recording else None,
            )
        )
    except NotCovered as refused:
        raise BadOptions(str(refused)) from refused
