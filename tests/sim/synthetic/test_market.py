"""The synthetic day keeps the exchange's rules: phases, bands, ticks; and is a function of its seed."""

import subprocess
import sys
from datetime import date

import numpy as np
import pytest

from tarazu import reference
from tarazu.model.calendar import Phase, TradingSession, Venue, shorten, venue_of
from tarazu.model.instrument import Kind
from tarazu.model.units import MILLISECOND_NS, SECOND_NS
from tarazu.sim.exchange.auction import interest_bids, uncross
from tarazu.sim.market import Market
from tarazu.sim.synthetic.market import SyntheticMarket
from tarazu.sim.synthetic.scenario import SCENARIOS
from tarazu.sim.synthetic.universe import build_universe

DAY = date(2026, 11, 23)
RULES = reference.rules("nse-2026")
CALENDAR = reference.calendar()
SESSION = CALENDAR.session(DAY)
assert SESSION is not None
SHORT = shorten(SESSION)
TINY = build_universe(DAY, CALENDAR, RULES, "tiny", 1, {})
DESK = build_universe(DAY, CALENDAR, RULES, "desk", 1, {})
NIFTY = TINY.index_of_key["NSE:NIFTY 50"]
INFY = TINY.index_of_key["NSE:INFY"]


def market(scenario: str = "normal", seed: int = 5, session: TradingSession = SHORT, **more: object) -> SyntheticMarket:
    return SyntheticMarket(TINY, session, SCENARIOS[scenario], seed, {}, rules=RULES, **more)  # type: ignore[arg-type]


def play(m: Market, until_ns: int | None = None) -> None:
    while (due := m.next_ns()) is not None and (until_ns is None or due <= until_ns):
        m.step()


@pytest.mark.parametrize("scenario", ["normal", "crash", "busy"])
def test_every_step_keeps_bands_ticks_and_phases(scenario: str) -> None:
    m = SyntheticMarket(DESK, SHORT, SCENARIOS[scenario], 3, {}, rules=RULES)
    ticks = np.array([i.tick_size_paise for i in DESK.instruments])
    venues = [venue_of(i) for i in DESK.instruments]
    is_index = np.array([i.kind is Kind.INDEX for i in DESK.instruments])
    volume = m.rows["volume"].copy()
    last_ns = 0
    while m.next_ns() is not None:
        now_ns = m.step()
        assert now_ns > last_ns
        last_ns = now_ns
        rows = m.rows
        opened = np.array([SHORT.phase_at(v, now_ns - 1) is Phase.CONTINUOUS for v in venues])
        flow = m.buy_flow + m.sell_flow
        assert not flow[~opened].any()
        assert (flow[opened] == rows["volume"][opened].astype(np.int64) - volume[opened]).all()
        assert (m.buy_flow >= 0).all() and (m.sell_flow >= 0).all()
        volume = rows["volume"].copy()
        assert (rows["ltp"] % ticks == 0).all()
        assert ((rows["ltp"] >= m.bands[:, 0]) & (rows["ltp"] <= m.bands[:, 1])).all()
        bid, ask = rows["bids"]["price"], rows["asks"]["price"]
        for side in (bid, ask):
            assert (side % ticks[:, None] == 0).all()
            inside = (side >= m.bands[:, :1]) & (side <= m.bands[:, 1:])
            assert (inside | (side == 0)).all()
        both = (bid[:, 0] > 0) & (ask[:, 0] > 0)
        assert (bid[both, 0] < ask[both, 0]).all()
        assert not rows["bids"]["qty"][is_index].any() and not rows["volume"][is_index].any()
    assert (rows["oi_low"] <= rows["oi"]).all() and (rows["oi"] <= rows["oi_high"]).all()


