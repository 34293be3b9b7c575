"""The parts of one flatten put together, and its plan as it is shown."""

import getpass
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
from tarazu.app.flatten.local import local_book
from tarazu.app.flatten.rows import cancel_rows, close_rows
from tarazu.app.flatten.seeing import Seeing, Seen
from tarazu.app.flatten.tags import Tags
from tarazu.app.flatten.told import Plan
from tarazu.app.flatten.unanswered import take_unanswered
from tarazu.app.home import Home
from tarazu.model import ist
from tarazu.model.outcome import Answered, RefusalKind, Refused
from tarazu.model.units import MILLISECOND_NS
from tarazu.ports.clock import Clock
from tarazu.wire.kite_orders import BadRow

CALL_S = 5.0
"""For one request; a read is shorter where its deadline is."""
FIRST_S = 12.0
GTT_S = 2.0
GTT_AGAIN_S = 1.0


class _Gtt(msgspec.Struct):
    status: str = ""


class FlattenDesk:
    """Of one command."""

    def __init__(self, home: Home, account: KiteAccount, seeing: Seeing, clock: Clock) -> None:
        self.home, self.seeing, self.clock = home, seeing, clock
        self._account = account
        self.day = ist.day_of(clock.wall_ns())

    def look(self) -> Seen | Failure:
        """The first: once."""
        take_unanswered(self.home, self.seeing.book)
        return self.seeing.first(FIRST_S)

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
        )

    def leave(
        self, seen: Seen, plan: Plan, alone: Alone, why: str, patience_s: float, tell: Callable[[str], None]
    ) -> tuple[End, str]:
        """What became of it, and where it is written down."""
        now_ns, who = self.clock.wall_ns(), getpass.getuser()
        ms = (now_ns - ist.midnight_ns(self.day)) // MILLISECOND_NS
        evidence = Evidence(self.home, f"fl-{self.day:%Y%m%d}-{ms:08}", who, self.clock.wall_ns)
        carrying = Carrying(self._account, self.seeing.book, Tags(self.day, ms), evidence)
        evidence.write("begin", why=why, plan=told.facts(plan))
        end = Leaving(self.home, self.seeing, carrying, evidence, alone, tell).leave(seen, who, why, patience_s)
        return end, evidence.told

    def _gtts(self) -> int | None:
        """KITE facts 1.4, "GTT": they stand at the broker, outlive the day, and no order book shows them."""
        outcome = self._account.ask("/gtt/triggers", _read_gtts, timeout_s=GTT_S)
        if isinstance(outcome, Refused) and outcome.kind is RefusalKind.THROTTLED:
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
