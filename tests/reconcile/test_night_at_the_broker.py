"""Two days of one desk at the broker in a box: closed on the first, and what it finds on the second."""

from datetime import date
from pathlib import Path

from harness.traded_day import TradedDay
from tarazu.app.home import Home, Profile
from tarazu.app.reconcile.breaks import Against, Compared, Reconciliation
from tarazu.app.reconcile.day import NOT_ASKED, reconcile_day
from tarazu.app.reconcile.kept import BrokerRead, encoded, keep
from tarazu.app.research.local_kite import USER_ID
from tarazu.model import ist
from tarazu.model.order import Side
from tarazu.model.units import HOUR_NS, MINUTE_NS
from tarazu.sim.money.conversion import Conversion

MONDAY, WEDNESDAY = date(2026, 11, 23), date(2026, 11, 25)
"""Tuesday is a holiday: November's contracts, of a Tuesday, expire on Monday."""
DECEMBER = "NFO:NIFTY26DECFUT"


def night(result: Reconciliation) -> tuple[Compared, list[str]]:
    (leg,) = (leg for leg in result.compared if leg.against is Against.CARRIED)
    breaks = [found for found in result.breaks if found.against is Against.CARRIED]
    return leg, [f"{found.product} {found.ours} -> {found.broker}" for found in breaks]


def closed(desk: TradedDay) -> None:
    """As `tarazu reconcile` keeps the broker's answers."""
    account = desk.account()
    result = reconcile_day(desk.home, desk.day, account, as_of_ns=desk.now_ns)
    read = BrokerRead(day=desk.day.isoformat(), profile="sim", as_of_ns=desk.now_ns, account=account, charges=NOT_ASKED)
    keep(desk.home, desk.day, result, encoded(read), verdict="WARN", exit_code=1, who="t", now_ns=desk.now_ns)


def test_over_a_holiday_what_expired_is_no_break_and_a_conversion_by_hand_before_the_open_is_one_in_each_product(
    tmp_path: Path,
) -> None:
    home = Home(Profile.SIM, tmp_path / "sim")
    with TradedDay(home) as desk:
        desk.keys.append(DECEMBER)
        desk.lives(len(desk.keys)).goes_to(ist.midnight_ns(MONDAY) + 16 * HOUR_NS)
        closed(desk)
        account = desk.goes_to(ist.midnight_ns(WEDNESDAY) + 8 * HOUR_NS).account()
        leg, breaks = night(reconcile_day(home, WEDNESDAY, account))
        assert breaks == [] and (leg.ours, leg.broker, leg.since) == (1, 1, "2026-11-23"), leg
        qty = account.positions.value.net[0].overnight_quantity
        assert desk.broker.convert(USER_ID, by_hand(desk, qty)) is None
        desk.goes_to(ist.midnight_ns(WEDNESDAY) + 9 * HOUR_NS + 16 * MINUTE_NS).begins(WEDNESDAY)
        assert {key: units for (key, _), units in desk.engine.state.before.items()} == {DECEMBER: qty}
        leg, breaks = night(reconcile_day(home, WEDNESDAY, desk.account()))
    assert breaks == [f"MIS 0 -> {qty}", f"NRML {qty} -> 0"] and leg.unknown == ""


def by_hand(desk: TradedDay, qty: int) -> Conversion:
    future = desk.broker.universe.find(DECEMBER)
    assert future is not None and qty > 0
    return Conversion(
        instrument=future, side=Side.BUY, position_type="overnight", qty=qty, old_product="NRML", new_product="MIS"
    )
