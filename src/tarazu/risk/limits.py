"""What the desk may send, hold and lose. Every figure that is money or size is the desk's own to say: None is not
configured, and the control that asks for it denies (FIA 2024, 1.1: no order where no limit is set).

Ages, windows and distances are rules of the market more than of a purse; they have defaults.
"""

import msgspec

from tarazu.model.instrument import Kind
from tarazu.model.units import SECOND_NS
from tarazu.risk.margin_rules import MarginRules

Bps = int
"""Hundredths of a percent."""

COLLARS: dict[Kind, Bps] = {Kind.EQ: 200, Kind.FUT: 100, Kind.CE: 2_000, Kind.PE: 2_000}
SPREADS: dict[Kind, Bps] = {Kind.EQ: 100, Kind.FUT: 50, Kind.CE: 1_500, Kind.PE: 1_500}


class RiskLimits(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Money in paise, sizes in units. The numbers in brackets are the controls of `risk.controls`."""

    # One order.
    order_qty_max: int | None = None
    """(C03) Units of one want, before it is sliced."""
    order_value_max_paise: int | None = None
    """(C04) Units times price: premium for options. ₹10 crore an order is SEBI's own ceiling, whatever is said here."""
    collar_bps: dict[Kind, Bps] = msgspec.field(default_factory=COLLARS.copy)
    """(C05) How far a limit price may be through the reference, by kind of instrument. A kind that is not named here is
    not configured."""
    collar_window_ns: int = 60 * SECOND_NS
    """(C05) The reference may not have been followed further than the collar within this, order by order."""
    reference_age_ns: int = 2 * SECOND_NS
    """(C06) An older touch is none, unless its feed says that it is fresh."""
    spread_bps_max: dict[Kind, Bps] = msgspec.field(default_factory=SPREADS.copy)
    """(C25) Of the touch, of its middle."""
    jump_bps_max: Bps = 500
    """(C25) Of the middle from one second to the next, beyond which entries wait."""

    # Everything together.
    gross_premium_max_paise: int | None = None
    """(C08) Σ |units| x price of all places, working, unknown and cooling orders counted at their worst."""
    unexecuted_value_max_paise: int | None = None
    """(C09) Of the entries that work or may work (SEBI 34/2012)."""
    scenario_loss_max_paise: int | None = None
    """(C08) The worst cell of the scenario grid, as a loss."""
    delta_max_paise: int | None = None
    """(C08) |net delta| of one underlying: rupees of the underlying held, in paise."""
    vega_max_paise: int | None = None
    """(C08) |net vega| of one underlying, for one point of volatility."""
    margin_buffer_bps: Bps = 1_000
    """(C10) So much of the account's available margin is never used."""
    margin_age_ns: int = 90 * SECOND_NS
    """(C10) Older funds are unknown."""
    margins: MarginRules | None = None
    """(C10) The day's rates, from its rule book, by which what is added is estimated."""

    # Conduct.
    duplicate_ns: int = 2 * SECOND_NS
    """(C12)"""
    round_trips_max: int | None = None
    """(C13) Of one strategy in one instrument within `round_trips_ns`; beyond, the strategy is halted for a person."""
    round_trips_ns: int = 600 * SECOND_NS
    rejects_max: int = 5
    """(C24) The broker's refusals in a row, then a soft halt."""
    order_to_trade_max: int = 50
    """(C29) Placements, changes and cancellations for each execution, once there were `order_to_trade_from`."""
    order_to_trade_from: int = 200

    # Loss.
    day_loss_max_paise: int | None = None
    """(C24) Net of charges, marked to market: a hard halt at it. None: entries are denied."""
    drawdown_max_paise: int | None = None
    """(C24) From the day's high water: a soft halt at it. None: entries are denied."""
    pnl_unknown_ns: int = 30 * SECOND_NS
    """(C24) A result that cannot be computed for so long, with anything held: a soft halt."""
    trouble_ns: int = 60 * SECOND_NS
    """(C24, C25) A required feed that is stale or a record that fails for so long, with anything held or working: a
    soft halt. Sooner, and without, entries wait until it is over."""
    runaway_wants_max: int = 50
    """(C13) Entries of one strategy, sent or denied, within `runaway_ns`; beyond, the strategy is halted. Ours: five a
    second for ten seconds is more than half of all that Kite takes of an account."""
    runaway_ns: int = 10 * SECOND_NS

    # Hours.
    mis_cutoff_minutes: int = 10
    """(C16) No new MIS so long before the broker squares off."""
    expiry_cutoff_minutes: int = 30
    """(C16) No new risk in what expires today in its last minutes."""
