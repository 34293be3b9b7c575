"""The table of pre-checks: what is refused, in Kite's words, before an order exists."""

from datetime import time
from typing import Any

import pytest

from tarazu.wire.kite_errors import PROTECTION_REQUIRED, ErrorType, Refusal

CE, FUT, STOCK_CE = "NFO:NIFTY26NOV26000CE", "NFO:NIFTY26DECFUT", "NFO:INFY26DEC1500CE"

REFUSED: tuple[tuple[str, dict[str, Any], str], ...] = (
    ("unknown symbol", {"symbol": "NSE:NOSUCH"}, "expired or does not exist"),
    ("an index", {"symbol": "NSE:NIFTY 50"}, "expired or does not exist"),
    ("exchange nobody knows", {"symbol": "LSE:INFY"}, "Invalid `exchange`"),
    ("a segment the account has not", {"symbol": "MCX:GOLD"}, "not enabled"),
    ("variety", {"variety": "bo"}, "Invalid `variety`"),
    ("order type", {"order_type": "STOP", "price": 1}, "Invalid `order_type`"),
    ("product", {"product": "BO"}, "Invalid `product`"),
    ("validity", {"validity": "GTC"}, "Invalid `validity`"),
    ("no quantity", {"quantity": 0}, "Invalid `quantity`"),
    ("negative quantity", {"quantity": -5}, "Invalid `quantity`"),
    ("odd lot", {"symbol": CE, "quantity": 64, "price": 150, "product": "NRML"}, "multiples of 65"),
    ("over freeze", {"symbol": CE, "quantity": 1820, "price": 150, "product": "NRML"}, "freeze quantity of 1800"),
    ("too many shares", {"symbol": "NSE:SOUTHBANK", "quantity": 100_001, "price": 25}, "cannot exceed 100000"),
    ("off tick", {"price": 1_490.03}, "Tick size for this script is 0.05"),
    ("trigger off tick", {"order_type": "SL", "price": 1_512, "trigger": 1_510.01}, "Tick size"),
    ("limit without price", {"price": 0}, "Price should be above 0"),
    ("stop without trigger", {"order_type": "SL", "price": 1_512}, "Trigger price should be above 0"),
    ("buy stop below the market", {"order_type": "SL", "price": 1_490, "trigger": 1_480}, "should be higher"),
    (
        "sell stop above the market",
        {"side": "SELL", "order_type": "SL", "price": 1_510, "trigger": 1_520},
        "should be lower than the last traded price (1,500.00)",
    ),
    ("buy limit under its trigger", {"order_type": "SL", "price": 1_509, "trigger": 1_510}, "its trigger price"),
    ("under the circuit", {"price": 1_199.95}, "lower than the current lower circuit limit of 1200.00"),
    ("over the circuit", {"price": 1_800.05}, "higher than the current upper circuit limit of 1800.00"),
    ("CNC in derivatives", {"symbol": FUT, "quantity": 65, "price": 26_100, "product": "CNC"}, "not allowed on NFO"),
    ("NRML in cash", {"product": "NRML"}, "not allowed on NSE"),
    (
        "disclosed in derivatives",
        {"symbol": FUT, "quantity": 130, "price": 26_100, "product": "NRML", "disclosed_quantity": 65},
        "equity orders only",
    ),
    ("disclosed over quantity", {"disclosed_quantity": 11}, "Disclosed quantity"),
    ("SL-M on options", {"symbol": CE, "quantity": 65, "order_type": "SL-M", "product": "NRML", "trigger": 160},
     "SL-M orders are not allowed for options"),
    ("SL-M on BSE", {"symbol": "BSE:INFY", "order_type": "SL-M", "trigger": 1_510}, "discontinued on BSE"),
    ("TTL without minutes", {"validity": "TTL"}, "validity_ttl"),
    ("IOC iceberg", {"variety": "iceberg", "validity": "IOC", "iceberg_legs": 2, "iceberg_quantity": 5}, "IOC"),
    ("one iceberg leg", {"variety": "iceberg", "iceberg_legs": 1, "iceberg_quantity": 10}, "2 to 50 legs"),
    ("51 iceberg legs", {"variety": "iceberg", "quantity": 51, "iceberg_legs": 51, "iceberg_quantity": 1}, "2 to 50"),
    ("legs that do not add up", {"variety": "iceberg", "iceberg_legs": 2, "iceberg_quantity": 4}, "iceberg_quantity"),
    ("a cover order without stop", {"variety": "co"}, "need a `trigger_price`"),
    ("a cover stop on the wrong side", {"variety": "co", "trigger": 1_501}, "should be below its price"),
    ("no auction", {"variety": "auction", "side": "SELL", "product": "CNC"}, "no auction"),
    ("a long tag", {"tag": "x" * 21}, "at most 20"),
    ("AMO in market hours", {"variety": "amo"}, "could not be converted to a After Market Order"),
    ("option above its band", {"symbol": CE, "quantity": 65, "price": 375.05, "product": "NRML"}, "circuit"),
    ("option below its band", {"side": "SELL", "symbol": CE, "quantity": 65, "price": 74, "product": "NRML"},
     "circuit"),
    ("market order in a stock option", {"symbol": STOCK_CE, "quantity": 400, "order_type": "MARKET",
     "product": "NRML", "market_protection": 2.0}, "stock options"),
    ("over Rs 10 crore", {"quantity": 66_700}, "cannot exceed Rs. 100,000,000.00"),
    ("absurd protection", {"order_type": "MARKET", "market_protection": 101.0}, "market_protection"),
)  # fmt: skip


