"""The option chain: a world of known volatilities put into a state, and read back out of it."""

import math
from datetime import date
from typing import Any

import numpy as np
import pytest

from harness.market_rows import feed, row, state_of
from tarazu.market import black76, chain_kernels
from tarazu.market.chain import CALL, PUT, ChainView, ForwardSource, OptionChain
from tarazu.market.state import MarketState
from tarazu.model import ist
from tarazu.model.ids import InstrumentToken, TradingSymbol
from tarazu.model.instrument import Exchange, Instrument, Kind
from tarazu.model.units import DAY_NS, SECOND_NS

EXPIRY = date(2026, 11, 26)
EXPIRY_NS = ist.midnight_ns(EXPIRY) + (15 * 60 + 30) * 60 * SECOND_NS
NOW = EXPIRY_NS - 3 * DAY_NS
YEARS = 3 / 365
RATE, FRESH_NS = 0.065, 5 * SECOND_NS
DISCOUNT = math.exp(-RATE * YEARS)
INDEX, FUTURE = 256265, 50_000 << 8 | 2
FORWARD, STRIKES = 2_613_700.0, np.arange(2_560_000.0, 2_670_001.0, 5_000.0)


def option_token(side: int, k: int) -> int:
    return 40_000 + 2 * k + side << 8 | 2


def listed(token: int, kind: Kind, strike: float = 0.0, expiry: date | None = EXPIRY) -> Instrument:
    return Instrument(
        instrument_token=InstrumentToken(token),
        exchange=Exchange.NSE if kind is Kind.INDEX else Exchange.NFO,
        tradingsymbol=TradingSymbol("NIFTY 50" if kind is Kind.INDEX else f"{kind}{strike:.0f}"),
        name="NIFTY",
        kind=kind,
        segment="INDICES" if kind is Kind.INDEX else "NFO-OPT",
        expiry=None if kind is Kind.INDEX else expiry,
        strike_paise=int(strike),
        underlying="" if kind is Kind.INDEX else "NSE:NIFTY 50",
    )


OPTIONS = [
    listed(option_token(side, k), kind, strike)
    for k, strike in enumerate(STRIKES)
    for side, kind in ((CALL, Kind.CE), (PUT, Kind.PE))
]
NIFTY, NIFTY_FUT = listed(INDEX, Kind.INDEX), listed(FUTURE, Kind.FUT)
LATER = listed(60_000 << 8 | 2, Kind.CE, 2_600_000.0, date(2026, 12, 29))
ALL = [*OPTIONS, NIFTY, NIFTY_FUT, LATER]


def smile(strike: float) -> float:
    away = math.log(strike / FORWARD)
    return 0.12 - 0.4 * away + 5.0 * away * away


def quote(side: int, strike: float) -> list[tuple[int, int]]:
    """Best bid and ask around the model's price: a tick of 5 paise, the mid right to half of one."""
    price = black76.price(side == CALL, FORWARD, strike, smile(strike), YEARS, DISCOUNT)
    return [(math.floor(price / 5) * 5, 75), (math.floor(price / 5) * 5 + 5, 75)]


def world(recv_ns: int = NOW, **options: Any) -> MarketState:
    state = state_of(*(i.instrument_token for i in ALL))
    rows = []
    for one in OPTIONS:
        bid, ask = quote(CALL if one.kind is Kind.CE else PUT, one.strike_paise)
        rows.append(row(one.instrument_token, ltp=bid[0], bids=[bid], asks=[ask], oi=75, volume=75))
    feed(state, recv_ns, *rows)
    return state


def seen(state: MarketState, now_ns: int = NOW, instruments: list[Instrument] = ALL) -> ChainView:
    chain = OptionChain.of(
        "NSE:NIFTY 50", EXPIRY, instruments, state, expiry_ns=EXPIRY_NS, rate=RATE, fresh_ns=FRESH_NS
    )
    return chain.view(state, now_ns)


def test_the_forward_comes_from_parity_and_the_volatilities_are_the_worlds() -> None:
    view = seen(world())
    assert view.forward_source is ForwardSource.PARITY and view.forward == pytest.approx(FORWARD, abs=5)
    assert view.years == YEARS and view.atm_strike == 2_615_000
    assert view.strikes.tolist() == STRIKES.tolist()
    for side in (CALL, PUT):
        out_of_money = STRIKES > FORWARD if side == CALL else STRIKES < FORWARD
        got = view.column(side, "sigma")[out_of_money]
        assert got == pytest.approx([smile(k) for k in STRIKES[out_of_money]], abs=1e-3)
    assert view.atm_sigma == pytest.approx(smile(2_615_000), abs=5e-4)


