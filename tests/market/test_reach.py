"""Everything a day's selection can come to, wherever the money goes."""

from datetime import date

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from tarazu import reference
from tarazu.market.reach import reach
from tarazu.market.selection import recentre, select
from tarazu.market.selection_plan import Selection, SelectionPlan, UnderlyingPlan
from tarazu.model.ids import InstrumentToken
from tarazu.model.instrument import Instrument, Kind
from tarazu.sim.synthetic.universe import build_universe

DAY = date(2026, 11, 23)
MASTER = build_universe(DAY, reference.calendar(), reference.rules("nse-2026"), "full", 1, {}).instruments
NIFTY = UnderlyingPlan(key="NSE:NIFTY 50", name="NIFTY", option_expiries=2, strikes_each_side=10)
BANK = UnderlyingPlan(key="NSE:NIFTY BANK", name="BANKNIFTY", futures=2, strikes_each_side=4)
PLAN = SelectionPlan(
    underlyings=(NIFTY, BANK), cross_asset=("NSE:INDIA VIX", "NSE:NIFTY BANK"), stocks=("NSE:INFY", "NSE:SBIN")
)
PIN = next(i for i in MASTER if i.name == "INFY" and i.is_option)
ALL = reach(MASTER, PLAN, DAY)


def token(i: Instrument) -> InstrumentToken:
    return i.instrument_token


@settings(max_examples=30, deadline=None)
@given(
    st.lists(st.tuples(st.integers(25_000_00, 27_200_00), st.integers(57_000_00, 60_000_00)), min_size=1, max_size=6)
)
def test_no_selection_and_no_re_centring_leaves_it(path: list[tuple[int, int]]) -> None:
    spots = [{"NSE:NIFTY 50": nifty, "NSE:NIFTY BANK": bank} for nifty, bank in path]
    within = set(map(token, reach(MASTER, PLAN, DAY, {token(PIN)})))
    s = select(MASTER, spots[0], PLAN, DAY, {token(PIN)})
    for now in spots:
        assert isinstance(s, Selection)
        assert within.issuperset(s.tokens)
        s = recentre(s, MASTER, now, PLAN, {token(PIN)}) or s


def test_from_the_reach_alone_the_same_is_selected_as_from_the_whole_master() -> None:
    for nifty in (25_600_00, 26_120_00, 26_990_00):
        spots = {"NSE:NIFTY 50": nifty, "NSE:NIFTY BANK": 58_930_00}
        assert select(ALL, spots, PLAN, DAY) == select(MASTER, spots, PLAN, DAY)


def test_all_strikes_of_the_chosen_expiries_and_of_no_other() -> None:
    for u in PLAN.underlyings:
        listed = [i for i in MASTER if i.is_option and i.name == u.name and i.exchange is u.exchange]
        chosen = sorted({i.expiry for i in listed if i.expiry})[: u.option_expiries]
        wanted = {i.key for i in listed if i.expiry in chosen}
        assert {i.key for i in ALL if i.is_option and i.name == u.name} == wanted and len(wanted) > 60


def test_each_once_in_an_order_of_its_own() -> None:
    assert [i.key for i in ALL[:8]] == [
        "NSE:NIFTY 50",
        "NSE:NIFTY BANK",
        "NFO:NIFTY26NOVFUT",
        "NFO:BANKNIFTY26NOVFUT",
        "NFO:BANKNIFTY26DECFUT",
        "NSE:INDIA VIX",
        "NSE:INFY",
        "NSE:SBIN",
    ]
    assert len({token(i) for i in ALL}) == len(ALL)
    assert reach(list(reversed(MASTER)), PLAN, DAY) == ALL, "whatever the order of the file"
    nifty = [(i.expiry, i.strike_paise, i.kind) for i in ALL if i.is_option and i.name == "NIFTY"]
    assert nifty == sorted(nifty, key=lambda row: (row[0] or DAY, row[1], row[2]))


def test_pins_come_last_and_move_nothing() -> None:
    inside = next(i for i in ALL if i.kind is Kind.PE)
    pinned = reach(MASTER, PLAN, DAY, {token(PIN), token(inside), InstrumentToken(99)})
    assert pinned == (*ALL, PIN)


def test_what_the_master_lacks_is_left_out() -> None:
    lacking = msgspec.structs.replace(
        PLAN, underlyings=(NIFTY, msgspec.structs.replace(BANK, key="NSE:NO", name="NO")), cross_asset=("NSE:NONE",)
    )
    assert {i.name for i in reach(MASTER, lacking, DAY) if i.is_derivative} == {"NIFTY"}
    assert reach([], PLAN, DAY) == ()
