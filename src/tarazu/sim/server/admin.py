"""The admin port: clock, faults, accounts, status. JSON over HTTP on its own loopback port, never on Kite's.

Errors are `{"error": {"code", "message"}}`; see `admin_http` for who is served.
"""

import asyncio
from collections.abc import Callable
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.types import ASGIApp

from tarazu.model import ist
from tarazu.model.calendar import Venue
from tarazu.model.units import SECOND_NS
from tarazu.sim.faults import CATALOGUE, FaultOrder
from tarazu.sim.server.admin_http import AdminError, Answer, loopback_only, read
from tarazu.sim.server.clock import VirtualClock
from tarazu.sim.server.commands import (
    ArmFault,
    ChooseScenario,
    DisarmFault,
    IssueAccessToken,
    IssueRequestToken,
    OpenAccount,
)
from tarazu.sim.server.driver import Driver
from tarazu.sim.server.logged_broker import LoggedBroker
from tarazu.sim.server.postback import Postbacks
from tarazu.sim.server.rest import RestApp
from tarazu.sim.server.ticker import Ticker


class ClockOrder(msgspec.Struct, forbid_unknown_fields=True):
    """What to do to the clock; several are done at one moment, all or none."""

    jump_to: str | int | None = None
    """IST `YYYY-MM-DD HH:MM:SS`, or UTC ns."""
    advance_s: float | None = None
    rate: float | None = None
    pause: bool | None = None


class AccountOrder(msgspec.Struct, forbid_unknown_fields=True):
    user_id: str
    cash: float | None = None
    """Rupees; the server's default when absent."""
    api_key: str = ""
    api_secret: str = ""
    static_ips: tuple[str, ...] = ()
    postback_url: str = ""


class UserOrder(msgspec.Struct, forbid_unknown_fields=True):
    user_id: str


class ScenarioOrder(msgspec.Struct, forbid_unknown_fields=True):
    scenario: str