def test_every_option_is_evaluated_at_its_mid() -> None:
    view = seen(world())
    for side in (CALL, PUT):
        for k, strike in enumerate(STRIKES):
            sigma = view.column(side, "sigma")[k]
            if not math.isnan(sigma):
                model = black76.price(side == CALL, view.forward, strike, sigma, YEARS, DISCOUNT)
                assert model == pytest.approx(view.column(side, "mid")[k], rel=1e-12)
                delta = black76.delta(side == CALL, view.forward, strike, sigma, YEARS, DISCOUNT)
                assert view.column(side, "delta")[k] == pytest.approx(delta, rel=1e-12)


def test_one_wrong_quote_does_not_move_the_forward() -> None:
    state = world()
    feed(state, NOW, row(option_token(CALL, 10), ltp=1, bids=[(90_000, 1)], asks=[(90_005, 1)], oi=80, volume=80))
    assert seen(state).forward == pytest.approx(FORWARD, abs=5)


def test_the_risk_reversal_is_what_the_smile_says_at_25_delta() -> None:
    def strike_of(is_call: bool, wanted: float) -> float:
        low, high = (FORWARD, STRIKES[-1]) if is_call else (STRIKES[0], FORWARD)
        for _ in range(60):
            middle = (low + high) / 2
            delta = abs(black76.delta(is_call, FORWARD, middle, smile(middle), YEARS, 1.0))
            inside = delta > wanted
            if inside == is_call:
                low = middle
            else:
                high = middle
        return low

    want = smile(strike_of(True, 0.25)) - smile(strike_of(False, 0.25))
    assert seen(world()).risk_reversal_25 == pytest.approx(want, abs=1e-3) and want < -0.005


def test_where_the_forward_comes_from_when_parity_is_silent() -> None:
    late = NOW + FRESH_NS + 1  # the options' books are stale by then
    state = world()
    assert seen(state, late).forward_source is ForwardSource.NONE
    assert math.isnan(seen(state, late).forward) and math.isnan(seen(state, late).atm_strike)
    feed(state, late, row(INDEX, 8, ltp=2_610_000), packet_bytes=8)
    spot = seen(state, late)
    years = (EXPIRY_NS - late) / (365 * DAY_NS)
    assert spot.forward_source is ForwardSource.SPOT
    assert spot.forward == pytest.approx(2_610_000 * math.exp(RATE * years), rel=1e-12)
    feed(state, late, row(FUTURE, ltp=9, bids=[(2_611_000, 75)], asks=[(2_613_000, 75)]))
    future = seen(state, late)
    assert future.forward_source is ForwardSource.FUTURE and future.forward == 2_612_000
    assert np.isnan(future.options).all(), "no fresh quote, no volatility"
    two_strikes = [
        row(option_token(s, k), ltp=5, bids=quote(s, STRIKES[k])[:1], asks=quote(s, STRIKES[k])[1:])
        for s in (0, 1)
        for k in (9, 10)
    ]
    for one in two_strikes:
        one["volume"], one["oi"] = 76, 76
    feed(state, late, *two_strikes)
    assert seen(state, late).forward_source is ForwardSource.FUTURE, "two strikes are no majority"


def test_a_one_sided_or_crossed_book_has_no_volatility() -> None:
    state = world()
    feed(state, NOW, row(option_token(CALL, 10), ltp=1, bids=[(5, 1)], volume=76))
    feed(state, NOW, row(option_token(PUT, 10), ltp=1, bids=[(10, 1)], asks=[(5, 1)], volume=76))
    view = seen(state)
    assert np.isnan(view.options[:, 10]).all() and view.forward_source is ForwardSource.PARITY


def test_after_the_expiry_nothing_is_left_but_the_counts() -> None:
    state = world(EXPIRY_NS)
    view = seen(state, EXPIRY_NS)
    assert view.years == 0 and view.forward_source is ForwardSource.NONE and np.isnan(view.options).all()
    assert view.pcr_oi == 1.0 and not math.isnan(view.max_pain)


