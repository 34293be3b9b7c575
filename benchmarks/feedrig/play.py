"""A run of server, desk and perhaps a follower by a script, and the end-to-end account of it."""

import json
import math
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from feedrig.desk import DAY
from feedrig.message import number, sender
from feedrig.run import Process, Ticker, end, line, process, tell
from tarazu.model.units import SECOND_NS
from tarazu.runtime.segment import Kind, day_folder
from tarazu.runtime.tail import Tail

INSTRUMENTS, CONNECTIONS = 9_000, 3

Script = Callable[[Ticker, Process], None]
"""Given the server and the follower's process."""


class Played(msgspec.Struct, frozen=True, kw_only=True):
    sent: int
    """Messages."""
    lost: int
    """Messages that the log does not have, whole and in the order sent."""
    not_recorded: int
    """Those of them that the log counted itself."""
    stale: int
    """Instruments whose last trade is not in the recording process's state."""
    stale_following: int
    """Likewise the following process's."""
    seen: NDArray[Any]
    """`desk.SEEN`, a row a message."""
    wakes: NDArray[Any]
    """`follow.WAKE`, a row a wake."""
    desk: dict[str, Any]

    def lag_ms(self, since_ns: int = 0, until_ns: int = 1 << 62) -> float:
        """p99 of send-to-state of what was due in this time."""
        sent_ns = self.seen["sent_ns"]
        some = self.seen[(sent_ns >= since_ns) & (sent_ns < until_ns)]
        return float(np.percentile(some["state_ns"] - some["sent_ns"], 99)) / 1e6

    def in_process_ms(self) -> float:
        """p99 from the frame's arrival in the callback to the state."""
        return float(np.percentile(self.seen["state_ns"] - self.seen["received_ns"], 99)) / 1e6

    def recovery_s(self, since_ns: int, lag_ns: int) -> float:
        """From then until the recording process's state took a message no later than that, on every connection.

        Each keeps its order, so its backlog is gone by then.
        """
        each = (self.seen[self.seen["sender"] == n] for n in range(CONNECTIONS))
        return max(_recovery_s(one["sent_ns"], one["state_ns"], since_ns, lag_ns) for one in each)

    def following_recovery_s(self, since_ns: int, lag_ns: int) -> float:
        """Likewise of the following process, which reads the log in its order."""
        return _recovery_s(self.wakes["sent_ns"], self.wakes["read_ns"], since_ns, lag_ns)


def _recovery_s(sent_ns: NDArray[np.int64], done_ns: NDArray[np.int64], since_ns: int, lag_ns: int) -> float:
    in_time = (done_ns >= since_ns) & (done_ns - sent_ns <= lag_ns)
    return float(done_ns[in_time].min() - since_ns) / SECOND_NS if in_time.any() else math.inf


def play(script: Script, *, sync_delay_s: float = 0.0) -> Played:
    """Run `script` once 9,000 instruments are followed on three connections, then count everything."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        day = day_folder(folder / "feed", DAY)
        with (
            process("server") as server,
            process("desk") as desk,
            process("follow", day, INSTRUMENTS, folder / "follow") as follower,
        ):
            ticker = Ticker(server)
            order = {"port": ticker.port, "feed": str(folder / "feed"), "instruments": INSTRUMENTS}
            tell(desk, order | {"connections": CONNECTIONS, "out": str(folder / "desk"), "sync_delay_s": sync_delay_s})
            line(desk), line(follower)
            ticker.do("expect", clients=CONNECTIONS)
            ticker.do("idle", seconds=1.0)
            script(ticker, follower)
            ticker.do("idle", seconds=1.0)
            sent = ticker.do("volumes", file=str(folder / "volumes.npy"))["sent"]
            end(desk), end(follower)
        about = json.loads((folder / "desk.json").read_text())
        return Played(
            sent=sum(sent),
            lost=sum(sent) - sum(recorded(day)),
            not_recorded=about["log"]["not_recorded"],
            stale=_stale(folder / "volumes.npy", folder / "desk.volumes.npy"),
            stale_following=_stale(folder / "volumes.npy", folder / "follow.volumes.npy"),
            seen=np.load(folder / "desk.seen.npy"),
            wakes=np.load(folder / "follow.wakes.npy"),
            desk=about,
        )


def recorded(day: Path) -> list[int]:
    """By sender: how many messages the log has from the first on, each the one after the one before."""
    counts, tail = [0] * CONNECTIONS, Tail(day)
    for frame in tail.ready():
        if frame.kind == Kind.BINARY and len(frame.payload) > 1:
            who = sender(frame.payload)
            counts[who] += number(frame.payload) == counts[who] + 1
    tail.close()
    return counts


def _stale(sent: Path, had: Path) -> int:
    """Instruments whose volume is not the one last sent."""
    truth = dict(np.load(sent).tolist())
    return sum(truth.get(token, 0) != volume for token, volume in np.load(had).tolist())
