"""Going on until the account is flat by the broker's own books, or the time is over.

While a main runs it is told, and watched: it alone sends. A main that does not take the order, or tells nothing for ten
seconds, is killed, and its place is held until the flatten is over, so that two never send.
"""

import time
from collections.abc import Callable
from enum import StrEnum

import msgspec

from tarazu.app.account.reading import Failure
from tarazu.app.flatten.alone import Alone
from tarazu.app.flatten.carrying import Carrying
from tarazu.app.flatten.evidence import Evidence
from tarazu.app.flatten.local import main_of
from tarazu.app.flatten.seeing import Seeing, Seen
from tarazu.app.home import Home
from tarazu.app.main.health import MainHealth
from tarazu.app.main.telling import MainSilent, tell_main
from tarazu.orders.flatten_plan import Wait

TELL_S = 4.0
"""How long main has for an answer."""
SILENT_S = 10.0
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
    requests: int
    """Orders, changes and cancellations sent by this process."""
    reads: int
    refusals: dict[str, str]
    seconds: float


class Leaving:
    def __init__(
        self,
        home: Home,
        seeing: Seeing,
        carrying: Carrying,
        evidence: Evidence,
        alone: Alone,
        tell: Callable[[str], None],
    ) -> None:
        self._home, self._seeing, self._carrying = home, seeing, carrying
        self._evidence, self._alone, self._tell = evidence, alone, tell
        self._by = By.ITSELF
        self._silent_s = 0.0

    def leave(self, seen: Seen, who: str, why: str, patience_s: float) -> End:
        """From a first look that is not flat."""
        began_s = time.monotonic()
        end_s = began_s + patience_s
        halted = self._begin(who, why)
        look: Seen | Failure = seen
        flat_reads = reads = 0
        while True:
            if self._by is By.MAIN and self._must_take_over():
                self._take_over("main ended, or tells nothing")
            if isinstance(look, Seen):
                flat_reads = flat_reads + 1 if self.is_flat() else 0
                if flat_reads >= FLAT_READS:
                    break
                if self._by is By.ITSELF:
                    self._carrying.carry_out(look.plan, look.terms, look.rules)
            if time.monotonic() > end_s:
                break
            time.sleep(LOOK_S)
            look, reads = self._seeing.again(READ_S, self._carrying.market_refused), reads + 1
            self._tell(self._progress(look))
        end = End(
            flat=flat_reads >= FLAT_READS,
            seen=look,
            by=self._by,
            halted=halted,
            requests=self._carrying.requests,
            reads=reads,
            refusals=self._carrying.refusals,
            seconds=round(time.monotonic() - began_s, 1),
        )
        self._evidence.write("end", flat=end.flat, known=isinstance(look, Seen), requests=end.requests, by=str(end.by))
        return end

    def is_flat(self) -> bool:
        """Nothing held that is ours to leave, no order at the broker, none of which nothing is known."""
        book = self._seeing.book
        return not (book.open_places() or book.open_orders() or book.blotter.unknown())

    # Main.

    def _begin(self, who: str, why: str) -> str:
        """Halt, and be the one who sends, unless main takes it on."""
        pid = self._alone.take_mains_place()
        if pid:
            refused = self._tell_main(who, why)
            if not refused:
                self._by = By.MAIN
                return "main, which has it in its journal"
            self._take_over(refused)
        if self._evidence.ask_halt(f"flatten by {who}: {why}"):
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

    def _must_take_over(self) -> bool:
        """Its place is free, or its health has been silent for `SILENT_S`."""
        if self._alone.take_mains_place() == 0:
            return True
        health = main_of(self._home)
        if isinstance(health, MainHealth) and health.is_current():
            self._silent_s = 0.0
            return False
        self._silent_s = self._silent_s or time.monotonic()
        return time.monotonic() > self._silent_s + SILENT_S

    def _take_over(self, why: str) -> None:
        """From a main that does not leave."""
        pid = self._alone.take_mains_place()
        self._evidence.write("take_over", why=why, killed=pid)
        self._tell(f"main does not flatten ({why}): it is ended, and flatten sends itself")
        if pid and not self._alone.kill_main(pid):
            self._tell("main's place cannot be had; flatten sends all the same: reduce-only, by the broker's positions")
        self._by = By.ITSELF

    def _progress(self, look: Seen | Failure) -> str:
        if isinstance(look, Failure):
            return f"the broker's books: {look.why} {look.told}"
        book = self._seeing.book
        held = ", ".join(f"{key} {product} {qty:+}" for (key, product), qty in book.open_places())
        waits = ", ".join(_wait(wait) for wait in look.plan.waits)
        return f"{held or 'nothing held'} | {len(book.open_orders())} open orders{f' | {waits}' if waits else ''}"


def _wait(wait: Wait) -> str:
    return f"{wait.key} {wait.reason} {wait.qty}"
