"""Price alerts: a condition on the LTP is watched, and each time it comes true that is recorded; ATO alerts order too.

Shapes as Kite v3 "Alerts" documents them for Go. Ours where it is silent: conditions are looked at once a second of
virtual time; an alert fires when its condition becomes true, counts, and fires again only after it was false in
between; an ATO (alert triggers order) alert fires once and is then disabled.
"""

import operator
from collections.abc import Callable
from enum import StrEnum
from typing import Any, Protocol

import msgspec

from tarazu.model import ist
from tarazu.model.instrument import Exchange, Instrument, Kind
from tarazu.model.rules import RuleBook
from tarazu.model.units import SECOND_NS, rupees
from tarazu.sim.broker.agenda import Agenda
from tarazu.sim.dice import Dice
from tarazu.sim.front.ids import uuid_shaped
from tarazu.sim.orders import OrderRequest, Placed
from tarazu.wire.kite_errors import ErrorType, Refusal

LAST_TRADED_PRICE = "LastTradedPrice"
INDICES = "INDICES"
"""What alerts call the exchange of an index."""


class AlertType(StrEnum):
    SIMPLE = "simple"
    ATO = "ato"


class Operator(StrEnum):
    AT_MOST = "<="
    AT_LEAST = ">="
    BELOW = "<"
    ABOVE = ">"
    EQUAL = "=="


class RhsType(StrEnum):
    CONSTANT = "constant"
    INSTRUMENT = "instrument"


class AlertStatus(StrEnum):
    ENABLED = "enabled"
    DISABLED = "disabled"
    DELETED = "deleted"


COMPARE: dict[Operator, Callable[[int, int], bool]] = {
    Operator.AT_MOST: operator.le,
    Operator.AT_LEAST: operator.ge,
    Operator.BELOW: operator.lt,
    Operator.ABOVE: operator.gt,
    Operator.EQUAL: operator.eq,
}


class AlertTerms(msgspec.Struct, frozen=True, kw_only=True):
    """What the user sets. The right side is a constant in paise or another instrument's LTP."""

    name: str
    type: AlertType
    lhs_exchange: str
    lhs_tradingsymbol: str
    operator: Operator
    rhs_type: RhsType
    rhs_paise: int = 0
    rhs_exchange: str = ""
    rhs_tradingsymbol: str = ""
    basket_json: str = ""
    """The basket as it was sent, for showing."""
    orders: tuple[OrderRequest, ...] = ()

    @property
    def condition(self) -> str:
        left = f'{LAST_TRADED_PRICE}("{self.lhs_exchange}:{self.lhs_tradingsymbol}")'
        if self.rhs_type is RhsType.CONSTANT:
            return f"{left} {self.operator} {rupees(self.rhs_paise):g}"
        return f'{left} {self.operator} {LAST_TRADED_PRICE}("{self.rhs_exchange}:{self.rhs_tradingsymbol}")'


class Alert(msgspec.Struct, kw_only=True):
    uuid: str
    user_id: str
    terms: AlertTerms
    created_ns: int
    updated_ns: int
    status: AlertStatus = AlertStatus.ENABLED
    disabled_reason: str = ""
    armed: bool = True
    """The condition was false since it last fired, or it has not fired."""
    history: list[dict[str, Any]] = []


class AlertDesk(Protocol):
    """What the book of alerts needs of the broker."""

    rules: RuleBook
    now_ns: int
    agenda: Agenda
    dice: Dice

    def instrument(self, key: str) -> Instrument | None: ...
    def index_of(self, instrument: Instrument) -> int | None: ...
    def ltp_paise(self, index: int) -> int: ...


Place = Callable[[str, OrderRequest], Placed | Refusal]
UNKNOWN_ALERT = Refusal("Couldn't find that alert.", ErrorType.GENERAL, 404)


