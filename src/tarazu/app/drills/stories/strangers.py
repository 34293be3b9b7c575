"""Orders in our account that this desk did not decide."""

from datetime import date

from tarazu.app.drills.rehearsal import Rehearsal
from tarazu.app.drills.stories.beginnings import entry_denied, holding
from tarazu.engine.phase import Phase
from tarazu.orders.client_order_id import ClientOrderId

SEQUENCE = 31_000
"""Of an intent that no short day comes to."""


def foreign_order(drill: Rehearsal) -> None:
    """Somebody buys in the broker's own app."""
    placed = _by_hand(drill)
    drill.until("foreign.alarmed", "main alarms it", lambda: _alerted(drill, "FOREIGN"))
    drill.until("foreign.counted", "its lot is counted as ours", lambda: _counted(drill))
    drill.holds(
        "foreign.order", "the broker has it once", sum(r["order_id"] == placed for r in drill.books().orders) == 1
    )
    drill.until_active("desk.still")
    drill.ends_flat("an order by hand")


def unexplained_order(drill: Rehearsal) -> None:
    """It looks like ours, and no intent is on the disk: whoever sends such orders must be stopped first."""
    holding(drill)
    _by_hand(drill, tag=_tag(drill))
    drill.until_phase("halted", Phase.HALTED)
    entry_denied(drill)
    drill.command("engine", "status", exits=(2,))
    drill.ends_flat("an order that nobody decided")


def _tag(drill: Rehearsal) -> str:
    """As ours are, to the last check, and of no intent."""
    health = drill.health()
    assert health is not None, "it has just taken an entry"
    return ClientOrderId(date.fromisoformat(health.day), health.epoch, SEQUENCE).tag


def _by_hand(drill: Rehearsal, **more: str) -> str:
    exchange, _, symbol = drill.trader.put.partition(":")
    drill.did(f"by hand: BUY {drill.trader.lot} {symbol} {more or ''}".rstrip())
    return drill.broker.place_by_hand(
        exchange=exchange,
        tradingsymbol=symbol,
        transaction_type="BUY",
        quantity=drill.trader.lot,
        product="NRML",
        order_type="MARKET",
        market_protection=-1,
        **more,
    )


def _alerted(drill: Rehearsal, code: str) -> bool:
    health = drill.health()
    return health is not None and any(code in alert for alert in health.alerts)


def _counted(drill: Rehearsal) -> bool:
    health = drill.health()
    return health is not None and any(p.key == drill.trader.put and p.qty == drill.trader.lot for p in health.positions)
