"""Broker, front and command log as one: everything from outside that changes state passes here, live and in replay.

A command is carried out, then logged, then answered. Replay carries the same commands out at the same virtual times,
and since the broker is pure, the state is the same. Of reads only the time of the answer is logged: they change nothing
but the counts of the rate limits, and a write that those counts refused (429) is left out of the replay for that;
while a fault is armed reads are logged whole, for they may use it up. The strikes of the ticker's own faults are not
replayed.
"""

import hashlib
import logging
from collections.abc import Iterable
from typing import Any

import msgspec

from tarazu.sim.broker.broker import Broker
from tarazu.sim.faults import Fault
from tarazu.sim.front.front import Front
from tarazu.sim.front.http import BODY_BYTES_MAX, Request, Response
from tarazu.sim.front.sessions import App, Login, Sessions
from tarazu.sim.server.command_log import CommandLog
from tarazu.sim.server.commands import (
    ArmFault,
    ChooseScenario,
    Command,
    DisarmFault,
    IssueAccessToken,
    IssueRequestToken,
    Line,
    Mark,
    OpenAccount,
    RestCall,
)
from tarazu.sim.server.postback import parse_url
from tarazu.sim.synthetic.scenario import SCENARIOS

log = logging.getLogger(__name__)

LOGIN_PAGE = "/connect/login"
ORDERS = "/orders"
READS = ("GET", "HEAD")
BUG_STATUS = 500


class Refused(ValueError):
    """An admin command that makes no sense; nothing has changed."""


