"""The broker's clock from the `Date` of a few answers to a question that needs no session."""

import http.client
import time
from collections.abc import Callable

import msgspec

from tarazu.adapters.kite_broker.clock_offset import OffsetWindow, parse_date
from tarazu.adapters.kite_origin import origin_of, tls
from tarazu.model.units import MILLISECOND_NS, SECOND_NS

ASKS_MAX = 5
SKEW_NS_MAX = 500 * MILLISECOND_NS
"""Further off the broker's clock main enters nothing (`app.main.engine_day.SKEW_NS_MAX`)."""
GAP_S = 0.21
"""A `Date` counts whole seconds: answers a fifth of a second apart leave about that much unknown."""
HALF_NS = SECOND_NS // 2
PAST_HALF_S = 0.03
"""So far into the second's other half the second question is asked, and is not answered in the first by a hair."""
ASK_S = 3.0


class ClockSpread(msgspec.Struct, frozen=True):
    """The broker's clock minus ours lies within `offset_ns` ± `uncertainty_ns`."""

    offset_ns: int
    uncertainty_ns: int

    @property
    def certain_ns(self) -> int:
        """How far apart the two clocks are at the least."""
        return max(abs(self.offset_ns) - self.uncertainty_ns, 0)

    def is_within(self, limit_ns: int) -> bool:
        """Certainly: whatever is not known, too."""
        return abs(self.offset_ns) + self.uncertainty_ns <= limit_ns


def ask_clock(rest_url: str, wall_ns: Callable[[], int], limit_ns: int) -> ClockSpread | str:
    """No more often than shows that the clocks are certainly within `limit_ns`, and at the most in about a second; or
    why it is not known. `wall_ns` is our clock."""
    origin, window = origin_of(rest_url), OffsetWindow()
    line = (
        http.client.HTTPSConnection(origin.host, origin.port, timeout=ASK_S, context=tls())
        if origin.secure
        else http.client.HTTPConnection(origin.host, origin.port, timeout=ASK_S)
    )
    try:
        for nth in range(ASKS_MAX):
            time.sleep(_wait_s(nth, wall_ns()))
            sent_ns = wall_ns()
            line.request("GET", "/", headers={"User-Agent": "tarazu"})
            answer = line.getresponse()
            received_ns = wall_ns()
            answer.read()
            dated_ns = parse_date((answer.headers.get("Date") or "").encode("latin-1", "replace"))
            if dated_ns is not None:
                window.add(dated_ns, sent_ns, received_ns, time.monotonic_ns())
            found = _spread(window)
            if found is not None and found.is_within(limit_ns):
                return found
    except (OSError, http.client.HTTPException) as failed:
        return f"{rest_url} does not answer: {str(failed) or type(failed).__name__}"
    finally:
        line.close()
    return _spread(window) or f"{rest_url} answers without a date"


def _wait_s(nth: int, now_ns: int) -> float:
    """Before the `nth` question, from 0. An answer in the first half of our second says that the broker's clock is not
    half a second behind, one in the other half that it is not half a second ahead: the second question waits for the
    half in which the first was not asked."""
    if nth != 1:
        return GAP_S if nth else 0.0
    return (HALF_NS - now_ns % HALF_NS) / SECOND_NS + PAST_HALF_S


def _spread(window: OffsetWindow) -> ClockSpread | None:
    found = window.best(time.monotonic_ns())
    return None if found is None else ClockSpread(found.offset_ns, found.uncertainty_ns)
