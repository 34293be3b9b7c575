"""What the broker has traded: the same whether it is added up at once or execution by execution."""

from random import Random

import pytest

from tarazu.dst.options import DayOptions
from tarazu.dst.trade_book import TradeBook
from tarazu.dst.world import World
from tarazu.model.execution import Fill
from tarazu.model.order import Product, Side

CLOSES = {"NSE:INFY": 150_000, "NFO:CALL": 10_000, "NFO:PUT": 9_000}


def fills(dice: Random, count: int) -> list[Fill]:
    return [
        Fill(
            exec_id=str(n),
            order_id="1",
            key=dice.choice(sorted(CLOSES)),
            instrument_token=1,
            product=dice.choice((Product.NRML, Product.MIS)),
            side=dice.choice((Side.BUY, Side.SELL)),
            qty=dice.randint(1, 500),
            price_paise=dice.randint(1, 20_000),
            ts_event_ns=10 * (n // 2),
        )
        for n in range(count)
    ]


def book(carried: dict[tuple[str, Product], int]) -> TradeBook:
    made = TradeBook(CLOSES)
    for place, qty in carried.items():
        made.carry(place, qty)
    return made


@pytest.mark.parametrize("seed", range(5))
def test_positions_of_any_moment_are_all_that_was_traded_by_then(seed: int) -> None:
    dice = Random(seed)
    carried = {("NFO:CALL", Product.NRML): 75, ("NSE:INFY", Product.NRML): -20}
    grown, traded = book(carried), fills(dice, 40)
    for fill in traded:
        grown.add(fill)
        at_ns = dice.randint(-5, fill.ts_event_ns + 5)
        once, then = book(carried), [each for each in traded[: len(grown.fills)] if each.ts_event_ns <= at_ns]
        for each in then:
            once.add(each)
        assert grown.read(at_ns) == tuple(then)
        assert grown.positions(at_ns) == once.positions(at_ns)
        held = {(row.key, row.product): row.qty for row in grown.positions(at_ns)}
        for place in held.keys() | carried.keys():
            signed = sum(each.signed_qty for each in then if (each.key, each.product) == place)
            assert held[place] == carried.get(place, 0) + signed


def test_a_position_has_what_was_carried_in_apart_from_the_day() -> None:
    made = book({("NFO:CALL", Product.NRML): -75})
    before = made.positions(0)
    made.add(fills(Random(0), 1)[0])
    assert made.positions(-1) == before and before[0].sell_value_paise == 75 * 10_000
    assert before[0].day_sell_value_paise == 0 and before[0].overnight_qty == -75


@pytest.mark.parametrize("seed", range(3))
def test_cash_is_what_the_orders_have_paid_and_got(seed: int) -> None:
    world = World(seed, DayOptions(size="small"))
    world.run()
    cash = {key: 0 for (key, _) in world.broker.carried}
    for (key, _), (_, cost) in world.broker.carried.items():
        cash[key] -= cost
    for order in world.broker.orders.values():
        if order.value:
            cash[order.instrument.key] = cash.get(order.instrument.key, 0) - order.order.side.sign * order.value
    assert world.broker.traded.cash == cash and cash
