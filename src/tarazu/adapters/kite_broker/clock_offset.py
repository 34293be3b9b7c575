"""The broker's clock from its `Date` headers: to well under a second, though a header counts whole ones.

An answer dated D was made in [D, D + 1 s) of the broker's clock, at some moment between our sending and receiving; so
broker - ours lies in [D - received, D + 1 s - sent]. Answers at different fractions of a second give different
intervals, and all of them are true: the offset lies where they overlap.
"""

from collections import deque
from datetime import UTC, datetime

import msgspec

from tarazu.model.outcome import ClockOffset
from tarazu.model.units import SECOND_NS

WINDOW_NS = 300 * SECOND_NS
"""Two quartz clocks drift apart by up to 100 ppm: 30 ms in this time."""
SPANS = 60
"""Answers of the same sixtieth of the window are kept as one: they are forgotten together."""

_MONTHS = {
    name: number
    for number, name in enumerate(
        (b"Jan", b"Feb", b"Mar", b"Apr", b"May", b"Jun", b"Jul", b"Aug", b"Sep", b"Oct", b"Nov", b"Dec"), 1
    )
}


def parse_date(header: bytes) -> int | None:
    """UTC ns of `Sun, 22 Nov 2026 05:41:00 GMT` (RFC 9110, IMF-fixdate); None for anything else."""
    if len(header) != 29 or not header.endswith(b" GMT"):
        return None
    try:
        moment = datetime(
            int(header[12:16]),
            _MONTHS[header[8:11]],
            int(header[5:7]),
            int(header[17:19]),
            int(header[20:22]),
            int(header[23:25]),
            tzinfo=UTC,
        )
    except (KeyError, ValueError):
        return None
    return int(moment.timestamp()) * SECOND_NS


class Span(msgspec.Struct, gc=False):
    """What the answers of a short time agree on."""

    number: int
    least: int
    most: int
    samples: int


class OffsetWindow:
    """The overlap of what the answers of the last minutes tell.

    An answer that contradicts the others begins anew: one of the clocks was set, and the latest word counts.
    """

    def __init__(self, window_ns: int = WINDOW_NS) -> None:
        self.contradictions = 0
        self._span_ns = window_ns // SPANS
        self._spans: deque[Span] = deque()
        """Oldest first, none empty."""
        self._overlap: tuple[int, int] | None = None

    def add(self, date_ns: int, sent_wall_ns: int, received_wall_ns: int, mono_ns: int) -> None:
        least, most = date_ns - received_wall_ns, date_ns + SECOND_NS - sent_wall_ns
        if least > most:  # our clock was set back while the request was on its way
            return
        number = self._forget(mono_ns)
        known = self._overlap
        if known is not None and (most < known[0] or least > known[1]):
            self._spans.clear()
            self.contradictions += 1
            known = None
        self._overlap = (least, most) if known is None else (max(known[0], least), min(known[1], most))
        if not self._spans or self._spans[-1].number != number:
            self._spans.append(Span(number, least, most, 1))
            return
        last = self._spans[-1]
        last.least, last.most, last.samples = max(last.least, least), min(last.most, most), last.samples + 1

    def best(self, mono_ns: int) -> ClockOffset | None:
        """None when no answer of the window was dated."""
        self._forget(mono_ns)
        if self._overlap is None:
            return None
        least, most = self._overlap
        return ClockOffset((least + most) // 2, (most - least + 1) // 2, sum(span.samples for span in self._spans))

    def _forget(self, mono_ns: int) -> int:
        """What is older than the window; the number of the span that is now."""
        number, spans = mono_ns // self._span_ns, self._spans
        if spans and spans[0].number <= number - SPANS:
            while spans and spans[0].number <= number - SPANS:
                spans.popleft()
            self._overlap = (max(s.least for s in spans), min(s.most for s in spans)) if spans else None
        return number
