"""The books balance to the paisa after any flow of fills, conversions, penalties and settlements."""

from datetime import date
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from tarazu.model.order import Side
from tarazu.sim.money.ledger import Book

NAMES = ("INFY", "TCS", "FUT", "FARFUT", "INFYFUT", "INFY1500CE", "INFY1500PE", "26000CE", "26500PE", "FAR26000CE")
SHARES = ("INFY", "TCS")


class AnyFlow(RuleBasedStateMachine):
    """Fills need no permission here: the books must hold for an account that should never have been let trade."""

    make_till: Any

    @initialize()
    def open(self) -> None:
        self.till = type(self).make_till(1_000_000.0)
        self.till.account.give_holding(self.till.instruments["INFY"], 500, 140_000)
        self.begin()

    def begin(self) -> None:
        """Remember where the day began."""
        ledger = self.till.account.ledger
        self.day_worth, self.day_charges, self.paid_in = self.till.net_worth_paise, ledger.charges_paise, 0
        self.day_prices = dict(self.till.prices)

    @rule(
        name=st.sampled_from(NAMES),
        side=st.sampled_from(Side),
        lots=st.integers(1, 4),
        drift=st.integers(-200, 200),
        intraday=st.booleans(),
        order=st.sampled_from("abc"),
    )
    def trade(self, name, side, lots, drift, intraday, order) -> None:
        till = self.till
        qty = lots * till.instruments[name].lot_size * (7 if name in SHARES else 1)
        product = "MIS" if intraday else "CNC" if name in SHARES else "NRML"
        price = max(0.05, till.prices[name] + drift * 0.05)
        till.trade(side, name, qty, price, product, order=f"{name}{side}{product}{order}{till.day}")

    @rule(name=st.sampled_from(NAMES), move=st.integers(-400, 400))
    def market_moves(self, name, move) -> None:
        self.till.prices[name] = max(0.05, round(self.till.prices[name] + move * 0.05, 2))

    @rule(
        name=st.sampled_from(NAMES),
        side=st.sampled_from(["BUY", "SELL"]),
        lots=st.integers(1, 3),
        into_intraday=st.booleans(),
        of=st.sampled_from(["day", "overnight"]),
    )
    def convert(self, name, side, lots, into_intraday, of) -> None:
        carried = "CNC" if name in SHARES else "NRML"
        old, new = (carried, "MIS") if into_intraday else ("MIS", carried)
        before = self.till.net_worth_paise
        paid = self.till.account.ledger.charges_paise
        self.till.convert(name, side, lots * self.till.instruments[name].lot_size, old, new, of)
        assert self.till.net_worth_paise == before - (self.till.account.ledger.charges_paise - paid)

    @rule(rupees=st.integers(-5_000, 50_000))
    def pay_in(self, rupees) -> None:
        self.till.account.pay_in(rupees * 100, self.till.now_ns)
        self.paid_in += rupees * 100

    @rule()
    def penalty(self) -> None:
        self.till.account.penalise(5000, self.till.now_ns, "square-off")

    @precondition(lambda self: self.till.day < date(2026, 12, 11))
    @rule(nifty=st.integers(24_000, 28_000), infy=st.integers(1_300, 1_700))
    def night(self, nifty, infy) -> None:
        """At day end only charges change what the account is worth; at expiry, what the final prices make of it."""
        till = self.till
        expires = till.day >= till.instruments["FUT"].expiry
        before, paid = till.net_worth_paise, till.account.ledger.charges_paise
        till.settle(NIFTY=float(nifty), INFY=float(infy))
        if not expires:
            assert till.net_worth_paise == before - (till.account.ledger.charges_paise - paid)
        self.begin()

    @invariant()
    def every_book_together_is_zero(self) -> None:
        assert self.till.account.ledger.imbalance_paise() == 0

    @invariant()
    def cash_is_what_was_paid_in_plus_trade_flows_less_charges(self) -> None:
        ledger = self.till.account.ledger
        flows = -ledger.balance(Book.CLEARING)
        assert ledger.cash_paise == -ledger.balance(Book.CAPITAL) + flows - ledger.charges_paise

    @invariant()
    def the_rows_and_the_ledger_tell_the_same_day(self) -> None:
        """Change of net worth = m2m of the rows + revaluation of holdings + pay-ins - charges."""
        till = self.till
        m2m = sum(round(row.m2m * 100) for row in till.account.position_rows(till.mark).net)
        held = sum(
            h.qty * round((till.prices[n] - self.day_prices[n]) * 100)
            for n in SHARES
            for h in till.account.holdings
            if h.instrument is till.instruments[n]
        )
        charges = till.account.ledger.charges_paise - self.day_charges
        assert till.net_worth_paise - self.day_worth == m2m + held + self.paid_in - charges

    @invariant()
    def realised_and_unrealised_make_the_pnl_and_pnl_is_kites_formula(self) -> None:
        for row in self.till.account.position_rows(self.till.mark).net:
            assert row.realised + row.unrealised == pytest.approx(row.pnl, abs=0.005)
            assert row.pnl == pytest.approx(row.sell_value - row.buy_value + row.quantity * row.last_price, abs=0.005)
            assert row.quantity == row.buy_quantity - row.sell_quantity
            assert row.quantity == row.overnight_quantity + row.day_buy_quantity - row.day_sell_quantity

    @invariant()
    def funds_agree_with_the_ledger(self) -> None:
        """Cash of the ledger = opening and pay-ins, less charges, plus the day's flows of the positions but futures."""
        account = self.till.account
        flows = sum(p.day_flow_paise for p in account.positions if not p.is_future)
        assert account.ledger.cash_paise == account.day_cash_paise() - account.day_charges_paise() + flows

    @invariant()
    def holdings_are_never_short(self) -> None:
        for holding in self.till.account.holdings:
            assert holding.settled_qty >= 0 and holding.cost_paise >= 0 and all(i.qty > 0 for i in holding.incoming)


def test_the_books_balance_after_any_flow(till_with) -> None:
    machine = type("AnyFlowOfThisTill", (AnyFlow,), {"make_till": till_with})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=60, stateful_step_count=40, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
