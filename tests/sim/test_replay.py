"""A recorded day played back is the day that was recorded."""

from datetime import date

import numpy as np
import pytest

from tarazu import reference
from tarazu.model.calendar import Phase, Venue, shorten
from tarazu.model.units import DAY_NS, MILLISECOND_NS, SECOND_NS
from tarazu.sim.replay import ReplayMarket
from tarazu.sim.synthetic.market import SyntheticMarket
from tarazu.sim.synthetic.scenario import SCENARIOS
from tarazu.sim.synthetic.universe import build_universe
from tarazu.sim.universe import Universe
from tarazu.wire.kite_ticks import TICK, Mode, encode

DAY = date(2026, 11, 23)
RULES, CALENDAR = reference.rules("nse-2026"), reference.calendar()
UNIVERSE = build_universe(DAY, CALENDAR, RULES, "tiny", 1, {})
FULL_SESSION = CALENDAR.session(DAY)
assert FULL_SESSION is not None
SESSION = shorten(FULL_SESSION)
INFY = UNIVERSE.index_of_key["NSE:INFY"]
START = SESSION.windows[Venue.CASH_FNO][0].start_ns
WINDOW = SESSION.window(Venue.CASH_FNO, Phase.CONTINUOUS)
assert WINDOW is not None
NOW = WINDOW.start_ns + 5 * SECOND_NS


def synthetic() -> SyntheticMarket:
    return SyntheticMarket(UNIVERSE, SESSION, SCENARIOS["normal"], 3, {}, rules=RULES)


