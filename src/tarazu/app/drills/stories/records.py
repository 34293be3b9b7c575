"""What is written down is lost, damaged, or cannot be written."""

import resource

from tarazu.app.drills.rehearsal import Rehearsal
from tarazu.app.drills.stories.beginnings import holding, stop_stays
from tarazu.app.drills.trader import Denied
from tarazu.app.main.telling import MainSilent
from tarazu.app.supervision.programs import MAIN

FULL_BYTES = 1
"""As long as a file of main may become: the kernel says no to every byte behind it, as a full disk does."""

DISK_FAILED = "the disk failed"
"""What main says of itself then (app/main)."""


def disk_full(drill: Rehearsal) -> None:
    """The kernel refuses main's writes (RLIMIT_FSIZE), which needs no disk to be filled and no rights. Such a main
    ends: it cannot say why on that disk, and the watchdog, whose writes pass, opens the incident."""
    book = holding(drill, resting=False)
    sent = len(drill.books().orders)
    pid = drill.pid(MAIN)
    drill.did(f"the disk takes nothing more of main, pid {pid}")
    _, hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (FULL_BYTES, hard))
    drill.until("entry.refused", "an entry is not taken, for the disk", lambda: _refused(drill))
    drill.until_incident("incident.open", "DB_WRITE", "PROCESS_DIED")
    drill.holds("books.nothing_sent", "no order without a record", len(drill.books().orders) == sent)
    stop_stays(drill, book)
    drill.restart(MAIN)
    drill.until_active("desk.again")
    drill.books_agree()
    drill.ends_flat()


def journal_damaged(drill: Rehearsal) -> None:
    book = holding(drill, resting=False)
    drill.command("down", "main", exits=(0, 1))
    segment = sorted(drill.home.journal.glob("*-*-*/*.seg"))[-1]
    at = _written(segment.read_bytes()) // 2
    drill.did(f"byte {at} of {segment.name} becomes another")
    with segment.open("r+b") as file:
        file.seek(at)
        was = file.read(1)
        file.seek(at)
        file.write(bytes([was[0] ^ 0xFF]))
    drill.command("audit", "verify", exits=(2,))
    stop_stays(drill, book)
    drill.ends_flat("the journal is damaged")


def database_lost(drill: Rehearsal) -> None:
    holding(drill, resting=False)
    drill.command("down", "main", exits=(0, 1))
    for path in drill.home.root.glob("database.sqlite*"):
        drill.did(f"{path.name} is gone")
        path.unlink()
    drill.start(MAIN)
    drill.until_active("desk.again")
    drill.command("db", "rebuild", exits=(0, 1))
    drill.command("db", "check", exits=(0, 1))
    drill.books_agree()
    drill.ends_flat()


def _refused(drill: Rehearsal) -> bool:
    """Because the disk failed, or because main has ended of it. What any control denies does not count: that denial
    was written down."""
    try:
        tag = drill.trader.buy(drill.trader.put)
    except (Denied, MainSilent) as no:
        drill.did(f"an entry is asked for: {no}")
        return isinstance(no, MainSilent) or DISK_FAILED in str(no)
    drill.holds("entry.refused", "an entry is not taken", False, f"{tag} was taken without a record")
    return False


def _written(segment: bytes) -> int:
    """How far a preallocated segment has been written."""
    return len(segment.rstrip(b"\0"))
