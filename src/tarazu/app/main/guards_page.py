"""What main says of its guards, put together as of one moment."""

from collections.abc import Iterator

import msgspec

from tarazu.app.main.guards_health import DenialPage, GuardsPage, LegPage, PilotPage, WaitingPage
from tarazu.engine.acts import HoldWant
from tarazu.engine.process import Engine
from tarazu.engine.weighing import addings
from tarazu.market.touch import Quotes
from tarazu.risk.denial import Denial


def guards_page(engine: Engine, steady_ns: int) -> GuardsPage:
    """Prices are of this moment, verdicts of the last second. Nothing of the engine is changed by it."""
    state = engine.state
    return GuardsPage(
        approvals=state.approvals,
        waiting=tuple(_waiting(engine, held, steady_ns) for held in state.waiting.values()),
        pilot=None if state.pilot is None else PilotPage(**msgspec.structs.asdict(state.pilot)),
    )


def _waiting(engine: Engine, held: HoldWant, steady_ns: int) -> WaitingPage:
    want = held.want
    return WaitingPage(
        ref=held.ref,
        strategy=want.strategy,
        kind=type(want).__name__,
        product=want.product,
        legs=tuple(_legs(engine.quotes, held)),
        left_ns=max(held.until_ns - steady_ns, 0),
        sha256=held.sha256,
        denials=tuple(_denial(denial) for denial in engine.verdicts.get(held.ref, ())),
    )


def _legs(quotes: Quotes, held: HoldWant) -> Iterator[LegPage]:
    for adding in addings(held.want):
        leg = adding.want
        touch = quotes.touch(leg.key)
        yield LegPage(
            key=leg.key,
            side=leg.side,
            qty=adding.qty,
            price_paise=leg.price_paise,
            bid_paise=touch.bid_paise if touch else None,
            ask_paise=touch.ask_paise if touch else None,
            last_paise=touch.last_paise if touch else None,
        )


def _denial(denial: Denial) -> DenialPage:
    return DenialPage(code=denial.code, observed=denial.observed, limit=denial.limit)
