"""The account's figures from outside: tags of a flatten, terms by name, result by trades, greeks by quotes."""

from datetime import date
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tarazu.app.account.contracts import Contracts, Terms, guessed
from tarazu.app.account.greeks import pair_of, place_greeks
from tarazu.app.account.quotes import Quote
from tarazu.app.account.result import PlaceResult, account_result
from tarazu.app.flatten.rules import price_now
from tarazu.app.flatten.tags import Tags, is_flatten_tag, off_the_wire, on_the_wire
from tarazu.app.masters.store import MasterStore
from tarazu.app.watchdog.account.result import day_result
from tarazu.model import ist
from tarazu.model.order import Product, Side
from tarazu.orders.client_order_id import ClientOrderId, TagKind, read_tag
from tarazu.risk.greeks import option_greeks, sigma_of, years_left
from tarazu.wire.kite_money import PositionRow, PositionsData
from tarazu.wire.kite_orders import TradeRow

DAY = date(2026, 11, 23)
CALL = "NFO:NIFTY26NOV26000CE"


def test_a_tag_of_a_flatten_is_a_strangers_to_main_and_known_again() -> None:
    tags = Tags(DAY, 36_000_123)
    first, second = tags.fresh(), tags.fresh()
    assert first != second and isinstance(read_tag(first), ClientOrderId)
    wire = on_the_wire(first)
    assert len(wire) == 20 and read_tag(wire) is TagKind.FOREIGN, "no order of main's without an intent: no halt"
    assert is_flatten_tag(wire) and is_flatten_tag(wire.lower()) and off_the_wire(wire) == first
    assert not is_flatten_tag(first) and not is_flatten_tag("") and not is_flatten_tag("FRIDAY")
    swapped = wire[:5] + wire[6] + wire[5] + wire[7:]
    assert swapped == wire or not is_flatten_tag(swapped)
    assert {Tags(DAY, ms).fresh() for ms in range(0, 86_400_000, 9_999_991)}.isdisjoint({first, second})


@pytest.mark.parametrize(
    ("key", "lot", "freeze", "market", "option"),
    [
        ("NFO:NIFTY26NOV26000CE", 65, 1_800, True, True),
        ("NFO:NIFTY26N2426000PE", 65, 1_800, True, True),
        ("NFO:BANKNIFTY26NOVFUT", 30, 600, True, False),
        ("BFO:SENSEX26NOV85000CE", 20, 1_000, True, True),
        ("NFO:RELIANCE26NOV1400PE", 1, 0, False, True),
        ("NFO:M&M26NOVFUT", 1, 0, True, False),
        ("NFO:360ONE26NOV1000CE", 1, 0, False, True),
        ("NFO:NIFTYNXT5026NOV68000CE", 25, 600, True, True),
        ("NSE:INFY", 1, 0, True, False),
    ],
)
def test_without_a_file_a_name_tells_the_terms(key: str, lot: int, freeze: int, market: bool, option: bool) -> None:
    terms = guessed(key)
    assert (terms.lot_size, terms.freeze_qty, terms.market_allowed, terms.is_option) == (lot, freeze, market, option)


@pytest.mark.parametrize(
    ("symbol", "name", "kind", "option", "market"),
    [
        ("360ONE26NOV1000CE", "360ONE", "CE", True, False),
        ("360ONE26NOVFUT", "360ONE", "FUT", False, True),
        ("NIFTY26NOV26000CE", "NIFTY", "CE", True, True),
    ],
)
def test_a_kept_master_tells_the_kind_itself(
    tmp_path: Path, symbol: str, name: str, kind: str, option: bool, market: bool
) -> None:
    """Of an underlying with digits in its name, too: MARKET is barred in stock options."""
    head = "instrument_token,exchange_token,tradingsymbol,name,last_price,expiry,strike,tick_size,lot_size"
    strike, segment = (1000, "NFO-OPT") if option else (0, "NFO-FUT")
    row = f"1,2,{symbol},{name},0,2026-11-24,{strike},0.05,500,{kind},{segment},NFO"
    store = MasterStore(tmp_path / "masters")
    csv = f"{head},instrument_type,segment,exchange\n{row}\n".encode()
    store.keep(DAY, csv, 1, rows=1, source="a test")
    terms = Contracts(store, None, DAY).terms([f"NFO:{symbol}"])[f"NFO:{symbol}"]
    assert (terms.is_option, terms.market_allowed, terms.lot_size, terms.source) == (option, market, 500, "master")


