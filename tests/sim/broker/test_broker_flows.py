"""Any flow of orders: rows stay on Kite's graph, quantities and money are conserved, and time's slices leave no trace.

Run as a program it plays one flow and prints the digest of everything the broker said.
"""

import hashlib
import itertools
import os
import subprocess
import sys
from collections import Counter
from datetime import date, time
from typing import Any

import msgspec
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tarazu import reference
from tarazu.model import ist
from tarazu.model.calendar import Pace
from tarazu.model.instrument import Kind
from tarazu.model.order import Side
from tarazu.model.units import MILLISECOND_NS, SECOND_NS
from tarazu.sim.broker.broker import AccountSeed, Broker, BrokerConfig
from tarazu.sim.dice import Dice
from tarazu.sim.faults import FaultOrder
from tarazu.sim.money.ledger import Book, EntryKind
from tarazu.sim.orders import ModifyRequest, OrderRequest
from tarazu.sim.synthetic.scenario import SCENARIOS
from tarazu.wire.kite_orders import EDGES

USERS = ("TZ0001", "TZ0002")
CASH = 50_00_000_00
SYMBOLS = ("NSE:INFY", "NSE:SOUTHBANK", "NFO:NIFTY26NOVFUT", "NFO:NIFTY26NOV26100CE")
# (verb, who, instrument, side, order type, away from the LTP in ticks, units of ten lots, wait in ms)
Step = tuple[str, int, int, int, int, int, int, int]


def opened(faults: bool = False, seed: int = 11) -> Broker:
    """A short session, its continuous trading just begun."""
    rules = reference.rules("nse-2026")
    broker = Broker(
        BrokerConfig(
            seed=seed,
            rules=rules,
            calendar=reference.calendar_for(rules),
            charge_rates=reference.charge_rates(),
            scenario=SCENARIOS["quiet"],
            size="tiny",
            start_ns=ist.at_ns(date(2026, 11, 23), time(9, 0, 20)),
            pace=Pace.SHORT,
            accounts=tuple(AccountSeed(user_id=u, cash_paise=CASH, holdings=()) for u in USERS),
        )
    )
    if faults:
        for kind in ("order.stuck", "order.lapse", "order.reject", "update.late", "update.reorder", "update.duplicate"):
            broker.faults.arm(FaultOrder(kind=kind, probability=0.2), broker.now_ns)
    return broker


def act(broker: Broker, step: Step) -> None:
    """One command of a flow; refusals are part of it."""
    verb, who, which, side, kind, away, units, _ = step
    user = USERS[who]
    if verb == "place":
        broker.place(user, order(broker, which, side, kind, away, units))
        return
    rows = broker.orders(user)
    if rows:
        row = rows[(which * 7 + away) % len(rows)]
        if verb == "cancel":
            broker.cancel(user, row.variety, row.order_id)
        else:
            price = max(5, round(row.price * 100) + away * 5)
            broker.modify(user, row.variety, row.order_id, ModifyRequest(price_paise=price, quantity=row.quantity + 0))


def order(broker: Broker, which: int, side: int, kind: int, away: int, units: int) -> OrderRequest:
    instrument = broker.universe.find(SYMBOLS[which])
    assert instrument is not None
    index, tick = broker.universe.index_of_key[instrument.key], instrument.tick_size_paise
    ltp = broker.desk.ltp_paise(index) // tick * tick
    type_ = ("LIMIT", "MARKET", "SL", "LIMIT", "LIMIT")[kind]
    sign = 1 if side == 0 else -1
    price = ltp + away * tick if type_ != "SL" else ltp + sign * (abs(away) + 2) * tick
    variety = {3: "co", 4: "iceberg"}.get(kind, "regular") if not instrument.is_derivative else "regular"
    quantity = units * instrument.lot_size * (1 if instrument.is_derivative else 50)
    return OrderRequest(
        variety=variety,
        exchange=instrument.exchange.value,
        tradingsymbol=instrument.tradingsymbol,
        transaction_type=(Side.BUY, Side.SELL)[side],
        order_type=type_,
        product="MIS",
        quantity=quantity,
        price_paise=max(tick, price),
        trigger_paise=ltp - sign * 40 * tick if variety == "co" else (ltp + sign * tick if type_ == "SL" else 0),
        iceberg_legs=2 if variety == "iceberg" else 0,
        iceberg_quantity=(quantity + 1) // 2 if variety == "iceberg" else 0,
        market_protection=1.0 if type_ == "MARKET" else 0.0,
    )


def play(broker: Broker, flow: list[Step], slices: Dice | None = None) -> str:
    """Play the flow, then the rest of the day, in one go or in slices; the digest of all that was said."""
    for n, step in enumerate(flow):
        act(broker, step)
        forward(broker, broker.now_ns + step[-1] * MILLISECOND_NS, slices, n)
    forward(broker, ist.at_ns(date(2026, 11, 23), time(9, 6)), slices, len(flow))
    said: list[Any] = [(u.ts_ns, u.row, u.postback) for u in broker.updates]
    for user in USERS:
        said += [broker.order_history(user, row.order_id) for row in broker.orders(user)]
        said += [broker.trades(user), broker.positions(user), broker.funds(user, "equity")]
        said.append(broker.accounts[user].ledger.entries)
    return hashlib.sha256(msgspec.json.encode(said)).hexdigest()


