"""Going on until the account is flat by the broker's own books, or the time is over.

While a main runs it is told, and watched: it alone sends. A main that does not take the order, tells nothing for ten
seconds or does nothing for thirty, is killed, and its place is held until the flatten is over, so that two never send.
"""

import time
from collections.abc import Callable, Mapping
from enum import StrEnum

import msgspec

from tarazu.app.account.reading import Failure, Why
from tarazu.app.flatten.alone import Alone
from tarazu.app.flatten.carrying import Carrying
from tarazu.app.flatten.evidence import Evidence
from tarazu.app.flatten.local import main_of
from tarazu.app.flatten.seeing import Seeing, Seen
from tarazu.app.home import Home
from tarazu.app.main.health import MainHealth
from tarazu.app.main.telling import MainSilent, tell_main
from tarazu.model import ist
from tarazu.model.units import SECOND_NS
from tarazu.orders.exposure import Place
from tarazu.orders.flatten_plan import FlattenPlan, Wait

TELL_S = 4.0
"""How long main has for an answer."""
SILENT_S = 10.0
IDLE_S = 30.0
"""Of a main that is there and does nothing about what can be done."""
LOOK_S = 1.0
READ_S = 8.0
FLAT_READS = 2
"""One after the other, for it to be believed."""


class By(StrEnum):
    MAIN = "main"
    ITSELF = "flatten"


class End(msgspec.Struct, frozen=True, kw_only=True):
    flat: bool
    seen: Seen | Failure
    """The last look; a Failure: it is not known how the account stands now."""
    by: By
    halted: str
    """Where the halt is: for people."""
    is_halted: bool
    """Whether it is where main has it, or will look for it."""
    requests: int
    """Orders, changes and cancellations sent by this process."""
    reads: int
    refusals: dict[str, str]
    bounded: tuple[str, ...]
    """Keys whose exit has come as far from its first price as an exit goes."""
    seconds: float


