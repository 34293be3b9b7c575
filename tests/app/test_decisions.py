"""What was decided and what came of it, from a journal; and what a refused trade would have made, from the market."""

import shutil
from datetime import date
from pathlib import Path

import msgspec

from harness.engine_desk import NIFTY_CALL, touch
from harness.market_day import KEY, LOT, MarketDay, taker
from harness.order_story import DAY
from harness.strategy_desk import SPOT, StrategyDesk
from tarazu import reference
from tarazu.app.decisions.funnel import funnels
from tarazu.app.decisions.report import report
from tarazu.app.decisions.told import Decided, Vetoed, decided, vetoed
from tarazu.app.decisions.vetoes import Veto, gathered, look, settle
from tarazu.app.home import Home, Profile
from tarazu.engine import messages as m
from tarazu.model.execution import Fill
from tarazu.model.ids import BrokerOrderId
from tarazu.model.order import Product, Side
from tarazu.model.units import MINUTE_NS, SECOND_NS
from tarazu.portfolio.book import Books
from tarazu.risk.denial import Code, Denial
from tarazu.strategy.wants import EntryWant, ExitWant, LegWant, SpreadWant, StopPlan, Want

NOON_NS = 1_795_404_600 * SECOND_NS + 180 * MINUTE_NS
BUY = EntryWant(strategy="a", key=KEY, side=Side.BUY, qty=LOT, product=Product.NRML, price_paise=10_000)


def broken_out(**params: object) -> StrategyDesk:
    desk = StrategyDesk("orb_spread", range_minutes=1, lots_max=1, **params)
    desk.begin()
    for spot in (SPOT, SPOT + 3_000, SPOT - 3_000, SPOT):
        desk.passes(15, spot)
    return desk


def all_of(desk: StrategyDesk) -> tuple[list[Decided], list[Vetoed]]:
    return [d for told in desk.told for d in decided(told)], [v for told in desk.told for v in vetoed(told)]


def test_each_decision_is_told_with_what_came_of_it() -> None:
    desk = broken_out()
    desk.passes(5, SPOT + 5_000).passes(20, SPOT - 30_000)
    found, _ = all_of(desk)
    came = {f"{one.decision.verb}": one.came_of_it for one in found if one.came_of_it}
    groups = [order.intent.group for order in desk.engine.state.blotter.orders.values() if order.intent]
    assert came["ENTER"] == (f"spread {groups[0]}",)
    assert came["LEAVE"] == ("leaves NFO:NIFTY26D0126250CE", "leaves NFO:NIFTY26D0126050CE")


def test_the_funnel_counts_decisions_wants_denials_orders_and_fills() -> None:
    desk = broken_out(retry_seconds=10)
    desk.tell(m.FeedMoved(feed="options", fresh=False, required=True))
    desk.tell(m.FeedMoved(feed="options", fresh=True, required=True))
    desk.passes(5, SPOT + 5_000).passes(20, SPOT - 30_000)
    (funnel,) = funnels(desk.engine.state, *all_of(desk))
    assert funnel.strategy == "orb_spread" and funnel.decisions["ENTER"] == 1 and funnel.decisions["LEAVE"] == 1
    assert (funnel.wants, funnel.denied, funnel.orders, funnel.filled, funnel.units) == (3, 0, 4, 4, 4 * LOT)


def test_a_denied_want_is_counted_by_every_control_that_said_no() -> None:
    desk = StrategyDesk("iron_fly", from_minutes=0, wing_strikes=8, lots_max=1, retry_seconds=5)
    desk.config = msgspec.structs.replace(desk.config, qty_max={})
    desk.begin().passes(14)
    found, refused = all_of(desk)
    (funnel,) = funnels(desk.engine.state, found, refused)
    assert funnel.denied == funnel.wants == len(refused) >= 2 and funnel.by_code["NO_LIMIT"] == funnel.denied
    assert funnel.orders == 0 and {came for one in found for came in one.came_of_it} == {"denied NO_LIMIT"}


# What a veto cost.


class Quotes:
    def __init__(self) -> None:
        self.bid: int | None = 9_995
        self.ask: int | None = 10_005

    def touch(self, key: str) -> object:
        return touch(self.bid, self.ask, 10_000, seen_ns=1)


def no(want: Want, after_s: int = 0, code: Code = Code.MARGIN) -> Vetoed:
    return Vetoed(sequence=5 + after_s, wall_ns=NOON_NS + after_s * SECOND_NS, want=want, denials=(Denial(code),))


def net_of(*trades: tuple[Side, int]) -> int:
    """By the books alone: each trade an order of its own."""
    books = Books(DAY, reference.charge_rates(), {KEY: NIFTY_CALL})
    for n, (side, paise) in enumerate(trades):
        books.apply(fill(str(n), side, paise))
    net = books.as_of(lambda _: 0).total.net_paise
    assert isinstance(net, int)
    return net


def fill(name: str, side: Side, paise: int) -> Fill:
    return Fill(
        exec_id=name,
        order_id=BrokerOrderId(name),
        key=KEY,
        instrument_token=NIFTY_CALL.instrument_token,
        product=Product.NRML,
        side=side,
        qty=LOT,
        price_paise=paise,
        ts_event_ns=NOON_NS,
    )


def reckoned(veto: Veto, quotes: Quotes, day: date = DAY) -> Veto:
    settle(veto, day, reference.charge_rates(), {KEY: NIFTY_CALL}, quotes)  # type: ignore[arg-type]
    return veto