class Admin:
    """The routes. `shut_down` ends the process; `about` describes what runs (rules, scenario, seed, ports)."""

    def __init__(
        self,
        *,
        book: LoggedBroker,
        clock: VirtualClock,
        driver: Driver,
        ticker: Ticker,
        rest: RestApp,
        postbacks: Postbacks,
        about: dict[str, Any],
        scenarios: dict[str, str],
        cash_paise: int,
        shut_down: Callable[[], None],
    ) -> None:
        self._book, self._clock, self._driver, self._ticker = book, clock, driver, ticker
        self._rest, self._postbacks = rest, postbacks
        self._about, self._scenarios, self._cash_paise, self._shut_down = about, scenarios, cash_paise, shut_down

    def app(self) -> ASGIApp:
        routes: list[tuple[str, dict[str, Answer]]] = [
            ("/status", {"GET": self.status}),
            ("/clock", {"GET": self.clock, "PUT": self.set_clock}),
            ("/scenarios", {"GET": self.scenarios}),
            ("/scenario", {"PUT": self.choose_scenario}),
            ("/faults", {"GET": self.faults, "POST": self.arm, "DELETE": self.disarm_all}),
            ("/faults/{id:int}", {"DELETE": self.disarm}),
            ("/accounts", {"GET": self.accounts, "POST": self.open_account}),
            ("/request-token", {"POST": self.request_token}),
            ("/access-token", {"POST": self.access_token}),
            ("/state", {"GET": self.state}),
            ("/shutdown", {"POST": self.shutdown}),
        ]
        return loopback_only(routes)

    # What is.

    def status(self, _: Request, __: bytes) -> Any:
        """`lag_s` is virtual time by which the broker is behind its clock; up to a turn of the driver is normal."""
        broker, now_ns = self._book.broker, self._book.broker.now_ns
        return {
            **self._about,
            "clock": self.clock(_, __),
            "day": str(broker.universe.day),
            "phases": self._phases(now_ns),
            "lag_s": round(self._driver.lag_ns / SECOND_NS, 3),
            "lag_real_s": round(self._clock.real_s(self._driver.lag_ns), 3),
            "lag_s_max": round(self._driver.lag_ns_max / SECOND_NS, 3),
            "steps_conflated": self._driver.conflated,
            "accounts": sorted(broker.accounts),
            "requests": self._rest.requests,
            "bugs": self._rest.bugs,
            "connections": [_connection_row(c) for c in self._ticker.connections],
            "ticker": {"refused": self._ticker.door.refused, "slow_readers_cut": self._ticker.slow_readers},
            "postbacks": {
                "sent": self._postbacks.sent,
                "failed": self._postbacks.failed,
                "dropped": self._postbacks.dropped,
            },
            "faults": [_fault_row(f) for f in broker.faults.armed()],
        }

    def clock(self, _: Request, __: bytes) -> Any:
        now_ns = self._clock.now_ns()
        return {"now_ns": now_ns, "now_ist": ist.stamp(now_ns), **msgspec.structs.asdict(self._clock.origin)}

    def scenarios(self, _: Request, __: bytes) -> Any:
        return self._scenarios

    def faults(self, _: Request, __: bytes) -> Any:
        armed = [_fault_row(f) for f in self._book.broker.faults.armed()]
        return {"armed": armed, "catalogue": [msgspec.to_builtins(kind) for kind in CATALOGUE.values()]}

    def accounts(self, _: Request, __: bytes) -> Any:
        return [msgspec.to_builtins(app) for app in self._book.sessions.apps.values()]

    def state(self, _: Request, __: bytes) -> Any:
        self._driver.reach()
        self._book.seen()
        return {
            "now_ns": self._book.broker.now_ns,
            "accounts": {user_id: self._book.digest(user_id) for user_id in sorted(self._book.broker.accounts)},
        }

    # What is done.

    def set_clock(self, request: Request, body: bytes) -> Any:
        order = read(body, ClockOrder)
        try:
            jump_to_ns = None if order.jump_to is None else _moment_ns(order.jump_to)
            if order.advance_s is not None:
                jump_to_ns = (jump_to_ns or self._clock.now_ns()) + round(order.advance_s * SECOND_NS)
            self._clock.change(jump_to_ns=jump_to_ns, rate=order.rate, paused=order.pause)
        except (ValueError, OverflowError) as bad:
            raise AdminError(400, "bad_clock", str(bad)) from bad
        self._driver.wake()
        return self.clock(request, body)

    def choose_scenario(self, _: Request, body: bytes) -> Any:
        self._driver.reach()
        scenario = read(body, ScenarioOrder).scenario
        self._book.choose_scenario(ChooseScenario(scenario=scenario))
        return {"scenario": scenario, "from": "the next trading day"}

    def arm(self, _: Request, body: bytes) -> Any:
        self._driver.reach()
        return _fault_row(self._book.arm(ArmFault(order=read(body, FaultOrder))))

    def disarm(self, request: Request, _: bytes) -> Any:
        fault_id: int = request.path_params["id"]
        self._driver.reach()
        if not self._book.disarm(DisarmFault(fault_id=fault_id)):
            raise AdminError(404, "no_fault", f"no fault {fault_id} is armed")
        return {"disarmed": fault_id}

    def disarm_all(self, _: Request, __: bytes) -> Any:
        self._driver.reach()
        armed = [f.id for f in self._book.broker.faults.armed()]
        self._book.disarm(DisarmFault())
        return {"disarmed": armed}

    def open_account(self, _: Request, body: bytes) -> Any:
        order = read(body, AccountOrder)
        cash_paise = self._cash_paise if order.cash is None else round(order.cash * 100)
        self._driver.reach()
        app = self._book.open_account(
            OpenAccount(
                user_id=order.user_id,
                cash_paise=cash_paise,
                api_key=order.api_key,
                api_secret=order.api_secret,
                static_ips=order.static_ips,
                postback_url=order.postback_url,
            )
        )
        return msgspec.to_builtins(app)

    def request_token(self, _: Request, body: bytes) -> Any:
        user_id = read(body, UserOrder).user_id
        self._driver.reach()
        return {"request_token": self._book.request_token(IssueRequestToken(user_id=user_id))}

    def access_token(self, _: Request, body: bytes) -> Any:
        user_id = read(body, UserOrder).user_id
        self._driver.reach()
        login = self._book.access_token(IssueAccessToken(user_id=user_id))
        return {"api_key": login.app.api_key, "access_token": login.access_token, "expires_ns": login.expires_ns}

    def shutdown(self, _: Request, __: bytes) -> Any:
        asyncio.get_running_loop().call_soon(self._shut_down)
        return {"shutting_down": True}

    def _phases(self, now_ns: int) -> dict[str, str]:
        session = self._book.broker.session
        return {v.value: session.phase_at(v, now_ns).value if session else "CLOSED" for v in Venue}


def _moment_ns(moment: str | int) -> int:
    ns = ist.parse_stamp(moment) if isinstance(moment, str) else moment
    if ns is None:
        raise ValueError(f"{moment!r} is no moment: IST YYYY-MM-DD HH:MM:SS, or UTC ns")
    return ns


def _fault_row(fault: Any) -> Any:
    return msgspec.to_builtins(fault)


def _connection_row(connection: Any) -> dict[str, Any]:
    return {
        "connection": connection.serial,
        "user_id": connection.login.user_id,
        "api_key": connection.login.app.api_key,
        "tokens": len(connection.subscribed),
        "frames": connection.frames,
        "bytes": connection.bytes,
        "buffered_bytes": connection.buffered_bytes,
    }
