"""The desk's books and the simulated broker's own, from the same fills: equal to the paisa after every one of them."""

from collections import Counter
from datetime import date, time

import pytest

from harness.account_flows import AccountFlow
from harness.clerk import QUIRKS, Clerk
from harness.house import USERS, House
from harness.shadow_books import Shadow
from tarazu.model import ist
from tarazu.model.units import SECOND_NS
from tarazu.sim.broker import day_plan
from tarazu.sim.money.account import Account
from tarazu.sim.money.settlement import DayEnd, Settled, settle_day

SEEDS = 240
COUNTED = ("checks", "fills", "conversions", "expired", "bought_in", "moved", "levies")


@pytest.mark.parametrize("block", range(8))
def test_in_any_flow_of_an_account_both_books_say_the_same(block: int) -> None:
    """Partial fills, shorts, holdings sold, flips, conversions, fees, nights, left-over MIS, buy-ins, expiries."""
    seen: Counter[str] = Counter()
    for seed in range(block * SEEDS // 8, (block + 1) * SEEDS // 8):
        shadow = AccountFlow(seed).run()
        seen.update({name: getattr(shadow, name) for name in COUNTED})
    assert all(seen[name] > 5 for name in COUNTED), seen


FRIDAY, EXPIRY, AFTER = date(2026, 11, 20), date(2026, 11, 23), date(2026, 11, 25)


def shadowed(house: House, day: date, monkeypatch: pytest.MonkeyPatch) -> dict[str, Shadow]:
    """A shadow for each account of the house, told of its nights too."""
    broker = house.broker
    shadows = {user: Shadow(broker.accounts[user], broker.desk.mark, day) for user in USERS}

    def settle(account: Account, night: DayEnd) -> Settled:
        next_day = broker.config.calendar.next_trading_day(night.day)
        return shadows[account.user_id].settle(night, settle_day, next_day)

    monkeypatch.setattr(day_plan, "settle_day", settle)
    return shadows


def deal(house: House, clerk: Clerk, shadows: dict[str, Shadow], seconds: int) -> None:
    for _ in clerk.trade(clerk.now_ns + seconds * SECOND_NS):
        for shadow in shadows.values():
            shadow.check()


@pytest.mark.parametrize("seed", range(6))
def test_with_real_orders_over_an_expiry_both_books_say_the_same(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything over the wire's forms, faults in every second flow, the broker's own square-off at the day's end."""
    house = House(FRIDAY, time(9, 0, 14), seed=seed, scenario=("quiet", "normal", "vol_spike")[seed % 3])
    shadows = shadowed(house, FRIDAY, monkeypatch)
    clerk = Clerk(house, seed, QUIRKS if seed % 2 else ())
    deal(house, clerk, shadows, 50)
    for day in (EXPIRY, AFTER):
        clerk.rest(ist.at_ns(day, time(9, 0, 14)))
        deal(house, clerk, shadows, 20)
    assert sum(s.fills for s in shadows.values()) > 20
    assert all(s.books.day == AFTER for s in shadows.values())
    squared_off = {e.ref for s in shadows.values() for e in s.account.ledger.entries if e.kind == "PENALTY"}
    assert seed % 2 or squared_off, "left-over MIS was closed by the broker"
