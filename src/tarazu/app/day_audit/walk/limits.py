"""The desk's limits looked at again: how much of each the day has used, by the journal's orders, executions and marks.

Each figure is counted here anew and not taken from the gate. A limit that was passed is an exception, whoever passed
it; one that was reached and at which the control acted is told.
"""

from collections import Counter, deque

import msgspec

from tarazu.app.day_audit.finding import Code, Finding
from tarazu.app.day_audit.walk.seen import Seen
from tarazu.app.verdict import Status
from tarazu.engine.acts import Intend, Mark, SetHalt
from tarazu.engine.config import EngineConfig
from tarazu.engine.halts import Halt, RiskState, harder
from tarazu.engine.messages import MarginsRead, PositionsRead, Started
from tarazu.model.units import CRORE, MINUTE_NS, PAISE, SECOND_NS
from tarazu.orders.intent import Purpose
from tarazu.orders.messages import CancelOrder, Filled, ModifyOrder, SendOrder
from tarazu.portfolio.breaks import carried_of
from tarazu.portfolio.pnl import Drawdown

ORDER_VALUE_PAISE_MAX = 10 * CRORE * PAISE
"""SEBI MRD/DP/34/2012, 5.1(a): no order above ₹10 crore, whatever is configured."""


class Use(msgspec.Struct, kw_only=True):
    """One limit and the most of it that was used."""

    name: str
    control: str
    unit: str
    limit: int | None = None
    """None: not configured."""
    used: int = 0
    about: str = ""
    """The order, the instrument, at the highest use."""
    ts_ns: int = 0

    @property
    def percent(self) -> float | None:
        return None if not self.limit else 100.0 * self.used / self.limit


