"""Whether orders may go out at all: the profile decides where they go, and live ones take a person's leave."""

from collections.abc import Mapping

import msgspec

from tarazu.app.config.running import changed_since
from tarazu.app.home import Home, Profile
from tarazu.app.readiness.fingerprint import config_sha256
from tarazu.app.readiness.receipt import Receipt, verdicts
from tarazu.app.settings import Settings
from tarazu.model import ist
from tarazu.runtime.desk_record import BadDeskRecord
from tarazu.runtime.journal_files import day_folder, segment_numbers

ALLOW_LIVE = "TARAZU_ALLOW_LIVE"
GATE = "tarazu ready"
SECTIONS = ("engine", "feed", "paper")
"""Of the settings, what main trades by (`fingerprint.config_sha256`)."""


def why_not(profile: Profile, environ: Mapping[str, str]) -> str:
    """Why main may not trade here; empty when it may (DESIGN 6)."""
    match profile:
        case Profile.SIM | Profile.PAPER:
            return ""  # to a simulated broker, and to the exchange model in this process: no wire leads further
        case Profile.LIVE:
            leave = environ.get(ALLOW_LIVE) == "1"
            told = "tarazu down; TARAZU_ALLOW_LIVE=1 tarazu up"
            return "" if leave else f"orders of the live profile are real money, and take {ALLOW_LIVE}=1: {told}"


class Leave(msgspec.Struct, frozen=True):
    """Of the gate, for this main to begin."""

    refusal: str = ""
    """Why it may not; empty when it may."""
    entries_off: str = ""
    """Why it begins without entries: it looks after what is held, and nothing more."""


def leave_of_the_gate(home: Home, settings: Settings, build: str, now_ns: int) -> Leave:
    """Whether today's READY lets this main begin; outside live it always may. `now_ns` is UTC.

    What was READY must be what begins: the same configuration and build. On a day that main has begun already a later
    NOT_READY does not count: it is started again to look after what is held. For the same reason it begins then also
    with other settings, another build or a record that does not read, with entries off until a person has looked. A
    desk that only a halt keeps from READY may begin, for it begins halted (`gate.Readiness.may_start`).
    """
    if home.profile is not Profile.LIVE:
        return Leave()
    began = _has_begun(home, now_ns)
    try:
        told = verdicts(home, now_ns)
    except (BadDeskRecord, OSError) as bad:
        return _but(f"today's READY cannot be read: {bad}", began)
    day = ist.day_of(now_ns)
    good = [one for one in told if one.ready or one.may_start]
    if not good:
        return Leave(refusal=f"nobody has found this desk READY on {day}: {GATE}")
    last = told[-1]
    if not began and last is not good[-1]:
        why = ", ".join(last.blockers or last.warnings)
        return Leave(refusal=f"the gate's last word today is NOT_READY ({why}): {GATE}")
    differs = _differs(good[-1], config_sha256(settings), build)
    if not differs:
        return Leave()
    keys = changed_since(home, "main", settings, SECTIONS) if began else ()
    return _but(f"{differs}; changed since it last ran: {', '.join(keys)}" if keys else differs, began)


def _but(why: str, began: bool) -> Leave:
    """A day that has begun may hold something."""
    return Leave(entries_off=why) if began else Leave(refusal=why)


def _has_begun(home: Home, now_ns: int) -> bool:
    """Whether a main of this day has journalled anything."""
    folder = day_folder(home.journal, ist.day_of(now_ns))
    return folder.exists() and bool(segment_numbers(folder))


def _differs(receipt: Receipt, config: str, build: str) -> str:
    if receipt.config_sha256 != config:
        told = f"the settings are other ones ({config[:7]}) than {receipt.id} found READY ({receipt.config_sha256[:7]})"
        return f"{told}: {GATE}"
    if receipt.build != build:
        return f"this is build {build}, and {receipt.id} found {receipt.build} READY: {GATE}"
    return ""
