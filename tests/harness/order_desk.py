"""Orders as a desk would write them, an adapter to send them with, and a raw broker to send them to."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from harness.raw_broker import PLACED, RawBroker, Talk
from harness.raw_http import answer
from tarazu.adapters.kite_broker.client import KiteBroker
from tarazu.adapters.system_clock import SystemClock
from tarazu.model.order import OrdType, Product, Side
from tarazu.model.order_request import NewOrder

API_KEY = "key123"
TOKEN = "t0ken-secret"
ORDERS = answer(b'{"status":"success","data":[]}')

Story = Callable[[RawBroker, KiteBroker], Awaitable[None]]


def new_order(**changes: Any) -> NewOrder:
    """BUY 65 NIFTY26NOV26000CE at 204.10."""
    fields: dict[str, Any] = {
        "tag": "v1AB001000001x",
        "exchange": "NFO",
        "tradingsymbol": "NIFTY26NOV26000CE",
        "side": Side.BUY,
        "qty": 65,
        "product": Product.NRML,
        "order_type": OrdType.LIMIT,
        "price_paise": 20410,
    }
    return NewOrder(**fields | changes)


def adapter(root: str, **options: Any) -> KiteBroker:
    """One line for orders and none for reads, unless told otherwise."""
    settings: dict[str, Any] = {"order_lines": 1, "read_lines": 0, "timeout_s": 20.0}
    token = options.pop("access_token", lambda: TOKEN)
    clock = options.pop("clock", SystemClock())
    return KiteBroker(root, options.pop("api_key", API_KEY), token, clock, **settings | options)


def run(play: Callable[[Talk], Awaitable[None]], story: Story, **options: Any) -> None:
    """The story, with an open adapter and a broker that plays so."""

    async def both() -> None:
        async with asyncio.timeout(60), RawBroker(play) as raw, adapter(raw.root, **options) as broker:
            await story(raw, broker)

    asyncio.run(both())


async def honest(talk: Talk) -> None:
    while (asked := await talk.request()) is not None:
        talk.say(ORDERS if asked.line.startswith("GET") else PLACED)


async def until(true: Callable[[], object]) -> None:
    while not true():
        await asyncio.sleep(0.001)
