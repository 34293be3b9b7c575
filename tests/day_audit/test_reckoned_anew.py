"""Result and limits are reckoned anew from executions: what the engine said of itself is compared, and not believed."""

from collections.abc import Iterator

import msgspec
import pytest

from harness.engine_desk import BUY, CONFIG
from harness.seen_desk import SeenDesk, changed, walked, without
from tarazu.app.day_audit.finding import Code, Finding
from tarazu.app.day_audit.walk.seen import Seen
from tarazu.app.day_audit.walk.whole_walk import WholeWalk
from tarazu.app.verdict import Status
from tarazu.engine import messages as m
from tarazu.engine.acts import Mark, SetHalt
from tarazu.engine.halts import Halt
from tarazu.model.order import Product
from tarazu.orders.messages import Filled
from tarazu.portfolio.breaks import BrokerPosition
from tarazu.strategy.wants import ExitWant

PAID_PAISE, GOT_PAISE = 10_000, 9_400
QTY = 75


@pytest.fixture(scope="module")
def round_trip() -> list[Seen]:
    """Bought at ₹100 and sold at ₹94: a loss of ₹450 and the charges, marked by the engine when it is flat again."""
    desk = SeenDesk()
    desk.ready()
    desk.want(BUY)
    desk.placed("17")
    desk.filled("17", price_paise=PAID_PAISE)
    desk.placed("18")
    desk.tell(m.Wanted(want=ExitWant(strategy="story", key=BUY.key, product=Product.NRML, why="enough")), 1)
    desk.second()
    desk.reads()
    desk.heard("18", "CANCELED")
    desk.second()
    desk.reads()
    exit_ = desk.sent[-1].order
    if exit_.tag not in {row.tag for row in desk.book.values()}:
        desk.placed("19")
    desk.filled(max(desk.book), price_paise=GOT_PAISE)
    desk.positions = [_flat()]
    desk.second(2)
    desk.reads()
    desk.read(m.What.POSITIONS)
    assert not desk.engine.state.exposure(BUY.key, Product.NRML).filled
    return desk.seen


def _flat() -> BrokerPosition:
    """As the broker shows it then."""
    return BrokerPosition(
        key=BUY.key,
        product=Product.NRML,
        qty=0,
        day_buy_qty=QTY,
        day_sell_qty=QTY,
        buy_value_paise=QTY * PAID_PAISE,
        sell_value_paise=QTY * GOT_PAISE,
        day_buy_value_paise=QTY * PAID_PAISE,
        day_sell_value_paise=QTY * GOT_PAISE,
    )


def ended(seen: list[Seen]) -> WholeWalk:
    walk = walked(seen)
    assert walk.money.end() == ""
    return walk


def of(findings: list[Finding], code: Code) -> list[Finding]:
    return [one for one in findings if one.code == code]


def marks(seen: list[Seen]) -> Iterator[Mark]:
    return (act for one in seen for act in one.acts if isinstance(act, Mark) and act.net_paise is not None)


def test_the_result_is_the_executions_less_their_charges(round_trip):
    walk = ended(round_trip)
    result, last = walk.money.result(), list(marks(round_trip))[-1]
    assert result.gross_paise == QTY * (GOT_PAISE - PAID_PAISE) and (result.charges_paise or 0) > 4_000
    assert (result.gross_paise, result.net_paise) == (last.gross_paise, last.net_paise)
    assert walk.money.marks_compared >= 1 and walk.money.findings == []


def test_a_mark_that_the_executions_do_not_bear_out_is_named(round_trip):
    last = list(marks(round_trip))[-1]

    def better(one: Seen) -> Seen | None:
        acts = [msgspec.structs.replace(a, net_paise=a.net_paise + 1) if a is last else a for a in one.acts]
        return one._replace(acts=tuple(acts)) if list(one.acts) != acts else None

    found = of(ended(changed(round_trip, better)).money.findings, Code.RESULT_DIFFERS)
    assert [one.status for one in found] == [Status.CRIT]


def test_an_execution_at_another_price_makes_another_result(round_trip):
    def dearer(one: Seen) -> Seen | None:
        said = [x for x in one.outputs if isinstance(x, Filled)]
        if not said:
            return None
        fill = msgspec.structs.replace(said[0].fill, price_paise=said[0].fill.price_paise + 5)
        other = msgspec.structs.replace(said[0], fill=fill)
        return one._replace(outputs=tuple(other if x is said[0] else x for x in one.outputs))

    found = ended(changed(round_trip, dearer)).money.findings
    assert of(found, Code.RESULT_DIFFERS) and of(found, Code.POSITION_DIFFERS)


