"""A link's clocks, and the one question they answer: is it dead?

Kite sends a heartbeat after about a second without ticks, so silence means something. A peer that freezes while its
kernel answers, and a link that is half open, look alike to the frame clock; the pong clock tells them apart, and finds
the half-open one also where frames were never due. Pure: times come in, nothing is read.
"""

import msgspec

from tarazu.adapters.kite_feed.events import Loss
from tarazu.model.units import MILLISECOND_NS, SECOND_NS

_STAMP_BYTES = 8


class Deadlines(msgspec.Struct, frozen=True, kw_only=True):
    """Monotonic ns. A dead link is found within 5 s: `ping_every + pong_within + look_every`, and `silence` alike."""

    ping_every_ns: int = 1_700 * MILLISECOND_NS
    pong_within_ns: int = 3 * SECOND_NS
    pong_behind_data_ns: int = 15 * SECOND_NS
    """While frames keep coming the link is no doubt up, and a pong may wait behind the megabytes of a burst."""
    silence_ns: int = 4_500 * MILLISECOND_NS
    """No frame at all, heartbeats included; gokiteconnect gives up after 5 s."""
    look_every_ns: int = 200 * MILLISECOND_NS
    stall_ns: int = SECOND_NS
    """A look that comes later than this says that we slept, not the peer."""


class LinkClocks:
    """The clocks of one link, from its upgrade on. 0 stands for never."""

    __slots__ = (
        "_credit_ns",
        "_credited_frame_ns",
        "_deadlines",
        "_looked_ns",
        "_pinged_ns",
        "_pong_credit_ns",
        "data_ns",
        "frame_ns",
        "pong_ns",
        "rtt_ns",
        "since_ns",
        "unanswered_ns",
    )

    def __init__(self, since_ns: int, deadlines: Deadlines) -> None:
        self.since_ns = since_ns
        self.frame_ns = 0
        """Written by whoever receives: the last frame of any kind but pings and pongs."""
        self.data_ns = 0
        """Likewise: the last frame of ticks."""
        self.pong_ns = 0
        self.rtt_ns = 0
        self.unanswered_ns = 0
        """When the oldest ping was sent that has no pong yet."""
        self._deadlines = deadlines
        self._pinged_ns = since_ns
        self._looked_ns = since_ns
        self._credit_ns = 0
        """Time we slept since the last frame; likewise, below, since the oldest unanswered ping."""
        self._pong_credit_ns = 0
        self._credited_frame_ns = 0

    def begin(self, now_ns: int) -> None:
        """The upgrade has been accepted. A frame may have come in the same breath, and counts."""
        self.since_ns = self._pinged_ns = self._looked_ns = now_ns

    def ping_due(self, now_ns: int) -> bytes | None:
        """The ping to send now, if one is due; taken as sent."""
        if now_ns - self._pinged_ns < self._deadlines.ping_every_ns:
            return None
        self._pinged_ns = now_ns
        if not self.unanswered_ns:
            self.unanswered_ns, self._pong_credit_ns = now_ns, 0
        return now_ns.to_bytes(_STAMP_BYTES, "big")

    def pong(self, payload: bytes, now_ns: int) -> bool:
        """Take a pong; False, and nothing changes, for one that answers no ping of ours waiting for it."""
        sent_ns = int.from_bytes(payload, "big") if len(payload) == _STAMP_BYTES else 0
        if not self.unanswered_ns or not self.unanswered_ns <= sent_ns <= self._pinged_ns:
            return False
        # A peer may answer only the latest of several pings (RFC 6455, 5.5.3).
        self.unanswered_ns = 0 if sent_ns == self._pinged_ns else self._pinged_ns
        self._pong_credit_ns = 0
        self.pong_ns, self.rtt_ns = now_ns, now_ns - sent_ns
        return True

    def quiet_ns(self, now_ns: int) -> int:
        """How long no frame has come."""
        return now_ns - (self.frame_ns or self.since_ns)

    def waited_ns(self, now_ns: int) -> int:
        """How long the oldest unanswered ping has waited, our own sleep not counted; 0 when none waits."""
        return now_ns - self.unanswered_ns - self._pong_credit_ns if self.unanswered_ns else 0

    def verdict(self, now_ns: int) -> Loss | None:
        """Why the link must be taken for dead; None while it lives. To be asked every `look_every_ns`.

        Time that we did not look (a stalled event loop) is not held against the peer: what it sent may be waiting.
        """
        deadlines = self._deadlines
        self._forgive(now_ns)
        waited_ns, quiet_ns = self.waited_ns(now_ns), self.quiet_ns(now_ns) - self._credit_ns
        if waited_ns >= self._pong_within_ns():
            return Loss.PONG_TIMEOUT
        if quiet_ns >= deadlines.silence_ns:
            # A pong takes milliseconds: one that is a second late by now is no longer to be expected.
            return Loss.PONG_TIMEOUT if waited_ns >= SECOND_NS else Loss.SILENT
        return None

    def _forgive(self, now_ns: int) -> None:
        late_ns = now_ns - self._looked_ns - self._deadlines.look_every_ns
        self._looked_ns = now_ns
        if self.frame_ns != self._credited_frame_ns:
            self._credit_ns, self._credited_frame_ns = 0, self.frame_ns
        if late_ns > self._deadlines.stall_ns:
            self._credit_ns += late_ns
            self._pong_credit_ns += late_ns

    def _pong_within_ns(self) -> float:
        if self.frame_ns <= self.unanswered_ns:
            return self._deadlines.pong_within_ns
        # Frames have come since. A peer that never answered a ping is then judged by its frames alone.
        return self._deadlines.pong_behind_data_ns if self.pong_ns else float("inf")
