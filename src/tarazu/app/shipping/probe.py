"""The folder of the copy looked at before anybody ships: is it there, ours, writable, another disk, with room?

Changes nothing. A dead mount answers nobody, so the look has its time.
"""

import os
import threading
from pathlib import Path

import msgspec

from tarazu.app.home import Home
from tarazu.app.shipping.failing import SourceFailed, TargetFailed, writing
from tarazu.app.shipping.target import check_place, read_mark, read_note

ASK_S = 3.0
ROOM_BYTES = 5 << 30
"""Less than a day of feed and journal may take."""


class Probe(msgspec.Struct, frozen=True, kw_only=True):
    """What is in the way; `code` empty: nothing. `stops`: nothing would be copied at all."""

    code: str = ""
    detail: str = ""
    hint: str = ""
    stops: bool = True
    free_bytes: int = 0


def probe(home: Home, to: Path) -> Probe:
    """Raises nothing."""
    found: list[Probe] = []
    looking = threading.Thread(target=lambda: found.append(_looked(home, to)), daemon=True)
    looking.start()
    looking.join(ASK_S)
    return (
        found[0]
        if found
        else Probe(
            code="TARGET_SILENT",
            detail=f"{to} does not answer within {ASK_S:g} s: a dead mount",
            hint=f"mount | grep {to}",
        )
    )


def _looked(home: Home, to: Path) -> Probe:
    copy = to / home.profile
    try:
        check_place(home, to)
        with writing(to):
            note, mark, room = read_note(home), read_mark(copy), os.statvfs(to)
            same_disk = to.stat().st_dev == home.root.stat().st_dev
    except (TargetFailed, SourceFailed) as failed:
        return Probe(code=failed.code, detail=str(failed), hint=failed.hint)
    free = room.f_bavail * room.f_frsize
    if note is not None and note.claimed and note.to == str(to) and mark is None:
        return Probe(
            code="TARGET_GONE", detail=f"{copy} has not the mark that it had: not mounted?", hint=f"mount {to}"
        )
    if mark is not None and (note is None or note.id != mark.id):
        told = f"{copy} is the copy of another home: of {mark.home} on {mark.host}"
        return Probe(code="TARGET_FOREIGN", detail=told, hint="choose an empty folder for [ship] to")
    if room.f_flag & os.ST_RDONLY or not os.access(copy if copy.exists() else to, os.W_OK):
        return Probe(
            code="TARGET_READ_ONLY", detail=f"{copy} cannot be written", hint=f"mount | grep {to}; ls -ld {copy}"
        )
    if same_disk:
        told = f"{to} is on the disk of the home itself: its death takes both"
        return Probe(code="SHIP_SAME_DISK", detail=told, hint=f"df {to} {home.root}", stops=False, free_bytes=free)
    if free < ROOM_BYTES:
        told = f"{free / (1 << 30):.1f} GiB are free on {to}; a day of feed and journal takes a few"
        return Probe(code="TARGET_LOW", detail=told, hint=f"df -h {to}", stops=False, free_bytes=free)
    return Probe(free_bytes=free)
