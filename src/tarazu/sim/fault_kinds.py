"""The catalogue of faults: every failure a Kite user has met, by name. What arms and strikes them is `sim.faults`."""

from collections.abc import Mapping

import msgspec

Param = int | float | str | bool | list[int]


class FaultKind(msgspec.Struct, frozen=True):
    kind: str
    meaning: str
    seen: str
    """Where the failure was reported; KITE facts file sections, issue and forum numbers."""
    params: Mapping[str, Param] = {}
    """Parameter names with their defaults."""


def _kinds(*kinds: FaultKind) -> dict[str, FaultKind]:
    return {k.kind: k for k in kinds}


CATALOGUE = _kinds(
    # The ticker connection.
    FaultKind("ws.freeze", "no frame at all, heartbeat included; the socket stays up", "pykiteconnect #229, #237"),
    FaultKind("ws.freeze_ticks", "heartbeats go on, ticks stop", "pykiteconnect #229, PR #230"),
    FaultKind("ws.mute", "some instruments fall silent", "partial mute", {"tokens": [], "share": 0.5}),
    FaultKind("ws.half_open", "the server neither reads nor writes nor closes", "pykiteconnect #237, PR #245"),
    FaultKind("ws.refuse", "the upgrade is refused", "pykiteconnect #102", {"status": 403}),
    FaultKind("ws.drop", "the connection is cut without a close frame (1006)", "pykiteconnect #17, #88"),
    FaultKind("ws.close", "a clean close", "client reconnects even on 1000", {"code": 1000}),
    FaultKind("ws.pong", "an unsolicited pong; the official client aborts about 7 s later", "client source"),
    FaultKind("ws.linger", "a dead session's connection stays counted", "pykiteconnect #54, #67", {"linger_s": 10.0}),
    FaultKind("ws.duplicate", "each frame arrives twice", "reconnect overlap"),
    FaultKind("ws.garble", "a frame is cut short or has an unknown packet length", "defensive", {"how": "truncate"}),
    FaultKind("tick.gap", "ticks of a moment are lost", "pykiteconnect #17", {"share": 1.0}),
    FaultKind("tick.backdate", "exchange stamps lie in the past", "stale data", {"by_s": 30}),
    FaultKind("tick.latency", "ticks arrive late", "tradingqna 193331: 0.4-3.0 s", {"min_ms": 400, "max_ms": 3000}),
    # REST.
    FaultKind("rest.status", "an error of this HTTP status", "5xx days", {"status": 503, "after": False}),
    FaultKind("rest.html", "an HTML body from a proxy", "502 pages", {"status": 502, "after": False}),
    FaultKind("rest.garbage", "a JSON content type with a broken body", "defensive", {"after": False}),
    FaultKind("rest.throttle", "429 whatever the rate", "429 bursts"),
    FaultKind("rest.timeout", "no answer; the request was not carried out", "timeouts", {"hang_s": 30.0}),
    FaultKind("rest.timeout_after", "no answer; the request WAS carried out", "openalgo #1768", {"hang_s": 30.0}),
    FaultKind("rest.hangup", "the connection is cut; the request was not carried out", "resets"),
    FaultKind("rest.hangup_after", "the connection is cut; the request WAS carried out", "resets"),
    FaultKind("rest.latency", "answers are slow", "busy mornings", {"min_ms": 200, "max_ms": 1500}),
    FaultKind("rest.clock_skew", "the Date header is off", "clock drift", {"by_s": 5}),
    FaultKind("token.kill", "the access token dies now", "openalgo #1419; 06:00 expiry"),
    # Orders.
    FaultKind(
        "order.stuck",
        "the order stays in a pending state until released",
        "bulletin 354850, 7 Jul 2023",
        {"stage": "OPEN PENDING", "release_s": 60.0},
    ),
    FaultKind("order.lapse", "OPEN PENDING for a while, then CANCELLED", "forum, 9 Apr 2026", {"after_s": 60.0}),
    FaultKind(
        "order.reject", "the exchange rejects the order", "exchange codes", {"text": "17070 : Price out of range"}
    ),
    FaultKind(
        "order.cancel_fills", "CANCELLED, and filled all the same a while later", "forum 8676", {"after_s": 30.0}
    ),
    FaultKind("update.late", "order updates arrive late", "postbacks", {"by_s": 5.0}),
    FaultKind("update.lost", "order updates never arrive", "postbacks"),
    FaultKind("update.duplicate", "order updates arrive twice", "postbacks"),
    FaultKind("update.reorder", "order updates swap places: a partial fill after COMPLETE", "postbacks"),
    # The market and the day.
    FaultKind("market.halt", "market-wide halt", "circuit breaker", {"minutes": 45}),
    FaultKind("market.band_slide", "the range slides and resting orders outside it are cancelled", "NSE/FAOP/62241"),
    FaultKind("market.freeze", "books stop moving while the feed goes on", "frozen book"),
    FaultKind("market.jump", "prices jump", "gap", {"pct": -3.0}),
    FaultKind("instruments.truncated", "the instruments file breaks off", "late dump", {"share": 0.5}),
    FaultKind("instruments.late", "the instruments file is not there yet", "late dump"),
    FaultKind("instruments.lot_change", "lot sizes differ from yesterday's", "half-yearly review", {"factor": 2}),
    FaultKind(
        "instruments.freeze_change", "freeze quantities differ from yesterday's", "monthly circular", {"pct": 50}
    ),
    FaultKind("holdings.unauthorised", "selling shares needs depository authorisation (428)", "CDSL TPIN"),
)
