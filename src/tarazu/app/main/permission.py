"""Whether orders may go out at all: the profile decides where they go, and live ones take a person's leave."""

from collections.abc import Mapping

from tarazu.app.home import Profile

ALLOW_LIVE = "TARAZU_ALLOW_LIVE"


def why_not(profile: Profile, environ: Mapping[str, str]) -> str:
    """Why main may not trade here; empty when it may (DESIGN 6)."""
    match profile:
        case Profile.SIM | Profile.PAPER:
            return ""  # to a simulated broker, and to the exchange model in this process: no wire leads further
        case Profile.LIVE:
            leave = environ.get(ALLOW_LIVE) == "1"
            told = "tarazu down; TARAZU_ALLOW_LIVE=1 tarazu up"
            return "" if leave else f"orders of the live profile are real money, and take {ALLOW_LIVE}=1: {told}"