class LoggedBroker:
    """Callers bring the broker to the present first; every command happens at `broker.now_ns`."""

    def __init__(self, broker: Broker, sessions: Sessions, front: Front, command_log: CommandLog | None) -> None:
        self.broker = broker
        self.sessions = sessions
        self._front = front
        self._log = command_log
        self._marked_ns = broker.now_ns

    def request(self, request: Request) -> Response:
        """Answer one HTTP request. What the front raises is raised on, after the request was logged."""
        now_ns = self.broker.now_ns
        logged = self._is_logged(request)
        status = BUG_STATUS
        try:
            response = self._front.handle(request, now_ns)
            status = response.status
        finally:
            if logged:
                self._append(now_ns, _rest_call(request, status))
            else:
                self.seen()
        return response

    def arm(self, command: ArmFault) -> Fault:
        """Raises `sim.faults.BadFault`."""
        fault: Fault = self._perform(command)
        return fault

    def disarm(self, command: DisarmFault) -> bool:
        """False when there is no such fault."""
        known: bool = self._perform(command)
        return known

    def open_account(self, command: OpenAccount) -> App:
        """Raises Refused or BadPostbackUrl."""
        app: App = self._perform(command)
        return app

    def request_token(self, command: IssueRequestToken) -> str:
        """Raises Refused for an unknown account."""
        token: str = self._perform(command)
        return token

    def access_token(self, command: IssueAccessToken) -> Login:
        """Raises Refused for an unknown account."""
        login: Login = self._perform(command)
        return login

    def choose_scenario(self, command: ChooseScenario) -> None:
        """The kind of day from the next trading day on. Raises Refused for an unknown one."""
        self._perform(command)

    def app_of(self, user_id: str) -> App:
        for app in self.sessions.apps.values():
            if app.user_id == user_id:
                return app
        raise Refused(f"no account {user_id!r}")

    def seen(self) -> None:
        """Note the time at which somebody outside was shown the state: a restart does not go back behind it."""
        if self.broker.now_ns != self._marked_ns:
            self._append(self.broker.now_ns, Mark())

    def mark(self) -> None:
        """Note how far the clock has come, and bring the log to the disk. Called about once a second."""
        self.seen()
        if self._log is not None:
            self._log.sync()

    def close(self) -> None:
        self.mark()
        if self._log is not None:
            self._log.close()

    def replay(self, lines: Iterable[Line]) -> int:
        """Carry out the commands of an earlier run; returns how many there were."""
        count = 0
        for line in lines:
            self.broker.advance(line.ns)
            self.broker.updates.clear()
            self._repeat(line)
            count += not isinstance(line.command, Mark)
        self._marked_ns = self.broker.now_ns
        return count

    def digest(self, user_id: str) -> dict[str, str]:
        """SHA-256 of what the account's owner would read, part by part: equal states have equal digests."""
        broker = self.broker
        parts: dict[str, Any] = {
            "orders": broker.orders(user_id),
            "trades": broker.trades(user_id, None),
            "positions": broker.positions(user_id),
            "holdings": broker.holdings(user_id),
            "funds": broker.funds(user_id, "equity"),
            "gtts": broker.gtts.list(user_id),
        }
        return {name: hashlib.sha256(msgspec.json.encode(part)).hexdigest() for name, part in parts.items()}

    def _is_logged(self, request: Request) -> bool:
        reads = request.method in READS and request.path != LOGIN_PAGE
        return self._log is not None and (not reads or bool(self.broker.faults.armed()))

    def _repeat(self, line: Line) -> None:
        command = line.command
        if not isinstance(command, RestCall):
            self._carry_out(command)
            return
        if command.status == 429 and not command.path.startswith(ORDERS):
            return  # refused by counts that reads had their share in
        try:
            self._front.handle(_request_of(command), line.ns)
        except Exception:
            if command.status != BUG_STATUS:
                raise
            log.warning("replay met the same bug again: %s %s", command.method, command.path)

    def _perform(self, command: Command) -> Any:
        result = self._carry_out(command)
        self._append(self.broker.now_ns, command)
        return result

    def _carry_out(self, command: Command) -> Any:
        now_ns = self.broker.now_ns
        match command:
            case ArmFault():
                return self.broker.faults.arm(command.order, now_ns)
            case DisarmFault(fault_id=None):
                self.broker.faults.disarm_all()
                return True
            case DisarmFault():
                assert command.fault_id is not None
                return self.broker.faults.disarm(command.fault_id)
            case OpenAccount():
                return self._open(command)
            case IssueRequestToken():
                return self.sessions.request_token(self.app_of(command.user_id).api_key, now_ns)
            case IssueAccessToken():
                return self.sessions.log_in(self.app_of(command.user_id).api_key, now_ns)
            case ChooseScenario():
                return self._choose(command.scenario)
        return None

    def _choose(self, name: str) -> None:
        if name not in SCENARIOS:
            raise Refused(f"no scenario {name!r}; there are: {', '.join(SCENARIOS)}")
        self.broker.next_scenario(SCENARIOS[name])

    def _open(self, command: OpenAccount) -> App:
        if not (command.user_id.isascii() and command.user_id.isalnum() and len(command.user_id) <= 16):
            raise Refused("a user_id is 1 to 16 letters and digits")
        if command.user_id in self.broker.accounts:
            raise Refused(f"account {command.user_id} exists")
        if command.cash_paise < 0:
            raise Refused("cash is not negative")
        if command.postback_url:
            parse_url(command.postback_url)
        app = App(
            api_key=command.api_key or derived(self.broker.config.seed, "api_key", command.user_id)[:16],
            api_secret=command.api_secret or derived(self.broker.config.seed, "api_secret", command.user_id)[:32],
            user_id=command.user_id,
            postback_url=command.postback_url,
            app_id=len(self.sessions.apps) + 1,
            allowed_ips=command.static_ips,
        )
        if app.api_key in self.sessions.apps:
            raise Refused(f"api_key {app.api_key} exists")
        self.broker.add_account(command.user_id, command.cash_paise)
        self.sessions.apps[app.api_key] = app
        return app

    def _append(self, now_ns: int, command: Command) -> None:
        self._marked_ns = now_ns
        if self._log is not None:
            self._log.append(Line(now_ns, command))


def derived(seed: int, purpose: str, user_id: str) -> str:
    """Key or secret of an account that was given none: hex, the same for the same seed."""
    return hashlib.sha256(f"{seed}:{purpose}:{user_id}".encode()).hexdigest()


def _rest_call(request: Request, status: int) -> RestCall:
    oversized = len(request.body) > BODY_BYTES_MAX
    return RestCall(
        method=request.method,
        path=request.path,
        query=list(request.query),
        headers=dict(request.headers),
        body=b"" if oversized else request.body,
        oversized=oversized,
        malformed=request.malformed,
        client_ip=request.client_ip,
        status=status,
    )


def _request_of(call: RestCall) -> Request:
    return Request(
        method=call.method,
        path=call.path,
        query=tuple(call.query),
        headers=call.headers,
        body=bytes(BODY_BYTES_MAX + 1) if call.oversized else call.body,
        client_ip=call.client_ip,
        malformed=call.malformed,
    )
