"""What the charts show: result, latencies, feeds and the use of the loss budget, as the journal tells them."""

import msgspec

from tarazu.app.day_audit.timeline.spans import Spans
from tarazu.app.day_audit.walk.seen import Seen
from tarazu.engine.acts import Intend, Mark
from tarazu.engine.messages import (
    Answered,
    Call,
    FeedMoved,
    MarginsRead,
    MarketMoved,
    OrdersRead,
    PositionsRead,
    TradesRead,
)
from tarazu.model.units import SECOND_NS
from tarazu.orders.intent import Purpose
from tarazu.orders.messages import CancelOrder, Filled, ModifyOrder, SendOrder
from tarazu.portfolio.pnl import Drawdown

POINT_NS = 10 * SECOND_NS
"""A point of a curve: its last value in so long, and its lowest."""
_CALLS = {SendOrder: Call.PLACE, ModifyOrder: Call.MODIFY, CancelOrder: Call.CANCEL}


class Point(msgspec.Struct, kw_only=True):
    """Of the curves, at the end of ten seconds; paise."""

    ts_ns: int
    net_paise: int | None = None
    """None: it was not computable."""
    low_paise: int | None = None
    """The lowest net of it."""
    drawdown_paise: int = 0
    """The deepest of it, below the day's high water."""
    margin_used_paise: int | None = None
    margin_free_paise: int | None = None


class Outage(msgspec.Struct, kw_only=True):
    feed: str
    from_ns: int
    until_ns: int | None = None
    """None: it was stale to the end."""
    required: bool = False
    reason: str = ""


class Shot(msgspec.Struct, frozen=True, kw_only=True):
    """One execution, to be drawn on the price."""

    ts_ns: int
    ref: str
    key: str
    side: str
    qty: int
    price_paise: int


class Curves:
    def __init__(self) -> None:
        self.points: list[Point] = []
        self.worst_drawdown_paise = 0
        self.outages: list[Outage] = []
        self.shots: list[Shot] = []
        self.spans = {
            name: Spans(name=name)
            for name in (
                "order acknowledged",
                "change answered",
                "cancellation answered",
                "entry to first fill heard",
                "frame to decision",
                "read of the broker",
            )
        }
        self._asked: dict[tuple[Call, str], int] = {}
        self._sent: dict[str, int] = {}
        self._entering: set[str] = set()
        """Entries: a stop or a resting exit is to be filled late, or never."""
        self._drawdown = Drawdown()
        self._down: dict[str, Outage] = {}

    def take(self, seen: Seen) -> None:
        message = seen.message
        if isinstance(message, MarketMoved):
            if message.wall_ns:
                self.spans["frame to decision"].note(seen.wall_ns - message.wall_ns)
        else:
            self._heard(message, seen)
        for act in seen.acts:
            if isinstance(act, Mark):
                self._mark(act.net_paise, seen)
            elif isinstance(act, Intend) and act.intent.purpose is Purpose.ENTRY:
                self._entering.add(act.intent.ref)
        for said in seen.outputs:
            self._said(said, seen)

    def point(self, ts_ns: int) -> Point:
        """That of this time, begun as the one before ended."""
        end_ns = ts_ns - ts_ns % POINT_NS + POINT_NS
        if self.points and self.points[-1].ts_ns >= end_ns:
            return self.points[-1]
        last = self.points[-1] if self.points else Point(ts_ns=end_ns)
        self.points.append(msgspec.structs.replace(last, ts_ns=end_ns, low_paise=last.net_paise))
        return self.points[-1]

    def _heard(self, message: object, seen: Seen) -> None:
        match message:
            case Answered(call=call, ref=ref) if (at := self._asked.pop((call, ref), None)) is not None:
                name = {Call.PLACE: "order acknowledged", Call.MODIFY: "change answered"}.get(call)
                self.spans[name or "cancellation answered"].note(seen.ts_ns - at)
            case OrdersRead(started_ns=began_ns) | TradesRead(started_ns=began_ns) | PositionsRead(started_ns=began_ns):
                self.spans["read of the broker"].note(seen.ts_ns - began_ns)
            case MarginsRead():
                point = self.point(seen.wall_ns)
                point.margin_used_paise, point.margin_free_paise = message.used_paise, message.available_paise
            case FeedMoved():
                self._feed(message, seen)

    def _feed(self, moved: FeedMoved, seen: Seen) -> None:
        down = self._down.pop(moved.feed, None)
        if not moved.fresh and down is None:
            down = Outage(feed=moved.feed, from_ns=seen.wall_ns, required=moved.required, reason=moved.reason)
            self.outages.append(down)
        if not moved.fresh and down is not None:
            self._down[moved.feed] = down
        elif down is not None:
            down.until_ns = seen.wall_ns

    def _mark(self, net_paise: int | None, seen: Seen) -> None:
        point = self.point(seen.wall_ns)
        point.net_paise = net_paise
        if net_paise is None:
            return
        self._drawdown = self._drawdown.after(net_paise)
        below = self._drawdown.paise
        assert isinstance(below, int), "a mark that is known"
        point.low_paise = net_paise if point.low_paise is None else min(point.low_paise, net_paise)
        point.drawdown_paise = below
        self.worst_drawdown_paise = self._drawdown.worst_paise

    def _said(self, said: object, seen: Seen) -> None:
        match said:
            case SendOrder() | ModifyOrder() | CancelOrder():
                self._asked[_CALLS[type(said)], said.ref] = seen.ts_ns
                if isinstance(said, SendOrder) and said.ref in self._entering:
                    self._sent[said.ref] = seen.ts_ns
            case Filled(ref=ref, fill=fill):
                sent_ns = self._sent.pop(ref, None)
                if sent_ns is not None:
                    self.spans["entry to first fill heard"].note(seen.ts_ns - sent_ns)
                self.shots.append(
                    Shot(
                        ts_ns=fill.ts_event_ns,
                        ref=ref,
                        key=fill.key,
                        side=str(fill.side),
                        qty=fill.qty,
                        price_paise=fill.price_paise,
                    )
                )
