"""Whole days of every kind of request through the front: after each answer the orders, trades and books agree.

`broker/test_broker_flows.py` holds the broker's own commands to its laws; here everything comes over the wire's forms:
varieties, GTT, alerts, conversions, faults, and nights between the days.
"""

import itertools
from collections import Counter
from datetime import date, time
from fractions import Fraction

import pytest

from harness.clerk import QUIRKS, Clerk
from harness.house import CASH_PAISE, HOLDINGS, USERS, House
from tarazu.model import ist
from tarazu.model.instrument import Kind
from tarazu.model.units import SECOND_NS
from tarazu.sim.money.ledger import EntryKind
from tarazu.sim.orders import Fill
from tarazu.wire.kite_orders import EDGES, TERMINAL, KiteStatus, OrderRow, TradeRow

THURSDAY, FRIDAY = date(2026, 11, 19), date(2026, 11, 20)
OFF_THE_GRAPH = (KiteStatus.CANCELLED, KiteStatus.COMPLETE)
"""What the fault `order.cancel_fills`, and nothing else, does."""


class Auditor:
    """Keeps its own books of one house from the trades alone, and compares."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.lapses_allowed = False
        """The fault `order.cancel_fills` was armed."""
        self.seen: Counter[str] = Counter()
        """Last statuses of the orders of the days gone by, to tell that something happened."""
        self._before: dict[str, list[Fill]] = {user: [] for user in USERS}
        """Trades of the days before."""
        self._audited: dict[str, OrderRow] = {}
        """Last rows as they were audited: an order that moves leaves another."""

    def night(self) -> None:
        """Call before the broker turns to the next day: the day's trades will be gone from its lists."""
        for user in USERS:
            self._before[user] += self._fills(user)
            self.seen.update(row.status.value for row in self.house.broker.orders(user))

    def check(self) -> None:
        for user in USERS:
            for row in self.house.broker.orders(user):
                if self._audited.get(row.order_id) is not row:
                    self._check_order(user, row)
                    self._audited[row.order_id] = row
            if not self._closed_out(user):
                self._check_units(user)
                self._check_money(user)

    def _closed_out(self, user: str) -> bool:
        """The clearing house bought in shares sold and not delivered: trades that no order made (money/settlement).

        It takes a fault that keeps the broker from squaring off.
        """
        closed = any(e.kind is EntryKind.CLOSE_OUT for e in self.house.broker.accounts[user].ledger.entries)
        assert not closed or self.house.broker.faults.armed()
        return closed

    def _check_order(self, user: str, row: OrderRow) -> None:
        history = self.house.broker.order_history(user, row.order_id)
        trades = self.house.broker.trades(user, row.order_id)
        assert isinstance(history, list) and isinstance(trades, list)
        for a, b in itertools.pairwise(history):
            on_the_graph = b.status in EDGES.get(a.status, ())
            assert on_the_graph or (self.lapses_allowed and (a.status, b.status) == OFF_THE_GRAPH), history
        for r in history:
            left = r.pending_quantity + r.cancelled_quantity
            assert left == (0 if r.status is KiteStatus.REJECTED else r.quantity - r.filled_quantity)
            assert r.cancelled_quantity == 0 or r.status in TERMINAL
            assert r.status is not KiteStatus.COMPLETE or r.filled_quantity == r.quantity
        assert [r.filled_quantity for r in history] == sorted(r.filled_quantity for r in history)
        assert row.filled_quantity == sum(t.quantity for t in trades)
        assert abs(Fraction(row.average_price) - _mean_rupees(trades)) <= Fraction(1, 20_000) + Fraction(1, 10**9)

    def _check_units(self, user: str) -> None:
        """Positions and holdings together = opening holdings and everything traded since, instrument by instrument."""
        broker = self.house.broker
        mine: Counter[str] = Counter(dict(HOLDINGS))
        for fill in (*self._before[user], *self._fills(user)):
            mine[fill.instrument.key] += fill.side.sign * fill.qty
        theirs: Counter[str] = Counter()
        for p in broker.positions(user).net:
            theirs[f"{p.exchange}:{p.tradingsymbol}"] += p.quantity
            assert p.quantity == p.overnight_quantity + p.day_buy_quantity - p.day_sell_quantity
        for holding in broker.accounts[user].holdings:
            theirs[holding.instrument.key] += holding.qty
        assert {k: n for k, n in theirs.items() if n} == {k: n for k, n in mine.items() if n}

    def _check_money(self, user: str) -> None:
        """Cash, positions and charges make the opening balance, to the paisa, once the market's moves are taken out."""
        broker, account = self.house.broker, self.house.broker.accounts[user]
        assert account.ledger.imbalance_paise() == 0
        gained = sum(
            fill.side.sign * fill.qty * (broker.marks(fill.instrument).last_paise - fill.price_paise)
            for fill in (*self._before[user], *self._fills(user))
        )
        held = sum(broker.marks(broker.universe.find(key)).last_paise * qty for key, qty in HOLDINGS)
        worth = account.net_worth_paise(broker.marks)
        assert worth + account.ledger.charges_paise == CASH_PAISE + held + gained

    def _fills(self, user: str) -> list[Fill]:
        blotter = self.house.broker.desk.blotter
        return [fill for order in blotter.of(user) for fill in blotter.fills(order.order_id)]


