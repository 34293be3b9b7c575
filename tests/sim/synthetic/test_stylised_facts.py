"""What markets everywhere look like, over ten days of a small desk; and a smile without arbitrage.

Cont, "Empirical properties of asset returns: stylized facts and statistical issues", Quantitative Finance 1 (2001).
"""

import math
from datetime import date
from typing import Any

import msgspec
import numpy as np
import pytest
from numpy.typing import NDArray

from tarazu import reference
from tarazu.market.black76 import implied_sigma
from tarazu.model.calendar import Phase, Venue
from tarazu.model.instrument import Kind
from tarazu.model.units import MINUTE_NS, SECOND_NS
from tarazu.sim.synthetic import ladder, surface
from tarazu.sim.synthetic.listed import SHARE_OF
from tarazu.sim.synthetic.market import SyntheticMarket
from tarazu.sim.synthetic.scenario import SCENARIOS
from tarazu.sim.synthetic.universe import build_universe
from tarazu.sim.universe import Universe

DAY = date(2026, 11, 25)
CALENDAR, RULES = reference.calendar(), reference.rules("nse-2026")
SESSION = CALENDAR.session(DAY)
assert SESSION is not None
WINDOW = SESSION.window(Venue.CASH_FNO, Phase.CONTINUOUS)
assert WINDOW is not None
DAYS = 12
DESK = build_universe(DAY, CALENDAR, RULES, "desk", 1, {})
CASH = Universe(DAY, [i for i in DESK.instruments if not i.is_derivative])
LIQUID = [n for n, i in enumerate(CASH.instruments) if i.fno_underlying and i.exchange == "NSE"]


@pytest.fixture(scope="module")
def minutes() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Log prices and volumes by day, minute, share; steps of five seconds keep it quick."""
    prices, volumes = [], []
    for seed in range(DAYS):
        m = SyntheticMarket(CASH, SESSION, SCENARIOS["normal"], seed, {}, 5 * SECOND_NS, RULES)
        at_minute: list[NDArray[np.float64]] = []
        traded: list[NDArray[np.float64]] = []
        while (due := m.next_ns()) is not None and due <= WINDOW.end_ns:
            m.step()
            if due > WINDOW.start_ns and (due - WINDOW.start_ns) % MINUTE_NS == 0:
                at_minute.append(np.log(m.rows["ltp"][LIQUID]))
                traded.append(m.rows["volume"][LIQUID].astype(float))
        prices.append(at_minute)
        volumes.append(traded)
    return np.array(prices), np.diff(np.array(volumes), axis=1)


def returns(minutes: tuple[NDArray[np.float64], NDArray[np.float64]]) -> NDArray[np.float64]:
    found: NDArray[np.float64] = np.diff(minutes[0], axis=1)
    return found


def acf(series: NDArray[np.float64], lag: int) -> float:
    """Mean autocorrelation over days and shares of (day, minute, share)."""
    centred = series - series.mean(axis=1, keepdims=True)
    return float(np.mean((centred[:, lag:] * centred[:, :-lag]).mean(axis=1) / centred.var(axis=1)))


def test_returns_have_fat_tails(minutes: Any) -> None:
    r = returns(minutes)
    z = (r - r.mean(axis=1, keepdims=True)) / r.std(axis=1, keepdims=True)
    per_share = (z**4).mean(axis=(0, 1)) - 3
    assert np.median(per_share) > 1.0
    assert (per_share > 0).mean() > 0.95


def test_volatility_clusters_and_forgets(minutes: Any) -> None:
    size = np.abs(returns(minutes))
    near, far = acf(size, 1), acf(size, 60)
    assert near > 0.1
    assert far < near


def test_returns_have_no_memory(minutes: Any) -> None:
    # Last prices bounce between bid and ask, which leaves a little below zero at lag 1.
    assert -0.05 < acf(returns(minutes), 1) < 0.02
    assert abs(acf(returns(minutes), 5)) < 0.03


def test_volume_and_volatility_are_u_shaped(minutes: Any) -> None:
    for series in (np.abs(returns(minutes)), minutes[1]):
        by_minute = series.mean(axis=(0, 2))
        n = len(by_minute)
        morning, noon, evening = (
            by_minute[: n // 8].mean(),
            by_minute[3 * n // 8 : 5 * n // 8].mean(),
            by_minute[-n // 8 :].mean(),
        )
        assert morning > 1.2 * noon < evening


def test_shares_move_together_and_most_within_a_sector(minutes: Any) -> None:
    r = returns(minutes)
    pooled = r.reshape(-1, r.shape[2])
    correlation = np.corrcoef(pooled.T)
    sectors = np.array([SHARE_OF[CASH.instruments[n].tradingsymbol].sector for n in LIQUID])
    same = (sectors[:, None] == sectors[None, :]) & ~np.eye(len(LIQUID), dtype=bool)
    within, across = correlation[same].mean(), correlation[sectors[:, None] != sectors[None, :]].mean()
    assert within > across + 0.1 and across > 0.1


def test_a_days_volatility_is_the_shares_own(minutes: Any) -> None:
    daily = np.sqrt((returns(minutes) ** 2).sum(axis=1).mean(axis=0))
    named = np.array([SHARE_OF[CASH.instruments[n].tradingsymbol].daily_vol for n in LIQUID])
    assert 0.6 < np.median(daily / named) < 1.5


# -- the chain ---------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def chain() -> SyntheticMarket:
    """The desk's market half an hour into a wild day."""
    m = SyntheticMarket(DESK, SESSION, SCENARIOS["vol_spike"], 4, {}, SECOND_NS, RULES)
    while (due := m.next_ns()) is not None and due <= WINDOW.start_ns + 30 * MINUTE_NS:
        m.step()
    return m