def test_an_execution_that_is_missing_leaves_another_position_than_the_brokers(round_trip):
    found = of(ended(without(round_trip, Filled)).money.findings, Code.POSITION_DIFFERS)
    assert [one.about for one in found][:1] == [BUY.key] and "QTY" in found[0].detail


def test_without_the_master_nothing_is_reckoned_and_nothing_is_zero(round_trip):
    def gone(started: m.Started) -> dict[str, object]:
        raise LookupError("the master is not there")

    from harness.order_story import DAY

    walk = WholeWalk(DAY, gone)  # type: ignore[arg-type]
    for one in round_trip:
        walk.take(one)
    walk.money.end()
    assert walk.money.result().net_paise is None and "master" in walk.money.result().why
    assert [one.status for one in of(walk.money.findings, Code.NOT_COMPUTABLE)] == [Status.UNKNOWN]


# Limits.


def with_limits(seen: list[Seen], **limits: object) -> list[Seen]:
    """As if the desk had had these."""

    def tighter(one: Seen) -> Seen | None:
        if not isinstance(one.message, m.Started):
            return None
        risk = msgspec.structs.replace(CONFIG.risk, **limits)
        config = msgspec.structs.replace(one.message.config, risk=risk)
        return one._replace(message=msgspec.structs.replace(one.message, config=config))

    return changed(seen, tighter)


@pytest.mark.parametrize("name", ["order_qty_max", "order_value_max_paise"])
def test_an_order_beyond_a_limit_is_named(round_trip, name):
    assert of(walked(round_trip).limits.findings, Code.LIMIT_EXCEEDED) == []
    found = of(walked(with_limits(round_trip, **{name: 74})).limits.findings, Code.LIMIT_EXCEEDED)
    assert len(found) == 1 and found[0].about == next(iter(walked(round_trip).trails.orders))


def test_a_position_beyond_its_limit_is_named(round_trip):
    def small(one: Seen) -> Seen | None:
        if not isinstance(one.message, m.Started):
            return None
        config = msgspec.structs.replace(one.message.config, qty_max={BUY.key: 50})
        return one._replace(message=msgspec.structs.replace(one.message, config=config))

    found = of(walked(changed(round_trip, small)).limits.findings, Code.LIMIT_EXCEEDED)
    assert [one.about for one in found] == [BUY.key]


@pytest.mark.parametrize("name", ["day_loss_max_paise", "drawdown_max_paise"])
def test_a_loss_beyond_the_limit_without_a_halt_is_named_and_with_one_it_is_told(round_trip, name):
    tight = with_limits(round_trip, **{name: 40_000})
    assert [one.status for one in of(walked(tight).limits.findings, Code.NO_HALT)] == [Status.CRIT]
    halt = SetHalt(halt=Halt(code="LOSS", why="the day", since_ns=1))
    halted = changed(tight, lambda one: one._replace(acts=(*one.acts, halt)) if any(marks([one])) else None)
    assert [one.status for one in of(walked(halted).limits.findings, Code.LIMIT_REACHED)] == [Status.WARN]
    assert of(walked(halted).limits.findings, Code.NO_HALT) == []


def test_more_requests_in_a_second_than_the_throttle_lets_through_are_named(round_trip):
    sent = next(one for one in round_trip if any(type(said).__name__ == "SendOrder" for said in one.outputs))
    burst = [*round_trip, *(sent._replace(sequence=9_000 + n, ts_ns=sent.ts_ns + 10**12 + n) for n in range(9))]
    found = of(walked(burst).limits.findings, Code.LIMIT_EXCEEDED)
    assert "requests a second: 9 requests, limit 8" in [one.detail for one in found]
    assert walked(burst).limits.uses["requests a second"].used == 9


def test_a_result_that_is_not_known_is_told_as_that_and_passes_nothing(round_trip):
    unread = walked([one for one in round_trip if not isinstance(one.message, m.PositionsRead)])
    unread.money.end()
    assert unread.money.result().net_paise is None
    assert [one.status for one in of(unread.money.findings, Code.NOT_COMPUTABLE)] == [Status.UNKNOWN]
    sold = max(one.sequence for one in round_trip if any(isinstance(said, Filled) for said in one.outputs))
    unpriced = walked([one for one in round_trip if one.sequence < sold])
    unpriced.money.end()
    assert unpriced.money.result().net_paise is None
    assert "NO_PRICE" in of(unpriced.money.findings, Code.NOT_COMPUTABLE)[0].detail
