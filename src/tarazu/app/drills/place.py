"""A home that is made for one rehearsal, in a folder of its own, and that leaves no process behind."""

import contextlib
import os
import shutil
import signal
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tarazu.app.home import Home, Profile
from tarazu.app.supervision import orphans
from tarazu.app.supervision.supervisor import Supervision
from tarazu.app.supervision.waiting import until

GONE_S = 30.0

SETTINGS = """
[sim]
size = "tiny"
at = "10:00"
step_ms = 200
scenario = "quiet"

[feed]
cross_asset = ["NSE:INDIA VIX"]
stocks = ["NSE:INFY", "NSE:RELIANCE", "NSE:SBIN"]
[[feed.underlyings]]
key = "NSE:NIFTY 50"
name = "NIFTY"

[engine]
position_limit_default = 6500
settle_s = 2
durability = "process"

[engine.risk]
order_qty_max = 6_500
order_value_max = 1e8
gross_premium_max = 1e9
unexecuted_value_max = 1e9
scenario_loss_max = 1e9
delta_max = 1e10
vega_max = 1e10
day_loss_max = {day_loss_max}
drawdown_max = 1e9
round_trips_max = 1_000
rejects_max = 100
order_to_trade_max = 1_000_000
duplicate_s = 0
runaway_wants_max = 1_000
jump_bps_max = 1_000_000
collar_bps = {{ EQ = 1_000_000, FUT = 1_000_000, CE = 1_000_000, PE = 1_000_000 }}
spread_bps_max = {{ EQ = 1_000_000, FUT = 1_000_000, CE = 1_000_000, PE = 1_000_000 }}
"""
"""The smallest market, from 10:00 at the speed of life, and limits that only their own drill meets."""

DAY_LOSS_MAX = 1e9


@contextmanager
def drill_home(parent: Path | None = None, keep: bool = False) -> Iterator[Home]:
    """A fresh home; every process that it began is gone when the block ends, and the folder too unless kept."""
    root = Path(tempfile.mkdtemp(prefix="tarazu-drill-", dir=parent))
    home = Home(Profile.SIM, root / Profile.SIM)
    home.make()
    set_limits(home)
    try:
        yield home
    finally:
        sweep(home)
        if not keep:
            shutil.rmtree(root, ignore_errors=True)


def set_limits(home: Home, day_loss_max: float = DAY_LOSS_MAX) -> None:
    """Read by the next start of main."""
    home.settings_file.write_text(SETTINGS.format(day_loss_max=day_loss_max))


def sweep(home: Home) -> None:
    """Kill what runs in the home, stopped processes too: the supervisor first, so that nothing is started again."""
    pid = Supervision(home).pid
    if pid is not None:
        with contextlib.suppress(ProcessLookupError):  # it ends of itself when nobody has anything to do
            os.kill(pid, signal.SIGKILL)
        until(lambda: not orphans.is_running(pid), GONE_S)
    orphans.end(home, orphans.orphans(home), patience_s=2.0)
    until(lambda: not orphans.orphans(home), GONE_S)
