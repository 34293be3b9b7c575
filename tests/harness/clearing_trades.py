"""What the simulated clearing house trades at day end without an order: buy-ins, as fills of the desk's."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tarazu.model.execution import Fill
from tarazu.model.ids import BrokerOrderId
from tarazu.model.order import Side
from tarazu.sim.money import settlement
from tarazu.sim.money.account import Account
from tarazu.sim.money.ledger import EntryKind
from tarazu.sim.money.positions import Position


@contextmanager
def clearing_trades(account: Account, ts_ns: int) -> Iterator[list[Fill]]:
    """Listens in while `settlement.settle_day` runs; expiries are left out, for those the desk works out itself."""
    made: list[Fill] = []
    real = settlement._trade_at

    def tapped(of: Account, position: Position, side: Side, qty: int, price_paise: int, *rest: Any) -> None:
        real(of, position, side, qty, price_paise, *rest)
        if of is account and rest[-1] is not EntryKind.EXPIRY:
            made.append(
                Fill(
                    exec_id=f"{rest[-1]}-{len(made)}",
                    order_id=BrokerOrderId(""),
                    key=position.instrument.key,
                    instrument_token=position.instrument.instrument_token,
                    product=position.product,
                    side=side,
                    qty=qty,
                    price_paise=price_paise,
                    ts_event_ns=ts_ns,
                )
            )

    settlement._trade_at = tapped
    try:
        yield made
    finally:
        settlement._trade_at = real
