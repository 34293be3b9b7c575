"""What is kept beside the orders is what going through all of them would find."""

from hypothesis import given, settings
from hypothesis import strategies as st

from harness.order_world import OrderWorld
from tarazu.orders.blotter import Blotter, restored
from tarazu.orders.exposure import Open, exposures, open_part
from tarazu.orders.intent import Purpose
from tarazu.orders.lifecycle import OrdStatus
from tarazu.orders.order_state import OrderState

STEPS = 150


def may_change(order: OrderState, blotter: Blotter) -> bool:
    cools = order.cools(blotter.read_ns, blotter.patience.cooling_ns) and order.leaves_worst > 0
    return not order.ended or cools or bool(order.change or order.cancel or order.fills_missing)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_at_every_moment_of_a_hostile_day(seed: int) -> None:
    world = OrderWorld(seed)
    for _ in range(STEPS):
        world.step()
        blotter = world.blotter
        every = list(blotter.orders.values())
        assert {o.ref for o in every if may_change(o, blotter)} <= {o.ref for o in blotter.open()}
        assert blotter.unknown() == sorted((o for o in every if o.status is OrdStatus.UNKNOWN), key=lambda o: o.ref)
        assert {o.ref for o in blotter.trades_missing()} == {o.ref for o in every if o.fills_missing}
        for (key, product), seen in exposures(blotter).items():
            mine = [o for o in every if (o.key, o.product) == (key, product)]
            assert seen.filled == sum(o.side.sign * o.cum_qty for o in mine)
            told = [ns for o in mine for ns in (o.sent_ns, o.filled_ns)]
            assert blotter.standing.heard_ns[key, product] == max(told)
            entries = [o.ref for o in mine if o.cum_qty and o.intent is not None and o.intent.purpose is Purpose.ENTRY]
            assert sorted(blotter.standing.entries.get((key, product), ())) == sorted(entries)
            parts = [open_part(o, blotter.read_ns, blotter.patience.cooling_ns) for o in mine]
            assert seen.buy.total + seen.sell.total == sum((part.total for part in parts), Open().total)
        assert blotter.standing.trades == sum(len(o.fills) for o in every)
        same = restored(blotter.snapshot())
        assert same.snapshot() == blotter.snapshot()
        assert (same.open(), same.standing.bare) == (blotter.open(), blotter.standing.bare)
