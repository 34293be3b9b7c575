"""Whatever is lost, late, refused or repeated: no exit of ours takes a position past zero, no main stands uncovered,
and when the world has healed everything is flat."""

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.engine_desk import BUY, NIFTY_CALL
from harness.leaving_desk import LEAVE, PUT
from harness.leaving_world import LeavingWorld, TrueOrder
from tarazu.engine import messages as m
from tarazu.model.order import Product, Side
from tarazu.strategy.wants import LegWant, SpreadWant

CALL = NIFTY_CALL.key
SPREAD = SpreadWant(
    strategy="story",
    product=Product.NRML,
    sets=3,
    hedges=(LegWant(name="long", key=PUT.key, side=Side.BUY, per_set=75, price_paise=5_000),),
    mains=(LegWant(name="short", key=CALL, side=Side.SELL, per_set=75, price_paise=10_000),),
    overdue_s=5.0,
)


def entered(world: LeavingWorld) -> None:
    """Some entries, at some time, some of which fill; of each instrument on one side alone."""
    sides = {CALL: Side.SELL if world.true_net(CALL) < 0 else Side.BUY, PUT.key: world.dice.choice(list(Side))}
    for _ in range(world.dice.randint(1, 4)):
        key, qty = world.dice.choice([CALL, PUT.key]), 75 * world.dice.randint(1, 4)
        world.want(msgspec.structs.replace(BUY, key=key, side=sides[key], qty=qty))
        for _ in range(world.dice.randrange(20)):
            world.step()


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_no_exit_of_ours_passes_zero_and_a_healed_world_ends_flat(seed: int) -> None:
    world = LeavingWorld(seed, carried=[(NIFTY_CALL, 75 * (seed % 5 - 2))])
    entered(world)
    if world.dice.random() < 0.5:
        world.command(m.Order.FLATTEN)
    else:
        for key in (CALL, PUT.key):
            world.want(msgspec.structs.replace(LEAVE, key=key))
    for _ in range(world.dice.randrange(400)):
        world.step()
    world.calm()
    world.heal(700)
    state = world.engine.state
    assert world.true_net(CALL) == world.true_net(PUT.key) == 0, world.alerts
    assert not state.flattening and not state.exits


class SpreadWorld(LeavingWorld):
    """Mains are covered by hedges at every moment: what is short is never more than what is long."""

    def fill(self, order: TrueOrder, qty: int) -> None:
        super().fill(order, qty)
        assert 0 <= -self.true_net(CALL) <= self.true_net(PUT.key), f"{order.sent.tag} leaves a main without its hedge"


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32 - 1), st.booleans())
def test_no_main_is_ever_without_its_hedge_and_every_spread_ends(seed: int, keep: bool) -> None:
    world = SpreadWorld(seed)
    world.want(msgspec.structs.replace(SPREAD, keep_hedges=keep))
    for _ in range(world.dice.randrange(400)):
        world.step()
    world.calm()
    world.heal(700)
    long, short = world.true_net(PUT.key), -world.true_net(CALL)
    assert not world.engine.state.spreads and (long == short or keep), f"{long} long, {short} short: {world.alerts}"