def test_the_last_minute_still_has_volatilities() -> None:
    now = EXPIRY_NS - 60 * SECOND_NS
    view = seen(world(now), now)
    assert view.years == pytest.approx(60 / 86_400 / 365, rel=1e-12) and view.atm_sigma > 0


# strike: call OI, put OI, call volume, put volume; 60000 calls at 2,600,000 and so on.
def test_ratios_and_max_pain_by_hand() -> None:
    state = state_of(*(i.instrument_token for i in ALL))
    counts = {0: (100, 40, 10, 20), 1: (200, 60, 0, 5), 2: (30, 300, 10, 0)}
    for k, (call_oi, put_oi, call_volume, put_volume) in counts.items():
        feed(
            state,
            NOW,
            row(option_token(CALL, k), oi=call_oi, volume=call_volume),
            row(option_token(PUT, k), oi=put_oi, volume=put_volume),
        )
    view = seen(state)
    assert view.pcr_oi == pytest.approx(400 / 330) and view.pcr_volume == pytest.approx(25 / 20)
    # Paid out, in units of 5,000: at 0: 60 + 600 = 660; at 1: 100 + 300 = 400; at 2: 200 + 200 = 400.
    assert view.max_pain == STRIKES[1]


def test_max_pain_of_no_open_interest_is_not_known() -> None:
    assert math.isnan(seen(state_of(*(i.instrument_token for i in ALL))).max_pain)
    assert math.isnan(seen(state_of(*(i.instrument_token for i in ALL))).pcr_oi)


def test_a_strike_with_one_side_is_kept_and_other_expiries_are_not() -> None:
    state = world()
    view = seen(state, instruments=[i for i in ALL if i.instrument_token != option_token(PUT, 10)])
    assert len(view.strikes) == len(STRIKES) and math.isnan(view.column(PUT, "sigma")[10])
    assert not math.isnan(view.column(CALL, "sigma")[10])
    with pytest.raises(ValueError, match="no option on NSE:NIFTY 50 of 2026-11-26"):
        seen(state, instruments=[NIFTY, LATER])


def test_strikes_are_in_the_unit_of_the_wires_prices() -> None:
    one = listed(7 << 8 | 3, Kind.CE, 8_450.0)  # USDINR 84.50: the currency segment counts in 1e-7 rupees
    state = state_of(one.instrument_token)
    chain = OptionChain.of("NSE:NIFTY 50", EXPIRY, [one], state, expiry_ns=EXPIRY_NS, rate=RATE, fresh_ns=1)
    assert chain.strikes.tolist() == [845_000_000.0]


def test_of_two_nearest_strikes_the_lower_is_the_money() -> None:
    assert chain_kernels.nearest(np.array([100.0, 110.0, 120.0]), 115.0) == 1


# undiscounted deltas outwards from the money | volatilities there (0: none) -> volatility at 25 delta
WINGS = """
    .50 .40 .30 .20 .10 | 10 11 12 14 18 -> 13
    .50 .40 .30 .20 .10 | 10 11  0 14 18 -> 13.25
    .50 .40 .25 .20 .10 | 10 11 12 14 18 -> 12
    .24 .20 .10 .05 .01 | 10 11 12 14 18 -> nan
    .50 .45 .40 .35 .30 | 10 11 12 14 18 -> nan
    .50 .40 .30 .20 .10 |  0  0  0  0  0 -> nan
"""


@pytest.mark.parametrize("line", WINGS.strip().splitlines())
@pytest.mark.parametrize("side", [CALL, PUT])
def test_volatility_at_25_delta_is_linear_between_neighbours(line: str, side: int) -> None:
    deltas, rest = line.split("|")
    sigmas, want = rest.split("->")
    out = np.full((2, 7, len(chain_kernels.OPTION_COLUMNS)), math.nan)
    outwards = range(1, 6) if side == CALL else range(5, 0, -1)
    for k, delta, sigma in zip(outwards, deltas.split(), sigmas.split(), strict=True):
        if float(sigma):
            out[side, k, chain_kernels.OPTION_COLUMNS.index("delta")] = float(delta) * 0.9 * (1 if side == CALL else -1)
            out[side, k, chain_kernels.OPTION_COLUMNS.index("sigma")] = float(sigma)
    atm = 1 if side == CALL else 5
    assert chain_kernels.sigma_at_wing(out, side, atm, 0.9) == pytest.approx(float(want), rel=1e-12, nan_ok=True)
