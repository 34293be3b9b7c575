"""The margin rule, by its promises and by a few numbers worked by hand. NIFTY 26,000, volatility 15 %, lot 65."""

import math
import timeit

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tarazu.model.order import Side
from tarazu.sim.money.combined import Requirement
from tarazu.sim.money.margins import Leg, Margins
from tarazu.sim.money.scan import SCENARIOS, RiskArray, years_to_expiry

LOT = 65
LAKH = 100_000


def held(till, **legs: int) -> Requirement:
    """What positions of these quantities block; `_` for names that begin with a digit."""
    named = [(name.lstrip("_"), qty) for name, qty in legs.items()]
    positions = [Leg(till.instruments[name], "NRML", qty) for name, qty in named]
    return till.margins.portfolio(positions, till.mark, till.now_ns).requirement()


def test_a_future_needs_its_price_scan_and_exposure(till) -> None:
    # 10 % and 2 % of 65 × 26,050; the extreme move counts 35 % of 20 %, which is less.
    need = held(till, FUT=LOT)
    assert need.span == 169_325_00 and need.exposure == 33_865_00
    assert need.premium == need.var == 0
    assert held(till, FUT=-LOT) == need, "linear: long and short alike"


def test_a_stock_future_needs_the_stock_rates(till) -> None:
    # 16 % and 3.5 % of 400 × 1,505.
    need = held(till, INFYFUT=400)
    assert (need.span, need.exposure) == (96_320_00, 21_070_00)


def test_a_long_option_needs_nothing_but_its_premium(till) -> None:
    assert held(till, _26000CE=LOT).total == 0
    assert held(till, _24000PE=LOT, _28000CE=LOT).total == 0
    assert till.required("BUY", "26000CE", LOT, 120.0) == 7_800.0


def test_a_short_option_needs_span_and_exposure_and_its_own_value(till) -> None:
    need = held(till, _26000CE=-LOT)
    assert need.exposure == 33_800_00, "2 % of 65 × 26,000"
    assert need.span > 65 * 26_000_00 * 0.03
    array = till.margins.risk.array(till.instruments["26000CE"], till.mark(till.instruments["26000CE"]), till.now_ns)
    assert need.premium == math.ceil(65 * array.value_paise - 1e-6)


def test_the_premium_of_a_sale_is_not_free_to_spend(till) -> None:
    before = till.funds.net
    needed = till.required("SELL", "26000CE", LOT, 250.0)
    till.sell("26000CE", LOT, 250.0)
    assert till.cash > 1_000_000
    after = till.funds.net
    # What the order asked for is gone, its charges too; only what the sale brought above the option's worth is left.
    array = till.margins.risk.array(till.instruments["26000CE"], till.mark(till.instruments["26000CE"]), till.now_ns)
    above = max(0.0, 250.0 - array.value_paise / 100) * LOT
    assert after == pytest.approx(before - needed - till.charges + above, abs=1.0)
    assert needed > 1.8 * LAKH


def test_a_short_option_beyond_every_scenario_still_needs_the_minimum(till) -> None:
    till.sigma, till.spot["NSE:NIFTY 50"] = 0.05, 20_000.0
    assert held(till, _28000CE=-LOT).span == 3 * 65 * 20_000, "3 % of 65 × 20,000, in paise"
    assert held(till, _28000CE=-2 * LOT).span == 6 * 65 * 20_000


def test_a_put_protects_a_long_future_and_a_call_does_not(till) -> None:
    alone = held(till, FUT=LOT).span
    assert held(till, FUT=LOT, _26000PE=LOT).span < alone / 3
    assert held(till, FUT=LOT, _26000CE=-LOT).span < alone
    assert held(till, FUT=LOT, _26000PE=-LOT).span > alone


def test_a_hedge_makes_a_short_option_cheaper(till) -> None:
    naked = held(till, _26000CE=-LOT)
    spread = held(till, _26000CE=-LOT, _26500CE=LOT)
    assert spread.total < naked.total / 2
    width = 500 * LOT * 100
    assert spread.span + spread.premium <= width + 2, "a covered spread cannot lose more than its width"
    assert spread.exposure == naked.exposure


def test_a_straddle_needs_the_span_of_one_side_and_the_exposure_of_both(till) -> None:
    call, put, both = held(till, _26000CE=-LOT), held(till, _26000PE=-LOT), held(till, _26000CE=-LOT, _26000PE=-LOT)
    assert max(call.span, put.span) * 0.8 < both.span < call.span + put.span
    assert both.exposure == call.exposure + put.exposure


def test_a_calendar_spread_pays_its_charge_instead_of_two_scans(till) -> None:
    spread = held(till, FUT=LOT, FARFUT=-LOT)
    # 3 % of the far month's 65 × 26,200, and the scan of the 150 between the two.
    assert spread.span == 65 * 26_200 * 3 + 65 * 150 * 10
    apart = held(till, FUT=LOT).span + held(till, FARFUT=-LOT).span
    assert spread.span < apart / 5


def test_intraday_shares_need_a_fifth_and_delivered_ones_all_of_their_price(till) -> None:
    assert till.required("BUY", "INFY", 100, 1500.0, "MIS") == 30_000
    assert till.required("SELL", "INFY", 100, 1500.0, "MIS") == 30_000
    assert till.required("BUY", "INFY", 100, 1500.0, "CNC") == 150_000


