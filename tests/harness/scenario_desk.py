"""A whole desk that trades: simulated broker, depth_ws and main as processes, and a test that looks on from outside.

The test does what people do: it tells main what it wants, strikes the broker with faults, kills processes. What became
of it is read where it counts: in the journal, and in the broker's own books.
"""

import json
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from harness.broker_process import broker_process
from harness.broker_truth import BrokerTruth, agreed, asked, onlooker
from harness.desk import TINY, Desk, desk
from harness.imports import PYTHONPATH
from harness.limits import WIDE_TOML
from harness.told_day import ToldDay
from tarazu.engine import messages as m
from tarazu.engine.phase import Phase
from tarazu.model.order import OrdType, Product, Side
from tarazu.model.units import SECOND_NS
from tarazu.orders.intent import Purpose
from tarazu.orders.order_state import OrderState
from tarazu.strategy.wants import CancelWant, EntryWant, ExitWant, StopPlan, Want

T = TypeVar("T")

ENGINE = (
    """
[engine]
position_limit_default = 6500
settle_s = 2
durability = "process"
"""
    + WIDE_TOML
)
STRIKES = tuple(f"NFO:NIFTY26NOV{strike}{kind}" for strike in (26050, 26100, 26150) for kind in ("CE", "PE"))
CALL, PUT = "NFO:NIFTY26NOV26100CE", "NFO:NIFTY26NOV26100PE"
LOT = 65
FAR_BPS, WIDE_BPS = 2_800, 500
"""A stop that is not met in minutes, and whose limit the exchange takes: within 40 % of an option's last price."""
PATIENCE_S = 60.0
LOOK_S = 0.05
AGAIN_S = 10.0
LASTING = {"INSTRUMENT", "LOT", "TICK", "FREEZE", "NO_LIMIT", "ORDER"}
"""Denials of what is asked. The others are of the moment: no entries now, no band or price yet, what still counts."""

FAST = ("--speed", "20", "--step-ms", "1000", "--scenario", "quiet")
"""Every interval, of the broker as of the engine, goes by the broker's clock: three minutes are nine seconds."""


def probing(**plan: Any) -> str:
    """`[engine]` with `harness.probe` trading six options, one lot each."""
    params = {"keys": list(STRIKES), "qty": LOT} | plan
    words = ", ".join(f"{name} = {json.dumps(value)}" for name, value in params.items())
    return f'{ENGINE}[[engine.strategies]]\nfactory = "harness.probe:make"\nparams = {{ {words} }}\n'


UNCOMPARED = TINY.replace("[feed]", "[feed]\nsentinels = 0")
"""Quotes are one a second for the account: without the feed's own, the price bands of main are read at once."""


