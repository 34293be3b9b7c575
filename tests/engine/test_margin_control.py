"""C10: the funds are read, are young, and pay for what is added and for everything sent since they were read."""

import msgspec
import pytest

from harness.portfolio_desk import CALLS, FUTURE, LOT, PUTS, SHARE, SPOT_PAISE, PortfolioDesk
from tarazu.engine import messages as m
from tarazu.engine.messages import What
from tarazu.model.order import Product
from tarazu.risk.denial import Code

CALL = CALLS[26_000]
FUTURE_RUPEES = LOT * SPOT_PAISE // 100 * 12 // 100
"""Ten percent of scan and two of exposure."""

pytestmark = pytest.mark.control("C10")


def test_nothing_is_entered_before_the_funds_are_read() -> None:
    desk = PortfolioDesk()
    desk.start()
    desk.tell(m.FeedMoved(feed="options", fresh=True, required=True))
    desk.second()
    asked, desk.asked = desk.asked, []
    assert What.MARGINS in asked
    desk.tell(m.ReadFailed(what=What.MARGINS, cause="TIMEOUT"))
    (denial,) = (one for one in desk.denials(desk.entry(CALL, LOT)) if one.code is Code.MARGIN)
    assert denial.observed == "the funds are not read yet"


def test_funds_are_read_every_thirty_seconds_and_a_second_after_a_fill() -> None:
    desk = PortfolioDesk().ready()

    def seconds_until_asked() -> int:
        desk.asked = []
        for seconds in range(1, 100):
            desk.second()
            if What.MARGINS in desk.asked:
                desk.reads()
                return seconds
            desk.reads()
        raise AssertionError("never")

    seconds_until_asked()
    assert 29 <= seconds_until_asked() <= 30
    desk.bought(CALL, LOT)
    assert seconds_until_asked() <= 2
    assert 29 <= seconds_until_asked() <= 30


def test_a_read_that_failed_is_tried_again_a_second_later() -> None:
    desk = PortfolioDesk().ready()
    desk.second(40)
    desk.asked = []
    desk.tell(m.ReadFailed(what=What.MARGINS, cause="TIMEOUT"))
    desk.second(2)
    assert desk.asked.count(What.MARGINS) == 1


def test_funds_that_are_too_old_are_none() -> None:
    desk = PortfolioDesk().ready()
    desk.second(80)
    assert desk.asks(CALL, LOT) == []
    desk.second(15)
    (denial,) = desk.denials(desk.entry(PUTS[26_000], LOT))
    assert (denial.code, denial.limit) == (Code.MARGIN, "90 s") and denial.observed.startswith("funds are 9")


