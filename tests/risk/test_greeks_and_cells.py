"""Greeks agree with bumping and revaluing, cells with revaluing whole; a load is above whatever fills."""

import math
from datetime import date
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.order_story import NINE_ON_MONDAY_NS
from tarazu.model.order import Product
from tarazu.model.units import HOUR_NS
from tarazu.risk import greeks, scenarios
from tarazu.risk.greeks import Pair
from tarazu.risk.portfolio_risk import Leg, Pan, Unit
from tarazu.risk.scenarios import CELLS, UNIT

LAKH = 100_000
moneyness = st.floats(0.8, 1.25)
sigmas, years = st.floats(0.05, 1.5), st.floats(0.002, 1.0)


def plain_price(is_call: bool, forward: float, strike: float, sigma: float, years: float) -> float:
    """Black-76 from the textbook, in plain Python."""
    std = sigma * math.sqrt(years)
    if std < 1e-12:
        return max(forward - strike if is_call else strike - forward, 0.0)
    d1 = math.log(forward / strike) / std + std / 2
    sign = 1 if is_call else -1
    first, second = (0.5 * math.erfc(-sign * d / math.sqrt(2)) for d in (d1, d1 - std))
    return sign * (forward * first - strike * second)


@given(st.booleans(), moneyness, sigmas, years)
@pytest.mark.control("C08")
def test_greeks_are_what_bumping_and_revaluing_says(is_call: bool, ratio: float, sigma: float, years: float) -> None:
    strike = 26_000.0 * 100
    forward = strike * ratio
    found = greeks.option_greeks(is_call, forward, strike, sigma, years)

    def bumped(of: str, step: float) -> float:
        """Its slope, by five points."""

        def at(n: int) -> float:
            change = dict.fromkeys(("forward", "sigma", "years"), 0.0) | {of: n * step}
            args = forward + change["forward"], strike, sigma + change["sigma"], years + change["years"]
            return plain_price(is_call, *args)

        return (at(-2) - 8 * at(-1) + 8 * at(1) - at(2)) / (12 * step)

    scale = 1e-6 * forward
    wide = forward * sigma * math.sqrt(years)
    assert found.delta_paise == pytest.approx(bumped("forward", wide * 1e-3) * forward, abs=scale)
    assert found.vega_paise == pytest.approx(bumped("sigma", sigma * 1e-3) * 0.01, abs=scale)
    assert found.theta_paise == pytest.approx(-bumped("years", years * 1e-3) / 365, abs=scale)

    def delta(at: float) -> float:
        return greeks.option_greeks(is_call, at, strike, sigma, years).delta_paise / at

    step = wide * 1e-3
    slope = (delta(forward - 2 * step) - 8 * delta(forward - step) + 8 * delta(forward + step)
             - delta(forward + 2 * step)) / (12 * step)  # fmt: skip
    assert found.gamma_paise == pytest.approx(slope * forward * forward * 0.01, abs=scale)


@given(st.booleans(), moneyness, sigmas, years)
@pytest.mark.control("C08")
def test_every_cell_is_the_whole_revaluation(is_call: bool, ratio: float, sigma: float, years: float) -> None:
    strike, unit = 26_000.0 * 100, scenarios.blank_unit()
    forward = strike * ratio
    scenarios.option_cells(is_call, forward, strike, sigma, years, unit)
    now = plain_price(is_call, forward, strike, sigma, years)
    for cell, gain in zip(CELLS, unit[UNIT:], strict=True):
        left = max(years - cell.days / 365, 0.0)
        there = plain_price(is_call, forward * (1 + cell.spot), strike, sigma * (1 + cell.vol), left)
        assert gain == pytest.approx(there - now, abs=1e-6 * forward)


def test_the_grid_is_what_is_promised() -> None:
    assert {cell.spot for cell in CELLS} == {0, *(s * n / 100 for s in (-1, 1) for n in (2, 4, 6, 8, 10))}
    assert {cell.vol for cell in CELLS} == {-0.25, 0.0, 0.25} and {cell.days for cell in CELLS} == {0.0, 1.0}
    assert len(CELLS) == 66 and CELLS[0] == (0, 0, 0)
    assert str(CELLS[-1]) == "spot +10%, volatility +25%, 1 days on"


def test_the_forward_is_by_parity_and_one_wrong_quote_of_three_is_none() -> None:
    pairs = [Pair(26_000_00, 250_00, 200_00), Pair(26_100_00, 200_00, 250_00), Pair(25_900_00, 9_000_00, 150_00)]
    assert greeks.forward_of(pairs) == 26_050_00
    assert greeks.forward_of([]) is None and greeks.forward_of([Pair(100, 0, 5_000)]) is None


