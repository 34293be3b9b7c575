"""What a research day leaves behind: trades, refusals, decisions, and how things stood each minute."""

import hashlib
from collections import Counter

import msgspec

from tarazu.app.research.baseline import StraddleWatch
from tarazu.app.research.held_greeks import held_greeks
from tarazu.app.research.result import Point, Refusals, Trade
from tarazu.engine.acts import Alert, Decide, Deny, Intend, Severity, Step
from tarazu.engine.messages import Answered, Stamped
from tarazu.engine.process import Engine
from tarazu.market.touch import Quotes
from tarazu.model.units import MINUTE_NS
from tarazu.orders.messages import CancelOrder, Filled, ModifyOrder, SendOrder
from tarazu.orders.report import AnswerKind
from tarazu.portfolio.marks import MarkOf
from tarazu.portfolio.unknown_paise import Cause, Paise, UnknownPaise

_ENCODER = msgspec.msgpack.Encoder()
_LOUD = (Severity.SEV1, Severity.SEV2)


class Chronicle:
    """Told of every step and every second."""

    def __init__(self, engine: Engine, quotes: Quotes, shown: str, straddle: StraddleWatch, closes: MarkOf) -> None:
        """`closes` values what has not ticked."""
        self._engine, self._quotes, self._shown = engine, quotes, shown
        self.straddle, self._closes = straddle, closes
        self.trades: list[Trade] = []
        self.curve: list[Point] = []
        self.sent: Counter[type] = Counter()
        self.decisions: Counter[str] = Counter()
        self.messages, self.broker_refusals, self.active_s = 0, 0, 0
        self._alerts: dict[str, None] = {}
        self._refusals: dict[str, list[str]] = {}
        self._decided = hashlib.sha256()
        self._sampled_ns = 0

    def told(self, sequence: int, stamped: Stamped, step: Step) -> None:
        self.messages += 1
        message = stamped.message
        if isinstance(message, Answered) and message.answer.kind is AnswerKind.REFUSED:
            self.broker_refusals += 1
        for act in step.acts:
            if isinstance(act, Decide | Deny | Intend):
                self._decide(stamped.ts_ns, act)
            elif isinstance(act, Alert) and act.severity in _LOUD:
                self._alerts[f"{act.severity} {act.code} {act.of} {act.text}".strip()] = None
        for output in step.outputs:
            if isinstance(output, SendOrder | ModifyOrder | CancelOrder):
                self.sent[type(output)] += 1
            elif isinstance(output, Filled):
                self._trade(stamped.ts_ns, output)

    def second(self, now_ns: int, is_active: bool) -> None:
        self.active_s += is_active
        self.straddle.look(self._quotes, now_ns)
        if now_ns // MINUTE_NS != self._sampled_ns // MINUTE_NS:
            self._sampled_ns = now_ns
            self.sample(now_ns, self.last_paise)

    def sample(self, now_ns: int, mark: MarkOf) -> None:
        """Keep how things stand, valued at these marks."""
        books = self._engine.state.books
        shown = self._quotes.touch(self._shown)
        snapshot = books.as_of(mark) if books is not None else None
        worth = sum(abs(line.qty) * known(line.mark_paise or 0) for line in snapshot.lines) if snapshot else 0
        self.curve.append(
            Point(
                ts_ns=now_ns,
                net_paise=known(snapshot.total.net_paise) if snapshot else 0,
                exposure_paise=worth,
                spot_paise=(shown.last_paise or 0) if shown is not None else 0,
                straddle_paise=self.straddle.net_paise,
                greeks=held_greeks(self._engine),
            )
        )

    def last_paise(self, key: str) -> Paise:
        """The last price; yesterday's close before the first."""
        touch = self._quotes.touch(key)
        last = touch.last_paise if touch is not None else None
        return last if last else self._closes(key)

    @property
    def refusals(self) -> tuple[Refusals, ...]:
        rows = [Refusals(code=code, count=len(said), first=said[0]) for code, said in self._refusals.items()]
        return tuple(sorted(rows, key=lambda row: (-row.count, row.code)))

    @property
    def alerts(self) -> tuple[str, ...]:
        return tuple(self._alerts)

    @property
    def decided_sha256(self) -> str:
        return self._decided.hexdigest()

    @property
    def drawdown_paise(self) -> int:
        high = worst = 0
        for point in self.curve:
            high = max(high, point.net_paise)
            worst = max(worst, high - point.net_paise)
        return worst

    def _decide(self, ts_ns: int, act: Decide | Deny | Intend) -> None:
        self._decided.update(_ENCODER.encode((ts_ns, act)))
        if isinstance(act, Decide):
            self.decisions[act.decision.verb] += 1
        elif isinstance(act, Deny):
            for denial in act.denials:
                limit = f", limit {denial.limit}" if denial.limit else ""
                self._refusals.setdefault(str(denial.code), []).append(f"{denial.observed}{limit}")

    def _trade(self, ts_ns: int, filled: Filled) -> None:
        order, fill = self._engine.state.blotter.find(filled.ref), filled.fill
        intent = order.intent if order is not None else None
        self.trades.append(
            Trade(
                ts_ns=ts_ns,
                key=fill.key,
                side=str(fill.side),
                qty=fill.qty,
                price_paise=fill.price_paise,
                purpose=str(intent.purpose) if intent is not None else "",
                strategy=intent.strategy if intent is not None else "",
                order_id=fill.order_id,
            )
        )


def known(paise: Paise) -> int:
    """On a research day every price is known: there is always yesterday's."""
    assert not isinstance(paise, UnknownPaise), f"a result that nobody can tell: {paise}"
    return paise


def no_price(key: str) -> Paise:
    return UnknownPaise.because(Cause.NO_PRICE, key)
