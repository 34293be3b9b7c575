"""A home of the live profile with all that the gate asks for, and a broker in a box in Kite's place. Its clock is the
box's own: what is changed in a test is what the test is about."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import msgspec
import pytest

from harness.desk import TINY
from harness.limits import WIDE_TOML
from harness.served import Served
from tarazu.adapters.sim_clock import SimClock
from tarazu.app import broker_address
from tarazu.app.alerts.alert import Alert, Sending
from tarazu.app.alerts.box import Box
from tarazu.app.alerts.urls import read_alert_urls
from tarazu.app.home import Home, Profile
from tarazu.app.masters.freeze import import_freeze
from tarazu.app.readiness.asking import ask_gate
from tarazu.app.readiness.gate import Readiness, readiness
from tarazu.app.readiness.look import Look
from tarazu.app.readiness.receipt import Receipt
from tarazu.app.verdict import Check
from tarazu.model import ist

LIMITS = "[engine]\nposition_limit_default = 10_000\n" + WIDE_TOML
READINESS = '[readiness]\nstatic_ip = "127.0.0.1"\n'
FREEZE = "SYMBOL    ,VOL_FRZ_QTY\nNIFTY,1800\nBANKNIFTY,600\n"
LEAVE = {"TARAZU_ALLOW_LIVE": "1"}


class GateHome:
    def __init__(self, home: Home, served: Served, clock: SimClock) -> None:
        self.home, self.served, self.clock = home, served, clock

    @property
    def now_ns(self) -> int:
        return self.clock.wall_ns()

    def furnish(self) -> None:
        """Everything in its place."""
        self.home.make()
        self.settings(TINY + LIMITS + READINESS)
        self.env()
        freeze = self.home.root / "qtyfreeze.csv"
        freeze.write_text(FREEZE)
        import_freeze(self.home, freeze, ist.day_of(self.now_ns), who="test", now_ns=self.now_ns)
        box, channel = Box(self.home.alerts), read_alert_urls(self.home).first[0].channel
        kept, _ = box.post(Alert("TEST", "INFO", "a test", "test"), "test", self.now_ns)
        arrived = {channel: Sending(tries=1, arrived=1, tried_ns=self.now_ns, arrived_ns=self.now_ns)}
        box.change(kept.id, lambda one: msgspec.structs.replace(one, sendings=arrived))

    def settings(self, text: str) -> None:
        self.home.settings_file.write_text(text)

    def env(self, **changes: str) -> None:
        told = {
            "KITE_API_KEY": self.served["api_key"],
            "KITE_ACCESS_TOKEN": self.served["access_token"],
            "TARAZU_ALERT_URLS": "json://127.0.0.1:9/alerts",
        } | changes
        self.home.env_file.write_text("".join(f"{name}={value}\n" for name, value in told.items()))
        self.home.env_file.chmod(0o600)

    def look(self, *only: str) -> Readiness:
        return readiness(self.home, only=only, environ=LEAVE)

    def ask(self, only: Sequence[str] = (), *, strict: bool = False) -> tuple[Readiness, Receipt | None]:
        return ask_gate(self.home, who="test", only=only, strict=strict, environ=LEAVE)

    def row(self, name: str) -> Check:
        """The one check of this row."""
        checks = self.look(name).checks
        assert len(checks) == 1 and checks[0].id == name, checks
        return checks[0]


@contextmanager
def gate_home(root: Path, served: Served, patch: pytest.MonkeyPatch) -> Iterator[GateHome]:
    """`patch` puts the box in Kite's place, and its clock in the machine's."""
    clock = SimClock(served["admin_url"])
    patch.setattr(broker_address, "KITE_REST", served["rest_url"])
    patch.setattr(Look, "wall_ns", lambda look: clock.wall_ns())
    patch.setattr("tarazu.app.session.standing.session_now_ns", lambda address: clock.wall_ns())
    made = GateHome(Home(Profile.LIVE, root / "live"), served, clock)
    made.furnish()
    yield made


def sim_home(root: Path, served: Served) -> Home:
    """Of the paper profile that follows the box's market."""
    home = Home(Profile.PAPER, root / "paper")
    home.make()
    home.settings_file.write_text(TINY + '[paper]\nfeed = "sim"\n')
    home.sim_broker.write_text(json.dumps(served.hello))
    return home
