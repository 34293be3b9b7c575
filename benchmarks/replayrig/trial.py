"""The made day as research has it, and one run of a crossing over it: engine, gate, shell and exchange model."""

from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from replayrig.made_day import INSTRUMENTS, MadeDay
from tarazu import reference
from tarazu.app.recordings.recorded_day import recorded_day
from tarazu.app.research.day import ResearchDay
from tarazu.app.research.recorded_days import _frames
from tarazu.app.research.sweep import Ways
from tarazu.app.settings import StrategySettings
from tarazu.engine.config import EngineConfig
from tarazu.market.state import Derive
from tarazu.model.instrument import Kind
from tarazu.model.units import SECOND_NS
from tarazu.risk.limits import RiskLimits
from tarazu.risk.margin_rules import MarginRules
from tarazu.runtime.segment import Frame
from tarazu.wire.kite_instruments import InstrumentMaster, decode_csv, encode_csv
from tarazu.wire.kite_ticks import TickFrame, decode

FAST, SLOW = 600, 1_800
"""Seconds: some tens of trades a day."""
REST_NS = 15 * SECOND_NS

# Limits are set and never met: every check is made.
CONFIG = EngineConfig(
    qty_max_default=10_000,
    stop_required=False,
    settle_ns=0,
    risk=RiskLimits(
        order_qty_max=10**7,
        order_value_max_paise=10**15,
        collar_bps=dict.fromkeys(Kind, 10_000),
        spread_bps_max=dict.fromkeys(Kind, 10_000),
        jump_bps_max=10_000,
        gross_premium_max_paise=10**15,
        unexecuted_value_max_paise=10**15,
        scenario_loss_max_paise=10**15,
        delta_max_paise=10**15,
        vega_max_paise=10**15,
        margins=MarginRules.of(reference.rules("nse-2026")),
        round_trips_max=10**6,
        rejects_max=10**6,
        order_to_trade_max=10**6,
        day_loss_max_paise=10**15,
        drawdown_max_paise=10**15,
    ),
)


def research_day(made: MadeDay) -> ResearchDay:
    rows = _first_rows(made)
    closes = {i.key: int(row["close"]) for i, row in zip(made.instruments, rows, strict=True)}
    csv = encode_csv((i, closes[i.key]) for i in made.instruments)
    master, session = decode_csv(csv), reference.calendar().session(made.date)
    assert isinstance(master, InstrumentMaster) and session is not None
    return ResearchDay(
        name=f"made {made.date}",
        date=made.date,
        session=session,
        instruments={i.key: i for i in master.instruments},
        csv=csv,
        traded=made.instruments,
        closes=closes,
        frames=partial(_frames, made.folder),
        first_ns=made.first_ns,
        last_ns=made.first_ns + made.seconds * SECOND_NS,
        log=made.folder,
    )


def ways(*, rests: bool) -> Ways:
    """With a compiled strategy seconds may rest; what no strategy here reads is not worked out of the packets: the own
    VWAP, the realised volatility, the bars."""
    return Ways(CONFIG, rest_ns=REST_NS if rests else SECOND_NS, derive=Derive.BOOK)


def crossing(made: MadeDay, form: str, fast: int = FAST, slow: int = SLOW) -> list[StrategySettings]:
    """`form` is `plain` or `compiled`."""
    traded = made.instruments[traded_at(made)]
    params: dict[str, Any] = {"key": traded.key, "qty": traded.lot_size, "fast": fast, "slow": slow}
    return [StrategySettings(factory=f"replayrig.crossing:{form}", params=params)]


def traded_at(made: MadeDay) -> int:
    """The place of NIFTY's front future."""
    futures = [n for n, i in enumerate(made.instruments) if i.kind is Kind.FUT and i.name == "NIFTY"]
    return min(futures, key=lambda n: str(made.instruments[n].expiry))


def quotes(made: MadeDay, seconds: int) -> dict[str, Any]:
    """The best prices of the first seconds, for the peer."""
    shape = (seconds, INSTRUMENTS)
    told = {name: np.zeros(shape, np.int32) for name in ("bid", "ask", "bid_qty", "ask_qty")}
    at_ns, decoded, n = np.zeros(seconds, np.int64), TickFrame(), 0
    for frame in recorded_day(made.folder):
        if n == seconds:
            break
        assert isinstance(frame, Frame)
        rows = decoded.rows[: decode(frame.payload, decoded)]
        for side, name in (("bids", "bid"), ("asks", "ask")):
            told[name][n], told[f"{name}_qty"][n] = rows[side]["price"][:, 0], rows[side]["qty"][:, 0]
        at_ns[n], n = frame.wall_ns, n + 1
    traded = traded_at(made)
    about = {"traded": traded, "fast": FAST, "slow": SLOW, "qty": made.instruments[traded].lot_size}
    return {"tokens": np.array(made.tokens), "at_ns": at_ns, **told, **about}


def _first_rows(made: MadeDay) -> NDArray[Any]:
    decoded = TickFrame()
    first = next(frame for frame in recorded_day(made.folder) if isinstance(frame, Frame))
    return decoded.rows[: decode(first.payload, decoded)]