def nifty(m: SyntheticMarket, kind: Kind) -> dict[date, list[tuple[float, int]]]:
    """Expiry -> (strike in paise, row), ascending."""
    found: dict[date, list[tuple[float, int]]] = {}
    for n, i in enumerate(m.universe.instruments):
        if i.kind is kind and i.name == "NIFTY" and i.expiry:
            found.setdefault(i.expiry, []).append((float(i.strike_paise), n))
    return {expiry: sorted(rows) for expiry, rows in found.items()}


def fair(m: SyntheticMarket, n: int) -> float:
    return float(ladder.value(m._cast.rows[n], m._cast.unders, m._cast.slices)[0])


def test_calls_fall_and_are_convex_in_strike_and_puts_mirror_them(chain: SyntheticMarket) -> None:
    calls, puts = nifty(chain, Kind.CE), nifty(chain, Kind.PE)
    assert len(calls) == 2
    for expiry, rows in calls.items():
        value = np.array([fair(chain, n) for _, n in rows])
        assert (np.diff(value) < 0).all() and (np.diff(value) > -50_00).all()
        assert (np.diff(value, 2) > -1e-6).all()
        s = chain._cast.slices[chain._cast.rows[rows[0][1]]["slice"]]
        for (strike, call), (_, put) in zip(rows, puts[expiry], strict=True):
            parity = s["discount"] * (s["forward"] - strike)
            assert fair(chain, call) - fair(chain, put) == pytest.approx(parity, abs=2.5), "half a tick"


def test_quotes_never_cross_the_parity(chain: SyntheticMarket) -> None:
    """What is quoted cannot be arbitraged either: a synthetic future costs at least its worth."""
    calls, puts = nifty(chain, Kind.CE), nifty(chain, Kind.PE)
    for expiry, rows in calls.items():
        s = chain._cast.slices[chain._cast.rows[rows[0][1]]["slice"]]
        for (strike, call), (_, put) in list(zip(rows, puts[expiry], strict=True))[20:40]:
            parity = s["discount"] * (s["forward"] - strike)
            ask, bid = chain.rows["asks"]["price"][:, 0], chain.rows["bids"]["price"][:, 0]
            slack = 3.0 * (ask[call] - bid[call] + ask[put] - bid[put]) + 10
            assert int(bid[call]) - int(ask[put]) - slack <= parity <= int(ask[call]) - int(bid[put]) + slack