def test_a_price_crosses_the_touch_by_one_percent_inside_the_band_on_the_tick() -> None:
    terms = guessed(CALL)
    quote = Quote(last=10_000, bid=9_990, ask=10_010, low=9_950, high=10_050)
    assert price_now(terms, quote, Side.SELL) == 9_950 and price_now(terms, quote, Side.BUY) == 10_050
    wide = Quote(last=10_000, bid=9_990, ask=10_010)
    assert price_now(terms, wide, Side.SELL) == 9_890 and price_now(terms, wide, Side.BUY) == 10_115
    assert price_now(terms, Quote(last=10_000), Side.SELL) is None, "nobody stands there"


def position(qty: int, overnight: int = 0, bought: int = 0, sold: int = 0, **changes: float) -> PositionRow:
    row: dict[str, Any] = dict.fromkeys(PositionRow.__struct_fields__, 0.0)
    row |= {"tradingsymbol": CALL[4:], "exchange": "NFO", "instrument_token": 1, "product": "NRML", "multiplier": 1}
    row |= {"quantity": qty, "overnight_quantity": overnight, "day_buy_quantity": bought, "day_sell_quantity": sold}
    row |= {"buy_quantity": bought, "sell_quantity": sold} | changes
    return PositionRow(**row)


def trade(number: int, side: str, qty: int, price: float, order: str = "1") -> TradeRow:
    return TradeRow(
        trade_id=str(number),
        order_id=order,
        exchange_order_id="x",
        exchange="NFO",
        tradingsymbol=CALL[4:],
        instrument_token=1,
        product="NRML",
        average_price=price,
        quantity=qty,
        transaction_type=side,
        fill_timestamp=f"2026-11-23 10:00:{number:02}",
        order_timestamp="10:00:00",
        exchange_timestamp=f"2026-11-23 10:00:{number:02}",
    )


def test_the_result_is_carried_bought_sold_and_held_in_units_less_charges() -> None:
    """130 carried at a close of 100, 65 bought at 110, 130 sold at 120; 65 left at 115."""
    values = {"day_buy_value": 65 * 110.0, "day_sell_value": 130 * 120.0}
    row = position(65, overnight=130, bought=65, sold=130, close_price=100.0, last_price=115.0, **values)
    trades = [trade(1, "BUY", 65, 110.0, "1"), trade(2, "SELL", 130, 120.0, "2")]
    result = account_result(PositionsData(net=[row], day=[]), trades, DAY)
    gross = 65 * 11_500 + 130 * 12_000 - 65 * 11_000 - 130 * 10_000
    assert result.realised_paise is not None and result.unrealised_paise is not None
    assert result.realised_paise + result.unrealised_paise == gross == result.gross_paise
    average = (130 * 10_000 + 65 * 11_000) / 195
    assert result.places[0].average_paise == round(average)
    assert abs(result.unrealised_paise - (65 * 11_500 - round(65 * average))) <= 1
    assert result.charges_paise is not None and result.charges_paise > 2 * 2_000, "two orders of 20 rupees, and more"
    assert result.net_paise == gross - result.charges_paise and not result.breaks


def test_a_short_is_realised_by_what_it_is_bought_back_for() -> None:
    row = position(65, bought=130, sold=65, last_price=90.0)
    trades = [trade(1, "SELL", 65, 100.0, "1"), trade(2, "BUY", 130, 80.0, "2")]
    result = account_result(PositionsData(net=[row], day=[]), trades, DAY)
    assert (result.realised_paise, result.unrealised_paise) == (65 * 2_000, 65 * 1_000)


def test_trades_that_are_not_the_positions_are_a_break_and_no_price_is_no_result() -> None:
    result = account_result(PositionsData(net=[position(65, bought=65)], day=[]), [], DAY)
    assert result.breaks and "trades 0 and 0" in result.breaks[0]
    assert result.net_paise is None and "no last price" in result.unknown[0], "unknown, and not 0"
    orphan = account_result(PositionsData(net=[], day=[]), [trade(1, "BUY", 65, 1.0)], DAY)
    assert "no position" in orphan.breaks[0]


