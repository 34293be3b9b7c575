"""A request ends in a way that says nothing of what became of it."""

from tarazu.app.drills.rehearsal import Rehearsal
from tarazu.app.drills.stories.beginnings import entered, holding
from tarazu.app.drills.trader import Denied
from tarazu.app.main.telling import MainSilent
from tarazu.model.units import SECOND_NS

STORM_S = 15.0


def timeout_accepted(drill: Rehearsal) -> None:
    """The worst answer there is: none, and the order lives."""
    drill.strike("rest.timeout_after", count=1, match={"path": "/orders*", "method": "POST"}, params={"hang_s": 30.0})
    tag = entered(drill, "sent", "an order is sent, whose answer is lost", drill.trader.buy)
    drill.until_order("order.there", "the broker has it", tag, "COMPLETE")
    drill.until("order.found", "main found it in the broker's book", lambda: _known(drill))
    rows = drill.books().of_tag(tag)
    drill.holds("order.once", "it is there once: it was not sent again", len(rows) == 1, f"{len(rows)} orders")
    drill.has_struck("rest.timeout_after")
    drill.calm()
    drill.until_active("desk.again")
    drill.books_agree()
    drill.ends_flat()


def throttle_storm(drill: Rehearsal) -> None:
    holding(drill)
    drill.strike("rest.throttle", for_s=STORM_S)
    over_ns = drill.broker.now_ns() + round(STORM_S * SECOND_NS)
    for _ in range(3):
        try:
            drill.trader.buy()
        except (Denied, MainSilent) as no:
            drill.did(f"an entry in the storm: {no}")
    drill.until("storm.over", f"{STORM_S:g} s of 429 to everything are over", lambda: drill.broker.now_ns() > over_ns)
    drill.has_struck("rest.throttle")
    drill.until_active("desk.again")
    drill.books_agree()
    drill.ends_flat()


def _known(drill: Rehearsal) -> bool:
    health = drill.health()
    return health is not None and health.orders is not None and not health.orders.unknown and bool(health.positions)
