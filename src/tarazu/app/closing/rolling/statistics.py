"""The day in numbers: what the journal tells of it, counted once from beginning to end."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence

import msgspec

from tarazu.app.trade_log.row import Row
from tarazu.engine import codec
from tarazu.engine import messages as m
from tarazu.engine.acts import Alert, Decide, Deny, Mark, SetHalt
from tarazu.journal.entry import Entry
from tarazu.model.units import MILLISECOND_NS
from tarazu.orders.messages import CancelOrder, ModifyOrder, SendOrder
from tarazu.orders.report import AnswerKind
from tarazu.portfolio.pnl import Drawdown
from tarazu.portfolio.unknown_paise import Cause, UnknownPaise


class Latency(msgspec.Struct, frozen=True, kw_only=True):
    """Of requests and their answers, milliseconds; None: there were none."""

    count: int = 0
    p50_ms: float | None = None
    p99_ms: float | None = None
    max_ms: float | None = None


class Traded(msgspec.Struct, frozen=True, kw_only=True):
    """Executions together. Paise; None: one of them is not known."""

    executions: int
    orders: int
    units: int
    turnover_paise: int
    gross_paise: int | None
    charges_paise: int | None
    net_paise: int | None


class Statistics(msgspec.Struct, frozen=True, kw_only=True):
    entries: int
    by_kind: dict[str, int]
    starts: int
    failures: int
    """At which the engine ended."""
    decisions: dict[str, dict[str, int]]
    """By strategy and verb."""
    denied: dict[str, int]
    """By control: a want that several refuse counts for each."""
    sent: int
    changed: int
    canceled: int
    refused: int
    """By the broker."""
    unknown: int
    """Requests whose answer was none."""
    answer: Latency
    traded: Traded
    by_strategy: dict[str, Traded]
    marks: int
    """How often the day's result was told, marked to market."""
    last_net_paise: int | None
    """Of the last mark that was computable."""
    drawdown_paise: int | None
    """The deepest; None: it was never computable."""
    alerts: dict[str, int]
    """By severity and code."""
    halts: dict[str, int]
    """By code."""
    stale: dict[str, int]
    """How often a feed was told stale, by its name."""


class Counting:
    """Told of every entry that says something, in order, and how many say nothing."""

    def __init__(self) -> None:
        self._kinds: Counter[int] = Counter()
        self._failures = 0
        self._decisions: dict[str, Counter[str]] = defaultdict(Counter)
        self._denied: Counter[str] = Counter()
        self._asked: Counter[type] = Counter()
        self._answers: Counter[AnswerKind] = Counter()
        self._sent_ns: dict[str, int] = {}
        self._took_ms: list[float] = []
        self._marks, self._drawdown = 0, Drawdown()
        self._net_paise: int | None = None
        self._alerts: Counter[str] = Counter()
        self._halts: Counter[str] = Counter()
        self._stale: Counter[str] = Counter()

    def told(self, entry: Entry, record: codec.Record | codec.Failure) -> None:
        self._kinds[entry.kind] += 1
        if isinstance(record, codec.Failure):
            self._failures += 1
        else:
            self._heard(record.stamped)
            self._acted(record)

    def passed(self, quiet: Mapping[int, int]) -> None:
        """By kind."""
        self._kinds.update(quiet)

    def statistics(self, rows: Sequence[Row]) -> Statistics:
        """`rows`: the day's trade log."""
        strategies: dict[str, list[Row]] = defaultdict(list)
        for row in rows:
            strategies[row.strategy or row.purpose].append(row)
        return Statistics(
            entries=self._kinds.total(),
            by_kind={codec.NAMES.get(kind, str(kind)): count for kind, count in sorted(self._kinds.items())},
            starts=self._kinds[codec.KINDS[m.Started]],
            failures=self._failures,
            decisions={name: dict(sorted(verbs.items())) for name, verbs in sorted(self._decisions.items())},
            denied=dict(self._denied.most_common()),
            sent=self._asked[SendOrder],
            changed=self._asked[ModifyOrder],
            canceled=self._asked[CancelOrder],
            refused=self._answers[AnswerKind.REFUSED],
            unknown=self._answers[AnswerKind.NO_ANSWER],
            answer=_latency(self._took_ms),
            traded=_traded(rows),
            by_strategy={name: _traded(of) for name, of in sorted(strategies.items())},
            marks=self._marks,
            last_net_paise=self._net_paise,
            drawdown_paise=self._drawdown.worst_paise if self._net_paise is not None else None,
            alerts=dict(self._alerts.most_common()),
            halts=dict(self._halts.most_common()),
            stale=dict(self._stale.most_common()),
        )

    def _heard(self, stamped: m.Stamped) -> None:
        match stamped.message:
            case m.Answered(call=call, ref=ref, answer=answer):
                self._answers[answer.kind] += 1
                sent_ns = self._sent_ns.pop(ref, None) if call is m.Call.PLACE else None
                if sent_ns is not None:
                    self._took_ms.append((stamped.ts_ns - sent_ns) / MILLISECOND_NS)
            case m.FeedMoved(feed=feed, fresh=False):
                self._stale[feed] += 1

    def _acted(self, record: codec.Record) -> None:
        for act in record.step.acts:
            match act:
                case Decide(decision=decision):
                    self._decisions[decision.strategy][str(decision.verb)] += 1
                case Deny(denials=denials):
                    self._denied.update(str(denial.code) for denial in denials)
                case Mark(net_paise=net):
                    self._marked(net)
                case Alert(severity=severity, code=code):
                    self._alerts[f"{severity} {code}"] += 1
                case SetHalt(halt=halt) if halt is not None:
                    self._halts[halt.code] += 1
        for output in record.step.outputs:
            self._asked[type(output)] += 1
            if isinstance(output, SendOrder):
                self._sent_ns[output.ref] = record.stamped.ts_ns

    def _marked(self, net_paise: int | None) -> None:
        self._marks += 1
        if net_paise is not None:
            self._net_paise = net_paise
        self._drawdown = self._drawdown.after(
            UnknownPaise.because(Cause.NO_PRICE, "") if net_paise is None else net_paise
        )


def _latency(took_ms: list[float]) -> Latency:
    if not took_ms:
        return Latency()
    took = sorted(took_ms)
    at = [round(took[min(len(took) - 1, len(took) * pct // 100)], 3) for pct in (50, 99)]
    return Latency(count=len(took), p50_ms=at[0], p99_ms=at[1], max_ms=round(took[-1], 3))


def _traded(rows: Sequence[Row]) -> Traded:
    return Traded(
        executions=len(rows),
        orders=len({row.order_id for row in rows}),
        units=sum(row.qty_units for row in rows),
        turnover_paise=sum(abs(row.value_paise) for row in rows),
        gross_paise=_sum([row.gross_paise for row in rows]),
        charges_paise=_sum([row.charges_paise for row in rows]),
        net_paise=_sum([row.net_paise for row in rows]),
    )


def _sum(amounts: list[int | None]) -> int | None:
    known = [amount for amount in amounts if amount is not None]
    return sum(known) if len(known) == len(amounts) else None