@pytest.mark.parametrize(("terms", "words"), [r[1:] for r in REFUSED], ids=[r[0] for r in REFUSED])
def test_a_bad_order_is_refused_in_words_and_changes_nothing(scene: Any, terms: dict[str, Any], words: str) -> None:
    answer = scene.ask(**terms)
    assert isinstance(answer, Refusal), answer
    assert words in answer.message
    assert answer.status == 400
    assert scene.orders() == [] and scene.broker.updates == []


@pytest.mark.parametrize("order_type", ["MARKET", "SL-M"])
def test_market_orders_need_protection_since_april_2026(scene: Any, order_type: str) -> None:
    assert scene.ask(order_type=order_type, trigger=1_510) == PROTECTION_REQUIRED


def test_the_option_rule_far_from_ltp_holds_within_a_wide_band(scene: Any) -> None:
    scene.market.bands[:] = (5, 2_000_000_000)
    answer = scene.ask(symbol=CE, quantity=65, price=375.05, product="NRML")
    assert isinstance(answer, Refusal) and "too far from the last traded price" in answer.message
    answer = scene.ask(side="SELL", symbol=CE, quantity=65, price=74.95, product="NRML")
    assert isinstance(answer, Refusal) and "too far" in answer.message


def test_a_shortfall_of_money_names_both_sums(scene: Any) -> None:
    answer = scene.ask(product="CNC", quantity=700, price=1_500)
    assert isinstance(answer, Refusal)
    assert (answer.error_type, answer.status) == (ErrorType.MARGIN, 400)
    assert answer.message == (
        "Insufficient funds. Required margin is 1050000.00 but available margin is 1000000.00. "
        "Check the orderbook for open orders."
    )


def test_working_orders_block_money_until_they_are_cancelled(scene: Any) -> None:
    first = scene.place(product="CNC", quantity=600, price=1_490)
    assert isinstance(scene.ask(product="CNC", quantity=100, price=1_490), Refusal)
    scene.wait()
    scene.cancel(first)
    scene.wait()
    scene.place(product="CNC", quantity=100, price=1_490)


def test_only_shares_held_and_not_yet_offered_can_be_sold_for_delivery(scene: Any) -> None:
    scene.place(side="SELL", product="CNC", quantity=30, price=1_510)
    answer = scene.ask(side="SELL", product="CNC", quantity=11, price=1_510)
    assert isinstance(answer, Refusal) and answer.error_type is ErrorType.HOLDING
    scene.place(side="SELL", product="CNC", quantity=10, price=1_510)


def test_the_depository_may_ask_for_authorisation(scene: Any) -> None:
    scene.arm("holdings.unauthorised")
    answer = scene.ask(side="SELL", product="CNC", quantity=5, price=1_510)
    assert isinstance(answer, Refusal)
    assert (answer.status, answer.error_type, answer.data["quantity"]) == (428, ErrorType.HOLDING, 5)


@pytest.mark.parametrize(("hour", "words"), [(8, "Markets are closed"), (16, "Markets are closed")])
def test_regular_orders_keep_market_hours(open_scene: Any, hour: int, words: str) -> None:
    answer = open_scene(at=time(hour, 30)).ask()
    assert isinstance(answer, Refusal) and words in answer.message


def test_no_intraday_order_after_the_square_off(open_scene: Any) -> None:
    scene = open_scene(at=time(15, 11))
    assert isinstance(scene.ask(), Refusal)
    scene.place(product="CNC")


def test_a_banned_underlying_lets_positions_shrink_only(open_scene: Any) -> None:
    scene = open_scene(cash=5_00_00_000, banned=frozenset({"INFY"}))
    answer = scene.ask(symbol=STOCK_CE, quantity=400, price=40.10, product="NRML")
    assert isinstance(answer, Refusal) and "ban period" in answer.message


def test_a_shortfall_of_shares_is_refused_in_kites_words(scene: Any) -> None:
    scene.place(side="SELL", product="CNC", quantity=35, price=1_510)
    answer = scene.ask(side="SELL", product="CNC", quantity=6, price=1_510)
    assert isinstance(answer, Refusal)
    assert (answer.error_type, answer.status) == (ErrorType.HOLDING, 400)
    assert answer.message == (
        "Insufficient stock holding or there are pending sell orders for this stock. "
        "Check the orderbook for open orders."
    )
