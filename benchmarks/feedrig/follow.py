"""A second process that follows the market: `python -m feedrig.follow FOLDER INSTRUMENTS OUT`.

After each wake it reads the newest stamp out of its own state, where a strategy would read a price, and keeps when that
was. At the end of its stdin it writes what it saw, a row a wake.
"""

import gc
import select
import sys
import time
from pathlib import Path

import msgspec
import numpy as np

from feedrig.message import tokens_of
from tarazu.runtime.market_follower import MarketFollower
from tarazu.runtime.segment import Frame

WAKE = np.dtype([("slot", "<i4"), ("number", "<i4"), ("frames", "<i8"), ("sent_ns", "<i8"), ("read_ns", "<i8")])
WAKES_MAX = 1_000_000


class Reader:
    def __init__(self, folder: Path, instruments: int) -> None:
        self.follower = MarketFollower(folder, tokens_of(instruments), on_other=self._note)
        self.wakes = np.zeros(WAKES_MAX, WAKE)
        self.count = 0
        self.others = 0
        self._slots = self.follower.state.slots

    def turn(self) -> None:
        follower = self.follower
        frames = follower.follow_ready()
        changed = follower.changed
        if frames and len(changed) and self.count < WAKES_MAX:
            slot, number, sent_ns = self._newest(changed)
            self.wakes[self.count] = (slot, number, frames, sent_ns, time.monotonic_ns())
            self.count += 1

    def _newest(self, changed: "np.ndarray[tuple[int], np.dtype[np.intp]]") -> tuple[int, int, int]:
        """The first instrument of the last message: it carries the number and the stamp."""
        slots, rows = self._slots, self.follower.state.rows
        slot = int(changed[slots["frame"][changed] == self.follower.state.passes][0])
        row = rows[slot]
        return slot, int(row["last_qty"]), int(row["oi_high"]) << 32 | int(row["oi_low"])

    def _note(self, frame: Frame) -> None:
        self.others += 1

    def write(self, out: str) -> None:
        state = self.follower.state
        np.save(out + ".wakes.npy", self.wakes[: self.count])
        np.save(out + ".volumes.npy", np.array([state.rows["token"], state.rows["volume"]], np.int64).T)
        about = {
            "sequence": self.follower.sequence,
            "damaged_frames": self.follower.damaged_frames,
            "behind": self.follower.behind,
            "counters": state.counters,
            "cpu_s": time.process_time(),
        }
        Path(out + ".json").write_bytes(msgspec.json.encode(about))


def main(folder: str, instruments: str, out: str) -> int:
    reader = Reader(Path(folder), int(instruments))
    gc.collect()
    gc.freeze()
    poll = select.poll()
    poll.register(reader.follower.fileno(), select.POLLIN)
    poll.register(sys.stdin.fileno(), select.POLLIN)
    print("ready", flush=True)
    while True:
        rung = poll.poll()
        reader.turn()
        if any(fd == sys.stdin.fileno() for fd, _ in rung):
            break
    reader.write(out)
    reader.follower.close()
    return 0


if __name__ == "__main__":
    raise SystemExit(main(*sys.argv[1:]))
