"""The pointer of a family, moved: proven before, written down, replaced at once, acknowledged by main.

What is written down first and not done is known afterwards by a pointer that does not follow the record: `Standing`.
A file that is gone or altered is no place to go to, and the pointer stays where it is.
"""

import time
from collections.abc import Callable

import msgspec

from tarazu.app.home import Home
from tarazu.app.models.moving.trail import Act, Change, Trail, body, changes, trail
from tarazu.app.models.registry import readable, version_of
from tarazu.app.models.versions import ACTIVE, BadVersion, active_sha256
from tarazu.runtime.alone import alone
from tarazu.runtime.desk_record import DeskKind, append
from tarazu.runtime.whole import sync_folder, write_whole

LOOK_S = 0.1


class Moved(Exception):
    """Another command has made another version active meanwhile: what was judged beside the old one is not known."""


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """What is active, and how it came to it."""

    family: str
    active: str
    """SHA-256, as the pointer says; empty: none."""
    trail: Trail
    changes: tuple[Change, ...]
    unread: str = ""
    """Why the pointer does not read; empty where it does."""

    @property
    def is_by_the_record(self) -> bool:
        """Whether the pointer is where the record has it: else somebody moved it by hand, or a change was cut off."""
        return not self.unread and self.active == self.trail.active

    @property
    def way(self) -> Trail:
        """With the pointer's own version in its place."""
        if self.unread or self.active == self.trail.active:
            return self.trail
        return self.trail.moved(self.active, Act.BACK) if self.active else self.trail.off()


def standing(home: Home, family: str) -> Standing:
    """Raises BadDeskRecord, OSError."""
    told = tuple(changes(home.desk, family))
    active, unread = "", ""
    try:
        active = active_sha256(home.models, family)
    except BadVersion as bad:
        unread = str(bad)
    return Standing(family=family, active=active, trail=trail(told), changes=told, unread=unread)


def prove(home: Home, family: str, sha256: str) -> None:
    """That the program can use it, and that this home's key has signed for it. Raises BadVersion, OSError."""
    version = version_of(home, family, sha256)
    if version.manifest is None:
        raise BadVersion(f"{family} {version.short}: {version.unsigned}")
    if why := readable(version):
        raise BadVersion(f"{family} {version.short} does not read: {why}")


def move(
    home: Home,
    family: str,
    act: Act,
    sha256: str,
    *,
    why: str,
    who: str,
    now_ns: int,
    beside: str | None = None,
    **more: object,
) -> Standing:
    """To that version, or to none: `sha256` empty. `beside`: the active one that it was judged beside. Raises Moved
    where another is active by now, BadVersion, BadDeskRecord, OSError: nothing was moved then,
    or the record says that it was to be."""
    with alone(home.models / family / "lock"):
        if sha256:
            prove(home, family, sha256)
        before = standing(home, family)
        if beside is not None and before.active != beside:
            now, was = before.active[:12] or "none", beside[:12] or "none"
            raise Moved(f"{family}: {now} is active meanwhile, judged was beside {was}; promote it again")
        told = body(family, act, before.active, sha256, why, **more)
        append(home.desk, DeskKind.MODEL, told, who=who, now_ns=now_ns)
        pointer = home.models / family / ACTIVE
        if sha256:
            write_whole(pointer, f"{sha256}\n".encode())
        else:
            pointer.unlink(missing_ok=True)
            sync_folder(pointer.parent)
        return standing(home, family)


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """What main says to it."""

    state: str
    """`ACKNOWLEDGED`, `NOT_RUNNING`, `NOT_USED` (no strategy runs), `REFUSED`, `SILENT`."""
    said: str = ""


def acknowledged(
    home: Home, family: str, sha256: str, patience_s: float, sleep: Callable[[float], None] = time.sleep
) -> Told:
    """Waits until main uses it, says that it cannot, or the time is up. By its health, which it writes twice a second:
    one from before the move still tells of the old version, and is waited out."""
    end = time.monotonic() + patience_s
    while True:
        told = _heard(home, family, sha256)
        if told.state not in ("SILENT", "REFUSED") or time.monotonic() > end:
            return told
        sleep(LOOK_S)


def _heard(home: Home, family: str, sha256: str) -> Told:
    from tarazu.app.health import BadHealth
    from tarazu.app.main.health import Stage, read_main_health
    from tarazu.app.supervision.orphans import is_running

    try:
        health = read_main_health(home.main_health)
    except (BadHealth, OSError) as bad:
        return Told(state="SILENT", said=f"its health does not read: {bad}")
    if health is None or not is_running(health.pid):
        return Told(state="NOT_RUNNING", said="main does not run: it begins with it")
    if not health.is_current():
        return Told(state="SILENT", said=f"main ({health.pid}) tells nothing: tarazu engine status")
    if health.stage is not Stage.RUNNING:
        return Told(state="SILENT", said=f"main is {health.stage} {health.detail}".rstrip())
    if not health.models.is_used:
        return Told(state="NOT_USED", said="main runs no strategy: no model is used")
    if health.models.trouble:
        return Told(state="REFUSED", said=health.models.trouble)
    if health.models.active.get(family, "") == sha256:
        return Told(state="ACKNOWLEDGED", said=f"main ({health.pid}) uses it")
    return Told(state="SILENT", said=f"main ({health.pid}) still uses {health.models.active.get(family, 'none')[:12]}")
