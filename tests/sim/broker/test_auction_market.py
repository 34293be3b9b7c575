"""The auction for short deliveries: what is listed, which orders it takes, and how they end."""

from datetime import date, time
from typing import Any

import pytest

from tarazu.model import ist
from tarazu.model.calendar import Pace
from tarazu.wire.kite_errors import Refusal

USER = "TZ0001"
AUCTION: dict[str, Any] = {"variety": "auction", "side": "SELL", "product": "CNC"}
SETTLEMENT_HOLIDAY = date(2026, 8, 26)


@pytest.fixture
def auction(open_scene: Any) -> Any:
    """14:01 of a day on which INFY, of which 40 are held, comes up."""
    for seed in range(20):
        scene = open_scene(seed=seed, at=time(14, 1))
        if scene.broker.auctions(USER):
            return scene
    raise AssertionError("INFY never comes up")


def number(scene: Any) -> str:
    (found,) = scene.broker.auctions(USER)
    return str(found)


def clears(scene: Any) -> float:
    """What the exchange will pay, in rupees."""
    infy = scene.broker.universe.find("NSE:INFY")
    return scene.broker.desk.auction(infy).clears_paise / 100  # type: ignore[no-any-return]


def test_some_holdings_come_up_between_two_and_half_past(open_scene: Any) -> None:
    days = [open_scene(seed=seed, at=time(13, 59)) for seed in range(12)]
    assert not any(scene.broker.auctions(USER) for scene in days)
    for scene in days:
        scene.go(14, 0)
    listed = [scene for scene in days if scene.broker.auctions(USER)]
    assert 0 < len(listed) < len(days)
    row = listed[0].broker.auctions(USER)[number(listed[0])]
    assert (row.tradingsymbol, row.quantity) == ("INFY", 40)
    listed[0].go(14, 30)
    assert listed[0].broker.auctions(USER) == {}


def test_an_order_at_or_under_the_auctions_price_sells_at_it_when_the_session_ends(auction: Any) -> None:
    price, account = clears(auction), auction.broker.accounts[USER]
    order_id = auction.place(**AUCTION, price=price, auction_number=number(auction))
    auction.wait()
    row = auction.row(order_id)
    assert (row.status, row.variety, row.auction_number) == ("OPEN", "auction", number(auction))
    assert len(row.exchange_order_id) == 16
    auction.go(14, 29)
    assert auction.row(order_id).status == "OPEN"
    cash = account.ledger.cash_paise
    auction.go(14, 30)
    (trade,) = auction.broker.trades(USER, order_id)
    assert auction.row(order_id).status == "COMPLETE"
    assert (trade.average_price, trade.quantity) == (price, 10)
    assert account.ledger.cash_paise == cash + round(price * 100) * 10 - account.day_charges_paise()
    auction.go(17, 0)
    assert auction.broker.holdings(USER)[0].quantity == 30


def test_an_order_above_the_auctions_price_is_cancelled_at_the_end(auction: Any) -> None:
    order_id = auction.place(**AUCTION, price=clears(auction) + 0.05, auction_number=number(auction))
    auction.go(14, 30)
    row = auction.row(order_id)
    assert (row.status, row.cancelled_quantity) == ("CANCELLED", 10)
    assert row.status_message == "Unmatched auction order canceled by the exchange"


def test_an_auction_order_can_be_cancelled_and_not_modified(auction: Any) -> None:
    order_id = auction.place(**AUCTION, price=1_500, auction_number=number(auction))
    auction.wait()
    answer = auction.modify(order_id, price=1_490)
    assert isinstance(answer, Refusal) and "cannot be modified" in answer.message
    auction.cancel(order_id)
    auction.wait()
    assert auction.statuses(order_id).endswith("OPEN > CANCEL PENDING > CANCELLED")


def test_an_order_that_comes_too_late_is_rejected_by_the_exchange(auction: Any) -> None:
    auction.go(14, 29)
    auction.wait(59.99)
    order_id = auction.place(**AUCTION, price=clears(auction), auction_number=number(auction))
    auction.wait()
    assert auction.row(order_id).status == "REJECTED"