@pytest.mark.parametrize("now, rest", [(0.01, 0.02), (0.04, 0.0169), (0.25, 0.0169)])
def test_total_variance_never_falls_with_maturity_nor_density_below_zero(now: float, rest: float) -> None:
    rho, eta = -0.35, 0.80
    assert eta * (1 + abs(rho)) <= 2
    ks = np.linspace(-0.5, 0.5, 201)
    before = np.zeros(len(ks))
    for years in (0.001, 0.01, 0.05, 0.1, 0.25, 1.0):
        theta = surface.atm_variance(now, rest, years)
        phi = eta / math.sqrt(theta * (1 + theta))
        w = np.array([surface.total_variance(k, theta, phi, rho) for k in ks])
        assert (w >= before).all()
        before = w
        calls = [surface.fair_premium(True, 100 * math.exp(k), 100.0, 1.0, theta, phi, rho) for k in ks]
        strikes = 100 * np.exp(ks)
        slopes = np.diff(calls) / np.diff(strikes)
        assert (np.diff(slopes) > -1e-9).all()


def test_the_smile_smiles_and_leans(chain: SyntheticMarket) -> None:
    puts = nifty(chain, Kind.PE)
    rows = puts[min(puts)]
    sigma = chain.sigma[[n for _, n in rows]]
    middle = len(rows) // 2
    assert sigma[0] > sigma[middle] * 1.1 and sigma[0] > sigma[-1]


def test_sigma_is_what_the_price_implies(chain: SyntheticMarket) -> None:
    rows = nifty(chain, Kind.CE)
    for _, n in rows[max(rows)][20:40]:
        s, row = chain._cast.slices[chain._cast.rows[n]["slice"]], chain._cast.rows[n]
        paid = fair(chain, n)
        found = implied_sigma(True, paid, s["forward"], row["strike"], s["years"], s["discount"])
        assert found == pytest.approx(chain.sigma[n], rel=1e-6)


def test_away_from_the_money_spreads_widen_and_depth_thins(chain: SyntheticMarket) -> None:
    calls = nifty(chain, Kind.CE)
    rows = calls[min(calls)]
    spread = np.zeros(len(rows))
    depth = np.zeros(len(rows))
    for _ in range(120):
        chain.step()
        for j, (_, n) in enumerate(rows):
            bid, ask = chain.rows[n]["bids"][0], chain.rows[n]["asks"][0]
            spread[j] += (ask["price"] - bid["price"]) / (ask["price"] + bid["price"])
            depth[j] += chain.rows[n]["bids"]["qty"].sum() + chain.rows[n]["asks"]["qty"].sum()
    middle = len(rows) // 2
    assert spread[middle] < spread[middle + 15] < spread[middle + 27]
    assert depth[middle] > 2 * depth[middle + 15] > 2 * depth[middle + 27]
    assert depth[middle] > 2 * depth[middle - 27] and spread[middle] < spread[middle - 27]


def test_vix_follows_the_index_options(chain: SyntheticMarket) -> None:
    vix = int(chain.rows[DESK.index_of_key["NSE:INDIA VIX"]]["ltp"]) / 10_000
    calls = nifty(chain, Kind.CE)
    near = calls[max(calls)]
    assert vix == pytest.approx(float(chain.sigma[near[len(near) // 2][1]]), rel=0.15)


def test_the_bse_twin_trades_where_its_share_does() -> None:
    m = SyntheticMarket(CASH, SESSION, SCENARIOS["normal"], 2, {}, 5 * SECOND_NS, RULES)
    while (due := m.next_ns()) is not None and due <= WINDOW.end_ns:
        m.step()
    nse, bse = (m.rows[CASH.index_of_key[f"{x}:INFY"]] for x in ("NSE", "BSE"))
    assert abs(int(nse["bids"][0]["price"]) - int(bse["bids"][0]["price"])) <= 0.003 * nse["ltp"]
    assert bse["volume"] < nse["volume"]


def test_a_scenario_is_plain_data() -> None:
    for scenario in SCENARIOS.values():
        assert msgspec.json.decode(msgspec.json.encode(scenario), type=type(scenario)) == scenario