def test_depth_is_five_levels_apart_and_away_from_the_touch() -> None:
    m = market()
    play(m, SHORT.first_ns + 60 * SECOND_NS)
    row = m.rows[INFY]
    assert list(row["bids"]["price"]) == sorted(set(row["bids"]["price"].tolist()), reverse=True)
    assert list(row["asks"]["price"]) == sorted(set(row["asks"]["price"].tolist()))
    assert (row["bids"]["qty"] > 0).all() and (row["bids"]["orders"] > 0).all() and not row["bids"]["pad"].any()
    assert row["buy_qty"] >= row["bids"]["qty"].sum()


def test_before_the_open_rows_show_yesterdays_close_then_the_auctions_price() -> None:
    m = market()
    match = SHORT.window(Venue.CASH_FNO, Phase.PRE_OPEN_MATCH)
    assert match is not None
    assert m.rows[INFY]["ltp"] == m.rows[INFY]["close"] == 1_520_00 and m.rows[INFY]["volume"] == 0
    assert not m.rows["bids"]["qty"].any()
    expected = m.auction_interest(INFY, closing=False)
    assert expected.reference_paise == 1_520_00
    play(m, match.end_ns)
    row = m.rows[INFY]
    found = uncross(interest_bids(expected), expected.reference_paise, market_first=True)
    assert row["ltp"] == row["open"] == row["high"] == row["low"] == found.price_paise
    assert row["volume"] > 0 and not (m.buy_flow.any() or m.sell_flow.any())
    assert m.rows[TINY.index_of_key["NFO:NIFTY26NOVFUT"]]["open"] == 0, "derivatives have no pre-open"


def test_an_auctions_interest_crosses_where_the_market_says_and_nowhere_else() -> None:
    for seed in range(20):
        m = market(seed=seed, scenario="gap_open" if seed % 2 else "normal")
        interest = m.auction_interest(INFY, closing=False)
        matched = [
            min(
                sum(q for p, q in zip(interest.prices, interest.buy_qty, strict=True) if p >= price),
                sum(q for p, q in zip(interest.prices, interest.sell_qty, strict=True) if p <= price),
            )
            for price in interest.prices
        ]
        best = [p for p, q in zip(interest.prices, matched, strict=True) if q == max(matched)]
        match = SHORT.window(Venue.CASH_FNO, Phase.PRE_OPEN_MATCH)
        assert match is not None
        play(m, match.end_ns)
        assert best == [m.rows[INFY]["open"]]


def test_shares_with_contracts_rest_through_the_closing_auction_and_end_at_its_price() -> None:
    m = market()
    window = SHORT.window(Venue.CASH_FNO, Phase.CONTINUOUS)
    match = SHORT.window(Venue.CASH_FNO, Phase.CAS_MATCH)
    assert window is not None and match is not None
    play(m, window.end_ns)
    row = m.rows[INFY].copy()
    future = TINY.index_of_key["NFO:NIFTY26NOVFUT"]
    traded = int(m.rows[future]["volume"])
    interest = m.auction_interest(INFY, closing=True)
    play(m, match.end_ns - 1)
    assert m.rows[INFY] == row and not row["bids"]["qty"].any()
    assert m.rows[future]["volume"] > traded, "derivatives trade on"
    play(m, match.end_ns)
    close = int(m.rows[INFY]["ltp"])
    assert close == uncross(interest_bids(interest), interest.reference_paise, market_first=True).price_paise
    assert abs(close / interest.reference_paise - 1) <= 0.03
    play(m)
    assert m.closes()["NSE:INFY"] == close


def test_the_next_day_opens_from_the_closes() -> None:
    m = market()
    play(m)
    closes = m.closes()
    tomorrow = CALENDAR.next_trading_day(DAY)
    universe = build_universe(tomorrow, CALENDAR, RULES, "tiny", 1, closes)
    session = CALENDAR.session(tomorrow)
    assert session is not None
    after = SyntheticMarket(universe, session, SCENARIOS["normal"], 5, closes, rules=RULES)
    for n, i in enumerate(universe.instruments):
        if i.key in closes:
            assert after.rows[n]["close"] == closes[i.key]
        assert after.rows[n]["close"] > 0


