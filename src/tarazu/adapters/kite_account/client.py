"""The client: one question or order at a time, on one connection, for one thread. No event loop, no state of the desk.

It ends as `kite_broker`'s does: of an order it is Accepted, Refused or Unknown, of a question Answered, Refused or
Unavailable. Nothing about an order is ever sent twice.
"""

import http.client
import ssl
import time
from collections.abc import Callable, Sequence
from typing import TypeVar

import msgspec

from tarazu.adapters.kite_origin import origin_of
from tarazu.adapters.kite_rest.body import BadBody
from tarazu.adapters.kite_rest.credentials import Credentials
from tarazu.adapters.kite_rest.errors import TokenRefused
from tarazu.adapters.kite_rest.line import Answer, Deadline, Line, LostBeforeAnswer
from tarazu.model.order_request import Cancellation, NewOrder, OrderChange, TradedOrder
from tarazu.model.outcome import (
    Accepted,
    Answered,
    Cause,
    OrderOutcome,
    RefusalKind,
    Refused,
    Timing,
    Unavailable,
    Unknown,
)
from tarazu.wire import kite_books as books
from tarazu.wire import kite_forms as forms
from tarazu.wire.kite_money import ContractNoteRow, OrderMargin, PositionsData
from tarazu.wire.kite_orders import BadRow, TradeRow
from tarazu.wire.kite_session import Profile
from tarazu.wire.kite_verdicts import No, Placed, Unclear, judge_order, judge_read

T = TypeVar("T")
ReadOutcome = Answered[T] | Refused | Unavailable

TIMEOUT_S = 7.0  # kiteconnect 5.2.2
BOOK_BYTES_MAX = 64 << 20
"""Ours, as `kite_broker.questions` has it; 5,000 order rows have 5 MB."""
ORDER_BYTES_MAX = 64 << 10
IDLE_S = 5.0
"""An order goes on a connection that has answered this recently, else on a fresh one: servers close idle ones, and an
order that meets such an end is not known of."""
TOLD_CHARS_MAX = 200

_FORM = {"Content-Type": "application/x-www-form-urlencoded"}
_JSON = {"Content-Type": "application/json"}


