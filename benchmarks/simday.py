"""`tarazu bench simday`: a full synthetic day of 500 instruments without sockets, and the whole market's step.

There is no peer that makes such a day. As a yardstick the option prices alone of the same number of steps, one by one
in plain Python, are measured beside it on a sample and scaled.
"""

import math
import time
from collections.abc import Iterator
from datetime import date
from statistics import NormalDist

from tarazu import reference
from tarazu.model.calendar import shorten
from tarazu.model.units import SECOND_NS
from tarazu.ops.bench import Case, against_peer, at_most
from tarazu.sim.candles import CandleBook
from tarazu.sim.synthetic.market import SyntheticMarket
from tarazu.sim.synthetic.scenario import SCENARIOS
from tarazu.sim.synthetic.universe import build_universe

DAY = date(2026, 11, 23)
DAY_GOAL_S = 60.0
STEP_GOAL_MS = 5.0
SAMPLE_STEPS = 20


def cases() -> Iterator[Case]:
    market, book = _market("desk", short=False)
    options = sum(i.is_option for i in market.universe.instruments)
    seconds, steps = _play(market, book)
    yield at_most("simday", "500 instruments, 1 s steps, candles", ours=seconds, unit="s", goal=DAY_GOAL_S)
    peer = _plain_python_s(options) * steps
    # Rates, so that more is better and the ratio reads the right way round.
    yield against_peer(
        "simday",
        "days/hour beside plain-Python Black-76 alone",
        ours=3600 / seconds,
        peer=3600 / peer,
        unit="1/h",
        goal=None,
    )
    for scenario in ("normal", "busy"):
        full, _ = _market("full", short=True, scenario=scenario)
        seconds, steps = _play(full, None)
        case = f"{len(full.universe)} instruments, {scenario}, one step"
        yield at_most("simday", case, ours=1e3 * seconds / steps, unit="ms", goal=STEP_GOAL_MS)


def _market(size: str, short: bool, scenario: str = "normal") -> tuple[SyntheticMarket, CandleBook]:
    rules, calendar = reference.rules("nse-2026"), reference.calendar()
    session = calendar.session(DAY)
    assert session is not None
    session = shorten(session) if short else session
    universe = build_universe(DAY, calendar, rules, size, 1, {})
    market = SyntheticMarket(universe, session, SCENARIOS[scenario], 1, {}, SECOND_NS, rules)
    return market, CandleBook(universe, session)


def _play(market: SyntheticMarket, book: CandleBook | None) -> tuple[float, int]:
    steps = 0
    start = time.perf_counter()
    while market.next_ns() is not None:
        now_ns = market.step()
        if book is not None:
            book.record(market.rows, now_ns)
        steps += 1
    return time.perf_counter() - start, steps


def _plain_python_s(options: int) -> float:
    """Seconds for pricing `options` options once, one by one."""
    cdf = NormalDist().cdf
    total = 0.0
    start = time.perf_counter()
    for _ in range(SAMPLE_STEPS):
        for n in range(options):
            forward, strike, std = 26_100.0, 24_600.0 + 6.0 * n, 0.01
            d1 = math.log(forward / strike) / std + 0.5 * std
            total += forward * cdf(d1) - strike * cdf(d1 - std)
    assert total > 0.0
    return (time.perf_counter() - start) / SAMPLE_STEPS