def test_the_crash_falls_through_ten_per_cent_even_in_a_short_session() -> None:
    for seed in range(5):
        m = market("crash", seed)
        play(m)
        row = m.rows[NIFTY]
        assert row["low"] < 0.9 * row["close"], seed
        vix = m.rows[TINY.index_of_key["NSE:INDIA VIX"]]
        assert vix["high"] > 1.6 * vix["close"]


def test_each_scenario_does_what_it_is_for() -> None:
    moves, ranges = {}, {}
    for name in SCENARIOS:
        found = [(m, m.rows[NIFTY]) for m in (market(name, seed) for seed in range(6)) if play(m) is None]
        moves[name] = np.mean([row["ltp"] / row["close"] - 1 for _, row in found])
        ranges[name] = np.mean([(row["high"] - row["low"]) / row["close"] for _, row in found])
    assert ranges["quiet"] < 0.7 * ranges["normal"]
    assert moves["trend"] > 0.015
    assert moves["gap_open"] < -0.008 and moves["crash"] < -0.10
    assert ranges["vol_spike"] > 1.5 * ranges["normal"]


def test_the_pin_draws_the_index_to_a_strike() -> None:
    def distance(scenario: str) -> float:
        total = 0.0
        for seed in range(8):
            m = market(scenario, seed, session=SESSION, step_ns=20 * SECOND_NS)
            play(m)
            off = int(m.rows[NIFTY]["ltp"]) % 50_00
            total += min(off, 50_00 - off)
        return total / 8

    assert distance("expiry_pin") < 7_00 < distance("normal")


def test_in_the_busy_scenario_every_row_changes_in_every_step() -> None:
    m = SyntheticMarket(DESK, SHORT, SCENARIOS["busy"], 3, {}, 200 * MILLISECOND_NS, RULES)
    window = SHORT.window(Venue.DERIVATIVES, Phase.CONTINUOUS)
    assert window is not None
    play(m, window.start_ns)
    before = m.rows.copy()
    for _ in range(10):
        m.step()
        assert m.changed.all()
        assert (m.rows != before).mean() > 0.9
        before = m.rows.copy()


def test_liquid_rows_change_each_second_and_far_strikes_rarely() -> None:
    m = market(session=SESSION)
    window = SESSION.window(Venue.DERIVATIVES, Phase.CONTINUOUS)
    assert window is not None
    play(m, window.start_ns + 600 * SECOND_NS)
    share = np.mean([m.changed.copy() for _ in range(300) if m.step()], axis=0)
    assert share[TINY.index_of_key["NFO:NIFTY26NOVFUT"]] > 0.95
    assert share[TINY.index_of_key["NFO:NIFTY26NOV26100CE"]] > 0.95
    far = SyntheticMarket(DESK, SESSION, SCENARIOS["normal"], 5, {}, rules=RULES)
    play(far, window.start_ns + 60 * SECOND_NS)
    share = np.mean([far.changed.copy() for _ in range(120) if far.step()], axis=0)
    assert share[DESK.index_of_key["NFO:NIFTY26NOV27600CE"]] < 0.1


def test_frozen_nothing_changes_but_time() -> None:
    m = market()
    play(m, SHORT.first_ns + 40 * SECOND_NS)
    rows, at = m.rows.copy(), m.next_ns()
    m.freeze(True)
    for _ in range(5):
        m.step()
        assert not m.changed.any() and not m.buy_flow.any() and (m.rows == rows).all()
    assert at is not None and m.next_ns() == at + 5 * SECOND_NS
    m.freeze(False)
    m.step()
    assert m.changed.any()


def test_a_jump_moves_the_index_and_its_contracts() -> None:
    m = market()
    play(m, SHORT.first_ns + 40 * SECOND_NS)
    before = m.rows["ltp"].copy()
    m.jump(-3.0)
    for _ in range(3):
        m.step()
    assert m.rows[NIFTY]["ltp"] / before[NIFTY] == pytest.approx(0.97, abs=0.004)
    future = TINY.index_of_key["NFO:NIFTY26NOVFUT"]
    assert m.rows[future]["ltp"] / before[future] == pytest.approx(0.97, abs=0.004)


