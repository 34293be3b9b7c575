"""How long a connection waits before it tries again: doubling, jittered, capped, never given up.

The jitter keeps three connections, and all desks of a broker, from knocking at one moment. The dice come from outside.
"""

from random import Random

import msgspec


class Pace(msgspec.Struct, frozen=True):
    """The n-th wait (from 0) is drawn from the upper half of `first_s * 2**n`, at most `cap_s`."""

    first_s: float
    cap_s: float


# 0.5 to 1 s, then 1 to 2, ... 15 to 30: in market hours a blind desk costs more than a knock a half-minute.
MARKET_OPEN = Pace(1.0, 30.0)
# Nobody trades; be a quiet guest, and be there soon after the caller says that the market opens (that ends a wait).
MARKET_CLOSED = Pace(20.0, 300.0)
# A refused token is refused again until a person or the login has renewed it; but a 403 may also be Kite's own slip.
AUTH_LOST = Pace(10.0, 60.0)

# 429: too many connections, mostly our own dead one that Kite still counts. Start at 4 to 8 s.
THROTTLED_ATTEMPT = 3

_DOUBLINGS_MAX = 16  # beyond every cap, and no float overflows however long it lasts


def delay_s(pace: Pace, attempt: int, dice: Random) -> float:
    """The wait before the next try, after `attempt` tries in a row have failed."""
    ceiling_s = min(pace.cap_s, pace.first_s * 2.0 ** min(attempt, _DOUBLINGS_MAX))
    return ceiling_s * (1.0 + dice.random()) / 2.0