def test_nrml_and_mis_of_one_contract_are_netted(till) -> None:
    till.buy("FUT", LOT, 26_050.0, "NRML")
    till.sell("FUT", LOT, 26_050.0, "MIS")
    assert till.funds.utilised.span == till.funds.utilised.exposure == 0


def test_volatility_up_hurts_the_seller_and_the_scan_sees_it(till) -> None:
    option = till.instruments["26000CE"]
    losses = till.margins.risk.array(option, till.mark(option), till.now_ns).losses
    for (move, vol, _), loss in zip(SCENARIOS, losses, strict=True):
        if vol and move == 0:
            assert (loss < 0) == (vol > 0)


def test_the_scan_is_symmetric_up_and_down_for_a_future(till) -> None:
    future = till.instruments["FUT"]
    losses = dict(zip(SCENARIOS, till.margins.risk.array(future, till.mark(future), till.now_ns).losses, strict=True))
    for (move, vol, share), loss in losses.items():
        assert loss == pytest.approx(-losses[(-move, vol, share)] if move else 0.0)


def test_an_option_on_its_last_minutes_still_has_an_hour_of_risk(till) -> None:
    expiry = till.instruments["26000CE"].expiry
    late = till.now_ns + 400 * 86_400 * 10**9
    assert years_to_expiry(expiry, late) == pytest.approx(1 / 24 / 365)


class FlatRate:
    """Every unit loses 1,000 paise in each scenario; calendar spreads are charged their whole notional."""

    def array(self, instrument, mark, now_ns):
        return RiskArray(
            losses=np.full(len(SCENARIOS), 1_000.0),
            value_paise=0.0,
            delta=1.0,
            notional_paise=mark.last_paise,
            expiry=instrument.expiry,
            exposure=0.0,
            short_minimum=0.0,
            calendar_spread=1.0,
        )


def test_another_source_of_risk_arrays_can_be_dropped_in(till) -> None:
    till.margins = Margins(till.rules, FlatRate())
    assert held(till, FUT=LOT).total == LOT * 1_000


def test_a_calendar_charge_never_makes_a_spread_dearer_than_its_legs(till) -> None:
    till.margins = Margins(till.rules, FlatRate())
    assert held(till, FUT=LOT, FARFUT=-LOT).total == held(till, FUT=LOT).total + held(till, FARFUT=-LOT).total


STRIKES = [f"{strike}{kind}" for strike in range(24000, 28001, 500) for kind in ("CE", "PE")]
LEGS = st.dictionaries(
    st.sampled_from([*STRIKES, "FUT", "FARFUT", "FAR26000CE"]), st.integers(-3, 3), min_size=1, max_size=6
)


@settings(max_examples=60, deadline=None)
@given(LEGS, LEGS)
def test_margining_two_books_together_never_costs_more_than_apart_within_one_expiry(till_with, first, second) -> None:
    till = till_with(0.0)
    near = {k: v * LOT for k, v in first.items() if not k.startswith("FAR")}
    more = {k: v * LOT for k, v in second.items() if not k.startswith("FAR")}
    both = {k: near.get(k, 0) + more.get(k, 0) for k in [*near, *more]}
    assert held(till, **both).total <= held(till, **near).total + held(till, **more).total + 10


@settings(max_examples=60, deadline=None)
@given(LEGS)
def test_no_part_of_a_requirement_is_ever_negative_and_a_cover_never_costs_more(till_with, legs) -> None:
    till = till_with(0.0)
    need = held(till, **{k: v * LOT for k, v in legs.items()})
    assert min(need.span, need.exposure, need.premium, need.var) >= 0
    # Buying back every short option can only help what is blocked.
    covered = {k: max(v, 0) if k.endswith(("CE", "PE")) else v for k, v in legs.items()}
    if not any(k.endswith("FUT") and v for k, v in legs.items()):
        assert held(till, **{k: v * LOT for k, v in covered.items()}).total == 0


@settings(max_examples=40, deadline=None)
@given(st.sampled_from(range(24000, 28000, 500)), st.integers(1, 8), st.sampled_from(["CE", "PE"]))
def test_buying_any_wing_of_the_same_kind_never_raises_the_margin_of_a_short(till_with, strike, steps, kind) -> None:
    till = till_with(0.0)
    wing = min(28000, strike + 500 * steps) if kind == "CE" else max(24000, strike - 500 * steps)
    naked = held(till, **{f"_{strike}{kind}": -LOT})
    if wing != strike:
        assert held(till, **{f"_{strike}{kind}": -LOT, f"_{wing}{kind}": LOT}).total <= naked.total


def test_the_pre_trade_check_of_a_twenty_leg_book_is_quick(till_with) -> None:
    till = till_with(10_000_000.0)
    for n, name in enumerate([*STRIKES, "FUT", "FARFUT"]):
        till.trade(Side.BUY if n % 3 == 0 else Side.SELL, name, LOT, till.prices[name], "NRML")
    check = lambda: till.refuse("SELL", "26000CE", LOT, 100.0)  # noqa: E731
    check()
    assert min(timeit.repeat(check, number=5, repeat=10)) / 5 < 0.002
