"""Leaving places: the one planner of square-offs, carried out again and again until it is flat (RELIABILITY I11).

Nothing here asks the gate, and no phase holds it up: a halt, books that differ and a stale feed stop entries alone. It
acts on a read of positions that began after all that is known of a place, and on no other, so that to be asked twice is
the same as once.
"""

from tarazu.engine.acts import AskCancel, AskChange, AskRead, EndExit, Intend, Severity
from tarazu.engine.cancels import may_ask
from tarazu.engine.chase import chase_exits, tell_resting_stops
from tarazu.engine.exit_terms import PAUSE_MAX_NS, may_try_ns, new_order, rule_of, turn_failed_ns
from tarazu.engine.messages import PositionsRead, ReadFailed, Ticked, What
from tarazu.engine.reads import AGAIN_NS
from tarazu.engine.run import Run
from tarazu.engine.state import EngineState
from tarazu.engine.tags import fresh_tag
from tarazu.model.units import SECOND_NS
from tarazu.orders.exposure import Place
from tarazu.orders.flatten import plan_flatten
from tarazu.orders.flatten_plan import ALARMING, BrokerPosition, ExitOrder, FlattenPlan, Reason, Turn, Wait
from tarazu.orders.intent import OrderIntent, Purpose
from tarazu.orders.order_state import OrderState
from tarazu.orders.throttle import SendKind

TURN_AGAIN_NS = SECOND_NS
TURN_FAILS_NS = 10 * SECOND_NS


def leave(run: Run) -> None:
    state, message = run.state, run.message
    tell_resting_stops(run)
    chase_exits(run)
    if not state.exits and not state.flattening:
        return
    if state.blotter.auth_lost:
        if isinstance(message, Ticked | PositionsRead):
            run.alert(Severity.SEV2, "EXIT_NO_SESSION", text="the broker's session is over: nothing can be left")
    elif isinstance(message, ReadFailed) and message.what is What.POSITIONS:
        run.alert(Severity.SEV2, "EXIT_BLIND", text=f"positions cannot be read, {message.cause}: nothing can be left")
    elif isinstance(message, PositionsRead):
        if state.readings[What.ORDERS].began_ns >= state.started_ns:
            _go_on(run, message.started_ns)
        elif state.readings[What.ORDERS].failed_ns:
            text = "the orders were not read whole since the start: nothing can be left"
            run.alert(Severity.SEV2, "EXIT_BLIND", What.ORDERS, text)


def _go_on(run: Run, began_ns: int) -> None:
    """With the broker's positions as a read that began at `began_ns` shows them."""
    state = run.state
    leaving = _places(state) if state.flattening else set(state.exits)
    fresh = {place for place in leaving if began_ns > _known_ns(state, place)}
    tried = {place: _tried(state, place) for place in sorted(fresh)}
    plan = _plan(run, tried)
    _undo(run, plan, fresh)
    _exit(run, plan, tried)
    for wait in plan.waits:
        if (wait.key, wait.product) in fresh and wait.reason in ALARMING:
            _alarm(run, wait)
    for place in [place for place in state.exits if place in fresh and _is_flat(state, place)]:
        run.act(EndExit(key=place[0], product=place[1], how="flat"))
    if state.flattening and plan.flat and fresh == leaving:
        run.act(EndExit(key="", product="", how="flat"))


def _places(state: EngineState) -> set[Place]:
    return {*state.blotter.standing.places, *state.held, *state.before}


def _known_ns(state: EngineState, place: Place) -> int:
    """When something of this place was last sent, asked or heard to be filled."""
    known = [state.blotter.standing.heard_ns.get(place, 0)]
    for order in state.blotter.open_of(place[0]):
        if order.product is place[1]:
            known += [ask.asked_ns for ask in (order.change, order.cancel) if ask is not None]
    return max(known)


def _tried(state: EngineState, place: Place) -> list[OrderState]:
    blotter = state.blotter
    return [blotter.orders[ref] for ref in blotter.standing.exits.get(place, ())]


def _plan(run: Run, tried: dict[Place, list[OrderState]]) -> FlattenPlan:
    state = run.state
    to_leave = {place[0] for place in tried if not _is_flat(state, place)}
    rules = {}
    for key, product in tried:
        rule = rule_of(run, key, tried[key, product]) if key in to_leave else None
        if rule is not None:
            rules[key] = rule
    return plan_flatten(
        state.blotter,
        [BrokerPosition(key=key, product=product, qty=qty) for (key, product), qty in state.held.items()],
        rules,
        before=state.before,
        modifications_max=state.config.limits.modifications_per_order,
        only=tried.keys(),
    )


