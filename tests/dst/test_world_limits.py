"""Days with limits that bind: each is drawn, each says no somewhere, and most days are traded to their end."""

from collections import Counter

import pytest

from tarazu.dst.day import run_day
from tarazu.dst.limits import FUNDS_PAISE, NARROW, purse_of, wide
from tarazu.dst.mutants_of_gate import OF_GATE
from tarazu.dst.options import DayOptions
from tarazu.dst.world import World
from tarazu.engine import gauges
from tarazu.risk import gate
from tarazu.risk.denial import Code

DAYS = 300
OF_LIMIT = {
    "order_qty": Code.SIZE, "order_value": Code.VALUE, "gross": Code.GROSS, "unexecuted": Code.UNEXECUTED,
    "scenario": Code.SCENARIO, "delta": Code.GREEKS, "vega": Code.GREEKS, "margin": Code.MARGIN,
    "duplicate": Code.DUPLICATE, "spread": Code.MARKET, "jump": Code.MARKET,
    "collar": Code.COLLAR, "approvals": Code.APPROVAL, "pilot": Code.PILOT,
}  # fmt: skip


def days_on_which(name: str) -> list[int]:
    return [seed for seed in range(DAYS) if name in purse_of(seed).narrow]


def lived(seed: int) -> World:
    world = World(seed, DayOptions())
    world.run()
    return world


def test_some_days_are_wide_and_every_limit_is_narrow_on_some() -> None:
    purses = [purse_of(seed) for seed in range(DAYS)]
    drawn = Counter(name for purse in purses for name in purse.narrow)
    wides = [purse for purse in purses if not purse.narrow]
    assert all(drawn[name] >= 3 for name in NARROW)
    assert 0.2 * DAYS < len(wides) < 0.5 * DAYS
    assert all(purse.risk == wide() and purse.funds_paise == FUNDS_PAISE for purse in wides)


@pytest.mark.parametrize("name", OF_LIMIT)
def test_a_narrow_limit_says_no_before_a_few_of_its_days_have_passed(name: str) -> None:
    assert any(lived(seed).oracle.denied.get(OF_LIMIT[name]) for seed in days_on_which(name)[:8])


@pytest.mark.timeout(600)
def test_most_days_are_traded_to_their_end_though_some_are_halted() -> None:
    days = [run_day(seed) for seed in range(40)]
    assert not [(day.seed, day.violations[0]) for day in days if day.violations]
    assert sum(day.marks["traded_to_the_end"] for day in days) >= 28
    assert sum(day.marks["halted"] for day in days) >= 5
    assert sum(day.marks["halt_reset"] for day in days) >= 5


def test_every_check_of_the_gate_and_every_gauge_has_a_mutant() -> None:
    taken = {
        check
        for mutant in OF_GATE.values()
        for swap in mutant.swaps
        for table, checks in (("CHECKS", gate.CHECKS), ("GAUGES", gauges.GAUGES))
        if swap.name == table
        for check in set(checks) - set(swap.wrong(checks))
    }
    assert taken == {*gate.CHECKS, *gauges.GAUGES}