def test_a_refused_entry_is_in_at_the_touch_and_marked_at_the_days_last_middle_less_charges() -> None:
    (veto,), quotes = gathered([no(msgspec.structs.replace(BUY, price_paise=10_050))]), Quotes()
    look(veto, quotes, NOON_NS)  # type: ignore[arg-type]
    quotes.bid, quotes.ask = 11_000, 11_010
    found = reckoned(veto, quotes)
    assert (
        found.made_paise == net_of((Side.BUY, 10_005), (Side.SELL, 11_005)) and found.how == "to the day's last middle"
    )
    assert 0 < found.made_paise < (11_005 - 10_005) * LOT, "charges are taken off"


def test_one_that_rests_is_in_when_the_touch_comes_to_it_or_never() -> None:
    quotes = Quotes()
    for falls, made in ((False, None), (True, net_of((Side.BUY, 9_800), (Side.SELL, 9_785)))):
        (veto,) = gathered([no(msgspec.structs.replace(BUY, price_paise=9_900))])
        quotes.bid, quotes.ask = 9_995, 10_005
        look(veto, quotes, NOON_NS)  # type: ignore[arg-type]
        assert not veto.legs[0].in_paise
        if falls:
            quotes.bid, quotes.ask = 9_770, 9_800
            look(veto, quotes, NOON_NS)  # type: ignore[arg-type]
        assert reckoned(veto, quotes).made_paise == made
    (late,) = gathered([no(msgspec.structs.replace(BUY, price_paise=9_900))])
    assert reckoned(late, quotes).how.startswith("never entered")


def test_its_stop_takes_it_out_and_what_comes_after_does_not_count() -> None:
    want = msgspec.structs.replace(BUY, price_paise=10_050, stop=StopPlan(distance_paise=500, width_paise=100))
    (veto,), quotes = gathered([no(want)]), Quotes()
    for bid in (9_995, 9_506, 9_400, 12_000):
        quotes.bid, quotes.ask = bid, bid + 10
        look(veto, quotes, NOON_NS)  # type: ignore[arg-type]
    assert reckoned(veto, quotes).made_paise == net_of((Side.BUY, 10_005), (Side.SELL, 9_400))
    assert veto.how == "to its stop"


def test_what_is_refused_again_is_the_same_trade_until_it_is_another_or_long_after() -> None:
    other = msgspec.structs.replace(BUY, side=Side.SELL)
    refused = [no(BUY), no(BUY, 60), no(BUY, 61, Code.LOSS), no(other, 62), no(other, 62 + 31 * 60)]
    leave = ExitWant(strategy="a", key=KEY, product=Product.NRML)
    found = gathered([*refused, no(leave, 4_000)])
    assert [(veto.times, veto.codes[0], veto.legs[0].side) for veto in found] == [
        (2, "MARGIN", "BUY"), (1, "LOSS", "BUY"), (1, "MARGIN", "SELL"), (1, "MARGIN", "SELL"),
    ]  # fmt: skip


def test_a_spread_is_in_with_all_its_legs_or_not_at_all() -> None:
    legs = [LegWant(name=side, key=KEY, side=side, per_set=LOT, price_paise=1) for side in (Side.BUY, Side.SELL)]
    want = SpreadWant(strategy="a", product=Product.NRML, sets=2, hedges=(legs[0],), mains=(legs[1],))
    (veto,), quotes = gathered([no(want)]), Quotes()
    quotes.bid = None
    look(veto, quotes, NOON_NS)  # type: ignore[arg-type]
    assert [leg.in_paise for leg in veto.legs] == [0, 0] and veto.legs[0].qty == 2 * LOT
    quotes.bid = 9_990
    look(veto, quotes, NOON_NS)  # type: ignore[arg-type]
    assert [leg.in_paise for leg in veto.legs] == [10_005, 9_990]


def test_a_leg_without_a_price_at_the_end_is_not_known_and_no_zero() -> None:
    (veto,), quotes = gathered([no(msgspec.structs.replace(BUY, price_paise=10_050))]), Quotes()
    look(veto, quotes, NOON_NS)  # type: ignore[arg-type]

    class Gone(Quotes):
        def touch(self, key: str) -> None:
            return None

    assert reckoned(veto, Gone()).made_paise is None


def test_a_whole_journalled_day_is_told_with_the_cost_of_its_vetoes(tmp_path: Path) -> None:
    home = Home(Profile.SIM, tmp_path / "sim")
    with MarketDay(home, taker(lot=LOT + 1)) as day:
        day.begin().turns(0, 40)
        last = day.market.touch(KEY)
        assert last is not None and last.bid_paise and last.ask_paise
        middle = (last.bid_paise + last.ask_paise) // 2
    found = report(home, DAY, None)
    assert not found.unknown and [one.strategy for one in found.funnels] == ["taker"]
    assert found.funnels[0].by_code["LOT"] == found.funnels[0].denied >= 5 and found.funnels[0].orders == 0
    veto = found.vetoes[0]
    gross = (middle - veto.legs[0].in_paise) * (LOT + 1)
    assert (
        sum(one.times for one in found.vetoes) == found.funnels[0].denied
        and veto.made_paise is not None
        and veto.made_paise < gross
    )
    assert gross - veto.made_paise < 10_000, "charges of two small orders"
    assert report(home, DAY, "nobody").funnels == []


def test_where_the_market_is_gone_the_cost_is_unknown_and_the_rest_is_told(tmp_path: Path) -> None:
    home = Home(Profile.SIM, tmp_path / "sim")
    with MarketDay(home, taker(lot=LOT + 1)) as day:
        day.begin().turns(0, 20)
    shutil.rmtree(home.feed / DAY.isoformat())
    found = report(home, DAY, None)
    assert "no feed log" in found.unknown and found.funnels and found.vetoes[0].made_paise is None
