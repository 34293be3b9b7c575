"""Which processes a profile has: one table for the supervisor's configuration and for every command that names them."""

import msgspec

from tarazu.app.home import Home, Profile
from tarazu.app.settings import SimSettings
from tarazu.app.supervision.sim_place import SimPlace

SIM_BROKER, DEPTH_WS, MAIN = "sim_broker", "depth_ws", "main"

_NAMES = {
    Profile.SIM: (SIM_BROKER, DEPTH_WS, MAIN),
    Profile.PAPER: (DEPTH_WS, MAIN),
    Profile.LIVE: (DEPTH_WS, MAIN),
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


def programs(home: Home, sim: SimSettings, place: SimPlace | None) -> tuple[Program, ...]:
    """The profile's own, in the order of a start. The sim profile's broker needs a place; None leaves it out."""
    feed = Program(name=DEPTH_WS, words=("-m", "tarazu.app.depth_ws", "--profile", home.profile), order=20, stop_s=5)
    # Its last requests have as long for their answers as the broker's adapter gives them.
    main = Program(name=MAIN, words=("-m", "tarazu.app.main", "--profile", home.profile), order=30, stop_s=20)
    if home.profile is not Profile.SIM or place is None:
        return (feed, main)
    # Its first line on stdout holds the simulated app's secrets; the ready file has them too, for its owner alone.
    ready_file = str(home.sim_broker.relative_to(home.root))
    words = ("-m", "tarazu", "sim", "serve", *place.words(sim), "--ready-file", ready_file)
    return (Program(name=SIM_BROKER, words=words, order=10, stdout_kept=False), feed, main)


def names(home: Home) -> tuple[str, ...]:
    """What `up` can be asked for, in the order of a start."""
    return _NAMES[home.profile]