def forward(broker: Broker, to_ns: int, slices: Dice | None, n: int) -> None:
    for cut in itertools.count():
        left = to_ns - broker.now_ns
        if left == 0:
            return
        whole = slices is None or cut > 40
        broker.advance(broker.now_ns + (left if whole else 1 + slices.word("cut", n, cut) % left))


def check(broker: Broker) -> None:
    for user in USERS:
        held: Counter[tuple[str, str]] = Counter()
        paid = 0
        for row in broker.orders(user):
            history = broker.order_history(user, row.order_id)
            trades = broker.trades(user, row.order_id)
            assert isinstance(history, list) and isinstance(trades, list)
            assert all(b.status in EDGES[a.status] for a, b in itertools.pairwise(history))
            for r in history:
                left = r.pending_quantity + r.cancelled_quantity
                assert left == (0 if r.status == "REJECTED" else r.quantity - r.filled_quantity)
            assert sum(t.quantity for t in trades) == row.filled_quantity
            sign = Side(row.transaction_type).sign
            held[row.tradingsymbol, row.product] += sign * row.filled_quantity
            if not row.tradingsymbol.endswith("FUT"):
                paid += sign * sum(t.quantity * round(t.average_price * 100) for t in trades)
        account = broker.accounts[user]
        open_qty = {(p.instrument.tradingsymbol, str(p.product)): p.qty for p in account.positions if p.qty}
        assert open_qty == {key: qty for key, qty in held.items() if qty}
        assert account.ledger.imbalance_paise() == 0
        assert account.ledger.cash_paise == CASH - paid - account.ledger.charges_paise


steps = st.tuples(
    st.sampled_from(("place", "place", "place", "modify", "cancel")),
    st.integers(0, 1),
    st.integers(0, len(SYMBOLS) - 1),
    st.integers(0, 1),
    st.integers(0, 4),
    st.integers(-6, 6),
    st.integers(1, 4),
    st.sampled_from((0, 1, 7, 40, 300, 1_200)),
)
flows = st.lists(steps, min_size=1, max_size=25)
few = settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@few
@given(flows, st.booleans())
def test_any_flow_stays_on_the_graph_and_conserves_quantity_and_money(flow: list[Step], faults: bool) -> None:
    broker = opened(faults)
    for n, step in enumerate(flow):
        act(broker, step)
        forward(broker, broker.now_ns + step[-1] * MILLISECOND_NS, None, n)
        check(broker)


@few
@given(flows, st.integers(0, 2**32))
def test_how_time_is_sliced_leaves_no_trace(flow: list[Step], cuts: int) -> None:
    assert play(opened(faults=True), flow) == play(opened(faults=True), flow, Dice(cuts))


def a_long_flow() -> list[Step]:
    dice = Dice(5)

    def pick(n: int, name: str, low: int, high: int) -> int:
        return dice.between(low, high, name, n)

    verbs = ("place", "place", "place", "modify", "cancel")
    return [
        (verbs[pick(n, "verb", 0, 4)], pick(n, "who", 0, 1), pick(n, "which", 0, 3), pick(n, "side", 0, 1),
         pick(n, "kind", 0, 4), pick(n, "away", -6, 6), pick(n, "units", 1, 4), pick(n, "wait", 0, 700))
        for n in range(60)
    ]  # fmt: skip


def test_the_same_commands_give_the_same_bytes_whatever_the_hash_seed() -> None:
    digests = set()
    for hash_seed in ("1", "4242"):
        ran = subprocess.run(
            [sys.executable, __file__],
            env={**os.environ, "PYTHONHASHSEED": hash_seed},
            capture_output=True,
            text=True,
            check=True,
        )
        digests.add(ran.stdout.strip())
    assert len(digests) == 1 and len(digests.pop()) == 64


def test_an_order_book_of_the_flow_is_not_empty() -> None:
    """Guards the properties above against flows in which nothing happens."""
    broker = opened()
    play(broker, a_long_flow())
    statuses = Counter(row.status for user in USERS for row in broker.orders(user))
    assert statuses["COMPLETE"] > 5 and statuses["CANCELLED"] > 2
    kinds = {e.kind for user in USERS for e in broker.accounts[user].ledger.entries}
    assert {EntryKind.TRADE, EntryKind.CHARGES} <= kinds
    assert broker.accounts[USERS[0]].ledger.balance(Book.BROKERAGE) > 0
    assert broker.universe.instruments[0].kind is Kind.INDEX and broker.now_ns % SECOND_NS == 0


if __name__ == "__main__":
    print(play(opened(faults=True), a_long_flow()))
