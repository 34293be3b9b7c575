"""The simulated broker's own books, read as any client reads them, beside what a desk's journal says.

`differences` is empty when they tell the same story: every order, trade, position and paisa of the one is in the other,
each tag of ours names one order at the most, and of every intent it is known what became of it.
"""

import time
from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

import msgspec
from kiteconnect import KiteConnect
from kiteconnect.exceptions import KiteException
from requests.exceptions import RequestException

from harness.kite_positions import broker_position
from harness.served import Served
from harness.told_day import ToldDay
from tarazu.model.execution import Fill
from tarazu.orders.exposure import exposures
from tarazu.orders.lifecycle import UNANSWERED, OrdStatus
from tarazu.orders.order_state import OrderState
from tarazu.portfolio.breaks import compare
from tarazu.wire.kite_money import PositionRow

T = TypeVar("T")

PATIENCE_S = 60.0
AGAIN_S = 0.6
"""The account's reads are counted, whoever reads."""
ENDS = {"COMPLETE", "CANCELLED", "REJECTED"}
_STATUS = {"COMPLETE": {"FILLED"}, "CANCELLED": {"CANCELED", "EXPIRED"}, "REJECTED": {"REJECTED"}}
_ENDED = {"FILLED", "CANCELED", "EXPIRED", "REJECTED"}


class BrokerTruth:
    """One reading of all three books. Orders and trades are compared as they are, not as we would have parsed them."""

    def __init__(self, served: Served) -> None:
        client = as_client(served)
        self.orders: dict[str, dict[str, Any]] = {row["order_id"]: row for row in asked(client.orders)}
        self.trades: list[dict[str, Any]] = asked(client.trades)
        net = asked(client.positions)["net"]
        self.positions = [msgspec.convert(row, PositionRow) for row in net]

    def of_tag(self, tag: str) -> list[dict[str, Any]]:
        return [row for row in self.orders.values() if tag in (row["tag"], *(row["tags"] or ()))]

    @property
    def net(self) -> dict[tuple[str, str], int]:
        """Open units by instrument and product; nothing that is flat."""
        rows = self.positions
        return {(f"{r.exchange}:{r.tradingsymbol}", r.product): r.quantity for r in rows if r.quantity}

    @property
    def working(self) -> list[dict[str, Any]]:
        return [row for row in self.orders.values() if row["status"] not in ENDS]


def as_client(served: Served) -> KiteConnect:
    """The official client with the token that lives now; it asks for a new one when none does."""
    token = served.admin("POST", "/access-token", {"user_id": served["user_id"]})["access_token"]
    return KiteConnect(served["api_key"], access_token=token, root=served["rest_url"])


def onlooker(served: Served) -> KiteConnect:
    """A client of another account, whose questions are counted apart from the desk's."""
    app = served.admin("POST", "/accounts", {"user_id": "ONLOOK"})
    token = served.admin("POST", "/access-token", {"user_id": "ONLOOK"})["access_token"]
    return KiteConnect(app["api_key"], access_token=token, root=served["rest_url"])


def asked(question: Callable[[], T]) -> T:
    """Again after an answer that was none: faults strike us, too."""
    for _ in range(40):
        try:
            return question()
        except (KiteException, RequestException, ValueError):
            time.sleep(0.25)
    return question()


def differences(truth: BrokerTruth, ours: ToldDay) -> list[str]:
    return [
        *_doubled(truth, ours),
        *_unexplained(truth, ours),
        *_orders(truth, ours),
        *_trades(truth, ours),
        *_positions(truth, ours),
    ]


def agreed(served: Served, ours: ToldDay, patience_s: float = PATIENCE_S) -> BrokerTruth:
    """As soon as both tell the same; fails with the differences that remain."""
    deadline = time.monotonic() + patience_s
    while True:
        truth = BrokerTruth(served)
        found = differences(truth, ours.read())
        if not found:
            return truth
        assert time.monotonic() < deadline, "the broker and the journal differ:\n" + "\n".join(found)
        time.sleep(AGAIN_S)


