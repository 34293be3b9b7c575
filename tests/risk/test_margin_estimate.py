"""Our scan of margins against the simulated broker's, to the paisa, on random books; and where ours is stricter."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.order_story import NINE_ON_MONDAY_NS
from tarazu import reference
from tarazu.model.ids import InstrumentToken, TradingSymbol
from tarazu.model.instrument import Exchange, Instrument, Kind
from tarazu.model.order import Product, Side
from tarazu.model.units import DAY_NS
from tarazu.risk.margin_rules import MarginRules
from tarazu.risk.margin_scan import Marked, Together, contract_of
from tarazu.sim.money.margins import Leg, MarginOrder, Margins
from tarazu.sim.money.marks import Mark

BOOK = reference.rules("nse-2026")
RULES = MarginRules.of(BOOK)
NOW_NS = NINE_ON_MONDAY_NS + 3 * DAY_NS
TODAY = date(2026, 11, 26)
SPOT = {"NIFTY": 26_000_00, "INFY": 1_500_00}


def listed(name: str, kind: Kind, expiry: date, strike: int = 0) -> Instrument:
    return Instrument(
        instrument_token=InstrumentToken(1),
        exchange=Exchange.NFO,
        tradingsymbol=TradingSymbol(f"{name}{expiry:%d%b}{strike}{kind}"),
        name=name,
        kind=kind,
        segment="NFO-OPT" if strike else "NFO-FUT",
        expiry=expiry,
        strike_paise=strike,
        underlying=f"NSE:{name}",
    )


NEAR, FAR = TODAY + timedelta(days=5), TODAY + timedelta(days=33)
CONTRACTS = [
    listed(name, kind, expiry, strike)
    for name, strikes in (("NIFTY", (25_500_00, 26_000_00, 26_500_00)), ("INFY", (1_450_00, 1_550_00)))
    for expiry in (NEAR, FAR)
    for kind, strike in [(Kind.FUT, 0), *((kind, k) for kind in (Kind.CE, Kind.PE) for k in strikes)]
]
SHARE = Instrument(
    instrument_token=InstrumentToken(2), exchange=Exchange.NSE, tradingsymbol=TradingSymbol("INFY"),
    name="INFOSYS", kind=Kind.EQ, segment="NSE",
)  # fmt: skip


def mark(one: Instrument) -> Mark:
    if one is SHARE:
        return Mark(SPOT["INFY"], SPOT["INFY"])
    last = SPOT[one.name] + 25_00 if one.kind is Kind.FUT else 120_00
    return Mark(last, last, SPOT[one.name], 0.15 + 0.01 * (one.strike_paise % 7) if one.is_option else 0.0)


def row(one: Instrument, day: date = TODAY, now_ns: int = NOW_NS):
    seen = mark(one)
    return contract_of(RULES, one, Marked(seen.last_paise, seen.spot_paise, seen.sigma), day, now_ns)


books = st.lists(st.tuples(st.sampled_from(CONTRACTS), st.integers(-600, 600).filter(bool)), max_size=8)


def ours(book, underlying: str) -> Together:
    together = Together(RULES)
    for one, qty in book:
        if one.underlying == underlying:
            together.add(one, row(one), qty)
    return together


def theirs(book):
    legs = [Leg(one, Product.NRML, qty) for one, qty in book]
    return Margins(BOOK).portfolio(legs, mark, NOW_NS)


@given(books)
@pytest.mark.control("C10")
def test_positions_need_what_the_simulated_broker_blocks(book) -> None:
    found = [ours(book, underlying).requirement() for underlying in ("NSE:NIFTY", "NSE:INFY")]
    asked = theirs(book).requirement()
    assert sum(one.span for one in found) == asked.span
    assert sum(one.exposure for one in found) == asked.exposure
    assert sum(one.premium for one in found) == asked.premium


@given(books, st.sampled_from(CONTRACTS), st.integers(-600, 600).filter(bool), st.integers(1, 400_00))
@pytest.mark.control("C10")
def test_an_order_needs_what_the_simulated_broker_asks_for_it(book, one: Instrument, qty: int, price: int) -> None:
    order = MarginOrder(
        instrument=one, side=Side.BUY if qty > 0 else Side.SELL, product=Product.NRML, qty=abs(qty), price_paise=price
    )
    found = ours(book, one.underlying).needed(one, row(one), qty, price)
    assert found == theirs(book).needed_by_order(order, ()).total


@given(st.integers(-500, 500), st.sampled_from(Side), st.integers(1, 500), st.integers(1_000_00, 2_000_00))
@pytest.mark.control("C10")
def test_shares_need_a_fifth_intraday_and_all_of_their_price_delivered(
    held: int, side: Side, qty: int, price: int
) -> None:
    for product in (Product.MIS, Product.CNC):
        together = Together(RULES)
        legs = [Leg(SHARE, product, held)] if held and product is Product.MIS else []
        if legs:
            together.add_shares(SHARE.key, held, SPOT["INFY"])
        found = together.needed_for_shares(SHARE.key, product, side, qty, max(price, SPOT["INFY"]))
        order = MarginOrder(instrument=SHARE, side=side, product=product, qty=qty, price_paise=max(price, SPOT["INFY"]))
        asked = Margins(BOOK).portfolio(legs, mark, NOW_NS).needed_by_order(order, ()).total
        assert found == asked


def test_a_trial_changes_nothing_that_is_held() -> None:
    together = ours([(CONTRACTS[0], 75)], "NSE:NIFTY")
    before = together.requirement()
    for one in CONTRACTS:
        if one.underlying == "NSE:NIFTY":
            together.copy().add(one, row(one), -750)
            together.needed(one, row(one), -750, 100_00)
    assert together.requirement() == before


def short_needs(one: Instrument, day: date) -> int:
    return Together(RULES).needed(one, row(one, day), -75, 120_00)


def test_a_short_index_option_has_two_percent_more_on_the_day_of_its_expiry() -> None:
    call = next(one for one in CONTRACTS if one.name == "NIFTY" and one.kind is Kind.CE)
    assert short_needs(call, NEAR) - short_needs(call, TODAY) == 75 * SPOT["NIFTY"] * 2 // 100
    future = CONTRACTS[0]
    assert short_needs(future, NEAR) == short_needs(future, TODAY)


def test_what_ends_in_delivery_has_half_as_much_again_on_the_day_of_its_expiry() -> None:
    call = next(one for one in CONTRACTS if one.name == "INFY" and one.kind is Kind.CE)
    rates = BOOK.margins
    more = 75 * SPOT["INFY"] * (rates.stock_exposure + rates.stock_price_scan) / 2
    assert short_needs(call, NEAR) - short_needs(call, TODAY) == pytest.approx(more, abs=1)
    bought = Together(RULES).needed(call, row(call, NEAR), 75, 120_00)
    assert bought == 75 * 120_00, "what is bought is paid, and needs no more"


@given(books, st.lists(st.tuples(st.sampled_from(CONTRACTS), st.integers(-600, 600).filter(bool)), max_size=3))
@pytest.mark.control("C10")
def test_to_ask_what_an_order_needs_changes_nothing(book, asked) -> None:
    """What is held is asked about again and again, and copied only for what is added to it."""
    held, untouched = ours(book, "NSE:NIFTY"), ours(book, "NSE:NIFTY")
    for one, qty in asked:
        if one.underlying == "NSE:NIFTY":
            needed = untouched.copy().needed(one, row(one), qty, 100_00)
            assert held.needed(one, row(one), qty, 100_00) == needed
    assert held.requirement() == untouched.requirement()
