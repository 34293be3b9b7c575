"""The parts of one flatten put together, and its plan as it is shown."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import msgspec

from tarazu.adapters.kite_account.client import KiteAccount
from tarazu.app.account.reading import Failure, account_of
from tarazu.app.account.whose import account_address, clock_of, token_of
from tarazu.app.flatten import told
from tarazu.app.flatten.alone import Alone
from tarazu.app.flatten.carrying import Carrying
from tarazu.app.flatten.evidence import Evidence
from tarazu.app.flatten.leaving import End, Leaving
from tarazu.app.flatten.local import local_book, main_of
from tarazu.app.flatten.mains_orders import take_mains
from tarazu.app.flatten.rows import cancel_rows, close_rows
from tarazu.app.flatten.seeing import Seeing, Seen
from tarazu.app.flatten.tags import Tags
from tarazu.app.flatten.told import Plan
from tarazu.app.flatten.unanswered import take_unanswered
from tarazu.app.home import Home
from tarazu.app.main.health import MainHealth
from tarazu.app.person import person
from tarazu.model import ist
from tarazu.model.outcome import Answered, RefusalKind, Refused
from tarazu.model.units import MILLISECOND_NS
from tarazu.ports.clock import Clock
from tarazu.wire.kite_orders import BadRow

CALL_S = 5.0
"""For one request; a read is shorter where its deadline is."""
FIRST_S = 12.0
GTT_S = 2.0
GTT_AGAIN_S, GTT_TRIES = 1.0, 3


class _Gtt(msgspec.Struct):
    status: str = ""


class FlattenDesk:
    """Of one command."""

    def __init__(self, home: Home, account: KiteAccount, seeing: Seeing, clock: Clock) -> None:
        self.home, self.seeing, self.clock = home, seeing, clock
        self._account = account
        self.day = ist.day_of(clock.wall_ns())
        self.doubts: tuple[str, ...] = ()
        """What could not be read of what earlier processes sent."""
        self._hidden_until_s = 0.0
        self.is_asked_to_end = False
        """By a signal, which may come at any moment."""

    def look(self, is_main_gone: bool | None = None) -> Seen | Failure:
        """All anew: what earlier processes sent and nobody answered, then the broker's books. A main that runs answers
        for its own orders; None: by its health."""
        book = self.seeing.book
        book.anew()
        blind = take_unanswered(self.home, book)
        self._hidden_until_s = time.monotonic() + max((one.for_s for one in blind), default=0.0)
        doubts = [f"an exit of an earlier flatten may be under way for {b.for_s:.0f} s: {b.told}" for b in blind]
        health = main_of(self.home)
        runs = isinstance(health, MainHealth) and health.is_current()
        if is_main_gone or (is_main_gone is None and not runs):
            trouble = take_mains(self.home, book)
            doubts += [trouble] if trouble else []
        self.doubts = tuple(doubts)
        return self.seeing.first(FIRST_S)

    def hidden_s(self) -> float:
        """So long from now an exit may be under way that nobody can read of."""
        return max(0.0, self._hidden_until_s - time.monotonic())

    def plan(self, seen: Seen) -> Plan:
        book, local = self.seeing.book, local_book(self.home, self.day.isoformat())
        held = None if isinstance(local, str) else local.held
        return Plan(
            cancels=tuple(cancel_rows(book, seen)),
            closes=tuple(close_rows(book, seen, held, self.day)),
            left=book.left,
            age_s=seen.age_s,
            local=local,
            quotes_trouble=seen.quotes_trouble,
            contracts_trouble=self.seeing.contracts.trouble,
            gtts=self._gtts(),
            unknown=tuple(f"{o.key} {o.product} {o.side} {o.leaves_worst}" for o in book.blotter.unknown()),
            unread=book.unread,
            doubts=self.doubts,
            hidden_s=self.hidden_s(),
        )

    def leave(
        self, plan: Plan, alone: Alone, why: str, patience_s: float, tell: Callable[[str], None]
    ) -> tuple[End, str]:
        """What became of it, and where it is written down."""
        now_ns, who = self.clock.wall_ns(), person()
        ms = (now_ns - ist.midnight_ns(self.day)) // MILLISECOND_NS
        evidence = Evidence(self.home, f"fl-{self.day:%Y%m%d}-{ms:08}", who, self.clock.wall_ns)
        carrying = Carrying(self._account, self.seeing.book, Tags(self.day, ms), evidence)
        if alone.take_mains_place() == 0:
            evidence.ask_halt(f"flatten by {who}: {why}")  # first of all
        evidence.write("begin", why=why, plan=told.facts(plan))
        shown = {(row.key, row.product): row.broker for row in plan.closes}
        leaving = Leaving(
            self.home,
            self.seeing,
            carrying,
            evidence,
            alone,
            tell,
            self.look,
            self.hidden_s,
            lambda: self.is_asked_to_end,
        )
        return leaving.leave(shown, who, why, patience_s), evidence.told

    def _gtts(self) -> int | None:
        """KITE facts 1.4, "GTT": they stand at the broker, outlive the day, and no order book shows them."""
        outcome = self._account.ask("/gtt/triggers", _read_gtts, timeout_s=GTT_S)
        for _ in range(GTT_TRIES):
            if not (isinstance(outcome, Refused) and outcome.kind is RefusalKind.THROTTLED):
                break
            time.sleep(GTT_AGAIN_S)
            outcome = self._account.ask("/gtt/triggers", _read_gtts, timeout_s=GTT_S)
        return sum(gtt.status == "active" for gtt in outcome.value) if isinstance(outcome, Answered) else None


def _read_gtts(data: msgspec.Raw) -> list[_Gtt] | BadRow:
    try:
        return msgspec.json.decode(data, type=list[_Gtt])
    except (ValueError, RecursionError) as bad:
        return BadRow(str(bad))


@contextmanager
def flatten_desk(home: Home, tell: Callable[[str], None]) -> Iterator[FlattenDesk]:
    """Raises NoAccount, NoAddress, OSError."""
    address = account_address(home, tell=tell)
    clock = clock_of(address)
    with account_of(address, token_of(home, address), CALL_S) as account:
        seeing = Seeing(home, address, account, clock, ist.day_of(clock.wall_ns()))
        yield FlattenDesk(home, account, seeing, clock)