def _mean_rupees(trades: list[TradeRow]) -> Fraction:
    units = sum(t.quantity for t in trades)
    return (
        Fraction(sum(t.quantity * round(t.average_price * 100) for t in trades), 100 * units) if units else Fraction(0)
    )


def audited(house: House, clerk: Clerk, auditor: Auditor, until_ns: int) -> None:
    """Let the clerk deal; audit after every answer, and again where time alone has passed."""
    for n, _ in enumerate(clerk.trade(until_ns)):
        fault = clerk.log[-1].fault
        auditor.lapses_allowed |= fault is not None and fault.kind == "order.cancel_fills"
        auditor.check()
        if n % 4 == 0:
            house.broker.advance(clerk.now_ns)
            auditor.check()


# (when the house opens, seconds of dealing): the pre-open and the open, the middle, the close and after it.
SPANS = ((time(8, 59, 58), 26), (time(9, 0, 14), 24), (time(9, 0, 40), 24), (time(9, 1, 30), 50))


@pytest.mark.parametrize("block", range(20))
def test_in_any_flow_orders_trades_positions_and_money_agree(block: int) -> None:
    """Ten flows a block, two hundred in all; in one of two anything may go wrong."""
    happened: Counter[str] = Counter()
    for flow in range(block * 10, block * 10 + 10):
        at, seconds = SPANS[flow % len(SPANS)]
        house = House(THURSDAY, at, seed=flow, scenario=("quiet", "normal", "vol_spike")[flow % 3])
        clerk, auditor = Clerk(house, flow, QUIRKS if flow // 4 % 2 else ()), Auditor(house)
        audited(house, clerk, auditor, house.start_ns + seconds * SECOND_NS)
        house.broker.advance(ist.at_ns(THURSDAY, time(9, 5)))
        auditor.check()
        auditor.night()
        happened += auditor.seen
    assert happened["COMPLETE"] > 20 and happened["CANCELLED"] > 10 and happened["REJECTED"] > 0


@pytest.mark.parametrize("scenario", ["quiet", "gap_open", "crash"])
def test_a_night_changes_nothing_but_charges(scenario: str) -> None:
    house = House(THURSDAY, time(9, 0, 10), seed=5, scenario=scenario)
    clerk, auditor = Clerk(house, 5, quirks=()), Auditor(house)
    audited(house, clerk, auditor, ist.at_ns(THURSDAY, time(9, 2, 30)))
    clerk.rest(ist.at_ns(FRIDAY, time(8, 59, 55)))
    auditor.night()
    audited(house, clerk, auditor, ist.at_ns(FRIDAY, time(9, 2, 30)))
    carried = [p for user in USERS for p in house.broker.positions(user).net if p.overnight_quantity]
    assert carried and auditor.seen["COMPLETE"] > 10


def test_an_option_that_is_held_trades_until_it_expires_however_far_the_market_goes() -> None:
    """Listing strikes around the new price must not take away the old ones: someone may hold them."""
    house = House(THURSDAY, time(9, 1), scenario="crash")
    before = {i.key for i in house.broker.universe.instruments if i.kind in (Kind.CE, Kind.PE)}
    house.broker.advance(ist.at_ns(FRIDAY, time(9, 1)))
    after = {i.key for i in house.broker.universe.instruments if i.kind in (Kind.CE, Kind.PE)}
    assert before < after