@given(st.booleans(), moneyness, sigmas, years)
def test_the_volatility_is_the_one_the_price_was_made_with(
    is_call: bool, ratio: float, sigma: float, years: float
) -> None:
    strike = 26_000.0 * 100
    forward = strike * ratio
    paid = plain_price(is_call, forward, strike, sigma, years)
    time_value = paid - plain_price(is_call, forward, strike, 0.0, years)
    found = greeks.sigma_of(is_call, paid, forward, strike, years)
    if time_value > 1.0:
        assert found == pytest.approx(sigma, rel=1e-5)


def test_an_option_without_time_value_has_no_volatility_of_its_own() -> None:
    assert greeks.sigma_of(True, 900_00, 26_000_00, 25_000_00, 0.01) is None
    assert greeks.sigma_of(True, 30_000_00, 26_000_00, 25_000_00, 0.01) is None


def test_an_option_of_today_keeps_an_hour_to_its_end() -> None:
    day = date(2026, 11, 23)
    late_ns = NINE_ON_MONDAY_NS + 8 * HOUR_NS
    assert greeks.years_left(day, late_ns) == pytest.approx(1 / (365 * 24))
    assert greeks.years_left(day, NINE_ON_MONDAY_NS) == pytest.approx(6.5 / (365 * 24), rel=0.1)


# Loads.


def option(is_call: bool, strike: float, sigma: float = 0.15, forward: float = 26_000_00, years: float = 0.02) -> Unit:
    column = scenarios.blank_unit()
    scenarios.option_cells(is_call, forward, strike, sigma, years, column)
    known = greeks.option_greeks(is_call, forward, strike, sigma, years)
    price = plain_price(is_call, forward, strike, sigma, years)
    column[:UNIT] = price, known.delta_paise, known.vega_paise
    return Unit(price, known, column)


UNITS = [option(is_call, strike * 100.0) for is_call in (True, False) for strike in (25_500, 26_000, 26_400)]
places = st.lists(st.tuples(st.integers(0, 5), st.integers(-300, 300), st.integers(-300, 300)), max_size=5)


def place(name: int) -> tuple[str, Product]:
    return f"NFO:{name}", Product.NRML


@given(places, st.data())
@pytest.mark.control("C08", "C14")
def test_a_load_is_above_the_truth_whatever_fills(held: list[tuple[int, int, int]], data: st.DataObject) -> None:
    pan = Pan()
    ends = {name: (min(a, b), max(a, b)) for name, a, b in held}
    for name, (low, high) in ends.items():
        pan.put(place(name), UNITS[name], low, high)
    truth = {name: data.draw(st.integers(low, high)) for name, (low, high) in ends.items()}
    column = sum(qty * UNITS[name].column for name, qty in truth.items()) + scenarios.blank_unit()
    gross = sum(abs(qty) * UNITS[name].price for name, qty in truth.items())
    assert pan.figures.gross >= gross - 1e-3
    assert pan.figures.delta >= abs(column[scenarios.DELTA]) - 1e-3
    assert pan.figures.vega >= abs(column[scenarios.VEGA]) - 1e-3
    assert pan.figures.loss >= -column[UNIT:].min() - 1e-3


@given(places, st.integers(0, 5), st.integers(-300, 300))
@pytest.mark.control("C08")
def test_what_is_added_is_weighed_as_if_it_were_there(held: list[tuple[int, int, int]], name: int, qty: int) -> None:
    """One order, which may fill or not, makes the same place as its own end moved."""
    ends = {n: (min(a, b), max(a, b)) for n, a, b in held}
    pan, after = Pan(), Pan()
    for n, (low, high) in ends.items():
        pan.put(place(n), UNITS[n], low, high)
    weighed = pan.with_filled([Leg(place(name), UNITS[name], qty)])
    low, high = ends.pop(name, (0, 0))
    for n, one in ends.items():
        after.put(place(n), UNITS[n], *one)
    after.put(place(name), UNITS[name], min(low, low + qty), max(high, high + qty))
    assert weighed == pytest.approx(after.figures, abs=1e-3)


@given(st.booleans(), moneyness, st.floats(0.0, 3_000_00.0), years, sigmas)
@pytest.mark.control("C08")
def test_a_unit_is_its_volatility_its_greeks_and_its_cells_to_the_last_bit(
    is_call: bool, ratio: float, paid: float, years: float, money_sigma: float
) -> None:
    """A price without time value has the volatility of the money."""
    strike = 26_000.0 * 100
    forward, column, cells = strike * ratio, scenarios.blank_unit(), scenarios.blank_unit()
    sigma, *found = scenarios.option_unit(is_call, paid, forward, strike, years, money_sigma, column)
    assert sigma == (greeks.sigma_of(is_call, paid, forward, strike, years) or money_sigma)
    known = greeks.option_greeks(is_call, forward, strike, sigma, years)
    scenarios.option_cells(is_call, forward, strike, sigma, years, cells)
    assert tuple(found) == known
    assert column[:UNIT].tolist() == [paid, known.delta_paise, known.vega_paise]
    assert column[UNIT:].tolist() == cells[UNIT:].tolist()


