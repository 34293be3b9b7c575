"""`feedlatency`: from the server's send to a readable market, beside the official KiteTicker.

Ours crosses two processes: the feed's (socket, checksummed log, market state) and a second one that follows the log
into a state of its own and reads the stamp there. The official client does it in one: send to `on_ticks`, the latest
tick of each instrument kept. 10-packet messages 1 to 5 ms apart, so that caches are cold as in live trading; both
clients are connected to one server, which serves one, then the other, in windows that alternate.

And the stall that a message of 3,000 packets makes: the CPU of its decoding, clocks and market state.
"""

import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from feedrig.desk import DAY
from feedrig.run import Ticker, end, line, process, tell
from feedstate import TOKENS, fresh_state, recv_ns, session
from tarazu.adapters.kite_feed.events import FrameKind
from tarazu.app.depth_ws.intake import Intake
from tarazu.market.arrivals import Arrivals
from tarazu.ops.bench import Case, at_most
from tarazu.runtime.feed_log import FeedLog
from tarazu.runtime.segment import day_folder
from tarazu.wire.kite_ticks import TickFrame, decode

INSTRUMENTS, PACKETS = 1_000, 10
WINDOWS, EACH = 24, 250  # messages; the first two windows are warm-up
STALL_PACKETS, STALL_S = 3_000, 0.5e-3  # issue 3: a 3,000-packet message costs at most 0.5 ms of CPU
STALL_MESSAGES, STALL_ROUNDS = 60, 5


def cases() -> Iterator[Case]:
    with tempfile.TemporaryDirectory() as folder:
        ours, within, official = _latencies(Path(folder))
    for share in (50, 99):
        mine, theirs = (float(np.percentile(ns, share)) / 1e3 for ns in (ours, official))
        yield _less_is_better(f"{PACKETS} packets, p{share}", mine, theirs, goal=1.0)
    for share in (50, 99):
        first, theirs = (float(np.percentile(ns, share)) / 1e3 for ns in (within, official))
        yield _less_is_better(f"the feed's own process, p{share}", first, theirs, goal=None)
    yield from _stalls()


def _less_is_better(case: str, ours_us: float, peer_us: float, goal: float | None) -> Case:
    met = None if goal is None else peer_us / ours_us >= goal
    return Case(
        bench="feedlatency",
        case=case,
        ours=ours_us,
        peer=peer_us,
        ratio=peer_us / ours_us,
        unit="us",
        goal=goal,
        met=met,
    )


def _latencies(folder: Path) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Nanoseconds from the send: readable in the second process, in the first, and the official client's."""
    feed, desk_out, follow_out, peer_out = (folder / name for name in ("feed", "desk", "follow", "official"))
    with (
        process("server") as server,
        process("desk") as desk,
        process("follow", day_folder(feed, DAY), INSTRUMENTS, follow_out) as follower,
    ):
        ticker = Ticker(server)
        order = {"port": ticker.port, "feed": str(feed), "instruments": INSTRUMENTS, "connections": 1}
        tell(desk, order | {"out": str(desk_out)})
        line(desk), line(follower)
        ticker.do("expect", clients=1)  # so that the first client is ours
        with process("official", ticker.port, INSTRUMENTS, peer_out) as official:
            ticker.start("expect", clients=2)
            line(official)
            ticker.done()
            ticker.do("idle", seconds=1.0)
            sent = ticker.do("turns", packets=PACKETS, windows=WINDOWS, each=EACH)["sent"]
            ticker.do("idle", seconds=0.5)
            end(desk), end(follower)
            server.kill()  # the official client takes the hang-up for the end
            official.wait(20)
    wakes, seen, peer = (np.load(f"{out}.npy") for out in (f"{follow_out}.wakes", f"{desk_out}.seen", peer_out))
    assert len(seen) == sent[0] and len(peer) == sent[1], "every message arrived"
    assert wakes["frames"].sum() >= sent[0] and len(wakes) > 0.9 * sent[0], "and was read, nearly all of them alone"
    return (
        (wakes["read_ns"] - wakes["sent_ns"])[EACH:],
        (seen["state_ns"] - seen["sent_ns"])[EACH:],
        (peer[:, 1] - peer[:, 0])[EACH:],
    )


def _stalls() -> Iterator[Case]:
    """CPU of a message in its thread, once it has been read from the socket (that part is in `feedingest`)."""
    messages = session(STALL_MESSAGES, STALL_PACKETS)
    hot_s = statistics.median(_state_s(messages) for _ in range(STALL_ROUNDS))
    yield at_most("feedlatency", "3,000: decode, clocks, state", ours=hot_s, unit="s CPU", goal=STALL_S)
    whole_s = statistics.median(_intake_s(messages) for _ in range(STALL_ROUNDS))
    yield Case(bench="feedlatency", case="3,000: with the log", ours=whole_s, unit="s CPU")


def _state_s(messages: list[bytes]) -> float:
    state, arrivals, out = fresh_state(), Arrivals(TOKENS), TickFrame()

    def take(n: int, message: memoryview) -> None:
        count = decode(message, out)
        arrivals.take(out.rows, out.packet_bytes, count, n + 1)
        state.update(out.rows, out.packet_bytes, count, recv_ns(n))

    taken_s = _cpu_s(take, messages)
    assert state.counters["packets"] == STALL_PACKETS * len(messages)
    return taken_s


def _intake_s(messages: list[bytes]) -> float:
    """The whole callback; the log's keeper is at work beside it."""
    with tempfile.TemporaryDirectory() as folder:
        log = FeedLog.open(Path(folder), DAY)
        intake = Intake(log, Arrivals(TOKENS), fresh_state())
        taken_s = _cpu_s(lambda n, m: intake.on_frame(0, FrameKind.TICKS, m, recv_ns(n), n + 1), messages)
        log.close()
        return taken_s


def _cpu_s(take: Callable[[int, memoryview], None], messages: list[bytes]) -> float:
    """Median CPU seconds of the thread, a message, which was just copied into a buffer as a read from a socket does."""
    received, took = bytearray(len(messages[0])), []
    for n, message in enumerate(messages):
        received[:] = message
        start = time.thread_time()
        take(n, memoryview(received))
        took.append(time.thread_time() - start)
    return statistics.median(took)
