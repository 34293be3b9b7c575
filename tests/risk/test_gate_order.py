"""The gate's checks of the order by itself."""

from datetime import date
from typing import Any

import msgspec
import pytest

from harness.engine_desk import KEY, NIFTY_CALL
from harness.gate_desk import SHARE, gate_desk, of, quoted_for_a_while, said
from tarazu import reference
from tarazu.engine import messages as m
from tarazu.model.instrument import Exchange, Instrument, Kind
from tarazu.model.order import OrdType, Side, Validity
from tarazu.model.rules import ProtectionSlab
from tarazu.orders.messages import SendOrder
from tarazu.risk import market_protection
from tarazu.strategy.wants import ChangeWant

MARKET: dict[str, Any] = {"order_type": OrdType.MARKET, "price_paise": None}


def like(**changes: Any) -> Instrument:
    return msgspec.structs.replace(NIFTY_CALL, **changes)


@pytest.mark.control("C01")
def test_what_is_not_in_todays_master_is_not_traded() -> None:
    answer = said(gate_desk(), of(key="NFO:NIFTY26NOV99999CE"))
    assert "INSTRUMENT: NFO:NIFTY26NOV99999CE (today's master)" in answer


@pytest.mark.control("C01")
def test_an_index_is_not_traded() -> None:
    index = like(kind=Kind.INDEX, expiry=None)
    assert f"INSTRUMENT: {KEY} is an index (what can be traded)" in said(gate_desk([index]))


@pytest.mark.control("C01")
def test_what_has_expired_is_not_traded_though_the_master_still_lists_it() -> None:
    dead = like(expiry=date(2026, 11, 20))
    assert f"INSTRUMENT: {KEY} expired on 2026-11-20 (alive on 2026-11-23)" in said(gate_desk([dead]))
    assert said(gate_desk([like(expiry=date(2026, 11, 23))])) == []


@pytest.mark.control("C01")
def test_a_segment_whose_hours_and_charges_we_do_not_know_is_not_enabled() -> None:
    oil = like(exchange=Exchange.MCX)
    answer = said(gate_desk([oil]), of(key=oil.key))
    assert f"INSTRUMENT: {oil.key} is of MCX (BFO, BSE, NFO, NSE)" in answer


@pytest.mark.control("C02")
@pytest.mark.parametrize(
    ("wrong", "no"),
    [
        ({"qty": 0}, "LOT: 0 (75)"),
        ({"qty": 76}, "LOT: 76 (75)"),
        ({"price_paise": 10_003}, "TICK: ₹100.03 (a multiple of ₹0.05)"),
        ({"price_paise": None}, "TICK: no price (a multiple of ₹0.05)"),
        ({"qty": 18_075}, "FREEZE: 18075 (18000)"),
        ({"order_type": OrdType.SL}, "ORDER: SL (LIMIT or MARKET)"),
    ],
)
def test_lots_ticks_slices_and_types_that_cannot_be(wrong: dict[str, Any], no: str) -> None:
    assert no in said(gate_desk(), of(**wrong))


@pytest.mark.control("C02")
def test_no_price_outside_the_days_band_and_none_at_all_where_the_band_is_not_known() -> None:
    desk = gate_desk()
    assert "BAND: ₹100,000.05 (₹0.05 to ₹100,000.00)" in said(desk, of(side=Side.SELL, price_paise=10_000_005))
    desk.engine.state.bands.clear()
    desk.shadow.state.bands.clear()
    assert said(desk) == ["BAND: not known (the day's band)"]


@pytest.mark.control("C02")
def test_a_change_makes_no_order_larger_than_the_freeze_quantity_for_it_would_not_be_sliced() -> None:
    desk = gate_desk()
    desk.want(of())
    ref = desk.placed("1")
    step = desk.want(ChangeWant(strategy="story", ref=ref, qty=1_875))
    assert not step.outputs and "FREEZE" in str(step.acts)
    assert desk.want(ChangeWant(strategy="story", ref=ref, qty=1_800)).outputs


@pytest.mark.control("C03")
def test_no_order_is_larger_than_its_limit_and_slices_are_one_order() -> None:
    desk = gate_desk(order_qty_max=3_600)
    assert said(desk, of(qty=3_600)) == [] and len(desk.sent) == 2
    assert said(desk, of(qty=3_675)) == ["SIZE: 3675 units (3600 units)"]


@pytest.mark.control("C03")
def test_an_order_is_not_made_larger_than_one_may_be_step_by_step() -> None:
    desk = gate_desk(order_qty_max=150)
    desk.want(of())
    ref = desk.placed("1")
    assert isinstance(desk.want(ChangeWant(strategy="story", ref=ref, qty=150)).outputs[0].ref, str)
    desk.answer(ref, "1", call="MODIFY")
    desk.heard("1", "WORKING", qty=150)
    step = desk.want(ChangeWant(strategy="story", ref=ref, qty=225))
    assert not step.outputs and "SIZE" in str(step.acts)