@given(places, st.lists(st.tuples(st.integers(0, 5), st.integers(-300, 300)), min_size=1, max_size=2))
@pytest.mark.control("C08", "C14")
def test_what_is_made_worse_is_told_by_places_that_are_settled_or_open_whatever_they_were_before(
    held: list[tuple[int, int, int]], added: list[tuple[int, int]]
) -> None:
    """A pan that has known other things of its places weighs like one that was only told what they hold now."""
    pan, fresh = Pan(), Pan()
    ends = {n: (min(a, b), max(a, b)) for n, a, b in held}
    for n in ends:
        pan.put(place(n), UNITS[n], -75, 150)
        pan.put(place(n), None, -75, 150)
    for n, (low, high) in ends.items():
        pan.put(place(n), UNITS[n], low, high)
        fresh.put(place(n), UNITS[n], low, high)
    pan.sum_up()
    fresh.sum_up()
    legs = [Leg(place(n), UNITS[n], qty) for n, qty in added]
    assert pan.made_worse(legs) == fresh.made_worse(legs)
    if all(low == high for low, high in ends.values()):
        after = fresh.with_filled(legs)
        assert pan.made_worse(legs) == tuple(
            new if new > old + scenarios.TINY else 0.0 for new, old in zip(after, fresh.figures, strict=True)
        )
    elif len(legs) == 1:
        (leg,), after = legs, fresh.load.copy()
        low, high = ends.get(added[0][0], (0, 0))
        scenarios.fill(after, leg.unit.column, low, high, leg.qty)
        is_more = abs(low + leg.qty) > abs(low) or abs(high + leg.qty) > abs(high)
        assert pan.made_worse(legs) == pytest.approx(scenarios.made_worse(fresh.load, after, is_more), abs=1e-9)


@given(places, places)
def test_what_is_taken_off_again_leaves_nothing(
    first: list[tuple[int, int, int]], then: list[tuple[int, int, int]]
) -> None:
    pan = Pan()
    for name, a, b in [*first, *then, *((name, 0, 0) for name, _, _ in [*first, *then])]:
        pan.put(place(name), UNITS[name], min(a, b), max(a, b))
    assert not pan.held and pan.figures == pytest.approx((0, 0, 0, 0), abs=1e-3)


@pytest.mark.control("C08")
def test_a_spread_is_weighed_with_its_hedge_first_and_not_as_a_naked_short() -> None:
    bought, sold = Leg(place(0), UNITS[2], 75), Leg(place(1), UNITS[1], -75)
    naked = Pan().with_filled([sold]).loss
    for legs in product((bought, sold), repeat=2):
        if legs[0] is not legs[1]:
            spread = Pan().with_filled(legs)
            width = 75 * 400_00
            assert spread.loss <= width < naked, "400 points apart: it cannot lose more"
            assert spread.gross == pytest.approx(75 * (UNITS[1].price + UNITS[2].price))


@pytest.mark.control("C08")
def test_a_spread_weighs_no_less_than_its_hedge_alone_in_whatever_order_its_legs_are_told() -> None:
    bought, sold = Leg(place(0), UNITS[1], 75), Leg(place(1), UNITS[2], -75)
    alone = Pan().with_filled([bought])
    for legs in ((bought, sold), (sold, bought)):
        spread = Pan().with_filled(legs)
        assert spread.delta >= alone.delta and spread.loss >= alone.loss


def test_a_place_without_a_price_loads_the_most_it_may_cost_on_every_cell() -> None:
    pan, column = Pan(), scenarios.blank_unit()
    column[scenarios.PRICE] = 500_00
    blind = Unit(500_00, greeks.linear_greeks(0), column, is_blind=True)
    pan.put(place(0), blind, -75, 150)
    assert pan.figures.gross == pan.figures.loss == 150 * 500_00 and list(pan.blind) == [place(0)]
    pan.put(place(0), UNITS[0], 75, 75)
    assert not pan.blind and pan.figures.gross == pytest.approx(75 * UNITS[0].price)
    pan.put(place(0), None, 75, 75)
    assert list(pan.unknown) == [place(0)] and not pan.held
    assert pan.figures == pytest.approx((0, 0, 0, 0), abs=1e-3)
