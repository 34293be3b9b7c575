"""The broker's funds beside themselves, and beside our charges where the broker books them into the day's funds.

What Kite tells of cash in the day: `net` is what it lets one spend, `debits` what it blocks or has taken. It books no
charge there (they go to the ledger at night, which no endpoint shows), and a gain is free only once settled; so of a
live account only its own sum is looked at. The simulated broker takes charges fill by fill: there they are compared.
"""

from collections.abc import Iterator

from tarazu.app.account.reading import AccountRead
from tarazu.app.home import Profile
from tarazu.app.reconcile.breaks import Against, Break, BreakKind, Compared
from tarazu.app.reconcile.legs.orders import Leg, why_not
from tarazu.app.reconcile.ours import OurDay
from tarazu.orders.kite_rows import paise
from tarazu.portfolio.unknown_paise import UnknownPaise
from tarazu.wire.kite_money import Funds

NOT_TOLD = "Kite books charges to the ledger at night and tells no endpoint of it: take in the contract note"


def compare_funds(ours: OurDay, account: AccountRead, profile: Profile) -> Leg:
    funds = account.funds.value
    if funds is None:
        return Compared(against=Against.FUNDS, unknown=why_not(account.funds.failure)), []
    in_sim = profile is Profile.SIM
    try:
        breaks = list(_of_net(funds.equity, in_sim))
        breaks += _of_charges(ours, funds.equity) if in_sim else []
    except ValueError as bad:
        return Compared(against=Against.FUNDS, unknown=f"the broker's funds do not read: {bad}"), []
    unknown = _unknown_charges(ours) if in_sim else ""
    told = Compared(against=Against.FUNDS, ours=1, broker=1, unknown=unknown, skipped="" if in_sim else NOT_TOLD)
    return told, breaks


def charged_paise(funds: Funds) -> int:
    """What the simulated broker has taken in charges: what its `debits` hold beyond what it blocks (`sim.money`).
    Raises ValueError."""
    used = funds.utilised
    loss = max(0, -paise(used.m2m_realised) - paise(used.m2m_unrealised))
    blocked = paise(used.span) + paise(used.exposure) + paise(used.option_premium) + paise(used.delivery)
    return paise(used.debits) - (blocked - paise(used.holding_sales) + loss)


def _of_net(funds: Funds, money: bool) -> Iterator[Break]:
    """Kite v3 "Funds and margins", its own example: net = cash + adhoc + collateral - debits; cash has the pay-in."""
    have = funds.available
    net = paise(have.cash) + paise(have.adhoc_margin) + paise(have.collateral) - paise(funds.utilised.debits)
    if net != paise(funds.net):
        yield _break("net", net, paise(funds.net), money)


def _of_charges(ours: OurDay, funds: Funds) -> Iterator[Break]:
    cost = 0 if ours.state.books is None else ours.state.books.charges()
    if isinstance(cost, UnknownPaise):
        return
    mine = cost if isinstance(cost, int) else cost.total
    if mine != charged_paise(funds):
        yield _break("charges", mine, charged_paise(funds), True)


def _unknown_charges(ours: OurDay) -> str:
    cost = None if ours.state.books is None else ours.state.books.charges()
    return f"our charges are not known, {cost}" if isinstance(cost, UnknownPaise) else ""


def _break(field: str, ours: int, broker: int, money: bool) -> Break:
    return Break(
        kind=BreakKind.CASH, against=Against.FUNDS, field=field, ours=ours, broker=broker, unit="paise", money=money
    )
