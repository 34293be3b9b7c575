"""A desk of paper whose limits are wide but for the one a test narrows, and what the gate says to a want there.

    desk = gate_desk(order_qty_max=75)
    said(desk, of(qty=150))    # -> ["SIZE: 150 units (75 units)"]

A want that passes is sent: the answer is then empty.
"""

from collections.abc import Sequence
from typing import Any

import msgspec

from harness.engine_desk import BUY, NIFTY_CALL, EngineDesk, PaperQuotes, touch
from harness.limits import WIDE
from tarazu.engine.acts import Deny, Intend, Step
from tarazu.engine.config import EngineConfig
from tarazu.market.touch import Touch
from tarazu.model.ids import InstrumentToken, TradingSymbol
from tarazu.model.instrument import Exchange, Instrument, Kind
from tarazu.orders.throttle import SendLimits
from tarazu.strategy.wants import EntryWant, Want

SHARE = Instrument(
    instrument_token=InstrumentToken(408065 << 8 | 1),
    exchange=Exchange.NSE,
    tradingsymbol=TradingSymbol("INFY"),
    name="INFOSYS",
    kind=Kind.EQ,
    segment="NSE",
    fno_underlying=True,
)
PUT = msgspec.structs.replace(
    NIFTY_CALL,
    instrument_token=InstrumentToken(1002 << 8 | 2),
    tradingsymbol=TradingSymbol("NIFTY26NOV26000PE"),
    kind=Kind.PE,
)
MANY = SendLimits(boot_hold_ns=0, per_second=100, per_minute=1_000, entries_per_second=100, entries_per_minute=1_000)


def gate_desk(
    instruments: Sequence[Instrument] = (NIFTY_CALL, SHARE), sends: SendLimits = MANY, **limits: Any
) -> EngineDesk:
    """ACTIVE, no stop asked for, and a position limit that nobody meets."""
    config = EngineConfig(
        qty_max_default=10_000_000,
        settle_ns=0,
        stop_required=False,
        limits=sends,
        risk=msgspec.structs.replace(WIDE, **limits),
    )
    desk = EngineDesk(config, instruments)
    desk.funds_paise = 10**15
    return desk.ready()


def of(**changes: Any) -> EntryWant:
    """To buy a lot of the call at ₹100."""
    return msgspec.structs.replace(BUY, **{"stop": None, **changes})


def quote(desk: EngineDesk, bid: int | None, ask: int | None, *, key: str = NIFTY_CALL.key, **seen: Any) -> Touch:
    assert isinstance(desk.quotes, PaperQuotes)
    desk.quotes.touches[key] = found = touch(bid, ask, **{"seen_ns": desk.wall_ns, **seen})
    return found


def quoted_for_a_while(desk: EngineDesk, bid: int, ask: int, **seen: Any) -> None:
    """So that it has not jumped."""
    quote(desk, bid, ask, **seen)
    desk.second(2)
    desk.reads()


def said(desk: EngineDesk, want: Want | None = None) -> list[str]:
    return told(desk.want(want if want is not None else of()))


def told(step: Step) -> list[str]:
    """What the gate said to the wants of a step; empty only where every one of them was sent."""
    found = [f"{d.code}: {d.observed} ({d.limit})" for act in step.acts if isinstance(act, Deny) for d in act.denials]
    assert found or any(isinstance(act, Intend) for act in step.acts), step.acts
    return found
