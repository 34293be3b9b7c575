"""Whether frames concern a strategy: the same answer however many keys it watches."""

from types import SimpleNamespace
from typing import cast

from hypothesis import given
from hypothesis import strategies as st

from tarazu.strategy.base import Strategy
from tarazu.strategy.waking import FEW, concerns

KEYS = st.sets(st.integers(0, 60).map(str), max_size=4 * FEW)


@given(watches=KEYS, changed=KEYS)
def test_a_strategy_is_concerned_by_frames_that_changed_one_of_its_keys(watches: set[str], changed: set[str]) -> None:
    watching = cast("Strategy", SimpleNamespace(watches=frozenset(watches)))
    assert concerns(watching, sorted(changed)) is bool(watches & changed)
