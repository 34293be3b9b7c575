"""A reader of one day's feed log in a process of its own; SIGTERM makes it print what it saw, as JSON, and end.

What it saw: sequence -> CRC32 of each frame's payload, as it was when it was read.
"""

import json
import signal
import sys
import zlib
from pathlib import Path
from threading import Event

from tarazu.runtime.tail import Tail


def main(folder: Path) -> None:
    over = Event()
    signal.signal(signal.SIGTERM, lambda *_: over.set())
    folder.mkdir(parents=True, exist_ok=True)
    seen: dict[int, int] = {}
    twice: list[int] = []
    tail = Tail(folder)
    while not over.is_set():
        for frame in tail.ready():
            crc = zlib.crc32(frame.payload)
            if seen.setdefault(frame.sequence, crc) != crc:
                twice.append(frame.sequence)
        tail.wait(0.1)
    tail.close()
    print(json.dumps({"seen": seen, "twice": twice}))


main(Path(sys.argv[1]))
