"""What goes on the wire is what the official client (kiteconnect 5.2.2) puts there for the same order."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kiteconnect import KiteConnect

from harness.order_desk import API_KEY, TOKEN, adapter, new_order
from harness.raw_broker import Asked, RawBroker, Talk
from harness.raw_http import answer
from tarazu.adapters.kite_broker.client import KiteBroker
from tarazu.model.order import OrdType, Product, Side, Validity, Variety
from tarazu.model.order_request import PROTECTION_AUTO, Cancellation, NewOrder, OrderChange, TradedOrder

BOOK = answer(b'{"status":"success","data":{"order_id":"1","net":[],"day":[]}}')


async def everything(talk: Talk) -> None:
    while await talk.request() is not None:
        talk.say(BOOK)


def both(ours: Callable[[KiteBroker], Any], theirs: Callable[[KiteConnect], Any]) -> tuple[Asked, Asked]:
    """The request of each client, as a socket got it."""

    async def story() -> tuple[Asked, Asked]:
        async with RawBroker(everything) as raw:
            async with adapter(raw.root, read_lines=1) as broker:
                await ours(broker)

            def ask() -> None:
                with suppress(Exception):  # it reads the answer, we read what it asked
                    theirs(KiteConnect(API_KEY, TOKEN, root=raw.root))

            await asyncio.to_thread(ask)
            our, their = raw.asked
            return our, their

    return asyncio.run(story())


def same(ours: Callable[[KiteBroker], Any], theirs: Callable[[KiteConnect], Any]) -> Asked:
    """Request line, body, and the headers that Kite reads."""
    our, their = both(ours, theirs)
    assert (our.line, our.body) == (their.line, their.body)
    for name in ("Host", "Authorization", "X-Kite-Version", "Content-Type", "Content-Length"):
        assert our.headers.get(name) == their.headers.get(name), name
    return our


def official(order: NewOrder) -> dict[str, Any]:
    """The arguments a user of the official client would give."""
    pick = {
        "price": None if order.price_paise is None else order.price_paise / 100,
        "trigger_price": None if order.trigger_paise is None else order.trigger_paise / 100,
        "disclosed_quantity": order.disclosed_qty,
        "validity_ttl": order.validity_ttl,
        "iceberg_legs": order.iceberg_legs,
        "iceberg_quantity": order.iceberg_qty,
        "auction_number": order.auction_number or None,
        "algo_id": order.algo_id or None,
        "tag": order.tag or None,
    }
    bps = order.protection_bps
    if bps is not None:
        pick["market_protection"] = -1 if bps == PROTECTION_AUTO else bps // 100 if bps % 100 == 0 else bps / 100
    return pick | {
        "variety": order.variety.value,
        "exchange": order.exchange,
        "tradingsymbol": order.tradingsymbol,
        "transaction_type": order.side.value,
        "quantity": order.qty,
        "product": order.product.value,
        "order_type": order.order_type.value,
        "validity": order.validity.value,
    }


MARKET: dict[str, Any] = {"order_type": OrdType.MARKET, "price_paise": None}

ORDERS = {
    "a plain limit": new_order(),
    "whole rupees": new_order(price_paise=20400),
    "a paisa": new_order(price_paise=1),
    "market, protected by the table": new_order(**MARKET, protection_bps=PROTECTION_AUTO),
    "market, two percent": new_order(**MARKET, protection_bps=200),
    "market, half a percent": new_order(**MARKET, protection_bps=50),
    "a stop": new_order(order_type=OrdType.SL, trigger_paise=19950),
    "a minute or two": new_order(validity=Validity.TTL, validity_ttl=2),
    "at once or never": new_order(validity=Validity.IOC),
    "an iceberg": new_order(variety=Variety.ICEBERG, iceberg_legs=3, iceberg_qty=65, disclosed_qty=0),
    "an awkward symbol": new_order(exchange="NSE", tradingsymbol="M&M", product=Product.CNC, side=Side.SELL),
    "a blank, a percent, an accent": new_order(tradingsymbol="NIFTY 50%é", tag="a b+c/d~e"),
    "an auction": new_order(variety=Variety.AUCTION, auction_number="22", tag="", algo_id="4444444444440"),
}


@pytest.mark.parametrize("name", ORDERS)
def test_an_order_is_placed_in_the_official_clients_bytes(name: str) -> None:
    order = ORDERS[name]
    asked = same(lambda b: b.place(order), lambda k: k.place_order(**official(order)))
    assert asked.line == f"POST /orders/{order.variety} HTTP/1.1"


def test_an_order_to_be_sliced_too() -> None:
    order = new_order(qty=6500, autoslice=True)
    asked = same(lambda b: b.place(order), lambda k: k.place_autoslice_order(**official(order)))
    assert asked.body.endswith(b"&autoslice=true")


paise = st.integers(1, 2**31 - 1)


@settings(max_examples=40, deadline=None)
@given(
    price=st.none() | paise,
    trigger=st.none() | paise,
    qty=st.integers(1, 2**31 - 1),
    symbol=st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12),
    tag=st.text(st.characters(exclude_categories=["Cs"]), max_size=20),
    bps=st.none() | st.integers(1, 10_000),
)
def test_any_order_is_placed_in_the_official_clients_bytes(
    price: int | None, trigger: int | None, qty: int, symbol: str, tag: str, bps: int | None
) -> None:
    order = new_order(
        price_paise=price, trigger_paise=trigger, qty=qty, tradingsymbol=symbol, tag=tag, protection_bps=bps
    )
    same(lambda b: b.place(order), lambda k: k.place_order(**official(order)))


def test_a_change_is_asked_for_in_the_official_clients_bytes() -> None:
    same(
        lambda b: b.modify(OrderChange(order_id="2042130686722629633", price_paise=20405, qty=130)),
        lambda k: k.modify_order("regular", "2042130686722629633", quantity=130, price=204.05),
    )
    same(
        lambda b: b.modify(
            OrderChange(
                order_id="22",
                variety=Variety.CO,
                parent_order_id="21",
                order_type=OrdType.MARKET,
                trigger_paise=100,
                validity=Validity.IOC,
                disclosed_qty=5,
                protection_bps=PROTECTION_AUTO,
            )
        ),
        lambda k: k.modify_order(
            "co",
            "22",
            parent_order_id="21",
            order_type="MARKET",
            trigger_price=1.0,
            validity="IOC",
            disclosed_quantity=5,
            market_protection=-1,
        ),
    )


def test_a_cancellation_too() -> None:
    same(lambda b: b.cancel(Cancellation(order_id="22")), lambda k: k.cancel_order("regular", "22"))
    with_parent = Cancellation(order_id="22", variety=Variety.CO, parent_order_id="21")
    same(lambda b: b.cancel(with_parent), lambda k: k.exit_order("co", "22", "21"))


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (lambda b: b.orders(), lambda k: k.orders()),
        (lambda b: b.order_history("22"), lambda k: k.order_history("22")),
        (lambda b: b.trades(), lambda k: k.trades()),
        (lambda b: b.trades("22"), lambda k: k.order_trades("22")),
        (lambda b: b.positions(), lambda k: k.positions()),
        (lambda b: b.holdings(), lambda k: k.holdings()),
        (lambda b: b.margins(), lambda k: k.margins()),
    ],
)
def test_questions_are_asked_as_the_official_client_asks_them(ours: Any, theirs: Any) -> None:
    assert same(ours, theirs).line.startswith("GET ")


def test_margins_and_charges_are_asked_for_in_the_official_clients_json() -> None:
    row = {
        "exchange": "NFO",
        "tradingsymbol": "NIFTY26NOV26000CE",
        "transaction_type": "BUY",
        "variety": "regular",
        "product": "NRML",
        "order_type": "LIMIT",
        "quantity": 65,
        "price": 204.1,
        "trigger_price": 0.0,
    }
    orders = [new_order(), new_order()]
    same(lambda b: b.order_margins(orders), lambda k: k.order_margins([row, row]))
    same(lambda b: b.basket_margins(orders), lambda k: k.basket_order_margins([row, row]))
    same(
        lambda b: b.basket_margins(orders, consider_positions=False),
        lambda k: k.basket_order_margins([row, row], consider_positions=False),
    )
    traded = TradedOrder(
        order_id="22",
        exchange="NSE",
        tradingsymbol="INFY",
        side=Side.SELL,
        product=Product.CNC,
        order_type=OrdType.LIMIT,
        qty=1,
        average_paise=150_005,
    )
    note = {
        "order_id": "22",
        "exchange": "NSE",
        "tradingsymbol": "INFY",
        "transaction_type": "SELL",
        "variety": "regular",
        "product": "CNC",
        "order_type": "LIMIT",
        "quantity": 1,
        "average_price": 1500.05,
    }
    same(lambda b: b.charges([traded]), lambda k: k.get_virtual_contract_note([note]))


def test_an_id_can_name_no_other_resource() -> None:
    async def story() -> None:
        async with RawBroker(everything) as raw, adapter(raw.root, read_lines=1) as broker:
            for bad in ("", ".", ".."):
                with pytest.raises(ValueError, match="no id"):
                    broker.cancel(Cancellation(order_id=bad))
            await broker.cancel(Cancellation(order_id="1/../2?x=y z\r\nHost: evil"))
            with pytest.raises(ValueError, match="no target"):
                await broker.get("/orders HTTP/1.1\r\nX: y")
            (asked,) = raw.asked
            assert asked.line == "DELETE /orders/regular/1%2F..%2F2%3Fx%3Dy%20z%0D%0AHost%3A%20evil HTTP/1.1"

    asyncio.run(story())
