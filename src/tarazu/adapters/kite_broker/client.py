"""The client: orders out, books in, for one account."""

import asyncio
import ssl
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType, TracebackType

import msgspec

from tarazu.adapters.kite_broker.calls import Call
from tarazu.adapters.kite_broker.heads import Heads
from tarazu.adapters.kite_broker.order_calls import OrderCalls
from tarazu.adapters.kite_broker.questions import Questions, ReadOutcome
from tarazu.adapters.kite_broker.wires import Wires
from tarazu.adapters.kite_origin import origin_of
from tarazu.adapters.kite_origin import tls as system_tls
from tarazu.model.order_request import Cancellation, NewOrder, OrderChange, TradedOrder
from tarazu.model.outcome import ClockOffset, OrderOutcome
from tarazu.ports.clock import Clock
from tarazu.wire import kite_books as books
from tarazu.wire import kite_forms as forms
from tarazu.wire.kite_money import BasketMargin, ContractNoteRow, HoldingRow, OrderMargin, PositionsData
from tarazu.wire.kite_orders import TradeRow
from tarazu.wire.kite_session import Profile

TIMEOUT_S = 7.0  # kiteconnect 5.2.2


class KiteBroker:
    """For the event loop's thread. `async with`, or `open` and `close`.

    `place`, `modify` and `cancel` are plain calls: when they return, the bytes are with the kernel (a connection that
    had to be dialled first apart), and the future they give ends with the outcome; to drop or cancel it changes
    nothing. Nothing about an order is ever sent twice. Reads are coroutines.
    """

    def __init__(
        self,
        root: str,
        api_key: str,
        access_token: Callable[[], str],
        clock: Clock,
        *,
        timeout_s: float = TIMEOUT_S,
        dial_s: float = 3.0,
        order_lines: int = 2,
        read_lines: int = 2,
        refresh_s: float = 25.0,
        tls: ssl.SSLContext | None = None,
        family: int = 0,
    ) -> None:
        """`access_token` is asked before each request. Raises ValueError for an address that is none.

        `timeout_s` counts from the first byte; dialling, where it is needed, may take `dial_s` before. Idle
        connections are pinged every `refresh_s`: servers and balancers close at 60 s and more. An https root has its
        certificate verified, against the system's authorities or by `tls`. `family` is socket.AF_INET for an account
        whose registered address is IPv4.
        """
        origin = origin_of(root)
        origin.host.encode("idna")  # a name that no resolver could be asked for is a ValueError here, not at a dial
        self._heads = Heads(origin, api_key, access_token)
        self._wires = Wires(
            origin,
            self._heads,
            clock,
            order_lines=order_lines,
            read_lines=read_lines,
            refresh_s=refresh_s,
            dial_s=dial_s,
            tls=(tls or system_tls()) if origin.secure else None,
            family=family,
        )
        self._orders = OrderCalls(self._wires, self._heads, clock, timeout_s)
        self._questions = Questions(self._wires, self._heads, clock, timeout_s)

    async def open(self) -> bool:
        """Dial and warm all connections. False when the broker could not be reached: that is tried again for ever."""
        return await self._wires.open()

    async def close(self) -> None:
        """For good. What is under way ends, as Unknown where it was sent."""
        await self._wires.close()

    async def __aenter__(self) -> "KiteBroker":
        await self.open()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, bad: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    @property
    def counts(self) -> Mapping[Call, int]:
        """Requests that have gone out, by what the broker counts; refused ones too, NOT_SENT ones not."""
        return MappingProxyType(self._wires.counts)

    @property
    def trouble(self) -> str:
        """Why the last dial failed; empty when it did not."""
        return self._heads.conceal(self._wires.orders.trouble or self._wires.reads.trouble)

    def clock_offset(self) -> ClockOffset | None:
        """The broker's clock minus ours, as of now; None without a dated answer in the last five minutes."""
        return self._wires.offset()

    # Orders.

    def place(self, order: NewOrder) -> asyncio.Future[OrderOutcome]:
        line = b"POST /orders/%b HTTP/1.1\r\n" % order.variety.encode("ascii")
        return self._orders.send(Call.PLACE, line, forms.place_form(order))

    def modify(self, change: OrderChange) -> asyncio.Future[OrderOutcome]:
        line = f"PUT {forms.order_target(change)} HTTP/1.1\r\n".encode("ascii")
        return self._orders.send(Call.MODIFY, line, forms.change_form(change))

    def cancel(self, wanted: Cancellation) -> asyncio.Future[OrderOutcome]:
        line = f"DELETE {forms.order_target(wanted)} HTTP/1.1\r\n".encode("ascii")
        return self._orders.send(Call.CANCEL, line, None)

    # Reads.

    async def orders(self) -> ReadOutcome[books.OrderBook]:
        return await self._questions.ask("/orders", books.read_orders)

    async def order_history(self, order_id: str) -> ReadOutcome[books.OrderBook]:
        """Every row the order has left, oldest first."""
        return await self._questions.ask(f"/orders/{forms.path_part(order_id)}", books.read_orders)

    async def trades(self, order_id: str = "") -> ReadOutcome[list[TradeRow]]:
        """The day's, or one order's."""
        target = f"/orders/{forms.path_part(order_id)}/trades" if order_id else "/trades"
        return await self._questions.ask(target, books.read_trades)

    async def positions(self) -> ReadOutcome[PositionsData]:
        return await self._questions.ask("/portfolio/positions", books.read_positions)

    async def holdings(self) -> ReadOutcome[list[HoldingRow]]:
        return await self._questions.ask("/portfolio/holdings", books.read_holdings)

    async def margins(self) -> ReadOutcome[books.AllFunds]:
        return await self._questions.ask("/user/margins", books.read_funds)

    async def profile(self) -> ReadOutcome[Profile]:
        return await self._questions.ask("/user/profile", books.read_profile)

    async def order_margins(self, orders: Sequence[NewOrder]) -> ReadOutcome[list[OrderMargin]]:
        return await self._questions.ask("/margins/orders", books.read_order_margins, forms.margin_list(orders))

    async def basket_margins(
        self, orders: Sequence[NewOrder], consider_positions: bool = True
    ) -> ReadOutcome[BasketMargin]:
        target = "/margins/basket" + forms.query([("consider_positions", str(consider_positions))])
        return await self._questions.ask(target, books.read_basket_margin, forms.margin_list(orders))

    async def charges(self, orders: Sequence[TradedOrder]) -> ReadOutcome[list[ContractNoteRow]]:
        """The virtual contract note: what each of these trades costs."""
        return await self._questions.ask("/charges/orders", books.read_charges, forms.charges_list(orders))

    async def get(self, target: str) -> ReadOutcome[msgspec.Raw]:
        """`data` of any question, still JSON. `target` is a path and query, percent-encoded."""
        return await self._questions.ask(target, lambda data: data)

    async def post(self, target: str, json: bytes) -> ReadOutcome[msgspec.Raw]:
        """`data` of any question that is asked with a JSON body. Not for what changes anything."""
        return await self._questions.ask(target, lambda data: data, json)
