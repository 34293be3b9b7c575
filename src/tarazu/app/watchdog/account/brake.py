"""The watchdog's own line to the broker. It can read books and cancel; there is no way to place or change an order."""

import threading
import time
from collections.abc import Callable

from tarazu.adapters.kite_account.client import KiteAccount, ReadOutcome
from tarazu.app.account.reading import account_of
from tarazu.app.broker_address import BrokerAddress
from tarazu.model.order_request import Cancellation
from tarazu.model.outcome import OrderOutcome
from tarazu.wire.kite_books import OrderBook
from tarazu.wire.kite_money import PositionsData
from tarazu.wire.kite_orders import TradeRow

PER_SECOND = 2
"""RELIABILITY 8, dead-man 4: the reserve that main leaves of the account's ten requests a second."""
TIMEOUT_S = 4.0


class Reserve:
    """So many requests in any second, and no more. `wait` returns when the next may go."""

    def __init__(self, per_second: int, ending: threading.Event) -> None:
        self._gap_s, self._next_s, self._ending = 1.0 / per_second, 0.0, ending

    def wait(self) -> None:
        pause_s = self._next_s - time.monotonic()
        if pause_s > 0:
            self._ending.wait(pause_s)
        self._next_s = max(self._next_s, time.monotonic()) + self._gap_s


class Brake:
    """For one thread."""

    def __init__(self, address: BrokerAddress, token: Callable[[], str], ending: threading.Event) -> None:
        """Raises ValueError for an address that is none."""
        self._account: KiteAccount = account_of(address, token, TIMEOUT_S)
        self._reserve = Reserve(PER_SECOND, ending)

    def orders(self) -> ReadOutcome[OrderBook]:
        self._reserve.wait()
        return self._account.orders()

    def trades(self) -> ReadOutcome[list[TradeRow]]:
        self._reserve.wait()
        return self._account.trades()

    def positions(self) -> ReadOutcome[PositionsData]:
        self._reserve.wait()
        return self._account.positions()

    def cancel(self, wanted: Cancellation) -> OrderOutcome:
        self._reserve.wait()
        return self._account.cancel(wanted)

    def close(self) -> None:
        self._account.close()