# The previous close is 1,500.00, so the range is 1,200.00 to 1,800.00.
REFUSED: tuple[tuple[str, dict[str, Any], str], ...] = (
    ("another number", {"auction_number": "999"}, "no auction session"),
    ("no number", {"auction_number": ""}, "no auction session"),
    ("a share that is not listed", {"symbol": "BSE:INFY"}, "no auction session"),
    ("a purchase", {"side": "BUY"}, "Only CNC sell orders"),
    ("intraday", {"product": "MIS"}, "Only CNC sell orders"),
    ("at market", {"order_type": "MARKET", "market_protection": 1.0, "price": 0}, "Only LIMIT orders"),
    ("IOC", {"validity": "IOC"}, "Only LIMIT orders"),
    ("more than is settled", {"quantity": 41}, "Insufficient stock holding"),
    ("under the range", {"price": 1_199.95}, "within 1200.00 and 1800.00"),
    ("over the range", {"price": 1_800.05}, "within 1200.00 and 1800.00"),
)


@pytest.mark.parametrize(("terms", "words"), [r[1:] for r in REFUSED], ids=[r[0] for r in REFUSED])
def test_what_the_auction_does_not_take_is_refused(auction: Any, terms: dict[str, Any], words: str) -> None:
    auction.market.bands[:] = (1, 1_000_000_00)
    answer = auction.ask(**{**AUCTION, "price": 1_500, "auction_number": number(auction), **terms})
    assert isinstance(answer, Refusal) and words in answer.message, answer
    assert auction.orders() == []


def test_the_range_holds_where_the_days_band_is_narrower(auction: Any) -> None:
    auction.market.bands[:] = (1_450_00, 1_550_00)
    auction.place(**AUCTION, price=1_800, auction_number=number(auction))


def test_shares_promised_to_the_auction_cannot_be_sold_elsewhere(auction: Any) -> None:
    auction.place(**AUCTION, price=1_500, quantity=40, auction_number=number(auction))
    answer = auction.ask(side="SELL", product="CNC", quantity=1)
    assert isinstance(answer, Refusal) and "Insufficient stock holding" in answer.message


def test_shares_bought_today_cannot_be_delivered_to_the_auction(auction: Any) -> None:
    auction.place(price=1_501, product="CNC")
    auction.wait()
    terms = {**AUCTION, "price": 1_500, "auction_number": number(auction)}
    answer = auction.ask(**terms, quantity=41)
    assert isinstance(answer, Refusal) and "Insufficient stock holding" in answer.message
    auction.place(**terms, quantity=40)


@pytest.mark.parametrize("day", [SETTLEMENT_HOLIDAY, date(2026, 11, 8)], ids=["no delivery", "muhurat"])
def test_days_without_delivery_have_no_auctions(open_scene: Any, day: date) -> None:
    for seed in range(8):
        scene = open_scene(seed=seed, day=day, at=time(14, 5))
        assert scene.broker.auctions(USER) == {}


def test_the_permissive_auction_takes_every_share_all_day_and_ends_before_settlement(open_scene: Any) -> None:
    scene = open_scene("permissive", at=time(3))
    price = clears(scene)
    order_id = scene.place(**AUCTION, price=price, auction_number=number(scene))
    scene.go(23, 59)
    assert scene.row(order_id).status == "OPEN"
    scene.wait(61)
    assert scene.broker.holdings(USER)[0].quantity == 30


def test_a_session_played_short_has_its_half_hour(open_scene: Any) -> None:
    for seed in range(20):
        scene = open_scene(seed=seed, at=time(8, 59), pace=Pace.SHORT)
        session = scene.broker.session
        scene.broker.advance(session.actual_ns(ist.at_ns(session.day, time(14, 1))))
        if scene.broker.auctions(USER):
            break
    order_id = scene.place(**AUCTION, price=clears(scene), auction_number=number(scene))
    scene.wait(10)
    assert scene.row(order_id).status == "COMPLETE"
