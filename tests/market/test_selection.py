"""What is subscribed to, in which order, and when it changes."""

import itertools
from datetime import date, timedelta

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tarazu import reference
from tarazu.market.connections import ConnectionLimits, assign
from tarazu.market.feeds import FeedClass, FeedPlan
from tarazu.market.listing import Listing, nearest
from tarazu.market.selection import feed_members, recentre, select
from tarazu.market.selection_plan import (
    Refusal,
    Selection,
    SelectionPlan,
    SelectionRefused,
    StreamMode,
    UnderlyingPlan,
)
from tarazu.model.calendar import Venue
from tarazu.model.ids import InstrumentToken
from tarazu.model.instrument import Exchange, Instrument, Kind
from tarazu.sim.synthetic.universe import build_universe
from tarazu.wire.kite_instruments import InstrumentMaster, decode_csv, encode_csv

DAY = date(2026, 11, 23)
UNIVERSE = build_universe(DAY, reference.calendar(), reference.rules("nse-2026"), "full", 1, {})
DUMP = decode_csv(encode_csv((i, 0) for i in UNIVERSE.instruments))
assert isinstance(DUMP, InstrumentMaster)
MASTER = DUMP.instruments
"""As it comes from Kite: without underlyings and freeze quantities."""

NIFTY = UnderlyingPlan(key="NSE:NIFTY 50", name="NIFTY", strikes_each_side=10, near_each_side=3)
BANK = UnderlyingPlan(key="NSE:NIFTY BANK", name="BANKNIFTY", strikes_each_side=4, near_each_side=2)
PLAN = SelectionPlan(underlyings=(NIFTY, BANK), cross_asset=("NSE:INDIA VIX", "BSE:SENSEX"), stocks=("NSE:INFY",))
SPOTS = {"NSE:NIFTY 50": 26_120_00, "NSE:NIFTY BANK": 58_930_00}


def selected(plan: SelectionPlan = PLAN, spots: dict[str, int] = SPOTS, pinned: set[InstrumentToken] | None = None):  # type: ignore[no-untyped-def]
    return select(MASTER, spots, plan, DAY, pinned or set())


def of_kind(s: Selection, *kinds: Kind) -> list[Instrument]:
    return [c.instrument for c in s.chosen if c.instrument.kind in kinds]


def token(key: str) -> InstrumentToken:
    return next(i.instrument_token for i in MASTER if i.key == key)


def test_spots_futures_others_and_the_strikes_around_the_money() -> None:
    s = selected()
    assert [c.instrument.key for c in s.chosen[:7]] == [
        "NSE:NIFTY 50",
        "NSE:NIFTY BANK",
        "NFO:NIFTY26NOVFUT",
        "NFO:BANKNIFTY26NOVFUT",
        "NSE:INDIA VIX",
        "BSE:SENSEX",
        "NSE:INFY",
    ]
    nifty = sorted({i.strike_paise for i in of_kind(s, Kind.CE) if i.name == "NIFTY"})
    assert nifty == [26_100_00 + n * 50_00 for n in range(-10, 11)]
    assert len(s.chosen) == 7 + 2 * 21 + 2 * 9 and s.left_out == ()
    assert {i.expiry for i in of_kind(s, Kind.CE, Kind.PE)} == {DAY}, "the expiry of the day itself still trades"


def test_the_selection_says_where_it_was_counted_from() -> None:
    nifty, bank = selected().centres
    assert (nifty.underlying, nifty.spot_paise, nifty.atm_paise) == ("NSE:NIFTY 50", 26_120_00, 26_100_00)
    assert (bank.atm_paise, bank.expiries) == (58_900_00, (DAY,))