class ScenarioDesk:
    def __init__(self, made: Desk) -> None:
        self.desk, self.served, self.home = made, made.served, made.home
        self._told: ToldDay | None = None
        self._onlooker = onlooker(made.served)
        made.environment["PYTHONPATH"] = PYTHONPATH

    # What processes do.

    def begin(self) -> "ScenarioDesk":
        """depth_ws and main, until main takes entries."""
        self.desk.trading()
        return self

    def kill_main(self, number: int = signal.SIGKILL) -> int:
        return self.desk.stop_main(number)

    def restart_main(self) -> None:
        """Until a new epoch has begun."""
        before = len(self.told.messages(m.Started))
        self.desk.start_main()
        self.until(lambda: len(self.told.messages(m.Started)) > before)

    def spawn_main(self) -> subprocess.Popen[str]:
        """One more of it; the desk's own stays what it was."""
        own = self.desk.main
        self.desk.start_main()
        spawned, self.desk.main = self.desk.main, own
        assert spawned is not None
        return spawned

    # What people do.

    def buy(self, key: str = CALL, qty: int = LOT, side: Side = Side.BUY) -> str:
        """At the market; the tag of the order it became."""
        return self._enter(key, side, qty, None)

    def rest(self, key: str = CALL, qty: int = LOT, share_pct: int = 70) -> str:
        """To buy at a price at which nobody sells, so much of the last one; its tag."""
        return self._enter(key, Side.BUY, qty, self.price(key) * share_pct // 500 * 5)

    def _enter(self, key: str, side: Side, qty: int, price_paise: int | None) -> str:
        """A pause of the machine is twenty times as long to the desk: its feed is stale then, and it says so. A person
        asks again."""

        answers: list[dict[str, Any]] = []

        def entered() -> str | None:
            stop = self.far(self.price(key)) if price_paise is None else self.near(price_paise)
            told = self.want(_entry(key, side, qty, price_paise, stop))
            answers.append(told)
            assert not LASTING & {denial["code"] for denial in told["denials"]}, told
            assert len(told["refs"]) == int(told["accepted"]), told
            return str(told["refs"][0]) if told["accepted"] else None

        try:
            return self.until(entered)
        except AssertionError as never:
            raise AssertionError(f"{never}\n{answers[-1]}") from never

    @staticmethod
    def far(price_paise: int) -> StopPlan:
        return StopPlan(distance_paise=price_paise * FAR_BPS // 10_000, width_paise=price_paise * WIDE_BPS // 10_000)

    @staticmethod
    def near(price_paise: int) -> StopPlan:
        """For what is bought far below the market, and whose stop is further below still."""
        return StopPlan(distance_paise=price_paise // 20, width_paise=price_paise // 20)

    def denied(self, key: str = PUT) -> list[str]:
        """Ask for an entry that is to be denied; the codes of the denials."""
        told = self.want(_entry(key, Side.BUY, LOT, None, self.far(10_000)))
        assert not told["accepted"] and not told["refs"], told
        return [denial["code"] for denial in told["denials"]]

    def leave(self, *keys: str) -> None:
        for key in keys or (CALL,):
            self.want(ExitWant(strategy="person", key=key, product=Product.NRML, why="the test is over"))

    def cancel(self, ref: str) -> None:
        self.want(CancelWant(strategy="person", ref=ref))

    def want(self, want: Want) -> dict[str, Any]:
        return self.desk.want(want)

    def command(self, order: m.Order, why: str) -> None:
        assert self.desk.order(order, why)["accepted"]

    def why(self, ref: str) -> str:
        """`tarazu why ORDER`, in words."""
        said = self.tarazu("why", ref.removeprefix("#"))
        assert said.returncode in (0, 1), said.stdout + said.stderr
        return said.stdout

    def tarazu(self, *words: str) -> subprocess.CompletedProcess[str]:
        """As an operator of this desk would run it, main running or not."""
        return self.desk.run(*words)

    # What happens.

    def strike(self, kind: str, for_s: float | None = None, **order: Any) -> int:
        """Arm a fault now; its number."""
        body = {"kind": kind, "for_s": for_s, **order}
        armed = self.served.admin("POST", "/faults", {k: v for k, v in body.items() if v is not None})
        return int(armed["id"])

    def calm(self) -> None:
        self.served.admin("DELETE", "/faults")

    # What is seen.

    @property
    def told(self) -> ToldDay:
        """The journal, as far as it is written now."""
        if self._told is None:
            self._told = self.until(self._journal)
        return self._told.read()

    def _journal(self) -> ToldDay | None:
        try:
            return ToldDay(self.home)
        except (IndexError, AssertionError):
            return None  # nothing of the day is there yet

    def until(self, found: Callable[[], T | None], patience_s: float = PATIENCE_S) -> T:
        """The first answer that is not false; fails with what main and the journal said last."""
        deadline = time.monotonic() + patience_s
        while True:
            answer = found()
            if answer:
                return answer
            if time.monotonic() >= deadline:
                raise AssertionError(f"not within {patience_s} s\n{self.last_words()}")
            time.sleep(LOOK_S)

    def until_phase(self, phase: Phase) -> None:
        self.until(lambda: self.told.state.phase is phase)

    def order(self, ref: str) -> OrderState:
        return self.told.state.blotter.orders[ref]

    def until_order(self, ref: str, *statuses: str, patience_s: float = PATIENCE_S) -> OrderState:
        """As soon as it stands in one of these."""

        def stands() -> OrderState | None:
            order = self.order(ref)
            return order if order.status in statuses else None

        return self.until(stands, patience_s)

    def has_filled(self, ref: str) -> bool:
        """Whether what is at the market fills in some seconds; else it rests where the market was."""
        deadline = time.monotonic() + AGAIN_S
        while (status := self.order(ref).status) == "WORKING" and time.monotonic() < deadline:
            time.sleep(LOOK_S)
        return status == "FILLED"

    def until_protected(self, ref: str) -> OrderState:
        """The stop of an entry, as soon as the broker has it resting."""

        def rests() -> OrderState | None:
            stops = [o for o in self.told.orders(Purpose.STOP) if o.intent is not None and o.intent.covers == ref]
            return next((stop for stop in stops if stop.status == "WORKING"), None)

        return self.until(rests)

    def resting_stops(self, ref: str) -> int:
        """Units of an entry that stops at the exchange protect."""
        stops = [o for o in self.told.orders(Purpose.STOP) if o.intent is not None and o.intent.covers == ref]
        return sum(stop.leaves_worst for stop in stops if stop.status == "WORKING")

    def until_flat(self, *keys: str) -> None:
        """By the broker's books: nothing held, nothing working; and we know it. A person asks for these keys again when
        they are held still: an order whose answer was late has filled since."""
        deadline, again = time.monotonic() + 2 * PATIENCE_S, time.monotonic() + AGAIN_S
        while (truth := BrokerTruth(self.served)).net or truth.working:
            assert time.monotonic() < deadline, f"held {truth.net}, working {truth.working}\n{self.last_words()}"
            if keys and time.monotonic() >= again:
                self.leave(*keys)
                again = time.monotonic() + AGAIN_S
            time.sleep(0.6)
        self.until(lambda: not self.told.state.exits)

    def until_alert(self, code: str, since: int = 0) -> str:
        return self.until(lambda: next((a.text or a.code for a in self.told.alerts(code)[since:]), ""))

    def agree(self) -> BrokerTruth:
        """The broker's truth and ours, equal."""
        return agreed(self.served, self.told)

    def price(self, key: str = CALL) -> int:
        """The last price at the broker, paise."""
        return round(asked(lambda: self._onlooker.ltp([key]))[key]["last_price"] * 100)

    def now_ns(self) -> int:
        return int(self.served.admin("GET", "/clock")["now_ns"])

    def pass_time(self, seconds: float) -> None:
        """So many seconds by the broker's clock."""
        due_ns = self.now_ns() + round(seconds * SECOND_NS)
        self.until(lambda: self.now_ns() >= due_ns)

    def last_words(self) -> str:
        said = [f"{p.name}:\n{p.read_text()[-2500:]}" for p in sorted(self.home.logs.glob("*.log"))]
        acts = [str(r)[:400] for r in (self._told.read().records[-8:] if self._told else [])]
        return "\n".join([*said, *acts])


def _entry(key: str, side: Side, qty: int, price_paise: int | None, stop: StopPlan) -> EntryWant:
    return EntryWant(
        strategy="person",
        key=key,
        side=side,
        qty=qty,
        product=Product.NRML,
        order_type=OrdType.MARKET if price_paise is None else OrdType.LIMIT,
        price_paise=price_paise,
        stop=stop,
    )


@contextmanager
def trading_desk(root: Path, engine: str, *broker: str) -> Iterator[ScenarioDesk]:
    """A broker started with these flags and a desk with this `[engine]`, ACTIVE. At its end both tell the same, and
    main stops cleanly."""
    with broker_process(*broker) as served, desk(root, served, UNCOMPARED + engine) as made:
        desk_ = ScenarioDesk(made).begin()
        yield desk_
        desk_.calm()
        desk_.agree()
        assert desk_.kill_main(signal.SIGTERM) == 0, desk_.last_words()
