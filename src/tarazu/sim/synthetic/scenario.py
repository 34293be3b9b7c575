"""Named kinds of day: what the market as a whole does to the paths that chance draws."""

import msgspec

Knots = tuple[tuple[float, float], ...]
"""(fraction of the continuous session, value), read by straight lines between the knots."""


class Scenario(msgspec.Struct, frozen=True, kw_only=True):
    """One kind of day. Fractions run from 0 at the first continuous moment to 1 at the last of any venue.

    Moves are of the market's log price; a share or index follows by its beta. They are the same in a session played
    short, whose random variance is smaller (see `clock.variance_share`).
    """

    name: str
    meaning: str
    gap: float = 0.0
    """Log move between yesterday's close and the open, on top of chance."""
    overnight: float = 0.5
    """Standard deviation of the chance gap, in days' volatilities."""
    path: Knots = ((0.0, 0.0), (1.0, 0.0))
    """Log move since the open that the market drifts along."""
    volatility: Knots = ((0.0, 1.0), (1.0, 1.0))
    """Multiplier of realised volatility; implied volatility follows with exponent 0.6."""
    activity: float = 1.0
    """Multiplier of trading and requoting."""
    jumps_per_day: float = 1.0
    """Jumps of each share or index, and of the market, on an ordinary day."""
    jump_size: float = 0.35
    """Standard deviation of a jump, in days' volatilities."""
    pin: Knots = ((0.0, 0.0), (1.0, 0.0))
    """Pull of indices to their nearest strike: without chance the distance would shrink by exp(-pin) in a day."""
    every_row: bool = False
    """Every continuous row changes in every step, for load."""


_ALL = (
    Scenario(name="normal", meaning="an ordinary day"),
    Scenario(
        name="quiet",
        meaning="little moves, thin flow",
        overnight=0.25,
        volatility=((0.0, 0.5), (1.0, 0.45)),
        activity=0.6,
        jumps_per_day=0.0,
    ),
    Scenario(
        name="trend",
        meaning="a steady rise of about 2 %",
        overnight=0.2,
        path=((0.0, 0.0), (0.1, 0.001), (0.9, 0.0185), (1.0, 0.020)),
        volatility=((0.0, 0.7), (1.0, 0.7)),
        jumps_per_day=0.3,
    ),
    Scenario(
        name="gap_open",
        meaning="opens 2.5 % lower, half of it is won back by noon",
        gap=-0.025,
        overnight=0.1,
        path=((0.0, 0.0), (0.45, 0.012), (1.0, 0.010)),
        volatility=((0.0, 2.0), (0.2, 1.4), (1.0, 1.1)),
        activity=1.5,
    ),
    Scenario(
        name="crash",
        meaning="falls through 10 % before 13:00: the market-wide circuit breaker fires",
        gap=-0.012,
        overnight=0.0,
        path=((0.0, 0.0), (0.15, -0.015), (0.3, -0.045), (0.4, -0.115), (0.5, -0.128), (0.7, -0.122), (1.0, -0.120)),
        volatility=((0.0, 1.3), (0.2, 1.8), (0.35, 3.0), (0.6, 2.4), (1.0, 1.8)),
        activity=2.5,
    ),
    Scenario(
        name="expiry_pin",
        meaning="indices are drawn to a strike towards the close",
        overnight=0.3,
        volatility=((0.0, 0.9), (0.5, 0.6), (1.0, 0.35)),
        activity=1.4,
        jumps_per_day=0.2,
        pin=((0.0, 0.0), (0.5, 10.0), (0.9, 200.0), (1.0, 250.0)),
    ),
    Scenario(
        name="vol_spike",
        meaning="news at mid-session: volatility trebles and only half goes away",
        path=((0.0, 0.0), (0.45, 0.0), (0.5, -0.012), (1.0, -0.006)),
        volatility=((0.0, 0.9), (0.45, 0.9), (0.5, 3.0), (0.65, 2.2), (1.0, 1.5)),
        activity=1.3,
        jumps_per_day=3.0,
    ),
    Scenario(name="busy", meaning="every row changes in every step: for load", activity=4.0, every_row=True),
)

SCENARIOS: dict[str, Scenario] = {s.name: s for s in _ALL}
