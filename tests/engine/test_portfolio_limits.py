"""What the portfolio may not become: gross, greeks, the worst cell, unexecuted value; each a limit of its own."""

import msgspec
import pytest

from harness.portfolio_desk import CALLS, FUTURE, LISTED, LOT, NIFTY, PUTS, SHARE, SPOT_PAISE, PortfolioDesk, denials_in
from tarazu.engine import messages as m
from tarazu.model.ids import InstrumentToken, TradingSymbol
from tarazu.model.order import Product
from tarazu.portfolio.breaks import BrokerPosition
from tarazu.risk.denial import Code
from tarazu.strategy.wants import ChangeWant

CALL, PUT = CALLS[26_000], PUTS[26_000]
LAKH_PAISE = 100_000_00


@pytest.mark.parametrize(
    ("field", "name", "code"),
    [
        ("gross_premium_max_paise", "gross_premium_max", "C08"),
        ("scenario_loss_max_paise", "scenario_loss_max", "C08"),
        ("delta_max_paise", "delta_max", "C08"),
        ("vega_max_paise", "vega_max", "C08"),
        ("unexecuted_value_max_paise", "unexecuted_value_max", "C09"),
        ("margins", "margins", "C10"),
    ],
)
@pytest.mark.control("C08", "C09", "C10")
def test_a_limit_that_is_not_configured_denies_every_entry(field: str, name: str, code: str) -> None:
    desk = PortfolioDesk(**{field: None}).ready()
    (denial,) = desk.denials(desk.entry(CALL, LOT))
    assert denial.code is Code.NO_LIMIT and denial.limit == f"[engine.risk] {name}"


@pytest.mark.control("C08")
def test_gross_is_of_all_places_with_what_works_counted_as_filled() -> None:
    desk = PortfolioDesk()
    one = desk.middle(CALL) * LOT
    desk = PortfolioDesk(gross_premium_max_paise=3 * one)
    desk.ready()
    desk.bought(CALL, LOT)
    desk.worked(CALL, LOT)
    assert desk.asks(CALL, LOT) == []
    (denial,) = desk.denials(desk.entry(CALL, LOT))
    assert denial.code is Code.GROSS
    assert denial.observed == f"gross Rs {4 * one / 100:,.2f}" and denial.limit == f"Rs {3 * one / 100:,.2f}"


@pytest.mark.control("C08")
def test_a_sale_that_works_counts_at_its_own_end_and_is_not_netted_with_what_is_held() -> None:
    desk = PortfolioDesk()
    one = desk.middle(CALL) * LOT
    desk = PortfolioDesk(gross_premium_max_paise=2 * one).carried((CALL, LOT))
    assert desk.asks(CALL, -3 * LOT) == [], "at worst 2 lots short"
    assert desk.asks(CALL, -LOT) == [Code.GROSS], "the 3 lots may fill all the same"
    below = desk.middle(CALL) - 5_00
    assert desk.asks(CALL, LOT, below) == [], "and may not: 2 lots long, which is no more than 2 lots short"


@pytest.mark.control("C07", "C08")
def test_delta_is_of_an_underlying_and_in_rupees_of_it() -> None:
    limit = round(1.5 * LOT * SPOT_PAISE)
    desk = PortfolioDesk(delta_max_paise=limit).ready()
    assert desk.asks(FUTURE, LOT) == []
    (denial,) = desk.denials(desk.entry(CALL, 2 * LOT))
    assert denial.code is Code.GREEKS and denial.observed.startswith(f"delta of {NIFTY} Rs ")
    assert desk.asks(PUT, 2 * LOT) == [], "the other way"
    assert desk.asks(SHARE, 10) == [], "another underlying"