class AlertBook:
    """All accounts' alerts. While one is enabled, the agenda holds the next look at them."""

    def __init__(self, desk: AlertDesk, place: Place) -> None:
        self._desk, self._place = desk, place
        self._alerts: dict[str, Alert] = {}
        self._created = 0
        self._looking = False

    def create(self, user_id: str, terms: AlertTerms) -> Alert | Refusal:
        refusal = self._refuse(user_id, terms)
        if refusal is not None:
            return refusal
        self._created += 1
        now_ns = self._desk.now_ns
        uuid = uuid_shaped(self._desk.dice, "alert", self._created)
        alert = Alert(uuid=uuid, user_id=user_id, terms=terms, created_ns=now_ns, updated_ns=now_ns)
        self._alerts[alert.uuid] = alert
        self._watch()
        return alert

    def modify(self, user_id: str, uuid: str, terms: AlertTerms, status: AlertStatus) -> Alert | Refusal:
        """Replace an alert's terms and arm it anew; `status` enables or disables it."""
        alert = self.find(user_id, uuid)
        if isinstance(alert, Refusal):
            return alert
        refusal = self._refuse(user_id, terms, besides=alert)
        if refusal is not None:
            return refusal
        alert.terms, alert.status, alert.armed, alert.disabled_reason = terms, status, True, ""
        alert.updated_ns = self._desk.now_ns
        self._watch()
        return alert

    def delete(self, user_id: str, uuids: list[str]) -> Refusal | None:
        """Delete all of these or, when one is not the user's, none."""
        for uuid in uuids:
            if isinstance(self.find(user_id, uuid), Refusal):
                return UNKNOWN_ALERT
        for uuid in uuids:
            self._alerts.pop(uuid, None)
        return None

    def find(self, user_id: str, uuid: str) -> Alert | Refusal:
        alert = self._alerts.get(uuid)
        return alert if alert is not None and alert.user_id == user_id else UNKNOWN_ALERT

    def of(self, user_id: str) -> list[Alert]:
        """The user's alerts, newest first."""
        return [alert for alert in reversed(self._alerts.values()) if alert.user_id == user_id]

    def instrument(self, exchange: str, tradingsymbol: str) -> Instrument | None:
        """The instrument alerts call by this name: indices trade on `INDICES`."""
        if exchange != INDICES:
            return self._desk.instrument(f"{exchange}:{tradingsymbol}")
        found = (self._desk.instrument(f"{home}:{tradingsymbol}") for home in (Exchange.NSE, Exchange.BSE))
        return next((i for i in found if i is not None and i.kind is Kind.INDEX), None)

    def _refuse(self, user_id: str, terms: AlertTerms, besides: Alert | None = None) -> Refusal | None:
        enabled = sum(a.status is AlertStatus.ENABLED and a is not besides for a in self.of(user_id))
        if enabled >= self._desk.rules.alerts_active_max:
            return Refusal(f"You have reached the maximum of {self._desk.rules.alerts_active_max} active alerts.")
        if self.instrument(terms.lhs_exchange, terms.lhs_tradingsymbol) is None:
            return Refusal("Invalid `lhs_tradingsymbol`: no such instrument.")
        if terms.rhs_type is RhsType.INSTRUMENT and self._ltp(terms.rhs_exchange, terms.rhs_tradingsymbol) is None:
            return Refusal("Invalid `rhs_tradingsymbol`: no such instrument.")
        return None

    def _watch(self) -> None:
        """See to it that the agenda holds the next look while an alert is enabled."""
        if self._looking or not any(a.status is AlertStatus.ENABLED for a in self._alerts.values()):
            return
        self._looking = True
        self._desk.agenda.at((self._desk.now_ns // SECOND_NS + 1) * SECOND_NS, self._look)

    def _look(self) -> None:
        self._looking = False
        for alert in tuple(self._alerts.values()):
            if alert.status is AlertStatus.ENABLED:
                self._evaluate(alert)
        self._watch()

    def _evaluate(self, alert: Alert) -> None:
        terms = alert.terms
        left = self._ltp(terms.lhs_exchange, terms.lhs_tradingsymbol)
        constant = terms.rhs_type is RhsType.CONSTANT
        right = terms.rhs_paise if constant else self._ltp(terms.rhs_exchange, terms.rhs_tradingsymbol)
        if left is None or right is None:
            alert.status, alert.disabled_reason = AlertStatus.DISABLED, "The instrument does not trade any more."
            return
        holds = COMPARE[terms.operator](left, right)
        if holds and alert.armed:
            self._fire(alert, left)
        alert.armed = not holds

    def _fire(self, alert: Alert, ltp_paise: int) -> None:
        now = ist.stamp(self._desk.now_ns)
        placed = [self._order(alert.user_id, order) for order in alert.terms.orders]
        if alert.terms.type is AlertType.ATO:
            alert.status, alert.disabled_reason = AlertStatus.DISABLED, "Triggered."
        instrument = self.instrument(alert.terms.lhs_exchange, alert.terms.lhs_tradingsymbol)
        assert instrument is not None
        seen = {
            "instrument_token": instrument.instrument_token,
            "tradingsymbol": alert.terms.lhs_tradingsymbol,
            "exchange": alert.terms.lhs_exchange,
            "timestamp": now,
            "last_price": rupees(ltp_paise),
        }
        alert.history.append(
            {
                "uuid": alert.uuid,
                "type": alert.terms.type.value,
                "meta": [seen],
                "condition": alert.terms.condition,
                "created_at": now,
                "order_meta": placed or None,
            }
        )

    def _order(self, user_id: str, order: OrderRequest) -> dict[str, Any]:
        answer = self._place(user_id, order)
        if isinstance(answer, Refusal):
            return {"status": "error", "order_id": "", "message": answer.message}
        return {"status": "success", "order_id": answer.order_id, "message": ""}

    def _ltp(self, exchange: str, tradingsymbol: str) -> int | None:
        instrument = self.instrument(exchange, tradingsymbol)
        index = None if instrument is None else self._desk.index_of(instrument)
        return None if index is None else self._desk.ltp_paise(index)