@pytest.mark.control("C03", "C04", "C05", "C13", "C25")
@pytest.mark.parametrize(
    ("missing", "said_so"),
    [
        ({"order_qty_max": None}, "order_qty_max"),
        ({"order_value_max_paise": None}, "order_value_max"),
        ({"collar_bps": {Kind.EQ: 200}}, "collar_bps.CE"),
        ({"spread_bps_max": {Kind.EQ: 200}}, "spread_bps_max.CE"),
        ({"round_trips_max": None}, "round_trips_max"),
    ],
)
def test_no_limit_is_no_order(missing: dict[str, Any], said_so: str) -> None:
    assert said(gate_desk(**missing)) == [f"NO_LIMIT: {said_so} is not configured ([engine.risk] {said_so})"]


@pytest.mark.control("C04")
def test_no_order_is_worth_more_than_its_limit_at_its_worst_price() -> None:
    desk = gate_desk(order_value_max_paise=75 * 10_100)
    assert said(desk, of(price_paise=10_100)) == []
    assert said(desk, of(price_paise=10_105)) == ["VALUE: ₹7,578.75 (₹7,575.00)"]
    assert said(desk, of(**MARKET)) == ["VALUE: ₹7,650.00 (₹7,575.00)"], "the last price and 2 % of protection"
    desk = gate_desk(order_value_max_paise=75 * 10_100)
    assert said(desk, of(side=Side.SELL, price_paise=5)) == [], "it sells at the bid"
    quoted_for_a_while(desk, 10_195, 10_205)
    assert said(desk, of(side=Side.SELL, price_paise=10)) == ["VALUE: ₹7,646.25 (₹7,575.00)"]


@pytest.mark.control("C04")
def test_no_order_is_worth_more_than_ten_crore_rupees_whatever_is_configured() -> None:
    desk = gate_desk()
    assert said(desk, of(key=SHARE.key, qty=1_000_000)) == []
    assert said(desk, of(key=SHARE.key, qty=1_000_001)) == ["VALUE: ₹100,000,100.00 (₹100,000,000.00)"]


@pytest.mark.control("C17")
def test_at_the_market_an_order_goes_out_with_protection() -> None:
    desk = gate_desk()
    assert said(desk, of(**MARKET)) == []
    (sent,) = desk.sent
    assert isinstance(sent, SendOrder) and sent.order.protection_bps == -1 and sent.order.price_paise is None


@pytest.mark.control("C17")
def test_in_an_option_on_a_share_there_is_no_order_at_the_market() -> None:
    desk = gate_desk([like(underlying=SHARE.key), SHARE])
    assert said(desk, of(**MARKET)) == ["PROTECTION: MARKET in an option on a share (LIMIT)"]
    assert said(desk) == []


@pytest.mark.control("C17")
def test_a_validity_that_takes_minutes_is_not_sent_without_them() -> None:
    assert said(gate_desk(), of(validity=Validity.TTL)) == ["PROTECTION: TTL (DAY or IOC)"]
    assert said(gate_desk(), of(validity=Validity.IOC)) == []


@pytest.mark.control("C17", "C05")
@pytest.mark.parametrize("kind", [Kind.CE, Kind.EQ])
def test_the_broker_protects_by_the_table_that_we_reckon_with(kind: Kind) -> None:
    rules, it = reference.rules("nse-2026"), like(kind=kind)
    slabs: tuple[ProtectionSlab, ...] = rules.protection_option if it.is_option else rules.protection_equity_future
    for slab in slabs:
        last = (slab.ltp_below_paise or 10_000_000) - 1
        assert market_protection.automatic_bps(it, last) == round(slab.pct * 100), slab
        if slab.ltp_below_paise:
            assert market_protection.automatic_bps(it, last + 1) < round(slab.pct * 100), slab


@pytest.mark.control("C18")
def test_every_order_has_a_tag_that_no_other_has_slices_and_restarts_included() -> None:
    desk = gate_desk()
    assert said(desk, of(qty=5_400)) == [] and said(desk) == []
    desk.start()
    desk.tell(m.FeedMoved(feed="options", fresh=True, required=True))
    desk.second()
    desk.reads()
    desk.second(2)
    assert said(desk, of(price_paise=9_990)) == []
    tags = [sent.order.tag for sent in desk.sent]
    assert len(tags) == 5 == len(set(tags)) and all(tag.isalnum() and len(tag) <= 20 for tag in tags)