def _undo(run: Run, plan: FlattenPlan, fresh: set[Place]) -> None:
    """What must not be there any more goes, and what rests becomes the exit."""
    assert not plan.withdrawals, "an intent is sent in the step that writes it down"
    blotter, throttle = run.state.blotter, run.state.throttle
    for ref in plan.cancels:
        order = blotter.orders[ref]
        if _place_of(order) in fresh and may_ask(order, run.now_ns) and throttle.has_room(run.now_ns):
            run.act(AskCancel(ref=ref, why="leaving"))
    for turn in plan.turns:
        order = blotter.orders[turn.ref]
        is_ours = _place_of(order) in fresh and not _is_chased(run, order, turn)
        if is_ours and _is_held_up(run, order):
            continue
        if is_ours and throttle.held(SendKind.MODIFY, run.now_ns, order.changes) is None:
            first_paise = turn.change.price_paise or 0
            run.act(AskChange(ref=turn.ref, change=turn.change, why="leaving", first_paise=first_paise))


def _is_held_up(run: Run, order: OrderState) -> bool:
    """A turn that fails is tried less and less often. One that fails for ten seconds is for ever: the stop goes, and
    once it has cooled a fresh exit takes its place."""
    failed_ns = turn_failed_ns(run, order)
    if not failed_ns:
        return False
    run.alert(Severity.SEV2, "EXIT_UNTURNED", order.ref, f"{order.key}: its stop is not to be changed into an exit")
    failing_ns = failed_ns - run.state.alerted["EXIT_UNTURNED", order.ref]
    if run.now_ns < failed_ns + max(TURN_AGAIN_NS, min(failing_ns, PAUSE_MAX_NS)):
        return True
    if failing_ns < TURN_FAILS_NS:
        return False
    if may_ask(order, run.now_ns) and run.state.throttle.has_room(run.now_ns):
        run.act(AskCancel(ref=order.ref, why="leaving: it cannot be changed into an exit"))
    return True


def _is_chased(run: Run, order: OrderState, turn: Turn) -> bool:
    """It has been turned before, and only its price is behind."""
    return order.ref in run.state.exit_prices and not order.order_type.is_stop and turn.change.qty is None


def _exit(run: Run, plan: FlattenPlan, tried: dict[Place, list[OrderState]]) -> None:
    groups: dict[Place, str] = {}
    for exit in plan.exits:
        place = (exit.key, exit.product)
        if place not in tried or _is_paused(run, place, tried[place]):
            continue
        if run.state.throttle.held(SendKind.PLACE, run.now_ns) is not None:
            return  # the rest with the next read
        tag = fresh_tag(run)
        run.act(Intend(intent=_intent(run, exit, tag, groups.setdefault(place, tag))))


def _intent(run: Run, exit: ExitOrder, tag: str, group: str) -> OrderIntent:
    state = run.state
    strategy = state.exits.get((exit.key, exit.product)) or "flatten"
    order = new_order(state.instruments[exit.key], tag, exit)
    return OrderIntent(order=order, purpose=Purpose.SQUARE_OFF, strategy=strategy, group=group)


def _is_paused(run: Run, place: Place, tried: list[OrderState]) -> bool:
    until_ns = may_try_ns(tried)
    if until_ns:
        run.alert(Severity.SEV2, "EXIT_REFUSED", f"{place[0]} {place[1]}", tried[-1].text)
    return run.now_ns < until_ns


def _alarm(run: Run, wait: Wait) -> None:
    """Where the books differ the orders are read anew; what orders under way explain is news on its way, no alarm."""
    if wait.reason is Reason.DISAGREES:
        _read_orders(run, f"{wait.key} differs by {wait.qty}")
        exposure = run.state.exposure(wait.key, wait.product)
        if exposure.lowest <= run.state.held.get((wait.key, wait.product), 0) <= exposure.highest:
            return
    run.alert(Severity.SEV2, f"EXIT_{wait.reason}", f"{wait.key} {wait.product}", f"{wait.qty} cannot be left")


def _read_orders(run: Run, why: str) -> None:
    reading = run.state.readings[What.ORDERS]
    if not reading.asked_ns and run.now_ns >= max(reading.failed_ns, reading.began_ns) + AGAIN_NS:
        run.act(AskRead(what=What.ORDERS, why=why))


def _is_flat(state: EngineState, place: Place) -> bool:
    """Nothing held, by the broker's books and by ours, and nothing that could come."""
    exposure = state.exposure(*place)
    return state.held.get(place, 0) == exposure.filled == exposure.buy.total == exposure.sell.total == 0


def _place_of(order: OrderState) -> Place:
    return order.key, order.product
