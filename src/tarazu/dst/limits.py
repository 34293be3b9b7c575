"""What the engine of a day may send, hold and lose: wide, or with some of its limits narrow enough to bind.

Each is drawn by dice of its own, so that a limit that is added leaves the days as they were.
"""

from collections.abc import Callable
from random import Random
from typing import Any

import msgspec

from tarazu import reference
from tarazu.dst.strategy import CALL, PUT, SHARE
from tarazu.engine.config import Pilot
from tarazu.model.instrument import Kind
from tarazu.model.units import PAISE, SECOND_NS
from tarazu.risk.limits import RiskLimits
from tarazu.risk.margin_rules import MarginRules

WIDE_PAISE = 10**15
FUNDS_PAISE = 10**13
"""More than any day needs."""
KINDS = (Kind.EQ, Kind.CE, Kind.PE)


class Purse(msgspec.Struct, frozen=True, kw_only=True):
    """The limits of a day, and what goes with them."""

    risk: RiskLimits
    funds_paise: int = FUNDS_PAISE
    """In the account before anything is traded."""
    approvals: bool = False
    approval_ns: int = 20 * SECOND_NS
    pilot: Pilot | None = None
    narrow: tuple[str, ...] = ()
    """Which of `NARROW`."""


def wide() -> RiskLimits:
    """Configured, and met by nothing that a day does."""
    return RiskLimits(
        order_qty_max=10**7,
        order_value_max_paise=WIDE_PAISE,
        gross_premium_max_paise=WIDE_PAISE,
        unexecuted_value_max_paise=WIDE_PAISE,
        scenario_loss_max_paise=WIDE_PAISE,
        delta_max_paise=WIDE_PAISE,
        vega_max_paise=WIDE_PAISE,
        margins=MarginRules.of(reference.rules("nse-2026")),
        round_trips_max=10**6,
        day_loss_max_paise=WIDE_PAISE,
        drawdown_max_paise=WIDE_PAISE,
        rejects_max=10**6,
        order_to_trade_max=10**6,
        pnl_unknown_ns=WIDE_PAISE,
        trouble_ns=WIDE_PAISE,
        runaway_wants_max=10**6,
    )


def _rupees(field: str, *choices: int) -> Callable[[Random], dict[str, Any]]:
    return lambda dice: {field: dice.choice(choices) * PAISE}


def _of_kinds(field: str, *choices: int) -> Callable[[Random], dict[str, Any]]:
    return lambda dice: {field: dict.fromkeys(KINDS, dice.choice(choices))}


def _one_of(field: str, *choices: int) -> Callable[[Random], dict[str, Any]]:
    return lambda dice: {field: dice.choice(choices)}


def _seconds(field: str, *choices: int) -> Callable[[Random], dict[str, Any]]:
    return lambda dice: {field: dice.choice(choices) * SECOND_NS}


def _order_to_trade(dice: Random) -> dict[str, Any]:
    return {"order_to_trade_max": dice.choice((3, 6)), "order_to_trade_from": dice.choice((10, 25))}


def _runaway(dice: Random) -> dict[str, Any]:
    return {"runaway_wants_max": dice.choice((8, 15)), "runaway_ns": 60 * SECOND_NS}


NARROW: dict[str, Callable[[Random], dict[str, Any]]] = {
    "order_qty": _one_of("order_qty_max", 75, 150, 225),
    "order_value": _rupees("order_value_max_paise", 8_000, 20_000, 50_000),
    "gross": _rupees("gross_premium_max_paise", 40_000, 80_000, 150_000),
    "unexecuted": _rupees("unexecuted_value_max_paise", 20_000, 40_000, 80_000),
    "scenario": _rupees("scenario_loss_max_paise", 3_000, 10_000, 150_000),
    "delta": _rupees("delta_max_paise", 20_000, 50_000, 1_200_000, 2_500_000),
    "vega": _rupees("vega_max_paise", 700, 1_500, 3_000),
    "duplicate": _seconds("duplicate_ns", 5, 20, 60),
    "round_trips": _one_of("round_trips_max", 1, 2, 3),
    "rejects": _one_of("rejects_max", 1, 2),
    "order_to_trade": _order_to_trade,
    "day_loss": _rupees("day_loss_max_paise", 500, 2_000, 6_000),
    "drawdown": _rupees("drawdown_max_paise", 500, 2_000, 6_000),
    "pnl_unknown": _seconds("pnl_unknown_ns", 5, 20),
    "trouble": _seconds("trouble_ns", 5, 15),
    "runaway": _runaway,
    "spread": _of_kinds("spread_bps_max", 30, 80),
    "jump": _one_of("jump_bps_max", 25, 60),
    "collar": _of_kinds("collar_bps", 15, 40),
    "reference": _seconds("reference_age_ns", 1),
    "margin": lambda dice: {"margin_buffer_bps": dice.choice((0, 1_000, 3_000))},
    "approvals": lambda dice: {},
    "pilot": lambda dice: {},
}


def purse_of(seed: int) -> Purse:
    """One day in three is wide; of the others one to three limits are narrow."""
    dice = Random(f"limits {seed}")
    count = dice.choice((0, 0, 1, 1, 2, 3))
    narrow = tuple(sorted(dice.sample(sorted(NARROW), count)))
    changes: dict[str, Any] = {}
    for name in narrow:
        changes |= NARROW[name](Random(f"{name} {seed}"))
    return Purse(
        risk=msgspec.structs.replace(wide(), **changes),
        funds_paise=dice.choice((50_000, 200_000, 600_000)) * PAISE if "margin" in narrow else FUNDS_PAISE,
        approvals="approvals" in narrow,
        pilot=_pilot(dice) if "pilot" in narrow else None,
        narrow=narrow,
    )


def _pilot(dice: Random) -> Pilot:
    keys = dice.choice(((CALL,), (CALL, PUT), (CALL, PUT, SHARE)))
    return Pilot(
        keys=keys,
        lots_max=dice.choice((1, 2, 80)),
        order_value_max_paise=dice.choice((15_000, 40_000)) * PAISE,
        day_loss_max_paise=dice.choice((1_000, 50_000)) * PAISE,
    )