def test_a_recording_of_a_day_gives_the_same_rows() -> None:
    market = synthetic()
    # The knots of a short session map nominal to played time, so record at nominal time, as a full day would be.
    recording, states = [(SESSION.nominal_ns(START), encode(market.rows, Mode.FULL))], [market.rows.copy()]
    while market.next_ns() is not None:
        now_ns = market.step()
        stamped = market.rows.copy()
        for field in ("exchange_ts", "last_trade_ts"):
            stamped[field] = [SESSION.nominal_ns(int(s) * SECOND_NS) // SECOND_NS if s else 0 for s in stamped[field]]
        recording.append((SESSION.nominal_ns(now_ns), encode(stamped[market.changed], Mode.FULL)))
        states.append(market.rows.copy())
    replay = ReplayMarket(UNIVERSE, SESSION, recording, rules=RULES)
    for state in states:
        replay.step()
        for field in ("ltp", "volume", "open", "high", "low", "oi", "bids", "asks"):
            traded = state["open"] > 0
            assert (replay.rows[field][traded] == state[field][traded]).all(), field
        assert (replay.buy_flow >= 0).all() and (replay.sell_flow >= 0).all()
    assert replay.next_ns() is None and replay.unknown == 0
    assert replay.closes()["NSE:INFY"] == market.closes()["NSE:INFY"]


# What the book was, what traded, and whose it was: bid | ask | previous LTP | LTP | units -> bought | sold
FLOWS = """
    1000 | 1010 | 1005 | 1010 |  8 -> 8 | 0
    1000 | 1010 | 1005 | 1015 |  8 -> 8 | 0
    1000 | 1010 | 1005 | 1000 |  8 -> 0 | 8
    1000 | 1010 | 1010 |  995 |  8 -> 0 | 8
    1000 | 1010 | 1000 | 1007 |  8 -> 8 | 0
    1000 | 1010 | 1010 | 1003 |  8 -> 0 | 8
    1000 | 1010 | 1000 | 1005 |  8 -> 8 | 0
    1000 | 1010 | 1005 | 1005 |  9 -> 4 | 5
       0 | 1010 | 1000 | 1005 |  8 -> 8 | 0
       0 | 1010 | 1010 | 1010 |  8 -> 8 | 0
       0 |    0 | 1000 | 1000 |  8 -> 4 | 4
    1000 | 1010 | 1005 | 1010 |  0 -> 0 | 0
"""


def row(ltp: int, volume: int, bid: int, ask: int) -> np.ndarray:
    one = np.zeros(1, TICK)
    one["token"] = UNIVERSE.instruments[INFY].instrument_token
    one["ltp"], one["volume"] = ltp, volume
    one["bids"]["price"][0, 0], one["asks"]["price"][0, 0] = bid, ask
    return one


def nominal(ts_ns: int) -> int:
    return SESSION.nominal_ns(ts_ns)


@pytest.mark.parametrize("line", FLOWS.strip().splitlines())
def test_flows_are_inferred_from_the_last_price_against_the_book_before(line: str) -> None:
    given, expected = line.split("->")
    bid, ask, before, ltp, units = (int(p) for p in given.split("|"))
    bought, sold = (int(p) for p in expected.split("|"))
    frames = [
        (nominal(NOW), encode(row(before, 100, bid, ask), Mode.FULL)),
        (nominal(NOW + SECOND_NS), encode(row(ltp, 100 + units, bid, ask), Mode.FULL)),
    ]
    replay = ReplayMarket(UNIVERSE, SESSION, frames, rules=RULES)
    replay.step()
    replay.step()
    assert (replay.buy_flow[INFY], replay.sell_flow[INFY]) == (bought, sold)
    assert replay.changed.sum() == 1


def test_the_volume_of_the_morning_is_no_trade_of_the_first_packet() -> None:
    replay = ReplayMarket(UNIVERSE, SESSION, [(nominal(NOW), encode(row(1000, 5_000_000, 990, 1010), Mode.FULL))])
    replay.step()
    assert not replay.buy_flow.any() and not replay.sell_flow.any() and replay.rows[INFY]["volume"] == 5_000_000


def test_nothing_flows_outside_continuous_trading() -> None:
    frames = [(nominal(START + SECOND_NS), encode(row(1000, 100, 0, 0), Mode.FULL))]
    replay = ReplayMarket(UNIVERSE, SESSION, frames)
    replay.step()
    assert not replay.buy_flow.any() and not replay.sell_flow.any() and replay.rows[INFY]["volume"] == 100


def test_frames_of_one_instant_make_one_step_and_time_never_runs_back() -> None:
    frames = [
        (nominal(NOW), encode(row(1000, 1, 0, 0), Mode.FULL)),
        (nominal(NOW), encode(row(1001, 3, 0, 0), Mode.FULL)),
        (nominal(NOW - SECOND_NS), encode(row(1002, 4, 0, 0), Mode.FULL)),
        (nominal(NOW + 300 * MILLISECOND_NS), b"\x00"),
    ]
    replay = ReplayMarket(UNIVERSE, SESSION, frames)
    first = replay.step()
    assert replay.rows[INFY]["volume"] == 4 and replay.buy_flow[INFY] + replay.sell_flow[INFY] == 3
    assert replay.step() > first and not replay.changed.any()
    assert replay.next_ns() is None


def test_another_days_recording_comes_at_the_same_hour() -> None:
    frames = [(nominal(NOW) - 40 * DAY_NS, encode(row(1000, 1, 0, 0), Mode.FULL))]
    replay = ReplayMarket(UNIVERSE, SESSION, frames)
    played = replay.next_ns()
    assert played is not None and abs(played - NOW) <= 1_000


def test_ltp_and_quote_packets_leave_the_rest_of_the_row_alone() -> None:
    frames = [
        (nominal(NOW), encode(row(1000, 10, 990, 1010), Mode.FULL)),
        (nominal(NOW + SECOND_NS), encode(row(1001, 99, 1, 2), Mode.LTP)),
        (nominal(NOW + 2 * SECOND_NS), encode(row(1002, 30, 1, 2), Mode.QUOTE)),
    ]
    replay = ReplayMarket(UNIVERSE, SESSION, frames)
    seen = []
    while replay.next_ns() is not None:
        replay.step()
        one = replay.rows[INFY]
        seen.append((int(one["ltp"]), int(one["volume"]), int(one["bids"][0]["price"])))
    assert seen == [(1000, 10, 990), (1001, 10, 990), (1002, 30, 990)]


def test_unknown_instruments_are_passed_over_and_counted() -> None:
    small = Universe(DAY, [i for i in UNIVERSE.instruments if not i.is_derivative])
    frame = encode(synthetic().rows, Mode.FULL)
    replay = ReplayMarket(small, SESSION, [(nominal(NOW), frame)])
    replay.step()
    assert replay.unknown == len(UNIVERSE) - len(small)


def test_sigma_of_an_option_is_implied_by_its_price() -> None:
    market = synthetic()
    for _ in range(60):
        now_ns = market.step()
    replay = ReplayMarket(UNIVERSE, SESSION, [(nominal(now_ns), encode(market.rows, Mode.FULL))])
    replay.step()
    dec = [n for n, i in enumerate(UNIVERSE.instruments) if i.is_option and i.name == "INFY"]
    for n in dec:
        assert replay.sigma[n] == pytest.approx(market.sigma[n], rel=0.5)


def test_an_empty_recording_is_a_day_without_steps() -> None:
    assert ReplayMarket(UNIVERSE, SESSION, []).next_ns() is None


def test_a_recorded_market_has_bands_and_auctions() -> None:
    replay = ReplayMarket(UNIVERSE, SESSION, [(nominal(NOW), encode(row(1_521_00, 1, 0, 0), Mode.FULL))], rules=RULES)
    assert list(replay.bands[INFY]) == [1_368_00, 1_672_00]
    assert replay.auction_interest(INFY, closing=False).reference_paise == 1_520_00