def test_a_future_needs_scan_and_exposure_and_a_tenth_of_the_funds_is_never_used() -> None:
    desk = PortfolioDesk().ready()
    desk.funds(FUTURE_RUPEES * 10 // 9 - 1)
    (denial,) = desk.denials(desk.entry(FUTURE, LOT))
    assert denial.code is Code.MARGIN and denial.observed.startswith(f"needs Rs {FUTURE_RUPEES:,}.00")
    desk.funds(FUTURE_RUPEES * 10 // 9 + 1)
    assert desk.asks(FUTURE, LOT) == []


def test_what_is_bought_needs_its_price_in_full() -> None:
    desk = PortfolioDesk(margin_buffer_bps=0).ready()
    desk.funds(LOT * 100 - 1)
    assert desk.asks(CALL, LOT, 100_00) == [Code.MARGIN]
    desk.funds(LOT * 100)
    assert desk.asks(CALL, LOT, 100_00) == []


def test_entries_sent_since_the_read_are_paid_first() -> None:
    desk = PortfolioDesk(margin_buffer_bps=0).ready()
    desk.funds(3 * LOT * 100)
    for _ in range(3):
        assert desk.asks(CALL, LOT, 100_00) == []
    assert desk.asks(CALL, LOT, 100_00) == [Code.MARGIN]
    assert desk.asks(PUTS[26_000], LOT, 100_00) == [Code.MARGIN] and desk.asks(SHARE, 1, 100_00) == [Code.MARGIN]


def test_a_fill_since_the_read_is_paid_too_and_a_read_that_knows_of_it_is_not_charged_again() -> None:
    desk = PortfolioDesk(margin_buffer_bps=0).ready()
    price = desk.middle(CALL) * LOT // 100 + 1
    desk.funds(price)
    desk.bought(CALL, LOT)
    assert desk.asks(CALL, LOT) == [Code.MARGIN]
    desk.funds(price)
    assert desk.asks(CALL, LOT) == []


def test_what_works_when_the_funds_are_asked_for_is_in_them() -> None:
    desk = PortfolioDesk(margin_buffer_bps=0).ready()
    price = desk.middle(CALL) * LOT // 100 + 1
    desk.funds(price)
    desk.worked(CALL, LOT)
    assert desk.asks(CALL, LOT) == [Code.MARGIN]
    desk.funds(price)
    assert desk.asks(CALL, LOT) == []


def test_what_is_in_flight_when_the_funds_are_asked_for_may_not_be_in_them() -> None:
    desk = PortfolioDesk(margin_buffer_bps=0).ready()
    desk.funds(LOT * 100)
    assert desk.asks(CALL, LOT, 100_00) == []
    desk.funds(LOT * 100)
    assert desk.asks(CALL, LOT, 100_00) == [Code.MARGIN]


def test_a_spread_needs_no_more_than_its_legs_hedged() -> None:
    desk = PortfolioDesk(margin_buffer_bps=0).ready()
    hedge, main = (CALLS[26_200], LOT), (CALL, -LOT)
    desk.funds(60_000)
    assert desk.asks(CALL, -LOT) == [Code.MARGIN], "naked"
    assert not desk.denials(desk.spread(hedge, main))


def test_a_short_option_beside_its_hedge_needs_less() -> None:
    desk = PortfolioDesk(margin_buffer_bps=0).carried((CALLS[26_200], LOT))
    desk.funds(60_000)
    assert desk.asks(CALL, -LOT) == []
    desk = PortfolioDesk(margin_buffer_bps=0).carried((CALLS[26_200], LOT))
    desk.funds(60_000)
    assert desk.asks(CALL, -2 * LOT) == [Code.MARGIN]


def test_delivered_shares_are_paid_in_full_and_intraday_ones_by_a_fifth() -> None:
    for product, share in ((Product.CNC, 1), (Product.MIS, 5)):
        desk = PortfolioDesk(margin_buffer_bps=0).ready()
        want = desk.entry(SHARE, 100, product=product)
        desk.funds(150_000 // share - 1)
        assert [denial.code for denial in desk.denials(want)] == [Code.MARGIN], product
        desk.funds(150_000 // share)
        assert not desk.denials(want)


def test_funds_of_before_a_start_are_none_and_are_read_anew() -> None:
    desk = PortfolioDesk().ready()
    desk.start()
    desk.tell(m.FeedMoved(feed="options", fresh=True, required=True))
    (denial,) = (one for one in desk.denials(desk.entry(CALL, LOT)) if one.code is Code.MARGIN)
    assert denial.limit == "a read since the start"
    desk.second()
    desk.reads()
    desk.second()
    assert desk.asks(CALL, LOT) == []


def test_exits_stops_and_cancels_ask_for_no_margin() -> None:
    desk = PortfolioDesk().carried((FUTURE, LOT))
    desk.funds(-5_00_000)
    assert desk.asks(CALL, LOT) == [Code.MARGIN]
    sent = len(desk.sent)
    desk.tell(m.Commanded(order=m.Order.FLATTEN, who="asha", why="a look"))
    desk.quote()
    desk.second()
    desk.reads()
    desk.second()
    assert len(desk.sent) > sent


def test_a_person_is_told_when_the_brokers_margins_are_far_from_ours() -> None:
    desk = PortfolioDesk().carried((FUTURE, LOT))
    desk.funds(5_00_000, basket_paise=FUTURE_RUPEES * 110)
    assert "MARGINS_DIFFER" not in desk.alerts
    desk.funds(5_00_000, basket_paise=FUTURE_RUPEES * 150)
    assert "MARGINS_DIFFER" in desk.alerts


def test_a_derivative_held_without_a_price_leaves_the_margins_of_its_underlying_unknown() -> None:
    desk = PortfolioDesk().carried((CALL, -LOT))
    want = desk.entry(PUTS[26_000], LOT)
    desk.unquote(CALL)
    desk.second(2)
    desk.funds(10_00_000)
    found = {denial.code: denial for denial in desk.denials(want)}
    assert found[Code.MARGIN].observed == "what is held cannot be valued"
    assert Code.MARGIN not in desk.asks(SHARE, 1)


def test_the_same_day_taken_twice_says_the_same() -> None:
    def story() -> list[bytes]:
        desk = PortfolioDesk(margin_buffer_bps=0).carried((FUTURE, LOT))
        desk.funds(2_00_000)
        for qty in (LOT, 2 * LOT, -LOT, -3 * LOT):
            desk.asks(CALL, qty)
            desk.second()
        return [msgspec.json.encode(step) for step in desk.steps]

    assert story() == story()