class KiteAccount:
    """Blocking; `with`, or `close`. Proxies of the environment are not used: the credentials go to the broker alone."""

    def __init__(self, root: str, api_key: str, access_token: Callable[[], str], timeout_s: float = TIMEOUT_S) -> None:
        """`access_token` is asked before each request. `timeout_s` is for all of one, dialling included. Raises
        ValueError for an address that is none."""
        self.access_token = access_token
        self._origin = origin_of(root)
        self._credentials = Credentials(api_key, access_token)
        self._timeout_s = timeout_s
        self._line: Line | None = None
        self._answered_s = 0.0

    def __enter__(self) -> "KiteAccount":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        if self._line is not None:
            self._line.close()
            self._line = None

    # Orders.

    def place(self, order: NewOrder) -> OrderOutcome:
        return self._order("POST", f"/orders/{order.variety}", forms.place_form(order))

    def modify(self, change: OrderChange) -> OrderOutcome:
        return self._order("PUT", forms.order_target(change), forms.change_form(change))

    def cancel(self, wanted: Cancellation) -> OrderOutcome:
        return self._order("DELETE", forms.order_target(wanted), None)

    # Questions. `timeout_s` shortens, and never lengthens, that of the client.

    def orders(self, timeout_s: float | None = None) -> ReadOutcome[books.OrderBook]:
        return self.ask("/orders", books.read_orders, timeout_s=timeout_s)

    def trades(self, timeout_s: float | None = None) -> ReadOutcome[list[TradeRow]]:
        return self.ask("/trades", books.read_trades, timeout_s=timeout_s)

    def positions(self, timeout_s: float | None = None) -> ReadOutcome[PositionsData]:
        return self.ask("/portfolio/positions", books.read_positions, timeout_s=timeout_s)

    def margins(self, timeout_s: float | None = None) -> ReadOutcome[books.AllFunds]:
        return self.ask("/user/margins", books.read_funds, timeout_s=timeout_s)

    def profile(self, timeout_s: float | None = None) -> ReadOutcome[Profile]:
        return self.ask("/user/profile", books.read_profile, timeout_s=timeout_s)

    def order_margins(self, orders: Sequence[NewOrder]) -> ReadOutcome[list[OrderMargin]]:
        return self.ask("/margins/orders", books.read_order_margins, forms.margin_list(orders))

    def charges(
        self, orders: Sequence[TradedOrder], timeout_s: float | None = None
    ) -> ReadOutcome[list[ContractNoteRow]]:
        """The virtual contract note: what each of these trades costs."""
        return self.ask("/charges/orders", books.read_charges, forms.charges_list(orders), timeout_s)

    def ask(
        self,
        target: str,
        read: Callable[[msgspec.Raw], T | BadRow],
        json: bytes | None = None,
        timeout_s: float | None = None,
    ) -> ReadOutcome[T]:
        """A GET, or a POST of that JSON, which must change nothing: it is asked again where an idle connection had been
        closed. `target` is a path and query, percent-encoded."""
        sent_ns = time.monotonic_ns()
        try:
            answer = self._exchange(json is None, target, json, timeout_s)
        except TokenRefused as bad:
            return _without_token(str(bad))
        except (OSError, BadBody, http.client.HTTPException) as bad:
            cause, told = _cause(bad), self._told(bad)
            timing = Timing(sent_ns, time.monotonic_ns(), None)
            return Unavailable(cause, timing.elapsed_ns, told, timing)
        timing, conceal = Timing(sent_ns, time.monotonic_ns(), None), self._credentials.conceal
        told_of = judge_read(answer.status, answer.body)
        if isinstance(told_of, No):
            return Refused(answer.status, conceal(told_of.error_type), conceal(told_of.message), told_of.kind, timing)
        if isinstance(told_of, Unclear):
            return Unavailable(told_of.cause, timing.elapsed_ns, conceal(told_of.told), timing)
        value = read(told_of)
        if isinstance(value, BadRow):
            return Unavailable(Cause.NOT_KITE, timing.elapsed_ns, conceal(value.text), timing)
        return Answered(value, timing)

    # How.

    def _exchange(self, is_get: bool, target: str, json: bytes | None, timeout_s: float | None) -> Answer:
        limit_s = self._timeout_s if timeout_s is None else min(timeout_s, self._timeout_s)
        deadline = Deadline(limit_s, limit_s)
        headers = self._credentials.headers() | ({} if is_get else _JSON)
        method = "GET" if is_get else "POST"
        try:
            return self._on(self._borrowed(), method, target, headers, json, deadline, BOOK_BYTES_MAX)
        except LostBeforeAnswer:
            return self._on(self._fresh(), method, target, headers, json, deadline, BOOK_BYTES_MAX)

    def _order(self, method: str, target: str, form: bytes | None) -> OrderOutcome:
        try:
            headers = self._credentials.headers() | ({} if form is None else _FORM)
        except TokenRefused as bad:
            return _without_token(str(bad))
        if time.monotonic() > self._answered_s + IDLE_S:
            self.close()
        line, deadline = self._borrowed(), Deadline(self._timeout_s, self._timeout_s)
        sent_ns = time.monotonic_ns()
        try:
            answer = self._on(line, method, target, headers, form, deadline, ORDER_BYTES_MAX)
        except (OSError, BadBody, http.client.HTTPException) as bad:
            return self._lost(line, bad, sent_ns, len(form or b""))
        told, timing = judge_order(answer.status, answer.body), Timing(sent_ns, time.monotonic_ns(), None)
        conceal = self._credentials.conceal
        if isinstance(told, Placed):
            return Accepted(told.order_id, told.slices, timing)
        if isinstance(told, No):
            return Refused(answer.status, conceal(told.error_type), conceal(told.message), told.kind, timing)
        return Unknown(told.cause, len(form or b""), timing.elapsed_ns, conceal(told.told), timing)

    def _lost(self, line: Line, bad: Exception, sent_ns: int, written: int) -> OrderOutcome:
        told, ended_ns = self._told(bad), time.monotonic_ns()
        if not line.sending:
            return Refused(0, "", told, RefusalKind.NOT_SENT, Timing(0, ended_ns, None))
        timing = Timing(sent_ns, ended_ns, None)
        return Unknown(_cause(bad), written, timing.elapsed_ns, told, timing)

    def _on(
        self,
        line: Line,
        method: str,
        target: str,
        headers: dict[str, str],
        body: bytes | None,
        deadline: Deadline,
        bytes_max: int,
    ) -> Answer:
        try:
            answer = line.ask(method, target, headers, body, deadline, bytes_max)
            self._answered_s = time.monotonic()
            return answer
        finally:
            if not line.reusable:
                line.close()
                self._line = None

    def _borrowed(self) -> Line:
        if self._line is not None and self._line.gone:
            self.close()
        return self._line or self._fresh()

    def _fresh(self) -> Line:
        self.close()
        self._line = Line(self._origin)
        return self._line

    def _told(self, bad: Exception) -> str:
        if isinstance(bad, TimeoutError):
            return "no answer in time"
        if isinstance(bad, ssl.SSLCertVerificationError):
            return f"its certificate is not trusted: {bad.verify_message}"
        return self._credentials.conceal(str(bad) or type(bad).__name__)[:TOLD_CHARS_MAX]


def _cause(bad: Exception) -> Cause:
    if isinstance(bad, TimeoutError):
        return Cause.TIMEOUT
    if isinstance(bad, BadBody):
        return Cause.TOO_LONG if "longer" in str(bad) else Cause.CLOSED
    if isinstance(bad, ConnectionError):
        return Cause.RESET
    return Cause.NO_HTTP if isinstance(bad, http.client.HTTPException) else Cause.NOT_SENT


def _without_token(told: str) -> Refused:
    return Refused(0, "", told, RefusalKind.AUTH_LOST, Timing(0, time.monotonic_ns(), None))
