"""Contract notes worked by hand from the rate card of FY 2026-27 (KITE.md 3.4), line by line."""

from datetime import date

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tarazu import reference
from tarazu.model.calendar import NotCovered
from tarazu.model.instrument import Exchange, Kind
from tarazu.model.order import Product, Side
from tarazu.portfolio.charges import ChargeLeg, Charges, charges, exercise_charges, with_gst

RATES = reference.charge_rates()
DAY = date(2026, 11, 23)

KINDS = {"EQ": Kind.EQ, "FUT": Kind.FUT, "OPT": Kind.CE}

# Rupees. The comments work the lines that round.
#   what            exch product side  qty  value       brok  stt     txn    ipft  sebi  stamp  gst   total
NOTES = """
    OPT             NFO  NRML    BUY   65   7800.00     20.00 0.00    2.77   0.00  0.01  0.23   4.10  27.11
    OPT             NFO  NRML    SELL  65   7800.00     20.00 11.70   2.77   0.00  0.01  0.00   4.10  38.58
    FUT             NFO  NRML    SELL  65   1690000.00  20.00 845.00  30.93  0.00  1.69  0.00   9.47  907.09
    FUT             NFO  MIS     BUY   500  50000.00    15.00 0.00    0.91   0.00  0.05  1.00   2.87  19.83
    EQ              NSE  CNC     BUY   100  152335.00   0.00  152.34  4.68   0.00  0.15  22.85  0.87  180.89
    EQ              NSE  CNC     SELL  100  152335.00   0.00  152.34  4.68   0.00  0.15  0.00   0.87  158.04
    EQ              NSE  MIS     BUY   50   40620.00    12.19 0.00    1.25   0.00  0.04  1.22   2.43  17.13
    EQ              NSE  MIS     SELL  50   40750.00    12.23 10.19   1.25   0.00  0.04  0.00   2.43  26.14
    OPT             BFO  NRML    SELL  20   6210.00     20.00 9.32    2.02   0.03  0.01  0.00   3.97  35.35
    FUT             BFO  NRML    BUY   20   1720000.00  20.00 0.00    0.00   0.86  1.72  34.40  4.06  61.04
    EQ              BSE  MTF     BUY   10   10000.00    0.00  10.00   0.38   0.00  0.01  1.50   0.07  11.96
"""
# 7800 × 0.000355299 = 2.7713; 7800 × 0.00003 = 0.234; 18 % of 22.78 = 4.1004
# 1690000 × 0.000018299 = 30.9253, and brokerage stops at 20 where 0.03 % is 507; 18 % of 52.62 = 9.4716
# 50000 × 0.03 % = 15; 50000 × 0.000018299 = 0.91495; 18 % of 15.96 = 2.8728
# 152335 × 0.1 % = 152.335, half up; 152335 × 0.000030699 = 4.6765; 152335 × 0.00015 = 22.85025
# 40750 × 0.03 % = 12.225, half up; 40750 × 0.00025 = 10.1875; 18 % of 13.52 = 2.4336
# 6210 × 0.0015 = 9.315, half up; 6210 × 0.000325 = 2.01825; 6210 × 0.000005 = 0.03105
# 1720000 × 0.0000005 = 0.86; 18 % of (20 + 0.86 + 1.72) = 4.0644
# 10000 × 0.0000375 = 0.375, half up; 18 % of 0.39 = 0.0702


def paise(rupees: str) -> int:
    return int(rupees.replace(".", ""))


def leg(kind: Kind, exchange: str, product: str, side: str, qty: int, value: int, day: date = DAY) -> ChargeLeg:
    return ChargeLeg(
        kind=kind,
        exchange=Exchange(exchange),
        product=Product(product),
        side=Side(side),
        qty=qty,
        value_paise=value,
        day=day,
    )


@pytest.mark.parametrize("line", NOTES.strip().splitlines(), ids=lambda line: " ".join(line.split()[:4]))
def test_a_contract_note_is_exact_to_the_paisa(line: str) -> None:
    what, exchange, product, side, qty, value, *lines, total = line.split()
    note = charges(RATES, leg(KINDS[what], exchange, product, side, int(qty), paise(value)))
    assert note == Charges(**dict(zip(Charges.__struct_fields__, map(paise, lines), strict=True)))
    assert note.total == paise(total)


def test_an_exercised_option_pays_tax_on_all_its_intrinsic_value() -> None:
    # 65 × 240.50 = 15632.50; 0.15 % = 23.44875
    assert exercise_charges(RATES, 65 * 24050, DAY) == Charges(stt_paise=2345)


def test_the_square_off_charge_carries_gst() -> None:
    assert with_gst(RATES, 5000).total == 5900


def test_an_order_that_has_not_traded_costs_nothing() -> None:
    assert charges(RATES, leg(Kind.CE, "NFO", "NRML", "BUY", 0, 0)).total == 0


@pytest.mark.parametrize("day", [date(2026, 3, 31), date(2027, 4, 1)])
def test_days_without_rates_are_refused_not_guessed(day: date) -> None:
    with pytest.raises(NotCovered):
        charges(RATES, leg(Kind.CE, "NFO", "NRML", "BUY", 65, 780000, day))
    with pytest.raises(NotCovered):
        exercise_charges(RATES, 1, day)


LEGS = st.builds(
    leg,
    st.sampled_from([Kind.EQ, Kind.FUT, Kind.CE, Kind.PE]),
    st.sampled_from(["NSE", "BSE", "NFO", "BFO"]),
    st.sampled_from(["CNC", "MIS", "NRML"]),
    st.sampled_from(["BUY", "SELL"]),
    st.integers(1, 100_000),
    st.integers(0, 10**13),
)


@given(LEGS, st.integers(0, 10**12))
def test_no_line_ever_falls_as_an_order_fills_further(first: ChargeLeg, more: int) -> None:
    further = msgspec.structs.replace(first, qty=first.qty + 1, value_paise=first.value_paise + more)
    grown = charges(RATES, further) - charges(RATES, first)
    assert min(msgspec.structs.astuple(grown)) >= 0


@given(LEGS, st.integers(1, 10**12))
def test_one_order_never_costs_more_than_the_same_in_two_but_for_rounding(whole: ChargeLeg, part: int) -> None:
    part = min(part, whole.value_paise)
    halves = [msgspec.structs.replace(whole, value_paise=v) for v in (part, whole.value_paise - part)]
    apart = sum((charges(RATES, half) for half in halves), Charges())
    together = charges(RATES, whole)
    lines = len(Charges.__struct_fields__)
    assert together.total <= apart.total + lines


@given(LEGS)
def test_charges_add_and_subtract_line_by_line(some: ChargeLeg) -> None:
    note = charges(RATES, some)
    assert note + note - note == note
    assert (note + note).total == 2 * note.total