def test_options_come_from_the_money_outwards_all_underlyings_abreast() -> None:
    options = of_kind(selected(), Kind.CE, Kind.PE)
    assert [(i.name, i.strike_paise // 100, str(i.kind)) for i in options[:8]] == [
        ("NIFTY", 26100, "CE"),
        ("NIFTY", 26100, "PE"),
        ("BANKNIFTY", 58900, "CE"),
        ("BANKNIFTY", 58900, "PE"),
        ("NIFTY", 26050, "CE"),
        ("NIFTY", 26050, "PE"),
        ("NIFTY", 26150, "CE"),
        ("NIFTY", 26150, "PE"),
    ]


def test_what_does_not_fit_is_the_far_ends_and_is_listed() -> None:
    small = msgspec.structs.replace(PLAN, connections=ConnectionLimits(connections=2, instruments_each=10))
    whole, cut = selected(), selected(small)
    assert [c.instrument for c in cut.chosen] == [c.instrument for c in whole.chosen[:20]]
    assert list(cut.left_out) == [c.instrument for c in whole.chosen[20:]]
    assert [sum(c.connection == n for c in cut.chosen) for n in (0, 1)] == [10, 10]


def test_pins_come_first_wherever_the_money_is() -> None:
    far, near = token("NFO:NIFTY26NOV24600PE"), token("NFO:NIFTY26NOV26100CE")
    small = msgspec.structs.replace(PLAN, connections=ConnectionLimits(connections=1, instruments_each=4))
    s = selected(small, pinned={far, near, InstrumentToken(99)})
    assert [c.pinned for c in s.chosen] == [True, True, False, False]
    assert {c.instrument.instrument_token for c in s.chosen[:2]} == {far, near}
    assert s.missing_pins == (99,)


def test_what_is_wanted_twice_keeps_its_first_place_and_feed() -> None:
    near = token("NFO:NIFTY26NOV26100CE")
    s = selected(msgspec.structs.replace(PLAN, cross_asset=("NSE:NIFTY 50",)), pinned={near})
    of = {c.instrument.key: c for c in s.chosen}
    assert len(of) == len(s.chosen)
    assert of["NSE:NIFTY 50"].feed == "index"
    assert of["NFO:NIFTY26NOV26100CE"].feed_class is FeedClass.OPTION_NEAR, "a pin near the money is near the money"


REFUSALS: list[tuple[str, dict[str, object], dict[str, int], Refusal]] = [
    ("a misspelt index", {"key": "NSE:NIFTY"}, {"NSE:NIFTY": 26_100_00}, Refusal.UNKNOWN_UNDERLYING),
    ("no price", {}, {}, Refusal.NO_SPOT),
    ("a price of nothing", {}, {"NSE:NIFTY 50": 0}, Refusal.NO_SPOT),
    ("a price in rupees", {}, {"NSE:NIFTY 50": 26_120}, Refusal.SPOT_OUTSIDE_STRIKES),
    ("a name without contracts", {"name": "NIFTI"}, {"NSE:NIFTY 50": 26_100_00}, Refusal.NO_CONTRACTS),
    ("another exchange", {"exchange": Exchange.BFO}, {"NSE:NIFTY 50": 26_100_00}, Refusal.NO_CONTRACTS),
]


@pytest.mark.parametrize(("case", "change", "spots", "reason"), REFUSALS)
def test_refused(case: str, change: dict[str, object], spots: dict[str, int], reason: Refusal) -> None:
    plan = SelectionPlan(underlyings=(msgspec.structs.replace(NIFTY, **change),))
    refused = selected(plan, spots)
    assert isinstance(refused, SelectionRefused) and refused.reason is reason, case


def test_an_old_master_is_refused() -> None:
    refused = select(MASTER, SPOTS, PLAN, DAY + timedelta(days=90))
    assert isinstance(refused, SelectionRefused)
    assert (refused.reason, refused.key) == (Refusal.EXPIRED, "NSE:NIFTY 50")


def test_an_unknown_stock_is_refused() -> None:
    refused = selected(msgspec.structs.replace(PLAN, stocks=("NSE:INFOSYS",)))
    assert isinstance(refused, SelectionRefused) and refused.reason is Refusal.UNKNOWN_INSTRUMENT


# NIFTY strikes are 50 apart and the money of 26,120 is 26,100: two strikes on begins above 26,175.
RECENTRES = [
    (26_120_00, None),
    (26_080_00, None),
    (26_174_00, None),
    (26_175_00, None),
    (26_175_05, 26_200_00),
    (26_025_00, 26_000_00),
    (26_025_05, None),
    (26_400_00, 26_400_00),
]


@pytest.mark.parametrize(("spot", "atm"), RECENTRES)
def test_the_selection_moves_when_the_money_moved_two_strikes(spot: int, atm: int | None) -> None:
    s = selected()
    after = recentre(s, MASTER, SPOTS | {"NSE:NIFTY 50": spot}, PLAN)
    if atm is None:
        assert after is None
        return
    assert isinstance(after, Selection)
    assert (after.centres[0].atm_paise, after.centres[0].spot_paise) == (atm, spot)
    assert after.centres[1] == s.centres[1], "BANKNIFTY has not moved"


def test_re_centring_subscribes_nothing_anew_and_lets_go_of_nothing_pinned() -> None:
    s = selected()
    held = token("NFO:NIFTY26NOV25600CE")
    after = recentre(s, MASTER, SPOTS | {"NSE:NIFTY 50": 26_320_00}, PLAN, {held})
    assert isinstance(after, Selection) and held in after.tokens
    before = {c.instrument.instrument_token: c.connection for c in s.chosen}
    stayed = [c for c in after.chosen if c.instrument.instrument_token in before]
    assert len(stayed) == 7 + 2 * 17 + 18 + 1
    assert all(c.connection == before[c.instrument.instrument_token] for c in stayed)


def test_a_new_pin_or_a_lost_spot() -> None:
    s = selected()
    held = token("NFO:NIFTY26NOV24600PE")
    after = recentre(s, MASTER, {}, PLAN, {held})
    assert isinstance(after, Selection) and held in after.tokens and after.centres == s.centres
    assert recentre(after, MASTER, {}, PLAN, {held}) is None
    assert recentre(s, MASTER, {}, PLAN) is None


def test_the_selection_as_freshness_watches_it() -> None:
    s = selected()
    members = feed_members(s, Listing(MASTER, DAY).fno_shares())
    plan = FeedPlan(members, frozenset({"index", "options"}))
    assert {f.name: f.stop - f.start for f in plan.feeds} == {
        "cross_asset": 2,
        "futures": 2,
        "index": 2,
        "options": 60,
        "stocks": 1,
    }
    of = {s.chosen[m.slot].instrument.key: m for m in members}
    assert of["NSE:INDIA VIX"].feed_class is FeedClass.VIX and not of["NSE:INDIA VIX"].depth
    assert of["NFO:NIFTY26NOV26250CE"].feed_class is FeedClass.OPTION_NEAR
    assert of["NFO:NIFTY26NOV26300CE"].feed_class is FeedClass.OPTION_FAR
    assert of["NSE:INFY"].venue is Venue.CASH_FNO, "it has contracts: its day ends in an auction"


def test_modes_are_the_plans() -> None:
    modes = dict.fromkeys(FeedClass, StreamMode.QUOTE)
    s = selected(msgspec.structs.replace(PLAN, modes=modes))
    assert {c.mode for c in s.chosen} == {StreamMode.QUOTE}
    assert not any(m.depth for m in feed_members(s))


@given(st.lists(st.integers(1, 10**7), min_size=1, unique=True).map(sorted), st.integers(0, 2 * 10**7))
def test_the_nearest_strike_is_the_nearest(strikes: list[int], spot: int) -> None:
    found = strikes[nearest(strikes, spot)]
    assert (abs(found - spot), found) == min((abs(k - spot), k) for k in strikes)


@settings(deadline=None)
@given(st.sets(st.integers(1, 60), max_size=40), st.dictionaries(st.integers(1, 60), st.integers(0, 4)))
def test_connections_are_even_within_their_limit_and_kept(tokens: set[int], before: dict[int, int]) -> None:
    limits = ConnectionLimits(connections=3, instruments_each=14)
    listed = [InstrumentToken(t) for t in sorted(tokens)]
    where = assign(listed, limits, {InstrumentToken(t): c for t, c in before.items()})
    held = [where.count(c) for c in range(3)]
    assert sum(held) == len(tokens) and max(held) <= 14
    fresh = assign(listed, limits, {})
    assert max(fresh.count(c) for c in range(3)) - min(fresh.count(c) for c in range(3)) <= 1
    again = assign(listed, limits, dict(zip(listed, where, strict=True)))
    assert again == where


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(25_000_00, 27_200_00), min_size=1, max_size=8))
def test_the_money_is_never_further_than_the_plan_allows(path: list[int]) -> None:
    s = selected()
    for spot in path:
        s = recentre(s, MASTER, SPOTS | {"NSE:NIFTY 50": spot}, PLAN) or s
        assert isinstance(s, Selection)
        assert abs(s.centres[0].strikes_away(spot)) < PLAN.recentre_strikes
        strikes = sorted({i.strike_paise for i in of_kind(s, Kind.CE) if i.name == "NIFTY"})
        assert {b - a for a, b in itertools.pairwise(strikes)} <= {50_00}
