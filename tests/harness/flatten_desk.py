"""An account at a simulated broker with things in it to be left, and a home beside it in which nothing runs."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec

from harness.broker_process import broker_process
from harness.broker_truth import PATIENCE_S, BrokerTruth, as_client, asked
from harness.served import Served
from tarazu.app.home import Home, Profile

CALL, PUT, FAR = "NIFTY26NOV26100CE", "NIFTY26NOV26100PE", "NIFTY26NOV26150CE"
RESTING = "NIFTY26NOV26050CE"
LOT = 65


class Said(msgspec.Struct, frozen=True):
    code: int
    text: str
    errors: str

    @property
    def told(self) -> dict[str, Any]:
        told: dict[str, Any] = json.loads(self.text)
        assert told["exit_code"] == self.code
        return told


class FlattenDesk:
    """Nothing of the desk runs: no main, no feed, no supervisor, no database."""

    def __init__(self, root: Path, served: Served) -> None:
        self.home, self.served = Home(Profile.SIM, root / "sim"), served
        self.home.make()
        self.home.sim_broker.write_text(json.dumps(served.hello))

    def run(self, *words: str, typed: str = "", **environ: str) -> Said:
        """`tarazu WORDS`, in a process of its own."""
        plain = {name: value for name, value in os.environ.items() if not name.startswith(("KITE_", "TARAZU_"))}
        where = {"TARAZU_HOME": str(self.home.root.parent), "TARAZU_PROFILE": "sim"}
        process = subprocess.run(
            [sys.executable, "-m", "tarazu", *words],
            env={**plain, **where, **environ},
            input=typed,
            capture_output=True,
            text=True,
            timeout=400,
            check=False,
        )
        return Said(process.returncode, process.stdout, process.stderr)

    def live(self, *words: str, patience_s: float = 90.0, **environ: str) -> Said:
        """`tarazu flatten --live`, confirmed."""
        told = ("--live", "--reason", "a test", "--yes", "--json", "--patience", str(patience_s))
        return self.run("flatten", *told, *words, **environ)

    # The account, by the official client.

    def buy(self, symbol: str, qty: int = LOT, **changes: Any) -> str:
        return self.place(symbol, "BUY", qty, **changes)

    def sell(self, symbol: str, qty: int = LOT, **changes: Any) -> str:
        return self.place(symbol, "SELL", qty, **changes)

    def place(self, symbol: str, side: str, qty: int, **changes: Any) -> str:
        """At the market unless `changes` say otherwise."""
        order = {
            "variety": "regular",
            "exchange": "NFO",
            "tradingsymbol": symbol,
            "transaction_type": side,
            "quantity": qty,
            "product": "NRML",
            "order_type": "MARKET",
            "validity": "DAY",
        } | changes
        if order["order_type"] == "MARKET":
            order["market_protection"] = -1
        return str(as_client(self.served).place_order(**order))

    def rest(self, symbol: str, side: str, qty: int, price: float, **changes: Any) -> str:
        return self.place(symbol, side, qty, order_type="LIMIT", price=price, **changes)

    def stop(self, symbol: str, side: str, qty: int, trigger: float, price: float) -> str:
        """A resting SL."""
        return self.place(symbol, side, qty, order_type="SL", trigger_price=trigger, price=price)

    def last(self, symbol: str) -> float:
        client = as_client(self.served)
        return float(asked(lambda: client.ltp([f"NFO:{symbol}"]))[f"NFO:{symbol}"]["last_price"])

    @property
    def truth(self) -> BrokerTruth:
        return BrokerTruth(self.served)

    def until(self, holds: Callable[[BrokerTruth], bool]) -> BrokerTruth:
        deadline = time.monotonic() + PATIENCE_S
        while not holds(truth := self.truth):
            assert time.monotonic() < deadline, f"never; held {truth.net}, working {truth.working}"
            time.sleep(0.5)
        return truth

    def held(self, **units: int) -> BrokerTruth:
        """Once exactly these are, by symbol, whatever the product."""
        return self.until(lambda truth: {key[4:]: qty for (key, _), qty in truth.net.items()} == units)

    def strike(self, kind: str, **order: Any) -> None:
        self.served.admin("POST", "/faults", {"kind": kind, **order})

    def calm(self) -> None:
        self.served.admin("DELETE", "/faults")

    def record(self) -> list[dict[str, Any]]:
        """The desk's record, entry by entry."""
        lines = [line for path in sorted(self.home.desk.glob("*.jsonl")) for line in path.read_text().splitlines()]
        return [json.loads(line) for line in lines]


@contextmanager
def flatten_desk(root: Path, *flags: str) -> Iterator[FlattenDesk]:
    with broker_process(*flags) as served:
        yield FlattenDesk(root, served)
