"""What goes wrong on demand: every failure a Kite user has met, by name, scheduled and seeded.

A fault is armed with a start, an optional end, a count, a probability and parameters. The part of the broker that it
strikes asks `Faults.strike(kind, now_ns, ...)` at the moment it would matter; the answer is the fault, or None.
The catalogue is `CATALOGUE`; `tarazu sim faults` prints it.
"""

from collections.abc import Mapping

import msgspec

from tarazu.sim.dice import Dice

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
    FaultKind("rest.status", "an error of this HTTP status", "5xx days", {"status": 503}),
    FaultKind("rest.html", "an HTML body from a proxy", "502 pages", {"status": 502}),
    FaultKind("rest.garbage", "a JSON content type with a broken body", "defensive"),
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


class BadFault(ValueError):
    """A fault order that names no known kind or parameter, or makes no sense."""


class Fault(msgspec.Struct, kw_only=True):
    """One armed fault. Times are UTC ns of the virtual clock."""

    id: int
    kind: str
    start_ns: int
    until_ns: int | None = None
    count: int | None = None
    """Strikes left; None is without limit."""
    probability: float = 1.0
    match: dict[str, str] = {}
    """Subject fields that must be equal, e.g. {"tradingsymbol": "INFY"} or {"path": "/orders*"}: `*` ends a prefix."""
    params: dict[str, Param] = {}
    struck: int = 0

    def number(self, name: str) -> float:
        value = self.params[name]
        assert isinstance(value, (int, float))
        return float(value)

    def text(self, name: str) -> str:
        return str(self.params[name])

    def live_at(self, now_ns: int) -> bool:
        return (
            self.start_ns <= now_ns
            and (self.until_ns is None or now_ns < self.until_ns)
            and (self.count is None or self.count > 0)
        )


class FaultOrder(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """What the admin port takes: a kind and when, for how long, how often."""

    kind: str
    at_ns: int | None = None
    """None: now."""
    after_s: float = 0.0
    for_s: float | None = None
    count: int | None = None
    probability: float = 1.0
    match: dict[str, str] = {}
    params: dict[str, Param] = {}


class Faults:
    """The armed faults of one simulated broker. Pure: the same orders and the same questions give the same strikes."""

    def __init__(self, seed: int) -> None:
        self._dice = Dice(seed)
        self._armed: dict[int, Fault] = {}
        self._next_id = 1

    def arm(self, order: FaultOrder, now_ns: int) -> Fault:
        """Arm a fault; raises BadFault and changes nothing when the order makes no sense."""
        known = CATALOGUE.get(order.kind)
        if known is None:
            raise BadFault(f"no fault {order.kind!r}; there are: {', '.join(CATALOGUE)}")
        strange = sorted(order.params.keys() - known.params.keys())
        if strange:
            raise BadFault(
                f"{order.kind} has no parameter {', '.join(strange)}; it has: {', '.join(known.params) or 'none'}"
            )
        if not 0.0 < order.probability <= 1.0:
            raise BadFault("probability lies in (0, 1]")
        if (order.for_s is not None and order.for_s <= 0) or (order.count is not None and order.count < 1):
            raise BadFault("for_s and count are positive")
        start_ns = (now_ns if order.at_ns is None else order.at_ns) + round(order.after_s * 1e9)
        fault = Fault(
            id=self._next_id,
            kind=order.kind,
            start_ns=start_ns,
            until_ns=None if order.for_s is None else start_ns + round(order.for_s * 1e9),
            count=order.count,
            probability=order.probability,
            match=dict(order.match),
            params={**known.params, **order.params},
        )
        self._next_id += 1
        self._armed[fault.id] = fault
        return fault

    def disarm(self, fault_id: int) -> bool:
        return self._armed.pop(fault_id, None) is not None

    def disarm_all(self) -> None:
        self._armed.clear()

    def armed(self) -> tuple[Fault, ...]:
        return tuple(self._armed.values())

    def watching(self, kind: str, now_ns: int, **subject: str) -> Fault | None:
        """The first live fault of this kind that fits the subject, without using it up or rolling for it."""
        for fault in self._armed.values():
            if fault.kind == kind and fault.live_at(now_ns) and _fits(fault.match, subject):
                return fault
        return None

    def strike(self, kind: str, now_ns: int, **subject: str) -> Fault | None:
        """The fault that strikes here and now, its count lowered; None when none does."""
        for fault in self._armed.values():
            if fault.kind != kind or not fault.live_at(now_ns) or not _fits(fault.match, subject):
                continue
            rolls: tuple[int | str, ...] = ("fault", fault.id, now_ns, *sorted(subject.values()))
            if fault.probability < 1.0 and not self._dice.chance(fault.probability, *rolls):
                continue
            fault.struck += 1
            if fault.count is not None:
                fault.count -= 1
            return fault
        return None


def _fits(match: Mapping[str, str], subject: Mapping[str, str]) -> bool:
    for field, wanted in match.items():
        value = subject.get(field, "")
        if not (value.startswith(wanted[:-1]) if wanted.endswith("*") else value == wanted):
            return False
    return True
