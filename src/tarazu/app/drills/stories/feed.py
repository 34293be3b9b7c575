"""The market is not heard: wholly, in part, or because who listens is dead."""

from typing import Any

from tarazu.app.drills.rehearsal import Rehearsal
from tarazu.app.drills.stories.beginnings import entry_denied, holding, stop_stays
from tarazu.app.supervision.programs import DEPTH_WS
from tarazu.engine.phase import Phase


def mute_feed(drill: Rehearsal) -> None:
    _silence(drill, "ws.freeze", {})


def partial_mute(drill: Rehearsal) -> None:
    """The connection lives, index and futures tick, the options say nothing: no clock of the connection shows it."""
    options = [
        int(row["instrument_token"]) for row in drill.broker.instruments() if row["instrument_type"] in ("CE", "PE")
    ]
    _silence(drill, "ws.mute", {"tokens": options, "share": 1.0})


def feed_killed(drill: Rehearsal) -> None:
    book = holding(drill, resting=False)
    deaths = drill.deaths(DEPTH_WS)
    before = drill.kill(DEPTH_WS)
    drill.restarted_once(DEPTH_WS, before, deaths)
    stop_stays(drill, book)
    drill.books_agree()
    drill.ends_flat()


def _silence(drill: Rehearsal, kind: str, params: dict[str, Any]) -> None:
    book = holding(drill, resting=False)
    sent = len(drill.books().orders)
    drill.strike(kind, params=params)
    drill.until_event("feed.stale", "FEED_STALE")
    drill.until_phase("entries.off", Phase.REDUCE_ONLY)
    entry_denied(drill)
    drill.until_verdict("sla.breached", "tarazu sla says CRIT", "CRIT", "sla")
    drill.until_verdict("feed.told", "tarazu feed status says CRIT", "CRIT", "feed", "status")
    stop_stays(drill, book)
    drill.calm()
    drill.until_event("feed.recover", "FEED_RECOVER")
    drill.until_active("desk.again")
    drill.holds("books.nothing_sent", "nothing was sent while it was deaf", len(drill.books().orders) == sent)
    drill.books_agree()
    drill.ends_flat()
