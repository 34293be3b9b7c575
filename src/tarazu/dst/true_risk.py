"""The portfolio as it truly may become, reckoned here from the broker's orders and the market, by textbook formulas.

A lower bound on purpose: of two steps of the market the kinder counts, and no day passes in the scenarios. What it says
is over a limit the engine must have seen as well.
"""

from collections.abc import Callable, Mapping
from math import erf, log, sqrt
from typing import TYPE_CHECKING, NamedTuple

from tarazu.dst.exposure import own_reach
from tarazu.dst.strategy import CALL, PUT, SHARE
from tarazu.model.order import Product, Side

if TYPE_CHECKING:
    from tarazu.dst.life import Life
    from tarazu.dst.world import World

STRIKE = 2_600_000
MOVES = ((-0.10, -0.25), (-0.10, 0.25), (0.10, -0.25), (0.10, 0.25), (-0.04, 0.0), (0.04, 0.0))
Ends = dict[tuple[str, Product], tuple[int, int]]
"""By place, the least and the most that it may hold."""


class Figures(NamedTuple):
    """Paise."""

    gross: float
    delta: float
    vega: float
    loss: float


class Unit(NamedTuple):
    price: float
    delta: float
    vega: float
    cells: tuple[float, ...]


def ends_of(world: "World", life: "Life") -> Ends:
    places = {order.place for order in world.broker.orders.values()} | set(world.broker.carried)
    return {
        (key, product): (
            -own_reach(world, life, key, product, Side.SELL),
            own_reach(world, life, key, product, Side.BUY),
        )
        for key, product in sorted(places)
    }


def with_added(ends: Ends, place: tuple[str, Product], signed: int) -> Ends:
    low, high = ends.get(place, (0, 0))
    return {**ends, place: (min(low, low + signed), max(high, high + signed))}


def figures(ends: Ends, underlying: str, units: Mapping[str, Unit]) -> Figures:
    """Gross and loss of all, the greeks of what is on the same underlying."""
    gross, low, high = 0.0, [0.0, 0.0], [0.0, 0.0]
    losses: dict[bool, list[float]] = {True: [0.0] * len(MOVES), False: [0.0] * len(MOVES)}
    for (key, _), (least, most) in ends.items():
        unit = units[key]
        gross += max(abs(least), abs(most)) * unit.price
        for at, greek in enumerate((unit.delta, unit.vega) if of(key) == underlying else ()):
            low[at] += min(least * greek, most * greek)
            high[at] += max(least * greek, most * greek)
        cells = losses[key == SHARE]
        for n, gain in enumerate(unit.cells):
            cells[n] += max(-least * gain, -most * gain)
    delta, vega = (max(abs(low[at]), abs(high[at])) for at in (0, 1))
    return Figures(gross, delta, vega, sum(max(0.0, *cells) for cells in losses.values()))


def of(key: str) -> str:
    return SHARE if key == SHARE else "index"


def units_of(prices: Mapping[str, int], years: float) -> dict[str, Unit]:
    forward = float(STRIKE + prices[CALL] - prices[PUT])
    found = {}
    for key, price in prices.items():
        if key == SHARE:
            found[key] = Unit(price, price, 0.0, tuple(price * spot for spot, _ in MOVES))
            continue
        value = _priced(1.0 if key == CALL else -1.0, years)
        sigma = _sigma(value, forward, price)
        cells = tuple(value(forward * (1 + spot), sigma * (1 + vol)) - price for spot, vol in MOVES)
        step = forward * 1e-4
        delta = (value(forward + step, sigma) - value(forward - step, sigma)) / (2 * step) * forward
        found[key] = Unit(price, delta, value(forward, sigma + 0.01) - price, cells)
    return found


def _priced(sign: float, years: float) -> Callable[[float, float], float]:
    def value(forward: float, sigma: float) -> float:
        wide = sigma * sqrt(years)
        near = log(forward / STRIKE) / wide + wide / 2
        return sign * (forward * _below(sign * near) - STRIKE * _below(sign * (near - wide)))

    return value


def _sigma(value: Callable[[float, float], float], forward: float, price: float) -> float:
    low, high = 1e-3, 5.0
    for _ in range(40):
        middle = (low + high) / 2
        low, high = (middle, high) if value(forward, middle) < price else (low, middle)
    return low


def _below(x: float) -> float:
    return (1 + erf(x / sqrt(2))) / 2
