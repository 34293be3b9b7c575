"""The desk of a demo: `tarazu.toml` of its home, with limits that hold and strategies that trade a brief day."""

from datetime import date

from tarazu.app.demo.market_day import EXPIRY_SCENARIO
from tarazu.app.demo.options import DemoOptions

SESSION = "brief"
AT = "08:59"
"""Before the first phase time runs as it does here: more than a minute for the start, of which a quick machine passes
over what it does not need (`curtain`). The engine misses a comparison of its books after two."""
CASH_RUPEES = 5_000_000
DAY_LOSS_RUPEES, DRAWDOWN_RUPEES = 60_000, 45_000
DEEPER = {"crash": 3}
"""Limits of a day that falls by per cents within seconds, in times of a usual one's: one future there goes up and down
by the usual ones, and a day that is halted for it shows nothing else."""
BEYOND_STRIKES = ("crash",)
"""Days that leave the strikes that are listed: no feed begins there that is to watch options, so futures alone are."""

SETTINGS = """\
# The desk of `tarazu demo`. Its simulated market plays a day in about a minute; a second of the feed is a second.
[sim]
scenario = "{scenario}"
seed = {seed}
speed = {speed}
session = "{session}"
at = "{at}"
day = "{day}"
size = "desk"
step_ms = 250
cash = {cash}

[feed]
cross_asset = ["NSE:INDIA VIX"]
[[feed.underlyings]]
key = "NSE:NIFTY 50"
name = "NIFTY"
option_expiries = {option_expiries}
strikes_each_side = 12
near_each_side = 2

[engine]
position_limit_default = 1_500
settle_s = 1
durability = "process"

[engine.risk]
order_qty_max = 1_500
order_value_max = 8_000_000
gross_premium_max = 12_000_000
unexecuted_value_max = 8_000_000
scenario_loss_max = 400_000
delta_max = 12_000_000
vega_max = 60_000
day_loss_max = {day_loss}
drawdown_max = {drawdown}
round_trips_max = 30
collar_bps = {{ EQ = 300, FUT = 200, CE = 2_000, PE = 2_000 }}
"""
FLY = """
# Sold at the open, left before the close. Minutes are the market's: 375 of them are played in a minute.
[[engine.strategies]]
factory = "iron_fly"
[engine.strategies.params]
expiry_days_min = {expiry_days_min}
from_minutes = 10
until_minutes = 300
wing_strikes = {wing_strikes}
credit_share_min = 0.2
flat_minutes = 60
lots_max = 1
hedges_max = 0
leg_spread_bps_max = 1_500
cross_ticks = 100
target_share = 0.3
retry_seconds = 2
"""
MOMENTUM = """
# In and out of the future by two means of one-second bars, in either direction.
[[engine.strategies]]
factory = "momentum"
[engine.strategies.params]
bar_seconds = 1
fast_bars = 3
slow_bars = 8
gap_bps_min = 0.5
without_model = "trade"
lots_max = 1
stop_bps = 40
target_bps = 12
retry_seconds = 3
entry_seconds = 2
trades_max = 8
flat_minutes = 60
"""


def settings_text(options: DemoOptions, day: date) -> str:
    """Of the demo's own home."""
    on_expiry = options.scenario == EXPIRY_SCENARIO
    with_options = options.scenario not in BEYOND_STRIKES
    times = DEEPER.get(options.scenario, 1)
    desk = SETTINGS.format(
        scenario=options.scenario,
        seed=options.seed,
        speed=options.speed,
        session=SESSION,
        at=AT,
        day=day.isoformat(),
        cash=f"{CASH_RUPEES:_}",
        day_loss=f"{times * DAY_LOSS_RUPEES:_}",
        drawdown=f"{times * DRAWDOWN_RUPEES:_}",
        option_expiries=2 if with_options else 0,
    )
    # On an expiry the day's own contracts are the point of it; far from the money nobody bids for them any more.
    fly = FLY.format(expiry_days_min=0 if on_expiry else 1, wing_strikes=3 if on_expiry else 6)
    return desk + (fly if with_options else "") + MOMENTUM
