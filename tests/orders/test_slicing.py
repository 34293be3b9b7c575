"""Freeze quantities of March 2026 (KITE facts 3.3): NIFTY 1800 with lots of 65, BANKNIFTY 600 with lots of 30."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tarazu.orders.slicing import LEGS_MAX, NotSliceable, slices


@pytest.mark.parametrize(
    ("qty", "lot", "freeze", "expected"),
    [
        (65, 65, 1800, (65,)),
        (1755, 65, 1800, (1755,)),
        (1820, 65, 1800, (1755, 65)),
        (3510, 65, 1800, (1755, 1755)),
        (600, 30, 600, (600,)),
        (630, 30, 600, (600, 30)),
        (500_000, 1, 0, (500_000,)),
    ],
)
def test_slices_are_whole_lots_under_the_freeze_quantity(
    qty: int, lot: int, freeze: int, expected: tuple[int, ...]
) -> None:
    assert slices(qty, lot, freeze) == expected


@pytest.mark.parametrize(
    ("qty", "lot", "freeze", "why"),
    [
        (64, 65, 1800, "no whole number of lots"),
        (0, 65, 1800, "no whole number of lots"),
        (-65, 65, 1800, "no whole number of lots"),
        (65, 65, 60, "above the freeze quantity"),
        (1755 * 10 + 65, 65, 1800, "needs 11 slices"),
    ],
)
def test_what_cannot_be_ordered_is_refused_with_its_reason(qty: int, lot: int, freeze: int, why: str) -> None:
    refused = slices(qty, lot, freeze)
    assert isinstance(refused, NotSliceable) and why in refused.why


@given(st.integers(1, 400), st.integers(1, 100), st.integers(0, 5000))
def test_slices_add_up_and_none_is_too_large(lots: int, lot: int, freeze: int) -> None:
    cut = slices(lots * lot, lot, freeze)
    if isinstance(cut, NotSliceable):
        assert freeze < lot or lots * lot > LEGS_MAX * (freeze - freeze % lot)
        return
    assert sum(cut) == lots * lot and len(cut) <= LEGS_MAX
    assert all(part > 0 and part % lot == 0 and (freeze == 0 or part <= freeze) for part in cut)
    assert list(cut) == sorted(cut, reverse=True)
