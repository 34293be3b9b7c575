"""A desk that writes for ever: journal entries with the moment in them, frames and lines of the record beside them."""

import sys
import time
from pathlib import Path

from harness.journal_days import DAY, FORCE, GROUP, small
from harness.shipped_home import NO_FLOOR
from tarazu.adapters.signing import key_of
from tarazu.app.audit import journal_name, key_folder
from tarazu.app.home import Home, Profile
from tarazu.model import ist
from tarazu.runtime.desk_record import DeskKind, append
from tarazu.runtime.feed_log import FeedLog
from tarazu.runtime.journal_writer import Journal
from tarazu.runtime.segment import Kind

EVERY_S = 0.002


def write_for_ever(home: Home) -> None:
    """An entry is CLOCK_MONOTONIC in 8 bytes, and some more that make it a desk's."""
    signer = key_of(key_folder(home), journal_name(home))
    settings = small(1 << 16, checkpoint_entries=100, group_s=0.002)
    by = (signer.verifier(),)
    log = Journal.open(home.journal, DAY, journal_name(home), settings, signer=signer, verifiers=by)
    feed = FeedLog.open(home.feed, DAY, segment_bytes=1 << 16, watermarks=NO_FLOOR)
    while True:
        now_ns = time.monotonic_ns()
        log.append(3, now_ns.to_bytes(8, "little") * 40, now_ns, FORCE if log.sequence % 5 == 0 else GROUP)
        feed.append(Kind.BINARY, 1, now_ns.to_bytes(8, "little") * 20, now_ns, now_ns)
        if log.sequence % 50 == 0:
            append(home.desk, DeskKind.STACK, {"entry": log.sequence}, who="source", now_ns=ist.midnight_ns(DAY))
        time.sleep(EVERY_S)


if __name__ == "__main__":
    write_for_ever(Home(Profile(sys.argv[2]), Path(sys.argv[1])))
