"""An adapter at a real simulated broker, by that broker's own clock, and the broker's truth about an order."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from harness.order_desk import adapter, new_order
from harness.served import Served
from tarazu.adapters.kite_broker.client import KiteBroker
from tarazu.adapters.sim_clock import SimClock
from tarazu.model.order import Product
from tarazu.model.order_request import NewOrder

Story = Callable[[KiteBroker], Awaitable[Any]]


def at(served: Served, story: Story, **options: Any) -> Any:
    """What the story, with an open adapter, comes to."""

    async def whole() -> Any:
        options.setdefault("access_token", lambda: served["access_token"])
        options.setdefault("clock", SimClock(served["admin_url"]))
        settings = {"order_lines": 2, "read_lines": 1, "api_key": served["api_key"]} | options
        async with asyncio.timeout(60), adapter(served["rest_url"], **settings) as broker:
            return await story(broker)

    return asyncio.run(whole())


serial = iter(range(10_000))


def resting(**changes: Any) -> NewOrder:
    """BUY 1 INFY at 1,000 rupees, below its market on that day: it rests. With a tag of its own."""
    return new_order(
        **{
            "tag": f"v1T{next(serial):05}",
            "exchange": "NSE",
            "tradingsymbol": "INFY",
            "qty": 1,
            "product": Product.CNC,
            "price_paise": 100_000,
        }
        | changes
    )


def placed(served: Served, order: NewOrder) -> int:
    """The broker's truth, by the official client."""
    return sum(row["tag"] == order.tag for row in served.client().orders())