@pytest.mark.control("C08")
def test_a_hedge_passes_though_the_delta_is_over_its_limit_already() -> None:
    desk = PortfolioDesk(delta_max_paise=LOT * SPOT_PAISE // 2).carried((FUTURE, -LOT))
    assert desk.asks(CALL, LOT) == [] and desk.asks(PUT, LOT) == [Code.GREEKS]


@pytest.mark.control("C08")
def test_vega_is_for_one_point_of_volatility() -> None:
    desk = PortfolioDesk().ready()
    dearer = desk.worth_paise(CALL, SPOT_PAISE, 0.16) - desk.worth_paise(CALL, SPOT_PAISE, 0.15)
    lots = round(2.5 * LOT * dearer)
    desk = PortfolioDesk(vega_max_paise=lots).ready()
    assert desk.asks(CALL, 2 * LOT) == []
    (denial,) = desk.denials(desk.entry(PUT, LOT))
    assert denial.code is Code.GREEKS and denial.observed.startswith(f"vega of {NIFTY} Rs ")
    assert desk.asks(FUTURE, 10 * LOT) == []


@pytest.mark.control("C08")
def test_the_worst_cell_of_a_future_is_ten_percent_against_it() -> None:
    tenth = LOT * SPOT_PAISE // 10
    desk = PortfolioDesk(scenario_loss_max_paise=2 * tenth).ready()
    assert desk.asks(FUTURE, 2 * LOT) == []
    (denial,) = desk.denials(desk.entry(FUTURE, LOT))
    assert (denial.code, denial.observed) == (Code.SCENARIO, f"worst cell Rs {3 * tenth / 100:,.2f}")
    above = SPOT_PAISE + 50_00
    assert desk.asks(FUTURE, -2 * LOT, above) == [], "as long as nothing has filled, the other way is no worse"
    assert desk.asks(FUTURE, -LOT, above) == [Code.SCENARIO]


@pytest.mark.control("C08")
def test_a_spread_is_denied_for_what_it_can_lose_and_not_for_what_its_short_leg_could() -> None:
    hedge = CALLS[26_100]
    paid = LOT * PortfolioDesk().middle(hedge)
    desk = PortfolioDesk(scenario_loss_max_paise=paid + 1_00).ready()
    assert desk.asks(CALL, -LOT) == [Code.SCENARIO]
    assert not desk.denials(desk.spread((hedge, LOT), (CALL, -LOT))), "the hedge alone loses what it cost, both no more"
    desk = PortfolioDesk(scenario_loss_max_paise=paid * 9 // 10).ready()
    assert {d.code for d in desk.denials(desk.spread((hedge, LOT), (CALL, -LOT)))} == {Code.SCENARIO}, "the hedge alone"
    desk = PortfolioDesk(scenario_loss_max_paise=paid + 1_00).ready()
    assert {d.code for d in desk.denials(desk.spread((CALLS[26_500], LOT), (CALL, -LOT)))} == {Code.SCENARIO}


@pytest.mark.control("C08")
def test_underlyings_do_not_hedge_each_other() -> None:
    tenth = LOT * SPOT_PAISE // 10
    desk = PortfolioDesk(scenario_loss_max_paise=tenth + 1_000_00).carried((FUTURE, LOT))
    assert desk.asks(SHARE, -6) == [], "900 rupees on top"
    assert desk.asks(SHARE, -6) == [Code.SCENARIO]


@pytest.mark.control("C08")
def test_the_market_moves_what_is_held_and_that_is_told_once_a_second() -> None:
    desk = PortfolioDesk(scenario_loss_max_paise=2 * LAKH_PAISE).carried((CALL, -LOT))
    assert not [code for code in desk.alerts if "LIMIT" in code]
    desk.quote(SPOT_PAISE * 103 // 100)
    desk.second()
    assert "SCENARIO_OVER_LIMIT" not in desk.alerts, "a short call of the money loses at most ten percent"
    desk.quote(SPOT_PAISE * 2)
    desk.second()
    assert "SCENARIO_OVER_LIMIT" in desk.alerts
    assert desk.asks(PUT, LOT) == [], "it makes the worst cell no worse"
    assert desk.asks(FUTURE, -LOT) == [Code.SCENARIO]


# What cannot be valued.


@pytest.mark.control("C06", "C08")
def test_what_has_no_price_today_is_not_entered() -> None:
    desk = PortfolioDesk().ready()
    want = desk.entry(CALL, LOT)
    desk.unquote(CALL)
    desk.second(2)
    assert Code.GREEKS in {denial.code for denial in desk.denials(want)}


@pytest.mark.control("C08")
def test_what_is_held_without_a_price_denies_its_underlying_and_counts_at_the_top_of_its_band_for_all() -> None:
    desk = PortfolioDesk(gross_premium_max_paise=LOT * 9_000_00)
    desk.carried((CALL, LOT))
    desk.tell(m.BandsRead(bands=(m.Band(key=CALL.key, low_paise=5, high_paise=8_000_00),)))
    desk.unquote(CALL)
    desk.second(2)
    assert Code.GREEKS in desk.asks(PUT, LOT)
    few, many = desk.asks(SHARE, 10), desk.asks(SHARE, 1_000)
    assert Code.GREEKS not in few and Code.GROSS not in few and Code.GROSS in many, "65 x 8,000 are gone"
    assert "NOT_VALUED" in desk.alerts


@pytest.mark.control("C08")
def test_what_nobody_can_value_denies_every_entry() -> None:
    desk = PortfolioDesk()
    stranger = BrokerPosition(key="NFO:GOLD26DECFUT", product=Product.NRML, qty=1, overnight_qty=1, close_paise=100)
    desk.positions.append(stranger)
    desk.ready()
    assert Code.SCENARIO in desk.asks(SHARE, 1)


def test_an_option_below_its_intrinsic_value_is_valued_with_the_moneys_volatility() -> None:
    desk = PortfolioDesk().ready()
    deep = CALLS[25_000]
    desk.at(deep, 990_00)
    assert desk.asks(deep, LOT) == []


def test_a_chain_without_its_index_finds_the_money_by_its_future_or_by_itself() -> None:
    for listed in (LISTED, tuple(one for one in LISTED if one is not FUTURE)):
        desk = PortfolioDesk(listed)
        desk.unquote(msgspec.structs.replace(SHARE, tradingsymbol=TradingSymbol("NIFTY 50")))
        desk.ready()
        assert desk.asks(CALL, LOT) == []


# Unexecuted.


@pytest.mark.control("C09")
def test_entries_that_are_not_filled_have_a_limit_together() -> None:
    one = 100_00 * LOT
    desk = PortfolioDesk(unexecuted_value_max_paise=3 * one).ready()
    assert desk.asks(CALL, LOT, 100_00) == [] and desk.asks(PUT, LOT, 100_00) == []
    assert desk.asks(PUT, 2 * LOT, 100_00) == [Code.UNEXECUTED]
    assert desk.asks(PUT, LOT, 100_00) == []
    (denial,) = desk.denials(desk.entry(PUT, LOT, 100_00))
    assert denial.code is Code.UNEXECUTED and "26,000.00" in denial.observed and denial.limit == "Rs 19,500.00"


@pytest.mark.control("C09")
def test_what_has_filled_or_is_cancelled_is_unexecuted_no_more() -> None:
    desk = PortfolioDesk()
    one = desk.middle(CALL) * LOT
    desk = PortfolioDesk(unexecuted_value_max_paise=one)
    desk.ready()
    first = desk.worked(CALL, LOT)
    assert desk.asks(CALL, LOT) == [Code.UNEXECUTED]
    desk.filled(first, LOT, desk.middle(CALL))
    second = desk.worked(CALL, LOT)
    assert desk.asks(CALL, LOT) == [Code.UNEXECUTED]
    desk.heard(second, "CANCELED")
    assert desk.asks(CALL, LOT) == []


@pytest.mark.control("C09")
def test_a_change_that_makes_an_entry_larger_is_weighed_by_what_it_adds() -> None:
    one = 100_00 * LOT
    desk = PortfolioDesk(unexecuted_value_max_paise=2 * one).ready()
    assert not desk.asks(CALL, LOT, 100_00)
    ref = desk.placed("1")
    codes = [d.code for d in denials_in(desk.want(ChangeWant(strategy="story", ref=ref, qty=3 * LOT)))]
    assert codes == [Code.UNEXECUTED]
    assert not denials_in(desk.want(ChangeWant(strategy="story", ref=ref, qty=2 * LOT)))


def test_a_share_of_an_unknown_instrument_is_the_gates_to_deny() -> None:
    desk = PortfolioDesk().ready()
    stranger = msgspec.structs.replace(
        SHARE, tradingsymbol=TradingSymbol("NOBODY"), instrument_token=InstrumentToken(9)
    )
    want = desk.entry(SHARE, 1)
    denials = desk.denials(msgspec.structs.replace(want, key=stranger.key))
    assert Code.INSTRUMENT in {denial.code for denial in denials}