def _doubled(truth: BrokerTruth, ours: ToldDay) -> Iterable[str]:
    """The one thing that must never be: one intent, two orders."""
    tags = Counter(row["tag"] for row in truth.orders.values() if row["tag"])
    yield from (f"DOUBLED: {count} orders at the broker carry {tag}" for tag, count in tags.items() if count > 1)
    yield from (f"no intent for {tag}" for tag in tags if _is_ours(tag) and tag not in ours.intents)
    sent = Counter(order.ref for order in ours.sends())
    yield from (f"SENT {count} times: {ref}" for ref, count in sent.items() if count > 1)


def _unexplained(truth: BrokerTruth, ours: ToldDay) -> Iterable[str]:
    """Every intent is an order at the broker, or it is known that it is none."""
    for ref in ours.intents:
        order, rows = ours.state.blotter.orders[ref], truth.of_tag(ref)
        if order.status in UNANSWERED:
            yield f"{ref} is still {order.status}"
        elif not rows and order.order_id:
            yield f"{ref} is {order.status} as {order.order_id}, which the broker does not have"
        elif not rows and order.status not in (OrdStatus.ABSENT, OrdStatus.REJECTED):
            yield f"{ref} is {order.status}, and the broker has no such order"
        elif rows and rows[0]["order_id"] != order.order_id:
            yield f"{ref} is {order.status} without its order {rows[0]['order_id']}"


def _orders(truth: BrokerTruth, ours: ToldDay) -> Iterable[str]:
    blotter = ours.state.blotter
    yield from (f"order {i} is not in the journal" for i in truth.orders if blotter.find(f"#{i}") is None)
    for order in blotter.orders.values():
        if order.order_id and order.order_id in truth.orders:
            yield from _order(order, truth.orders[order.order_id])


def _order(order: OrderState, row: dict[str, Any]) -> Iterable[str]:
    of = f"order {row['order_id']} ({order.ref})"
    fits = _STATUS.get(row["status"])
    if (order.status not in fits) if fits else (order.status in _ENDED or order.status in UNANSWERED):
        yield f"{of}: ours {order.status}, theirs {row['status']}"
    if order.cum_qty != row["filled_quantity"]:
        yield f"{of}: ours filled {order.cum_qty}, theirs {row['filled_quantity']}"
    if order.fills_missing:
        yield f"{of}: {order.fills_missing} units without a trade"
    average = sum(f.qty * f.price_paise for f in order.fills.values()) / order.traded_qty if order.traded_qty else 0
    if abs(average - row["average_price"] * 100) > 1:
        yield f"{of}: ours at {average:.2f}, theirs at {row['average_price'] * 100:.2f} paise"


def _trades(truth: BrokerTruth, ours: ToldDay) -> Iterable[str]:
    theirs = Counter(
        (row["order_id"], row["trade_id"], row["quantity"], round(row["average_price"] * 100)) for row in truth.trades
    )
    fills: list[Fill] = [fill for order in ours.state.blotter.orders.values() for fill in order.fills.values()]
    mine = Counter((str(f.order_id), f.exec_id, f.qty, f.price_paise) for f in fills)
    yield from (f"trade {trade}: {count} times theirs alone" for trade, count in (theirs - mine).items())
    yield from (f"trade {trade}: {count} times ours alone" for trade, count in (mine - theirs).items())


def _positions(truth: BrokerTruth, ours: ToldDay) -> Iterable[str]:
    state = ours.state
    counted = exposures(state.blotter, state.before)
    mine = {(key, str(product)): x.filled for (key, product), x in counted.items() if x.filled}
    if mine != truth.net:
        yield f"positions: ours {mine}, theirs {truth.net}"
    if state.books is None:
        yield "no books yet"
    else:
        found = compare(state.books, [broker_position(row) for row in truth.positions]).breaks
        yield from (f"books: {b.kind} {b.key} {b.product}: ours {b.ours}, theirs {b.broker}" for b in found)


def _is_ours(tag: str) -> bool:
    return len(tag) == 20 and tag.startswith("T")
