"""Everything a run needs, started and ended: the simulated broker for what is not measured, the market, two desks of
ours, one a durability mode, and the peer."""

import csv
import io
import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Collection, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from numpy.lib.recfunctions import drop_fields, merge_arrays
from numpy.typing import NDArray

from feedrig.run import BENCHMARKS, Process, line, tell
from tarazu.app.broker_address import SimAddress
from tarazu.app.home import Home, Profile
from tarazu.app.main.health import read_main_health
from tarazu.model.instrument import SegmentByte

DECISIVE = 150
"""The place in a frame of the instrument that decides."""
START_S, END_S = 60.0, 30.0

# Checks as they ship: a stop is required, 5 entries a second. Only the wait after a start is left out, and the
# indices, which the frames do not have, need not be fresh.
SETTINGS = """
[feed]
optional = ["index", "cross_asset"]
stocks = ["NSE:RELIANCE", "NSE:INFY"]
sentinels = 0
connections = 1
[[feed.underlyings]]
key = "NSE:NIFTY 50"
name = "NIFTY"
option_expiries = 2
strikes_each_side = 30
[[feed.underlyings]]
key = "NSE:NIFTY BANK"
name = "BANKNIFTY"
strikes_each_side = 14
[engine]
position_limit_default = 1_000_000
settle_s = 0
durability = "{mode}"
[engine.risk]
order_qty_max = 1_000_000
order_value_max = 1e9
gross_premium_max = 1e12
unexecuted_value_max = 1e12
scenario_loss_max = 1e12
delta_max = 1e12
vega_max = 1e12
day_loss_max = 1e12
drawdown_max = 1e12
round_trips_max = 1_000_000
order_to_trade_max = 1_000_000
duplicate_s = 0
[[engine.strategies]]
factory = "t2orig.orders:crossing"
params = {{ key = "NFO:{symbol}", qty = {qty} }}
"""


class Desk(msgspec.Struct, kw_only=True):
    """A home with its two processes."""

    mode: str
    home: Home
    programs: list[Process]

    def moments(self, sent_ns: Collection[int]) -> NDArray[Any]:
        """What its processes noted (`stamps`) of the frames sent then, once they have ended."""
        feed, engine = (np.load(self.home.root / f"{name}.npy") for name in ("depth_ws", "main"))
        frames = feed[np.isin(feed["sent"], list(sent_ns))]
        _, mine, theirs = np.intersect1d(frames["sequence"], engine["sequence"], return_indices=True)
        found: NDArray[Any] = merge_arrays((frames[mine], drop_fields(engine[theirs], "sequence")), flatten=True)
        return found

    def end(self) -> None:
        for program in reversed(self.programs):
            program.send_signal(signal.SIGTERM)
            assert program.wait(END_S) == 0, f"a process of {self.mode} has failed: see the logs in the run's folder"


