"""Kite without a network: the broker in a box behind its own routes, asked with the very bytes that go over the wire.

Requests are written by `wire.kite_forms` and judged by `wire.kite_verdicts`, as `adapters.kite_broker` does it; between
the two there is no socket but `sim.front`. Everything happens at the moment it is asked for: latency is the caller's.
"""

from collections.abc import Callable, Coroutine, Sequence
from typing import Generic, TypeVar

import msgspec

from tarazu.model.order_request import Cancellation, NewOrder, OrderChange
from tarazu.model.outcome import Accepted, Answered, Cause, OrderOutcome, Refused, Timing, Unavailable, Unknown
from tarazu.sim.broker.broker import Broker
from tarazu.sim.front.front import Front
from tarazu.sim.front.http import FORM, JSON, Response, read_request
from tarazu.sim.front.sessions import App, Sessions
from tarazu.sim.orders import OrderUpdate
from tarazu.wire import kite_books as books
from tarazu.wire import kite_forms as forms
from tarazu.wire.kite_money import BasketMargin, PositionsData
from tarazu.wire.kite_orders import BadRow, TradeRow
from tarazu.wire.kite_verdicts import No, Placed, Unclear, judge_order, judge_read

USER_ID = "TZ0001"
_APP = App(api_key="local", api_secret="local", user_id=USER_ID)
_AT_ONCE = Timing(0, 0, None)
T = TypeVar("T")
Read = Answered[T] | Refused | Unavailable


class LocalKite:
    """One account. `now_ns` tells what time it is, and never runs back. Questions are coroutines because the broker's
    adapter has them so; none of them ever waits (`at_once`)."""

    def __init__(self, broker: Broker, now_ns: Callable[[], int]) -> None:
        self.broker, self._now_ns = broker, now_ns
        sessions = Sessions([_APP], broker.config.seed, broker.config.rules.token_dies_at)
        self._front = Front(broker, sessions)
        login = sessions.log_in(_APP.api_key, broker.now_ns)
        self._authorization = f"token {_APP.api_key}:{login.access_token}"
        self._read_orders, self._read_trades = Unchanged(books.read_orders), Unchanged(books.read_trades)

    # Orders.

    def place(self, order: NewOrder) -> OrderOutcome:
        return self._order("POST", f"/orders/{order.variety}", forms.place_form(order))

    def modify(self, change: OrderChange) -> OrderOutcome:
        return self._order("PUT", forms.order_target(change), forms.change_form(change))

    def cancel(self, wanted: Cancellation) -> OrderOutcome:
        return self._order("DELETE", forms.order_target(wanted), b"")

    # Questions.

    async def orders(self) -> Read[books.OrderBook]:
        return self._ask("/orders", self._read_orders)

    async def trades(self) -> Read[list[TradeRow]]:
        return self._ask("/trades", self._read_trades)

    async def positions(self) -> Read[PositionsData]:
        return self._ask("/portfolio/positions", books.read_positions)

    async def margins(self) -> Read[books.AllFunds]:
        return self._ask("/user/margins", books.read_funds)

    async def basket_margins(self, orders: Sequence[NewOrder], consider_positions: bool = True) -> Read[BasketMargin]:
        target = "/margins/basket" + forms.query([("consider_positions", str(consider_positions))])
        return self._ask(target, books.read_basket_margin, forms.margin_list(orders))

    async def get(self, target: str) -> Read[msgspec.Raw]:
        return self._ask(target, lambda data: data)

    def updates(self) -> tuple[OrderUpdate, ...]:
        """Order updates since the last time: what the ticker would have told."""
        told = tuple(self.broker.updates)
        self.broker.updates.clear()
        return told

    # Inside.

    def _order(self, method: str, target: str, form: bytes) -> OrderOutcome:
        answer = self._answer(method, target, form, FORM)
        told = judge_order(answer.status, answer.body)
        if isinstance(told, Placed):
            return Accepted(told.order_id, told.slices, _AT_ONCE)
        if isinstance(told, No):
            return Refused(answer.status, told.error_type, told.message, told.kind, _AT_ONCE)
        return Unknown(told.cause, len(form), 0, told.told, _AT_ONCE)

    def _ask(
        self, target: str, read: Callable[[msgspec.Raw], T | BadRow], json: bytes | None = None
    ) -> Answered[T] | Refused | Unavailable:
        answer = self._answer("GET" if json is None else "POST", target, json or b"", JSON)
        told = judge_read(answer.status, answer.body)
        if isinstance(told, No):
            return Refused(answer.status, told.error_type, told.message, told.kind, _AT_ONCE)
        if isinstance(told, Unclear):
            return Unavailable(told.cause, 0, told.told, _AT_ONCE)
        value = read(told)
        if isinstance(value, BadRow):
            return Unavailable(Cause.NOT_KITE, 0, value.text, _AT_ONCE)
        return Answered(value, _AT_ONCE)

    def _answer(self, method: str, target: str, body: bytes, content_type: str) -> Response:
        path, _, query = target.partition("?")
        headers = {"authorization": self._authorization, "content-type": content_type}
        request = read_request(method, path.encode(), query.encode(), headers, body, "127.0.0.1")
        return self._front.handle(request, self._now_ns())


class Unchanged(Generic[T]):
    """Reads an answer; one that is the last one again to the byte is the very value that was read then, not to be
    changed. Books are asked for every half minute and rest between orders."""

    def __init__(self, read: Callable[[msgspec.Raw], T | BadRow]) -> None:
        self._read, self._data = read, b""
        self._value: T | BadRow = BadRow("nothing was read")

    def __call__(self, data: msgspec.Raw) -> T | BadRow:
        if self._data != (told := bytes(data)):
            self._data, self._value = told, self._read(data)
        return self._value


def at_once(question: Coroutine[object, object, T]) -> T:
    """The answer to a question that never waits."""
    try:
        question.send(None)
    except StopIteration as done:
        answer: T = done.value
        return answer
    raise AssertionError("a broker without a network keeps nobody waiting")