@pytest.mark.parametrize("told", [[], [trade(1, "BUY", 30, 200.0)]])
def test_while_the_trades_lag_a_loss_is_no_profit_and_no_result(told: list[TradeRow]) -> None:
    """65 bought at 200 and worth 180: what the trades do not say yet was not had for nothing."""
    row = position(65, bought=65, day_buy_value=65 * 200.0, last_price=180.0)
    result = account_result(PositionsData(net=[row], day=[]), told, DAY)
    assert result.gross_paise == -65 * 2_000, "by the position's own row"
    assert result.breaks and result.net_paise is None
    assert result.realised_paise is None and result.unrealised_paise is None
    assert result.places[0].qty == 65 and result.places[0].average_paise is None


def test_a_converted_position_is_a_break_and_its_worth_is_still_known() -> None:
    """Kite moves it to another product's row; its trades keep the product they were made in."""
    rows = [position(0), position(65, bought=65, day_buy_value=65 * 200.0, last_price=180.0)]
    rows[1] = msgspec.structs.replace(rows[1], product="MIS")
    result = account_result(PositionsData(net=rows, day=[]), [trade(1, "BUY", 65, 200.0)], DAY)
    assert result.gross_paise == -65 * 2_000 and result.net_paise is None and result.breaks


def test_the_watchdogs_reckoning_is_the_same_one() -> None:
    values = {"day_buy_value": 65 * 110.0, "day_sell_value": 130 * 120.0}
    row = position(65, overnight=130, bought=65, sold=130, close_price=100.0, last_price=115.0, **values)
    gold = msgspec.structs.replace(position(1, bought=1, multiplier=100), exchange="MCX", tradingsymbol="GOLD26DECFUT")
    trades = [trade(1, "BUY", 65, 110.0, "1"), trade(2, "SELL", 130, 120.0, "2")]
    trades += [msgspec.structs.replace(trade(3, "BUY", 1, 1.0, "3"), exchange="MCX", tradingsymbol="GOLD26DECFUT")]
    books = PositionsData(net=[row, gold], day=[])
    mine, its = account_result(books, trades, DAY), day_result(books, trades, DAY)
    assert mine.net_paise == its.net_paise is not None, "and of another segment nothing is in either"
    assert mine.not_ours == ("MCX:GOLD26DECFUT NRML +1",)


@pytest.mark.parametrize("is_call", [True, False])
def test_delta_and_vega_are_the_engines(is_call: bool) -> None:
    key = CALL if is_call else pair_of(CALL)
    now_ns = ist.midnight_ns(DAY) + 10 * 3_600 * 10**9
    expiry, strike = date(2026, 11, 26), 26_000_00
    call, put = 18_000.0, 11_000.0
    terms = Terms(
        lot_size=65, tick_paise=5, freeze_qty=0, market_allowed=True, is_option=True, is_derivative=True,
        expiry=expiry, strike_paise=strike, name="NIFTY", source="master",
    )  # fmt: skip
    quotes = {CALL: Quote(last=18_000), pair_of(CALL): Quote(last=11_000)}
    place = PlaceResult(
        key=key, product=Product.NRML, qty=-65, last_paise=0, average_paise=0, realised_paise=0, unrealised_paise=0
    )
    mine = place_greeks(place, terms, quotes, now_ns)
    forward, years = strike + call - put, years_left(expiry, now_ns)
    sigma = sigma_of(is_call, call if is_call else put, forward, strike, years)
    assert sigma is not None and mine.delta_paise is not None and mine.vega_paise is not None
    theirs = option_greeks(is_call, forward, strike, sigma, years)
    assert mine.delta_paise == pytest.approx(-65 * theirs.delta_paise, rel=1e-5)
    assert mine.vega_paise == pytest.approx(-65 * theirs.vega_paise, rel=1e-4)
    assert place_greeks(place, terms, {}, now_ns).delta_paise is None, "without a quote it is not known"
