from decimal import ROUND_HALF_UP, Decimal

from hypothesis import given
from hypothesis import strategies as st

from tarazu.model.units import CRORE, PAISE, div_half_up, rupees, rupees_text


def test_rupees_are_read_with_two_decimals_and_their_sign() -> None:
    assert rupees_text(-123_456) == "-1,234.56"
    assert rupees_text(10 * CRORE * PAISE) == "100,000,000.00"
    assert rupees(123_455) == 1234.55


@given(st.integers(-(10**18), 10**18), st.integers(1, 10**9))
def test_halves_round_away_from_zero_as_on_a_contract_note(numerator: int, denominator: int) -> None:
    exact = Decimal(numerator) / Decimal(denominator)
    if abs(exact) < 10**15:
        expected = int(exact.quantize(Decimal(1), rounding=ROUND_HALF_UP))
        near_half = abs(abs(exact) % 1 - Decimal("0.5")) < Decimal("1e-9") and 2 * abs(numerator) % denominator
        assert near_half or div_half_up(numerator, denominator) == expected