def test_what_the_exchange_lays_over_the_rows_does_not_move_the_market() -> None:
    plain, overlaid = market(), market()
    while plain.next_ns() is not None:
        plain.step()
        overlaid.step()
        assert plain.rows.tobytes() == overlaid.rows.tobytes()
        overlaid.rows["ltp"] += 500
        overlaid.rows["volume"] += 7
        overlaid.rows["bids"]["qty"] = 1


def test_rows_obey_bands_the_exchange_has_slid() -> None:
    m = market("crash")
    half = SHORT.first_ns + 80 * SECOND_NS
    play(m, half)
    assert m.rows[INFY]["ltp"] == m.bands[INFY, 0], "locked at the lower limit"
    assert not m.rows[INFY]["bids"]["qty"].any() and m.rows[INFY]["asks"]["qty"].any()
    m.bands[INFY, 0] = m.bands[INFY, 0] * 85 // 90 // 5 * 5
    for _ in range(5):
        m.step()
    assert m.rows[INFY]["ltp"] < 1_368_00


def test_a_share_locked_at_its_upper_limit_has_no_sellers() -> None:
    m = market()
    play(m, SHORT.first_ns + 40 * SECOND_NS)
    m.jump(15.0)
    for _ in range(3):
        m.step()
    row = m.rows[INFY]
    assert row["ltp"] == m.bands[INFY, 1] == row["bids"]["price"][0]
    assert not row["asks"]["qty"].any() and not m.buy_flow[INFY]


def test_always_open_trades_at_any_hour() -> None:
    rules = reference.rules("permissive")
    calendar = reference.calendar_for(rules)
    session = calendar.session(date(2026, 11, 22))
    assert session is not None
    universe = build_universe(session.day, calendar, rules, "tiny", 1, {})
    m = SyntheticMarket(universe, session, SCENARIOS["normal"], 1, {}, 30 * SECOND_NS, rules)
    for _ in range(20):
        m.step()
    assert m.rows["volume"].any() and m.changed.any()
    play(m)
    assert 0.9 < m.rows[0]["ltp"] / m.rows[0]["close"] < 1.1


PRINT_DIGEST = """
import hashlib
from datetime import date
from tarazu import reference
from tarazu.model.calendar import shorten
from tarazu.sim.synthetic.market import SyntheticMarket
from tarazu.sim.synthetic.scenario import SCENARIOS
from tarazu.sim.synthetic.universe import build_universe
rules, calendar, day = reference.rules("nse-2026"), reference.calendar(), date(2026, 11, 23)
universe = build_universe(day, calendar, rules, "desk", 1, {})
market = SyntheticMarket(universe, shorten(calendar.session(day)), SCENARIOS["vol_spike"], 11, {}, rules=rules)
digest = hashlib.sha256()
while market.next_ns() is not None:
    market.step()
    for a in (market.rows, market.changed, market.buy_flow, market.sell_flow, market.sigma):
        digest.update(a.tobytes())
digest.update(repr(market.closes()).encode())
print(digest.hexdigest())
"""


def test_the_same_seed_gives_the_same_bytes_in_any_process() -> None:
    digests = {
        subprocess.run(
            [sys.executable, "-c", PRINT_DIGEST],
            env={"PYTHONHASHSEED": seed, "PATH": ""},
            capture_output=True,
            check=True,
            text=True,
        ).stdout
        for seed in ("0", "4242")
    }
    assert len(digests) == 1


def test_another_seed_is_another_day_and_a_shares_path_does_not_depend_on_its_neighbours() -> None:
    a, b = market(seed=1), market(seed=2)
    play(a), play(b)
    assert a.rows[INFY]["ltp"] != b.rows[INFY]["ltp"]
    wide = SyntheticMarket(DESK, SHORT, SCENARIOS["normal"], 1, {}, rules=RULES)
    play(wide)
    assert wide.rows[DESK.index_of_key["NSE:INFY"]] == a.rows[INFY]
