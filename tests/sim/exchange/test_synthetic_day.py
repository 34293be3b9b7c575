"""A whole synthetic day with random orders: what must hold whatever they are."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import date

import numpy as np
import pytest

from tarazu import reference
from tarazu.model.order import Side, Validity
from tarazu.model.units import SECOND_NS
from tarazu.sim.dice import Dice
from tarazu.sim.exchange.exchange import Exchange
from tarazu.sim.market import Market
from tarazu.sim.orders import NewOrder, Report, ReportKind
from tarazu.sim.synthetic.market import SyntheticMarket
from tarazu.sim.synthetic.scenario import SCENARIOS
from tarazu.sim.synthetic.universe import build_universe

DAY = date(2026, 11, 23)
ORDERS = 250


def make_exchange(scenario: str, seed: int) -> Exchange:
    calendar, rules = reference.calendar(), reference.rules("nse-2026")
    session = calendar.session(DAY)
    assert session is not None
    universe = build_universe(DAY, calendar, rules, "tiny", seed, {})
    market = SyntheticMarket(universe, session, SCENARIOS[scenario], seed, {}, 15 * SECOND_NS, rules)
    return Exchange(market, rules, seed)


def commands(exchange: Exchange, seed: int) -> Iterator[tuple[int, int]]:
    """(time, number) of each order, over the whole day."""
    dice, session = Dice(seed), exchange.session
    times = sorted(dice.between(session.first_ns, session.last_ns, "time", n) for n in range(ORDERS))
    return iter([(t, n) for n, t in enumerate(times)])


def random_order(exchange: Exchange, n: int, dice: Dice) -> NewOrder:
    index = dice.between(0, len(exchange.market.universe) - 1, "index", n)
    instrument = exchange.market.universe.instruments[index]
    tick, ltp = instrument.tick_size_paise, int(exchange.row(index)["ltp"])
    side = Side.BUY if dice.chance(0.5, "side", n) else Side.SELL
    price = max(tick, (ltp // tick + dice.between(-6, 6, "price", n)) * tick)
    is_stop = dice.chance(0.15, "stop", n)
    return NewOrder(
        order_id=str(n),
        user_id="TZ0001",
        index=index,
        side=side,
        qty=instrument.lot_size * dice.between(1, 20, "qty", n),
        price_paise=0 if dice.chance(0.1, "market", n) else price,
        trigger_paise=price if is_stop else 0,
        validity=Validity.IOC if dice.chance(0.1, "ioc", n) else Validity.DAY,
    )


def run(scenario: str, seed: int, orders: dict[str, NewOrder] | None = None) -> list[Report]:
    exchange, dice = make_exchange(scenario, seed), Dice(seed)
    reports: list[Report] = []
    for at_ns, n in commands(exchange, seed):
        while (due := exchange.next_ns()) is not None and due <= at_ns:
            reports += exchange.step()
            _check_rows(exchange.market)
        new = random_order(exchange, n, dice)
        if orders is not None:
            orders[new.order_id] = new
        reports += exchange.enter(new, at_ns)
        if n % 7 == 3:
            reports += exchange.cancel(str(n - 3), at_ns)
        order = exchange.working(str(n - 4))
        if n % 5 == 2 and order is not None:
            wanted = order.price_paise + exchange.market.universe.instruments[order.index].tick_size_paise
            trigger, validity = order.trigger_paise, order.validity
            reports += exchange.amend(order.order_id, order.qty, wanted, trigger, validity, 0, at_ns)
        _check_rows(exchange.market)
    while exchange.next_ns() is not None:
        reports += exchange.step()
    assert not [n for n in range(ORDERS) if exchange.working(str(n))], "nothing outlives the day"
    return reports


def _check_rows(market: Market) -> None:
    bid, ask = market.rows["bids"]["price"][:, 0], market.rows["asks"]["price"][:, 0]
    assert not np.any((bid >= ask) & (bid > 0) & (ask > 0)), "no crossed book is ever shown"


@pytest.mark.parametrize("scenario", ["quiet", "crash"])
def test_a_random_day_keeps_the_laws(scenario: str) -> None:
    orders: dict[str, NewOrder] = {}
    reports = run(scenario, 11, orders)
    filled: dict[str, int] = defaultdict(int)
    gone: set[str] = set()
    sides: dict[str, list[Side]] = defaultdict(list)
    for report in reports:
        if report.kind is ReportKind.TRADED:
            assert report.order_id not in gone, "nothing trades after its end"
            assert report.qty > 0 and report.price_paise > 0
            filled[report.order_id] += report.qty
            sides[report.trade_id].append(orders[report.order_id].side)
        if report.kind in (ReportKind.CANCELED, ReportKind.REJECTED):
            assert report.order_id not in gone
            gone.add(report.order_id)
            if report.kind is ReportKind.CANCELED:
                assert filled[report.order_id] + report.qty == orders[report.order_id].qty
    assert filled and all(qty <= orders[order_id].qty for order_id, qty in filled.items())
    assert all(len(set(pair)) == len(pair) <= 2 for pair in sides.values()), "a trade has one buyer and one seller"
    for order_id, order in orders.items():
        assert order_id in gone or filled[order_id] == order.qty, "every order ends filled, canceled or rejected"
    assert [r.ts_ns for r in reports] == sorted(r.ts_ns for r in reports)


def test_the_same_seed_and_commands_give_the_same_reports() -> None:
    assert run("quiet", 12) == run("quiet", 12)
