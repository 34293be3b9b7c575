"""Limits that are configured and never met: for tests of everything but limits."""

from tarazu import reference
from tarazu.model.instrument import Kind
from tarazu.risk.limits import RiskLimits
from tarazu.risk.margin_rules import MarginRules

WIDE = RiskLimits(
    order_qty_max=10_000_000,
    order_value_max_paise=10**15,
    collar_bps=dict.fromkeys(Kind, 1_000_000),
    spread_bps_max=dict.fromkeys(Kind, 1_000_000),
    jump_bps_max=1_000_000,
    gross_premium_max_paise=10**15,
    unexecuted_value_max_paise=10**15,
    scenario_loss_max_paise=10**15,
    delta_max_paise=10**15,
    vega_max_paise=10**15,
    margins=MarginRules.of(reference.rules("nse-2026")),
    duplicate_ns=0,
    round_trips_max=1_000_000,
    rejects_max=1_000_000,
    order_to_trade_max=1_000_000,
    day_loss_max_paise=10**15,
    drawdown_max_paise=10**15,
    pnl_unknown_ns=10**15,
    trouble_ns=10**15,
    runaway_wants_max=1_000_000,
)

WIDE_TOML = """
[engine.risk]
order_qty_max = 10_000_000
order_value_max = 1e12
gross_premium_max = 1e12
unexecuted_value_max = 1e12
scenario_loss_max = 1e12
delta_max = 1e12
vega_max = 1e12
day_loss_max = 1e12
drawdown_max = 1e12
round_trips_max = 1_000_000
rejects_max = 100
order_to_trade_max = 1_000_000
duplicate_s = 0
pnl_unknown_s = 86_400
trouble_s = 86_400
runaway_wants_max = 1_000_000
jump_bps_max = 1_000_000
collar_bps = { EQ = 1_000_000, FUT = 1_000_000, CE = 1_000_000, PE = 1_000_000 }
spread_bps_max = { EQ = 1_000_000, FUT = 1_000_000, CE = 1_000_000, PE = 1_000_000 }
"""
"""The same, for `tarazu.toml`; behind `[engine]` and before `[[engine.strategies]]`."""
