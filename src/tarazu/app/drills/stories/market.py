"""The market itself goes wrong, or everything of ours at once."""

from tarazu.app.drills.place import set_limits
from tarazu.app.drills.rehearsal import Rehearsal
from tarazu.app.drills.stories.beginnings import entered, entry_cancelled, entry_denied, holding, stop_stays
from tarazu.app.supervision.programs import DEPTH_WS, MAIN
from tarazu.engine.phase import Phase

LOSS_MAX = 2_000.0
"""Rupees: far less than a lot of the future loses in such a fall."""
CRASH_PCT = -2.0
"""The future's stop is further away: what halts is the loss."""


def crash_market(drill: Rehearsal) -> None:
    drill.did(f"the day's loss limit is Rs {LOSS_MAX:,.0f}")
    set_limits(drill.home, LOSS_MAX)
    drill.restart(MAIN)
    drill.until_active("desk.limited")
    held = entered(drill, "held", "a lot of the future is bought", drill.trader.buy)
    drill.until_order("held.filled", "it is filled, by the broker's books", held, "COMPLETE")
    drill.strike("market.jump", count=1, params={"pct": CRASH_PCT})
    drill.until_phase("halted", Phase.HALTED)
    entry_denied(drill)
    drill.ends_flat("the market crashed")
    drill.until_phase("halt.lasts", Phase.HALTED)
    drill.command("engine", "status", exits=(2,))
    deaths = drill.deaths(MAIN)
    drill.restarted_once(MAIN, drill.kill(MAIN), deaths, phase=Phase.HALTED)


def all_down(drill: Rehearsal) -> None:
    """Only the broker is left, and a command."""
    book = holding(drill)
    drill.command("down", MAIN, exits=(0, 1, 2))
    drill.command("down", DEPTH_WS, exits=(0, 1, 2))
    for path in drill.home.root.glob("database.sqlite*"):
        drill.did(f"{path.name} is gone")
        path.unlink()
    stop_stays(drill, book)
    drill.command("flatten", "--dry-run", exits=(1,))
    drill.ends_flat("nothing of ours runs")
    entry_cancelled(drill, book)
