"""What the engine is told to keep to: journalled with every start, so that a replay keeps to the same."""

import msgspec

from tarazu.model.units import SECOND_NS
from tarazu.orders.order_state import Patience
from tarazu.orders.throttle import SendLimits
from tarazu.risk.limits import RiskLimits


class Pilot(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Real money, as little of it as there can be."""

    keys: tuple[str, ...] = ()
    """Instruments that may be entered; empty: none."""
    lots_max: int = 1
    """The largest position, working and unknown orders counted."""
    order_value_max_paise: int = 0
    """0: nothing."""
    day_loss_max_paise: int = 0
    """A hard halt at it; 0: the pilot trades nothing."""


class StartLimits(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Starts that nobody asked for: the process before had not said that it stops. RELIABILITY 8: after two in ten
    minutes no new risk, after four in half an hour a hard halt."""

    soft: int = 2
    soft_ns: int = 600 * SECOND_NS
    hard: int = 4
    hard_ns: int = 1_800 * SECOND_NS


class EngineConfig(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    qty_max: dict[str, int] = {}
    """By instrument key: the largest position, working and unknown orders counted in. No limit configured: no entry."""
    qty_max_default: int = 0
    """For instruments without a row of their own; 0: none, and entries in them are denied."""
    stop_required: bool = True
    """Whether an entry without a protective stop is denied."""
    settle_ns: int = 60 * SECOND_NS
    """No entries for so long after a start (RELIABILITY C16)."""
    touch_age_ns: int = 5 * SECOND_NS
    """An older best price is none."""
    flatten_every_ns: int = 1 * SECOND_NS
    chase_every_ns: int = 2 * SECOND_NS
    chase_steps_max: int = 10
    chase_cross_bps: int = 100
    chase_worst_bps: int = 1_000
    """An exit is never chased further than this from the price it was first placed at."""
    risk: RiskLimits = RiskLimits()
    approvals: bool = False
    """Whether every entry waits for a person's leave; a person may switch it on while the process runs, not off."""
    approval_ns: int = 60 * SECOND_NS
    """How long a want waits for it."""
    pilot: Pilot | None = None
    """None: not a pilot; a person may switch `pilot_as` on while the process runs, not off."""
    pilot_as: Pilot = Pilot()
    starts: StartLimits | None = None
    """None: starts are not counted."""
    patience: Patience = Patience()
    limits: SendLimits = SendLimits()
