"""Good-till-triggered orders: a price is watched, and when the LTP reaches it LIMIT orders are placed, once.

KITE facts 1.9; JSON shapes as Kite v3 "GTT" documents them.
"""

from collections.abc import Callable
from datetime import date, timedelta
from enum import StrEnum
from typing import Any, Protocol

import msgspec
import numpy as np
from numpy.typing import NDArray

from tarazu.model import ist
from tarazu.model.instrument import Instrument
from tarazu.model.order import Validity
from tarazu.model.rules import RuleBook
from tarazu.model.units import DAY_NS, rupees
from tarazu.sim.broker.gtt_terms import GttLeg as GttLeg
from tarazu.sim.broker.gtt_terms import GttRequest as GttRequest
from tarazu.sim.broker.gtt_terms import leg_row, order_request, refuse_terms
from tarazu.sim.orders import OrderRequest, Placed
from tarazu.wire.kite_errors import ErrorType, Refusal

LISTED_NS = 7 * DAY_NS
"""A trigger that is no longer active stays in the list this long. Kite v3 "GTT: retrieve"."""


class GttStatus(StrEnum):
    ACTIVE = "active"
    TRIGGERED = "triggered"
    DISABLED = "disabled"
    EXPIRED = "expired"
    CANCELLED = "cancelled"
    REJECTED = "rejected"
    DELETED = "deleted"


class Gtt(msgspec.Struct, kw_only=True):
    id: int
    user_id: str
    request: GttRequest
    instrument: Instrument
    created_ns: int
    updated_ns: int
    expires_ns: int
    status: GttStatus = GttStatus.ACTIVE
    results: list[dict[str, Any] | None]


class GttDesk(Protocol):
    """What the book of triggers needs of the broker."""

    @property
    def now_ns(self) -> int: ...
    def instrument(self, key: str) -> Instrument | None: ...
    def index_of(self, instrument: Instrument) -> int | None:
        """Its row in today's market; None when it does not trade any more."""
        ...

    def ltp_paise(self, index: int) -> int: ...
    def is_continuous(self, instrument: Instrument) -> bool:
        """Whether it trades continuously right now."""
        ...


Place = Callable[[str, OrderRequest], Placed | Refusal]