class Limits:
    def __init__(self) -> None:
        self.uses: dict[str, Use] = {
            use.name: use
            for use in (
                Use(name="order_qty_max", control="C03", unit="units"),
                Use(name="order_value_max", control="C04", unit="paise"),
                Use(name="position_max", control="C07", unit="%", limit=100),
                Use(name="day_loss_max", control="C24", unit="paise"),
                Use(name="drawdown_max", control="C24", unit="paise"),
                Use(name="requests a second", control="C11", unit="requests"),
                Use(name="requests a minute", control="C11", unit="requests"),
                Use(name="requests a day", control="C11", unit="requests"),
                Use(name="changes of an order", control="C11", unit="changes"),
                Use(name="margin", control="C10", unit="paise"),
            )
        }
        self.findings: list[Finding] = []
        self.requests = self.executions = 0
        self.drawdown = Drawdown()
        self._config = EngineConfig()
        self._halt: Halt | None = None
        self._positions: Counter[str] = Counter()
        self._is_opened = False
        self._sent_ns: deque[int] = deque()
        self._changes: Counter[str] = Counter()
        self._reached: set[str] = set()

    def take(self, seen: Seen) -> None:
        match seen.message:
            case Started() as started:
                self._start(started)
            case PositionsRead(positions=rows) if not self._is_opened:
                self._is_opened = True
                self._positions.update({c.key: c.qty for row in rows if (c := carried_of(row)) is not None})
            case MarginsRead() as margins:
                whole = margins.available_paise + margins.used_paise
                if margins.used_paise > self.uses["margin"].used:
                    self.uses["margin"].limit = whole
                    self._use("margin", margins.used_paise, "", seen, is_bound=False)
        halt = next((act for act in reversed(seen.acts) if isinstance(act, SetHalt)), None)
        self._halt = halt.halt if halt is not None else self._halt
        for act in seen.acts:
            if isinstance(act, Intend) and act.intent.purpose is Purpose.ENTRY:
                self._entry(act, seen)
            elif isinstance(act, Mark) and act.net_paise is not None:
                self._marked(act.net_paise, seen)
        for said in seen.outputs:
            self._said(said, seen)

    def _start(self, started: Started) -> None:
        config = self._config = started.config
        self._halt = harder(self._halt, started.halt)
        self.uses["order_qty_max"].limit = config.risk.order_qty_max
        most = config.risk.order_value_max_paise
        self.uses["order_value_max"].limit = min(most or ORDER_VALUE_PAISE_MAX, ORDER_VALUE_PAISE_MAX)
        self.uses["day_loss_max"].limit = config.risk.day_loss_max_paise
        self.uses["drawdown_max"].limit = config.risk.drawdown_max_paise
        limits = config.limits
        for name, limit in (
            ("requests a second", limits.per_second),
            ("requests a minute", limits.per_minute),
            ("requests a day", limits.per_day),
            ("changes of an order", limits.modifications_per_order),
        ):
            self.uses[name].limit = limit

    def _entry(self, act: Intend, seen: Seen) -> None:
        order = act.intent.order
        self._use("order_qty_max", order.qty, act.intent.ref, seen)
        price = order.price_paise or act.reference_paise
        self._use("order_value_max", order.qty * price, act.intent.ref, seen, is_bound=order.price_paise is not None)

    def _marked(self, net_paise: int, seen: Seen) -> None:
        """A day's loss is halted by in the step that marks it (`engine.risk_watch`)."""
        self.drawdown = self.drawdown.after(net_paise)
        below = self.drawdown.paise
        assert isinstance(below, int), "a mark that is known"
        for name, lost, level in (
            ("day_loss_max", -net_paise, RiskState.HARD_HALT),
            ("drawdown_max", below, RiskState.SOFT_HALT),
        ):
            use = self._use(name, max(lost, 0), "", seen, is_bound=False)
            if use.limit is not None and lost >= use.limit and name not in self._reached:
                self._reached.add(name)
                self._lost(use, level, seen)

    def _lost(self, use: Use, level: RiskState, seen: Seen) -> None:
        is_halted = self._halt is not None and level in (self._halt.level, RiskState.SOFT_HALT)
        code, status = (Code.LIMIT_REACHED, Status.WARN) if is_halted else (Code.NO_HALT, Status.CRIT)
        told = f"{level} stood by it" if is_halted else f"and no {level} followed"
        self._found(code, status, use.name, seen, f"{use.used:,} {use.unit} of {use.limit:,}, {told}")

    def _said(self, said: object, seen: Seen) -> None:
        match said:
            case SendOrder(ref=ref) | ModifyOrder(ref=ref):
                self._request(ref, seen, is_bound=True)
                if isinstance(said, ModifyOrder):
                    self._changes[ref] += 1
                    self._use("changes of an order", self._changes[ref], ref, seen)
            case CancelOrder(ref=ref):
                self._request(ref, seen, is_bound=False)
            case Filled(fill=fill):
                self.executions += 1
                self._positions[fill.key] += fill.signed_qty
                self._position(fill.key, said.ref, seen)

    def _request(self, ref: str, seen: Seen, *, is_bound: bool) -> None:
        """Sliding windows, as the throttle counts: a cancellation counts, and never waits."""
        sent, now_ns = self._sent_ns, seen.ts_ns
        sent.append(now_ns)
        self.requests += 1
        while sent[0] <= now_ns - MINUTE_NS:
            sent.popleft()
        in_second = 0
        for at in reversed(sent):
            if at <= now_ns - SECOND_NS:
                break
            in_second += 1
        self._use("requests a second", in_second, ref, seen, is_bound=is_bound)
        self._use("requests a minute", len(sent), ref, seen, is_bound=is_bound)
        self._use("requests a day", self.requests, ref, seen, is_bound=is_bound)

    def _position(self, key: str, ref: str, seen: Seen) -> None:
        limit = self._config.qty_max.get(key, self._config.qty_max_default)
        if not limit:
            return
        qty = abs(self._positions[key])
        use = self.uses["position_max"]
        if qty * 100 > use.used * limit:
            use.used, use.about, use.ts_ns = qty * 100 // limit, f"{key}, {qty:,} of {limit:,} units", seen.ts_ns
        if qty > limit:
            self._found(Code.LIMIT_EXCEEDED, Status.CRIT, key, seen, f"{qty:,} units held by {ref}, limit {limit:,}")

    def _use(self, name: str, used: int, about: str, seen: Seen, *, is_bound: bool = True) -> Use:
        """`is_bound`: what goes beyond the limit has broken it."""
        use = self.uses[name]
        if used > use.used:
            use.used, use.about, use.ts_ns = used, about, seen.ts_ns
        if is_bound and use.limit is not None and used > use.limit:
            told = f"{name}: {used:,} {use.unit}, limit {use.limit:,}"
            self._found(Code.LIMIT_EXCEEDED, Status.CRIT, about, seen, told)
        return use

    def _found(self, code: Code, status: Status, about: str, seen: Seen, detail: str) -> None:
        found = Finding(code=code, status=status, about=about, sequence=seen.sequence, ts_ns=seen.ts_ns, detail=detail)
        self.findings.append(found)
