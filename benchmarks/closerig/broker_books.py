"""What the broker in a box tells at the end of the day, kept as `tarazu reconcile` keeps it on the day itself."""

from collections.abc import Callable
from datetime import date
from typing import TypeVar

import msgspec

from tarazu.adapters.kite_account.client import KiteAccount, ReadOutcome
from tarazu.app.account.reading import read_with
from tarazu.app.closing.steps import record_step
from tarazu.app.closing.whole import close_folder, write_whole
from tarazu.app.home import Home
from tarazu.app.reconcile.kept import READ_FILE, BrokerRead, encoded
from tarazu.app.reconcile.legs.charges import read_notes, traded
from tarazu.app.reconcile.ours import our_day
from tarazu.app.research.local_kite import LocalKite
from tarazu.runtime.desk_record import DeskKind
from tarazu.wire.kite_orders import BadRow

PATIENCE_S = 60.0
T = TypeVar("T")


class _Account(KiteAccount):
    """The client's questions, answered without a socket."""

    def __init__(self, kite: LocalKite) -> None:
        self._kite = kite

    def ask(
        self,
        target: str,
        read: Callable[[msgspec.Raw], T | BadRow],
        json: bytes | None = None,
        timeout_s: float | None = None,
    ) -> ReadOutcome[T]:
        return self._kite._ask(target, read, json)


def keep_books(home: Home, day: date, kite: LocalKite, now_ns: int) -> None:
    """As the close of the day itself would have; the comparison is the benchmark's own first step."""
    account = _Account(kite)
    books = read_with(account, PATIENCE_S)
    assert not books.failures, books.failures
    charges = read_notes(account, traded(our_day(home, day)), PATIENCE_S)
    assert charges.value is not None, charges.failure
    read = BrokerRead(day=day.isoformat(), profile=str(home.profile), as_of_ns=now_ns, account=books, charges=charges)
    sha256 = write_whole(close_folder(home, day) / READ_FILE, encoded(read))
    told = {"verdict": "UNKNOWN", "exit": 3, "files": {READ_FILE: sha256}}
    record_step(home, DeskKind.RECONCILED, day, told, "benchmark", now_ns)
