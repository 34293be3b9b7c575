"""The broker as the engine's process needs it: Kite over its wires, or one of paper. Both answer in the same words."""

import asyncio
from collections.abc import Sequence
from typing import Protocol

import msgspec

from tarazu.adapters.kite_broker.questions import ReadOutcome
from tarazu.model.order_request import Cancellation, NewOrder, OrderChange
from tarazu.model.outcome import ClockOffset, OrderOutcome
from tarazu.wire.kite_books import AllFunds, OrderBook
from tarazu.wire.kite_money import BasketMargin, PositionsData
from tarazu.wire.kite_orders import TradeRow


class Questions(Protocol):
    """Nothing is at stake in them; every one ends."""

    async def orders(self) -> ReadOutcome[OrderBook]: ...

    async def trades(self) -> ReadOutcome[list[TradeRow]]: ...

    async def positions(self) -> ReadOutcome[PositionsData]: ...

    async def margins(self) -> ReadOutcome[AllFunds]: ...

    async def basket_margins(
        self, orders: Sequence[NewOrder], consider_positions: bool = True
    ) -> ReadOutcome[BasketMargin]: ...

    async def get(self, target: str) -> ReadOutcome[msgspec.Raw]:
        """`data` of any question, still JSON."""
        ...


class Broker(Questions, Protocol):
    """Requests about orders are sent once; their futures never fail."""

    async def open(self) -> bool: ...

    async def close(self) -> None: ...

    def clock_offset(self) -> ClockOffset | None: ...

    def place(self, order: NewOrder) -> asyncio.Future[OrderOutcome]: ...

    def modify(self, change: OrderChange) -> asyncio.Future[OrderOutcome]: ...

    def cancel(self, wanted: Cancellation) -> asyncio.Future[OrderOutcome]: ...
