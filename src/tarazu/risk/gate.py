"""The gate every entry passes: each control a small function, all of them asked, each no with what it saw.

What is not configured or not known is a no. Exits, stops and cancellations do not come here.
"""

from collections.abc import Callable

from tarazu.risk import checks_conduct as conduct
from tarazu.risk import checks_hours as hours
from tarazu.risk import checks_market as market
from tarazu.risk import checks_order as order
from tarazu.risk.denial import Denial
from tarazu.risk.entry import Entry

Check = Callable[[Entry], Denial | None]


def weigh(entry: Entry) -> tuple[Denial, ...]:
    """Every no; empty is a yes."""
    return tuple([denial for check in CHECKS if (denial := check(entry)) is not None])


CHECKS: tuple[Check, ...] = (
    hours.phase,           # C16, C23
    order.instrument,      # C01
    order.order_type,      # C02
    order.lot,             # C02
    order.freeze,          # C02
    order.tick,            # C02
    order.band,            # C02
    order.size,            # C03
    order.value,           # C04
    market.collar,         # C05
    market.reference,      # C06
    conduct.position,      # C07, C14
    conduct.blocked,       # C14
    conduct.leaving,       # C23
    conduct.throttle,      # C11
    conduct.duplicate,     # C12
    conduct.repeated,      # C13
    conduct.self_match,    # C15
    hours.trading,         # C16
    hours.intraday,        # C16
    hours.expiring,        # C16
    order.protection,      # C17
    market.spread,         # C25
    market.jump,           # C25
    conduct.stop,          # C28
)  # fmt: skip
"""In the order of their numbers; the portfolio's, the account's and the guards' stand beside the gate."""
