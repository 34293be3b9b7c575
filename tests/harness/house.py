"""A broker and its front in process, without sockets; a log of commands, and how a house performs it."""

import hashlib
from datetime import date, time

import msgspec
import numpy as np

from tarazu import reference
from tarazu.model import ist
from tarazu.model.calendar import Pace
from tarazu.sim.broker.broker import AccountSeed, Broker, BrokerConfig
from tarazu.sim.dice import Dice
from tarazu.sim.faults import FaultOrder
from tarazu.sim.front.front import Front
from tarazu.sim.front.http import Request, Response
from tarazu.sim.front.sessions import App, Sessions
from tarazu.sim.orders import OrderUpdate
from tarazu.sim.synthetic.scenario import SCENARIOS
from tarazu.wire.kite_ticks import encode

USERS = ("TZ0001", "TZ0002")
APPS = tuple(App(api_key=f"key-{user}", api_secret=f"secret-{user}", user_id=user) for user in USERS)
CASH_PAISE = 1_00_00_000_00
HOLDINGS = (("NSE:INFY", 40), ("NSE:SBIN", 100))


class Command(msgspec.Struct, frozen=True):
    """At this moment, a request to the front or a fault armed by the operator."""

    at_ns: int
    request: Request | None = None
    fault: FaultOrder | None = None


class House:
    """A short session of a tiny universe: 134 seconds from the pre-open to the end of the post-close session."""

    def __init__(self, day: date, at: time, seed: int = 11, scenario: str = "normal", short: bool = True) -> None:
        rules = reference.rules("nse-2026")
        self.start_ns = ist.at_ns(day, at)
        self.broker = Broker(
            BrokerConfig(
                seed=seed,
                rules=rules,
                calendar=reference.calendar_for(rules),
                charge_rates=reference.charge_rates(),
                scenario=SCENARIOS[scenario],
                size="tiny",
                start_ns=self.start_ns,
                pace=Pace.SHORT if short else Pace.FULL,
                accounts=tuple(AccountSeed(user_id=u, cash_paise=CASH_PAISE, holdings=HOLDINGS) for u in USERS),
            )
        )
        # The tokens are the same in every house, so that one log of requests suits all.
        self.front = Front(self.broker, Sessions(APPS, 1, rules.token_dies_at))

    def do(self, command: Command) -> Response | None:
        if command.fault is not None:
            self.broker.advance(command.at_ns)
            self.broker.faults.arm(command.fault, command.at_ns)
            return None
        assert command.request is not None
        return self.front.handle(command.request, command.at_ns)

    def drain(self) -> list[OrderUpdate]:
        """The updates since the last time, as a server takes them."""
        updates = list(self.broker.updates)
        self.broker.updates.clear()
        return updates

    def market(self) -> bytes:
        """Digests of all that a ticker and a candle reader can see: rows, what changed, bands, frames, candles."""
        market, broker = self.broker.exchange.market, self.broker
        modes = np.arange(len(market.rows), dtype=np.uint8) % 4
        bars = [broker.candles.candles(n, 0, 1 << 62, "minute") for n in range(len(broker.universe))]
        seen = (market.rows.tobytes(), market.changed.tobytes(), market.bands.tobytes(), encode(market.rows, modes))
        return b" ".join(_digest(part) for part in (*seen, msgspec.json.encode(bars)))


def perform(house: House, log: list[Command], cuts: Dice | None = None) -> list[bytes]:
    """Everything the house says to the log, line by line; with `cuts`, time is advanced at random moments between."""
    said: list[bytes] = []
    for n, command in enumerate(log):
        if cuts is not None:
            _cut(house.broker, command.at_ns, cuts, n)
        said.append(line(house, house.do(command)))
        if n % 10 == 0 or n == len(log) - 1:
            said.append(b"market " + house.market())
    said += [b"ledger " + msgspec.json.encode(house.broker.accounts[user].ledger.entries) for user in USERS]
    return said


def line(house: House, response: Response | None) -> bytes:
    """One answer and the updates that came with it."""
    return msgspec.json.encode((response, [(u.user_id, u.ts_ns, u.row, u.postback) for u in house.drain()]))


def _cut(broker: Broker, to_ns: int, cuts: Dice, n: int) -> None:
    """Advance in up to four slices: to any nanosecond, or to the very moment at which something is due."""
    for cut in range(cuts.between(0, 4, "cuts", n)):
        due = [ns for ns in (broker.market_ns(), broker.agenda.next_ns()) if ns is not None and ns <= to_ns]
        anywhere = cuts.between(broker.now_ns, max(broker.now_ns, to_ns), "cut", n, cut)
        broker.advance(min(due) if due and cuts.chance(0.4, "due", n, cut) else anywhere)


def _digest(part: bytes) -> bytes:
    return hashlib.sha256(part).hexdigest().encode()
