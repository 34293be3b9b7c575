"""How long a day is, how often things happen in it, and what the engine is told to keep to: drawn from the seed."""

from random import Random
from typing import Literal

import msgspec

from tarazu.dst.limits import Purse, purse_of
from tarazu.dst.strategy import CALL, PUT, SHARE
from tarazu.engine.config import EngineConfig, StartLimits
from tarazu.model.units import SECOND_NS
from tarazu.orders.throttle import SendLimits

ROOMY = 0.15
"""Of the days."""
FLAGGED = 0.15
UNCOUNTED = StartLimits(soft=1 << 30, hard=1 << 30)
"""Days crash more often than a desk may: they trade on, and the entries of who died are cancelled all the same."""
TICKS = 280
"""Of the safety phase. A day with slow ticks is a long one: the rules for unknown orders take minutes."""


class DayPlan(msgspec.Struct, frozen=True, kw_only=True):
    safety_ns: int
    healed_ns: int
    flatten_after_ns: int
    """After the healing: the rule for unknown orders takes 180 s and two reads, cooling 120 s and one."""
    tick_ns: int
    healed_tick_ns: int
    market_ns: int
    healed_market_ns: int
    minute_ns: int
    pace: float
    """How often the strategy wants to enter, by tick."""
    opens_after_ns: int
    """Later than 09:20; below 0: earlier, and the day begins before continuous trading does."""
    purse: Purse
    is_flagged: bool
    """Whether people set flags on it."""
    config: EngineConfig
    carried: tuple[tuple[str, int], ...]


def is_roomy(seed: int) -> bool:
    """Whether positions may be large enough for more slices than there may be: the first throw of `plan_of`."""
    return Random(f"early {seed}").random() < ROOMY


def is_flagged(seed: int) -> bool:
    """By dice of its own: the other days are as they were."""
    return Random(f"flags {seed}").random() < FLAGGED


def traits_of(seed: int) -> frozenset[str]:
    """What a day has that others have not: its narrow limits, `roomy`, `flags`."""
    own = {"roomy": is_roomy(seed), "flags": is_flagged(seed)}
    return frozenset(purse_of(seed).narrow) | {name for name, has in own.items() if has}


def plan_of(seed: int, size: Literal["full", "small"]) -> DayPlan:
    dice = Random(f"plan {seed}")
    full = size == "full"
    tick_s = dice.choice((1, 2, 4, 6))
    lots = dice.choice((4, 8, 8, 12))
    per_second = dice.choice((3, 8, 8))
    purse, early = purse_of(seed), Random(f"early {seed}")
    carries = 1.0 if "pnl_unknown" in purse.narrow else 0.3
    lots = 40 if early.random() < ROOMY else lots
    return DayPlan(
        safety_ns=TICKS * tick_s * SECOND_NS if full else 90 * SECOND_NS,
        healed_ns=(900 if full else 480) * SECOND_NS,
        flatten_after_ns=360 * SECOND_NS,
        tick_ns=tick_s * SECOND_NS,
        healed_tick_ns=(6 if full else 10) * SECOND_NS,
        market_ns=2 * tick_s * SECOND_NS,
        healed_market_ns=15 * SECOND_NS,
        minute_ns=15 * tick_s * SECOND_NS,
        pace=dice.choice((0.15, 0.30, 0.50)) * (2 if purse.narrow else 1),
        opens_after_ns=-early.randint(340, 520) * SECOND_NS if full and early.random() < 0.1 else 0,
        purse=purse,
        is_flagged=is_flagged(seed),
        config=EngineConfig(
            starts=UNCOUNTED,
            qty_max={CALL: 75 * lots, PUT: 75 * lots, SHARE: 600},
            settle_ns=dice.choice((3, 10, 20)) * SECOND_NS,
            risk=purse.risk,
            approvals=purse.approvals,
            approval_ns=purse.approval_ns,
            pilot=purse.pilot,
            touch_age_ns=30 * SECOND_NS,
            limits=SendLimits(per_second=per_second, per_minute=dice.choice((20, 60, 350))),
        ),
        carried=((CALL, dice.choice((-75, 75, 150))),) if dice.random() < carries else (),
    )
