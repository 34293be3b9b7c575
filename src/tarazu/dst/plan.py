"""How long a day is, how often things happen in it, and what the engine is told to keep to: drawn from the seed."""

from random import Random

import msgspec

from tarazu.dst.happenings import happenings_of
from tarazu.dst.limits import Purse, purse_of
from tarazu.dst.master import EXPIRED
from tarazu.dst.options import Size
from tarazu.dst.strategy import CALL, PUT, SHARE
from tarazu.engine.config import EngineConfig, Pilot, StartLimits
from tarazu.model.units import MINUTE_NS, PAISE, SECOND_NS
from tarazu.orders.throttle import SendLimits
from tarazu.risk.limits import RiskLimits

ROOMY = 0.15
"""Of the days."""
FLAGGED = 0.15
UNCOUNTED = StartLimits(soft=1 << 30, hard=1 << 30)
"""Days crash more often than a desk may: they trade on, and the entries of who died are cancelled all the same."""
CUT_OFF_AFTER_NS = 350 * MINUTE_NS
"""15:10, from 09:20: ten minutes before MIS in shares is squared off, thirty before the derivatives that expire end."""
_NO_PILOT = EngineConfig().pilot_as
"""The default itself: what is written down is what differs from it."""
TICKS: dict[Size, int] = {"full": 225, "long": 280}
"""Of the safety phase. A day with slow ticks goes on for long: the rules for unknown orders take minutes."""


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
    happens: frozenset[str]
    """Of `happenings.ODDS`; a small day has none."""
    config: EngineConfig
    carried: tuple[tuple[str, int], ...]


def is_roomy(seed: int) -> bool:
    """Whether positions may be large enough for more slices than there may be: the first throw of `plan_of`."""
    return Random(f"early {seed}").random() < ROOMY


def is_flagged(seed: int) -> bool:
    """By dice of its own: the other days are as they were."""
    return Random(f"flags {seed}").random() < FLAGGED


def traits_of(seed: int) -> frozenset[str]:
    """What a day has that others have not: its narrow limits, `roomy`, `flags`, and what happens on it."""
    own = {"roomy": is_roomy(seed), "flags": is_flagged(seed)}
    return frozenset(purse_of(seed).narrow) | happenings_of(seed) | {name for name, has in own.items() if has}


def plan_of(seed: int, size: Size) -> DayPlan:
    dice = Random(f"plan {seed}")
    full = size != "small"
    tick_s = dice.choice((1, 2, 4, 6))
    safety_s = TICKS[size] * tick_s if full else 90
    lots = dice.choice((4, 8, 8, 12))
    per_second = dice.choice((3, 8, 8))
    purse, early = purse_of(seed), Random(f"early {seed}")
    carries = 1.0 if "pnl_unknown" in purse.narrow else 0.3
    lots = 40 if early.random() < ROOMY else lots
    happens = happenings_of(seed) if full else frozenset[str]()
    opens_after_ns = -early.randint(340, 520) * SECOND_NS if full and early.random() < 0.1 else 0
    return DayPlan(
        safety_ns=safety_s * SECOND_NS,
        healed_ns=(900 if full else 480) * SECOND_NS,
        flatten_after_ns=360 * SECOND_NS,
        tick_ns=tick_s * SECOND_NS,
        healed_tick_ns=(6 if full else 10) * SECOND_NS,
        market_ns=2 * tick_s * SECOND_NS,
        healed_market_ns=15 * SECOND_NS,
        minute_ns=15 * tick_s * SECOND_NS,
        pace=dice.choice((0.15, 0.30, 0.50)) * (2 if purse.narrow else 1),
        opens_after_ns=_late_ns(seed, safety_s) if "late" in happens else opens_after_ns,
        purse=purse,
        is_flagged=is_flagged(seed),
        happens=happens,
        config=EngineConfig(
            starts=UNCOUNTED,
            qty_max={CALL: 75 * lots, PUT: 75 * lots, SHARE: 600} | _of_what_is_gone(happens),
            settle_ns=dice.choice((3, 10, 20)) * SECOND_NS,
            risk=_risk(seed, purse, happens),
            approvals=purse.approvals,
            approval_ns=purse.approval_ns,
            pilot=purse.pilot,
            pilot_as=_pilot_as(seed) if "pilot_on" in happens else _NO_PILOT,
            touch_age_ns=30 * SECOND_NS,
            limits=SendLimits(per_second=per_second, per_minute=dice.choice((20, 60, 350))),
        ),
        carried=((CALL, dice.choice((-75, 75, 150))),) if dice.random() < carries else (),
    )


def _late_ns(seed: int, safety_s: int) -> int:
    """From 09:20: the cut-offs of the day's end, at 15:10, come when half of the safety phase or more has passed, and
    the derivatives trade until 15:40."""
    return CUT_OFF_AFTER_NS - Random(f"late from {seed}").randint(safety_s // 2, safety_s * 4 // 5) * SECOND_NS


def _of_what_is_gone(happens: frozenset[str]) -> dict[str, int]:
    return {EXPIRED.key: 600} if "untradable" in happens else {}


def _pilot_as(seed: int) -> Pilot:
    """What a person switches on: wide but for what it may lose."""
    dice = Random(f"pilot as {seed}")
    return Pilot(
        keys=(CALL, PUT, SHARE),
        lots_max=dice.choice((2, 80)),
        order_value_max_paise=dice.choice((15_000, 60_000)) * PAISE,
        day_loss_max_paise=dice.choice((300, 800, 2_000)) * PAISE,
    )


def _risk(seed: int, purse: Purse, happens: frozenset[str]) -> RiskLimits:
    """Whoever has a disk that is full for minutes does not wait for it for ever."""
    if "full_disk" not in happens or "trouble" in purse.narrow:
        return purse.risk
    return msgspec.structs.replace(purse.risk, trouble_ns=Random(f"disk trouble {seed}").choice((5, 15)) * SECOND_NS)