class Rig:
    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self._folder, self._stack = folder, stack
        sim = folder / "sim.json"
        self._spawn("sim", "tarazu", "sim", "serve", "--at", "10:00", "--ready-file", sim)
        _until(sim.exists, lambda: time.sleep(0.05), lambda: "the simulated broker has not begun")
        self._sim = msgspec.json.decode(sim.read_bytes(), type=SimAddress)
        self.market = self._spawn("market", "t2orig.market", sim)
        self._ports = json.loads(line(self.market))
        self._contract = _contract(self._sim)
        self.desks = [self._desk(mode) for mode in ("power", "process")]
        self._peer()

    def do(self, what: str, **how: object) -> dict[str, Any]:
        tell(self.market, {"do": what, **how})
        answer: dict[str, Any] = json.loads(line(self.market))
        return answer

    def _desk(self, mode: str) -> Desk:
        home = Home(Profile.SIM, self._folder / mode / "sim")
        home.make()
        symbol, qty = self._contract["tradingsymbol"], self._contract["lot_size"]
        home.settings_file.write_text(SETTINGS.format(mode=mode, symbol=symbol, qty=qty))
        rest, ticker = f"http://127.0.0.1:{self._ports['rest']}", f"ws://127.0.0.1:{self._ports['port']}"
        ours = msgspec.structs.replace(self._sim, api_key=mode, access_token="token", rest_url=rest, ws_url=ticker)
        home.sim_broker.write_bytes(msgspec.json.encode(ours))
        desk = Desk(mode=mode, home=home, programs=[self._program(home, "depth_ws")])
        followed = self.do("expect", who=mode)["tokens"]
        self._tokens = _around(int(self._contract["instrument_token"]), followed)
        self.do("frames", tokens=self._tokens, at=DECISIVE)
        desk.programs.append(self._program(home, "main"))
        _until(lambda: _takes_entries(home), lambda: self.do("serve", seconds=0.2), lambda: _why_not(home))
        self.do("serve", seconds=3.0)
        return desk

    def _program(self, home: Home, name: str) -> Process:
        environment = {**os.environ, "TARAZU_HOME": str(home.root.parent)}
        words = ("t2orig.ours", name, home.root / f"{name}.npy", "--profile", "sim")
        return self._spawn(f"{home.root.parent.name}.{name}", *words, environment=environment)

    def _peer(self) -> None:
        contract = self._contract
        peer = self._spawn("peer", "t2orig.peer")
        order = {"symbol": contract["tradingsymbol"], "qty": int(contract["lot_size"]), "tokens": self._tokens}
        tell(peer, {**self._ports, **order, "token": self._tokens[DECISIVE]})
        self.do("expect", who="peer")

    def _spawn(self, name: str, module: str, *argv: object, environment: dict[str, str] | None = None) -> Process:
        log = self._stack.enter_context((self._folder / f"{name}.log").open("w"))
        spawned = subprocess.Popen(
            [sys.executable, "-m", module, *map(str, argv)],
            cwd=BENCHMARKS,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            env=environment,
        )
        self._stack.callback(_end, spawned)
        return spawned


@contextmanager
def running(folder: Path) -> Iterator[Rig]:
    with ExitStack() as stack:
        yield Rig(folder, stack)


def _contract(sim: SimAddress) -> dict[str, str]:
    """A NIFTY call of the second expiry, at the money."""
    headers = {"Authorization": f"token {sim.api_key}:{sim.access_token}", "X-Kite-Version": "3"}
    with urllib.request.urlopen(urllib.request.Request(f"{sim.rest_url}/instruments", headers=headers)) as answer:
        rows = list(csv.DictReader(io.StringIO(answer.read().decode())))
    calls = [row for row in rows if row["name"] == "NIFTY" and row["instrument_type"] == "CE"]
    last = max(row["expiry"] for row in calls)
    strikes = sorted((row for row in calls if row["expiry"] == last), key=lambda row: float(row["strike"]))
    return strikes[len(strikes) // 2]


def _around(token: int, followed: list[int]) -> list[int]:
    """Everything that is followed, indices left out, with this one in its place: 300 instruments."""
    others = [other for other in followed if other != token and other & 0xFF != SegmentByte.INDICES]
    assert token in followed and len(others) > DECISIVE, f"{len(others)} instruments are followed"
    return [*others[:DECISIVE], token, *others[DECISIVE:]]


def _takes_entries(home: Home) -> bool:
    health = read_main_health(home.main_health)
    return health is not None and health.phase == "ACTIVE" and health.market is not None and health.market.bands > 0


def _why_not(home: Home) -> str:
    health = read_main_health(home.main_health)
    return "main has said nothing" if health is None else f"{health.stage} {health.detail} {health.phase} {health.why}"


def _until(holds: Callable[[], bool], meanwhile: Callable[[], object], why_not: Callable[[], str]) -> None:
    until_s = time.monotonic() + START_S
    while not holds():
        assert time.monotonic() < until_s, why_not()
        meanwhile()


def _end(process: Process) -> None:
    if process.poll() is None:
        process.kill()
    process.communicate()
