"""What goes wrong on demand: every failure a Kite user has met, by name, scheduled and seeded.

A fault is armed with a start, an optional end, a count, a probability and parameters. The part of the broker that it
strikes asks `Faults.strike(kind, now_ns, ...)` at the moment it would matter; the answer is the fault, or None.
The catalogue is `sim.fault_kinds.CATALOGUE`; `tarazu sim faults` prints it.
"""

from collections.abc import Mapping

import msgspec

from tarazu.sim.dice import Dice
from tarazu.sim.fault_kinds import CATALOGUE, FaultKind, Param

__all__ = ["CATALOGUE", "BadFault", "Fault", "FaultKind", "FaultOrder", "Faults", "Param"]


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