class Leaving:
    """`anew` forgets what was read and reads all again, given whether main is gone. `hidden_s`: how long from now an
    exit of an earlier flatten may be under way that nobody can read of."""

    def __init__(
        self,
        home: Home,
        seeing: Seeing,
        carrying: Carrying,
        evidence: Evidence,
        alone: Alone,
        tell: Callable[[str], None],
        anew: Callable[[bool], Seen | Failure],
        hidden_s: Callable[[], float],
        is_asked_to_end: Callable[[], bool] = lambda: False,
    ) -> None:
        """`is_asked_to_end`: whether this process is to go, flat or not, once what it is at has been answered."""
        self._home, self._seeing, self._carrying = home, seeing, carrying
        self._evidence, self._alone, self._tell = evidence, alone, tell
        self._anew, self._hidden_s, self._is_asked_to_end = anew, hidden_s, is_asked_to_end
        self._by = By.ITSELF
        self._main_has_halt = False
        self._is_new = False
        """Whether what is read began after the place was ours: nothing older is ever carried out."""
        self._silent_s = 0.0
        self._idle_s = 0.0
        self._idle_at: tuple[object, ...] = ()
        self._reads = 0

    def leave(self, shown: Mapping[Place, int], who: str, why: str, patience_s: float) -> End:
        """`shown`: what the plan that a person has confirmed would leave."""
        began_s = time.monotonic()
        self._why = f"flatten by {who}: {why}"
        look: Seen | Failure = Failure(Why.NOT_ASKED, "it ended before the first look")
        flat = False
        try:
            self._begin(who, why)
            look = self._look()
            self._tell_change(look, shown)
            look, flat = self._until_flat(look, began_s + patience_s)
        finally:
            if not self._main_has_halt:
                self._evidence.ask_halt(self._why)
            told = {"flat": flat, "known": isinstance(look, Seen), "requests": self._carrying.requests}
            if self._is_asked_to_end():
                told["asked_to_end"] = True
            self._evidence.write("end", **told, by=str(self._by))
        return End(
            flat=flat,
            seen=look,
            by=self._by,
            halted=self._halted(),
            is_halted=self._main_has_halt or self._evidence.halt_is_asked,
            requests=self._carrying.requests,
            reads=self._reads,
            refusals=self._carrying.refusals,
            bounded=tuple(sorted(self._carrying.bounded)),
            seconds=round(time.monotonic() - began_s, 1),
        )

    def is_flat(self) -> bool:
        """Nothing held that is ours to leave, no order at the broker, none of which nothing is known or read, and
        nothing that may be under way unread."""
        book = self._seeing.book
        return not (
            book.open_places() or book.open_orders() or book.blotter.unknown() or book.unread or self._hidden_s() > 0
        )

    def _until_flat(self, look: Seen | Failure, end_s: float) -> tuple[Seen | Failure, bool]:
        flat_reads = 0
        while True:
            if isinstance(look, Seen):
                flat_reads = flat_reads + 1 if self.is_flat() else 0
                if flat_reads >= FLAT_READS:
                    return look, True
                if self._by is By.ITSELF and self._is_new:
                    self._carrying.carry_out(self._allowed(look.plan), look.terms, look.rules)
            if time.monotonic() > end_s or self._is_asked_to_end():
                return look, False
            time.sleep(LOOK_S)
            if self._by is By.MAIN and self._must_take_over(look):
                self._take_over("main ended, tells nothing, or does nothing")
            look = self._look()
            self._tell(self._progress(look))

    def _look(self) -> Seen | Failure:
        self._reads += 1
        if self._is_new:
            return self._seeing.again(READ_S, self._carrying.market_refused)
        look = self._anew(self._by is By.ITSELF)
        self._is_new = isinstance(look, Seen)
        return look

    def _allowed(self, plan: FlattenPlan) -> FlattenPlan:
        """Only cancels while an exit may be under way that nobody can read of."""
        return msgspec.structs.replace(plan, turns=(), exits=()) if self._hidden_s() > 0 else plan

    def _tell_change(self, look: Seen | Failure, shown: Mapping[Place, int]) -> None:
        if isinstance(look, Seen) and dict(self._seeing.book.open_places()) != dict(shown):
            self._tell(f"the account is another than the plan has shown; it is now: {self._progress(look)}")
            self._evidence.write("changed", now=self._progress(look))

    # Main.

    def _begin(self, who: str, why: str) -> None:
        """Halt, and be the one who sends, unless main takes it on."""
        pid = self._alone.take_mains_place()
        if pid or self._alone.trouble:  # without its lock, it may be there all the same
            refused = self._tell_main(who, why)
            if not refused:
                self._by, self._main_has_halt = By.MAIN, True
                return
            if pid:
                self._take_over(refused)
                return
        self._evidence.ask_halt(self._why)

    def _halted(self) -> str:
        if self._main_has_halt:
            return "main, which has it in its journal"
        if self._evidence.halt_is_asked:
            return "the desk's record: main takes it when it starts"
        return (
            f"NOT where main would look ({self._evidence.told}): tarazu risk halt, as soon as the disk can be written"
        )

    def _tell_main(self, who: str, why: str) -> str:
        """Why it does not take it; empty when it does."""
        for order in ("HALT", "FLATTEN"):
            self._evidence.write("tell", order=order)
            try:
                told = tell_main(self._home, {"order": order, "who": who, "why": why}, TELL_S)
            except MainSilent as silent:
                return str(silent)
            self._evidence.write("told", order=order, accepted=told.get("accepted"), error=told.get("error"))
            if not told.get("accepted"):
                return str(told.get("error") or told.get("declined") or "main does not follow it")
        return ""

    def _must_take_over(self, look: Seen | Failure) -> bool:
        """Its place is free; its health, or its engine, has been silent for `SILENT_S`; or for `IDLE_S` there was
        something to do, and nothing in the account has changed."""
        if self._alone.take_mains_place() == 0 and not self._alone.trouble:
            return True
        now_s, health = time.monotonic(), main_of(self._home)
        if isinstance(health, MainHealth) and health.is_current() and _is_working(health):
            self._silent_s = 0.0
        else:
            self._silent_s = self._silent_s or now_s
        if self._silent_s and now_s > self._silent_s + SILENT_S:
            return True
        return self._is_idle(look, now_s)

    def _is_idle(self, look: Seen | Failure, now_s: float) -> bool:
        if not isinstance(look, Seen):
            return False
        plan, book = look.plan, self._seeing.book
        orders = tuple((o.ref, o.status, o.cum_qty, o.price_paise, o.order_type) for o in book.open_orders())
        at = (tuple(book.open_places()), orders)
        if at != self._idle_at or not (plan.cancels or plan.turns or plan.exits):
            self._idle_at, self._idle_s = at, now_s
        return now_s > self._idle_s + IDLE_S

    def _take_over(self, why: str) -> None:
        """From a main that does not leave. The halt is where the next one looks before this one is ended."""
        self._evidence.ask_halt(self._why)
        pid = self._alone.take_mains_place()
        self._evidence.write("take_over", why=why, killed=pid)
        self._tell(f"main does not flatten ({why}): it is ended, and flatten sends itself")
        if pid and not self._alone.kill_main(pid):
            self._tell("main's place cannot be had; flatten sends all the same: reduce-only, by the broker's positions")
        self._by, self._is_new = By.ITSELF, False

    def _progress(self, look: Seen | Failure) -> str:
        if isinstance(look, Failure):
            return f"the broker's books: {look.why} {look.told}"
        book = self._seeing.book
        held = ", ".join(f"{key} {product} {qty:+}" for (key, product), qty in book.open_places())
        waits = ", ".join(self._wait(wait) for wait in look.plan.waits)
        return f"{held or 'nothing held'} | {len(book.open_orders())} open orders{f' | {waits}' if waits else ''}"

    def _wait(self, wait: Wait) -> str:
        until_ns = self._seeing.book.until_ns(wait)
        return f"{wait.key} {wait.reason} {wait.qty}" + (
            f" waits until {ist.stamp(until_ns)[11:19]}" if until_ns else ""
        )


def _is_working(health: MainHealth) -> bool:
    """Whether its engine is: a process may write its health and do nothing else."""
    ticked_ns = health.ticked_mono_ns
    return ticked_ns is not None and time.monotonic_ns() < ticked_ns + int(SILENT_S * SECOND_NS)