class GttBook:
    """All accounts' triggers. `check` is called after each market step and fires in order of id."""

    def __init__(self, rules: RuleBook, desk: GttDesk, place: Place) -> None:
        self._rules, self._desk, self._place_order = rules, desk, place
        self._gtts: dict[int, Gtt] = {}
        self._next_id = 1
        self._watch: _Watch | None = None

    def place(self, user_id: str, request: GttRequest) -> int | Refusal:
        """Enter a trigger; its id."""
        instrument = self._desk.instrument(f"{request.exchange}:{request.tradingsymbol}")
        if instrument is None:
            return Refusal("The instrument you are placing an order for has either expired or does not exist.")
        if refusal := self._refuse(request, instrument):
            return refusal
        active = sum(g.user_id == user_id and g.status is GttStatus.ACTIVE for g in self._gtts.values())
        if active >= self._rules.gtt_active_max:
            return Refusal(f"You have reached the maximum of {self._rules.gtt_active_max} active GTTs.")
        now_ns = self._desk.now_ns
        gtt = Gtt(
            id=self._next_id,
            user_id=user_id,
            request=request,
            instrument=instrument,
            created_ns=now_ns,
            updated_ns=now_ns,
            expires_ns=self._expires_ns(instrument, now_ns),
            results=[None] * len(request.orders),
        )
        self._next_id += 1
        self._gtts[gtt.id] = gtt
        self._watch = None
        return gtt.id

    def modify(self, user_id: str, trigger_id: int, request: GttRequest) -> int | Refusal:
        """Replace an active trigger's condition and orders; its instrument stays."""
        gtt = self._find(user_id, trigger_id)
        if isinstance(gtt, Refusal):
            return gtt
        if gtt.status is not GttStatus.ACTIVE:
            return Refusal(f"GTT cannot be modified as it is {gtt.status}.")
        if f"{request.exchange}:{request.tradingsymbol}" != gtt.instrument.key:
            return Refusal("The instrument of a GTT cannot be modified.")
        if refusal := self._refuse(request, gtt.instrument):
            return refusal
        gtt.request, gtt.results = request, [None] * len(request.orders)
        gtt.updated_ns = self._desk.now_ns
        self._watch = None
        return gtt.id

    def delete(self, user_id: str, trigger_id: int) -> int | Refusal:
        gtt = self._find(user_id, trigger_id)
        if isinstance(gtt, Refusal):
            return gtt
        if gtt.status is not GttStatus.ACTIVE:
            return Refusal(f"GTT cannot be deleted as it is {gtt.status}.")
        self._end(gtt, GttStatus.DELETED)
        return gtt.id

    def list(self, user_id: str) -> list[dict[str, Any]]:
        """Active triggers and those that ended within the last 7 days, newest first."""
        since_ns = self._desk.now_ns - LISTED_NS
        mine = [g for g in self._gtts.values() if g.user_id == user_id]
        shown = [g for g in mine if g.status is GttStatus.ACTIVE or g.updated_ns >= since_ns]
        return [self._row(g) for g in reversed(shown)]

    def get(self, user_id: str, trigger_id: int) -> dict[str, Any] | Refusal:
        gtt = self._find(user_id, trigger_id)
        return gtt if isinstance(gtt, Refusal) else self._row(gtt)

    def check(self, ltps_paise: NDArray[np.int32]) -> None:
        """Fire every active trigger that the LTPs (by market row) have reached."""
        if self._watch is None:
            self._watch = _watch([g for g in self._gtts.values() if g.status is GttStatus.ACTIVE], self._desk)
        watch = self._watch
        if not watch.ids:
            return
        ltps = ltps_paise[watch.rows]
        for n in np.flatnonzero((ltps > 0) & ((ltps <= watch.below) | (ltps >= watch.above))).tolist():
            gtt = self._gtts[watch.ids[n]]
            if gtt.status is GttStatus.ACTIVE and self._desk.is_continuous(gtt.instrument):
                leg = 1 if len(gtt.request.orders) == 2 and ltps[n] >= watch.above[n] else 0
                self._fire(gtt, leg, int(ltps[n]))

    def expire(self) -> None:
        """End the triggers whose time is up or whose contract no longer trades; called as a day opens."""
        for gtt in self._gtts.values():
            gone = self._desk.index_of(gtt.instrument) is None
            if gtt.status is GttStatus.ACTIVE and (gone or self._desk.now_ns >= gtt.expires_ns):
                self._end(gtt, GttStatus.EXPIRED)
        self._watch = None

    def cancel_changed(self, changed: Callable[[Instrument], bool]) -> None:
        """End the triggers on instruments whose contract changed overnight (index lots: support.zerodha.com)."""
        for gtt in self._gtts.values():
            if gtt.status is GttStatus.ACTIVE and changed(gtt.instrument):
                self._end(gtt, GttStatus.CANCELLED)

    def _find(self, user_id: str, trigger_id: int) -> Gtt | Refusal:
        gtt = self._gtts.get(trigger_id)
        if gtt is None or gtt.user_id != user_id:
            return Refusal("GTT not found.", ErrorType.GENERAL, 404)
        return gtt

    def _refuse(self, request: GttRequest, instrument: Instrument) -> Refusal | None:
        """The first rule the request breaks."""
        if refusal := refuse_terms(request, instrument):
            return refusal
        index = self._desk.index_of(instrument)
        ltp = request.last_price_paise if index is None else self._desk.ltp_paise(index)
        for trigger in request.trigger_paise:
            if abs(trigger - ltp) * 100 < ltp * self._rules.gtt_min_distance_pct:
                return Refusal(
                    f"Trigger price should be at least {self._rules.gtt_min_distance_pct}% away from "
                    f"the last traded price ({rupees(ltp):.2f})."
                )
        if request.type == "two-leg" and not request.trigger_paise[0] < ltp < request.trigger_paise[1]:
            return Refusal("The two trigger prices should lie on either side of the last traded price.")
        return None

    def _expires_ns(self, instrument: Instrument, now_ns: int) -> int:
        """A year from now, or the end of the contract's last day."""
        limit = ist.day_of(now_ns) + timedelta(days=self._rules.gtt_validity_days)
        last: date = min(instrument.expiry, limit) if instrument.expiry else limit
        return ist.midnight_ns(last + timedelta(days=1))

    def _fire(self, gtt: Gtt, leg: int, ltp_paise: int) -> None:
        """Place the leg's order, once, whatever comes of it; the other leg of two ends with the trigger."""
        self._end(gtt, GttStatus.TRIGGERED)
        order = gtt.request.orders[leg]
        answer = self._place_order(gtt.user_id, order_request(order))
        failed = isinstance(answer, Refusal)
        result = {
            "status": "failed" if failed else "success",
            "order_id": "" if isinstance(answer, Refusal) else answer.order_id,
            "rejection_reason": answer.message if isinstance(answer, Refusal) else "",
        }
        gtt.results[leg] = {
            "account_id": gtt.user_id,
            **leg_row(order),
            "validity": Validity.DAY.value,
            "meta": "{}",
            "timestamp": ist.stamp(self._desk.now_ns),
            "triggered_at": rupees(ltp_paise),
            "order_result": result,
        }

    def _end(self, gtt: Gtt, status: GttStatus) -> None:
        gtt.status, gtt.updated_ns = status, self._desk.now_ns
        self._watch = None

    def _row(self, gtt: Gtt) -> dict[str, Any]:
        request = gtt.request
        return {
            "id": gtt.id,
            "user_id": gtt.user_id,
            "parent_trigger": None,
            "type": request.type,
            "created_at": ist.stamp(gtt.created_ns),
            "updated_at": ist.stamp(gtt.updated_ns),
            "expires_at": ist.stamp(gtt.expires_ns),
            "status": gtt.status.value,
            "condition": {
                "exchange": request.exchange,
                "last_price": rupees(request.last_price_paise),
                "tradingsymbol": request.tradingsymbol,
                "trigger_values": [rupees(p) for p in request.trigger_paise],
                "instrument_token": gtt.instrument.instrument_token,
            },
            "orders": [{**leg_row(o), "result": r} for o, r in zip(request.orders, gtt.results, strict=True)],
            "meta": {},
        }


class _Watch(msgspec.Struct, frozen=True):
    """The active triggers as arrays: one comparison a step for all of them."""

    ids: list[int]
    rows: NDArray[np.int64]
    below: NDArray[np.int64]
    """Fires at or below; 0 never."""
    above: NDArray[np.int64]


_NEVER = 1 << 62


def _watch(gtts: list[Gtt], desk: GttDesk) -> _Watch:
    ids, rows, below, above = [], [], [], []
    for gtt in gtts:
        index = desk.index_of(gtt.instrument)
        if index is None:
            continue
        triggers = gtt.request.trigger_paise
        rises = triggers[-1] > gtt.request.last_price_paise
        ids.append(gtt.id)
        rows.append(index)
        below.append(triggers[0] if len(triggers) == 2 or not rises else 0)
        above.append(triggers[-1] if len(triggers) == 2 or rises else _NEVER)
    return _Watch(ids, *(np.array(a, dtype=np.int64) for a in (rows, below, above)))
