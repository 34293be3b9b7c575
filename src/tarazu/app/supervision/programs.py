"""Which processes a profile has: one table for the supervisor's configuration and for every command that names them."""

from typing import TYPE_CHECKING

import msgspec

from tarazu.app.home import Home, Profile
from tarazu.app.supervision import storm

if TYPE_CHECKING:
    from tarazu.app.settings import SimSettings
    from tarazu.app.supervision.sim_place import SimPlace

SIM_BROKER, DEPTH_WS, MAIN, WATCHDOG = "sim_broker", "depth_ws", "main", "watchdog"

STOP_S_MAX = 20
"""The longest that any of them has after SIGTERM: main's last requests have as long for their answers as the broker's
adapter gives them."""

_NAMES = {
    Profile.SIM: (SIM_BROKER, DEPTH_WS, MAIN, WATCHDOG),
    Profile.PAPER: (DEPTH_WS, MAIN, WATCHDOG),
    Profile.LIVE: (DEPTH_WS, MAIN, WATCHDOG),
}


class Program(msgspec.Struct, frozen=True, kw_only=True):
    """One supervised process: `python` with these words, in the home's folder."""

    name: str
    words: tuple[str, ...]
    order: int
    """Ascending at a start, descending at a stop."""
    stop_s: int = 10
    """How long it has after SIGTERM before SIGKILL."""
    stdout_kept: bool = True
    """In its log, beside stderr. False where it prints secrets."""


def programs(home: Home, sim: "SimSettings", place: "SimPlace | None") -> tuple[Program, ...]:
    """The profile's own, in the order of a start. The sim profile's broker needs a place; None leaves it out."""
    words = storm.words(DEPTH_WS, ("-m", "tarazu.app.depth_ws", "--profile", home.profile))
    feed = Program(name=DEPTH_WS, words=words, order=20, stop_s=5)
    main = Program(name=MAIN, words=("-m", "tarazu.app.main", "--profile", home.profile), order=30, stop_s=STOP_S_MAX)
    # Last at a start, for it looks at the others; first at a stop, so that it takes no stop for a death.
    words = storm.words(WATCHDOG, ("-m", "tarazu.app.watchdog", "--profile", home.profile))
    watchdog = Program(name=WATCHDOG, words=words, order=40)
    if home.profile is not Profile.SIM or place is None:
        return (feed, main, watchdog)
    # Its first line on stdout holds the simulated app's secrets; the ready file has them too, for its owner alone.
    ready_file = str(home.sim_broker.relative_to(home.root))
    words = ("-m", "tarazu", "sim", "serve", *place.words(sim), "--ready-file", ready_file)
    return (Program(name=SIM_BROKER, words=words, order=10, stdout_kept=False), feed, main, watchdog)


def names(home: Home) -> tuple[str, ...]:
    """What `up` can be asked for, in the order of a start."""
    return _NAMES[home.profile]
