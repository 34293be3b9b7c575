"""`feedload`: 9,000 instruments in full mode on three connections, through the real client into log and market state.

Each second one message of 3,000 packets on every connection at once, the rest in messages of 300 spread evenly. Every
message is numbered by its sender; the log is read back and compared. Lag is counted from when a message was due: a
sender held up by a reader that is slow makes it longer, not shorter. Sender, feed and follower are three processes.
"""

import signal
import time
from collections.abc import Iterator

from feedrig.play import Played, play
from feedrig.run import Process, Ticker
from tarazu.ops.bench import Case, at_least, at_most

LAG_MS_MAX = 5.0  # issue 3: frame-in to state p99
LAG_NS_MAX = 5_000_000
RECOVERY_S_MAX = 2.0
LOADS = ((45_000, 60), (90_000, 5))
OVERLOAD, OVERLOAD_S, FLOOD_S, AFTER_S = 360_000, 8, 4, 4
PAUSE_S = 5.0
DISK_DELAY_S = 0.3


def cases() -> Iterator[Case]:
    for packets_per_s, seconds in LOADS:
        name = f"{packets_per_s // 1000}k/s {seconds} s"
        played = play(lambda ticker, _, r=packets_per_s, s=seconds: ticker.do("rate", packets_per_s=r, seconds=s))
        yield from _whole(name, played)
        yield at_most("feedload", f"{name}: send to state p99", ours=played.lag_ms(), unit="ms", goal=LAG_MS_MAX)
        yield at_most("feedload", f"{name}: in to state p99", ours=played.in_process_ms(), unit="ms", goal=LAG_MS_MAX)
    yield from _overload()
    yield from _flood()
    yield from _stopped_follower()
    yield from _slow_disk()


def _whole(name: str, played: Played) -> Iterator[Case]:
    """Nothing is missing, anywhere."""
    lost = max(played.lost, played.not_recorded)
    yield at_most("feedload", f"{name}: lost in the log", ours=lost, unit="frames", goal=0)
    stale = played.stale + played.stale_following
    yield at_most("feedload", f"{name}: stale in the states", ours=stale, unit="instruments", goal=0)


def _overload() -> Iterator[Case]:
    """Four times the greatest load."""
    at_ns: list[int] = []

    def script(ticker: Ticker, _: Process) -> None:
        ticker.do("rate", packets_per_s=45_000, seconds=2)
        at_ns.append(time.monotonic_ns())
        ticker.do("rate", packets_per_s=OVERLOAD, seconds=OVERLOAD_S)
        at_ns.append(time.monotonic_ns())
        ticker.do("rate", packets_per_s=45_000, seconds=AFTER_S)

    played, name = play(script), f"{OVERLOAD // 1000}k/s {OVERLOAD_S} s"
    yield from _whole(name, played)
    yield Case(bench="feedload", case=f"{name}: send to state p99", ours=played.lag_ms(*at_ns), unit="ms")
    yield _recovery(name, played.recovery_s(at_ns[-1], LAG_NS_MAX))
    yield _recovery(f"{name}, follower", played.following_recovery_s(at_ns[-1], LAG_NS_MAX))


def _flood() -> Iterator[Case]:
    """As fast as the feed reads: beyond what one process takes, by definition."""
    at_ns: list[int] = []
    packets: list[int] = []

    def script(ticker: Ticker, _: Process) -> None:
        before = sum(ticker.do("rate", packets_per_s=45_000, seconds=2)["packets"])
        after = ticker.do("flood", seconds=FLOOD_S, packets=300)
        packets.append(sum(after["packets"]) - before)
        at_ns.append(after["mono_ns"])
        ticker.do("rate", packets_per_s=45_000, seconds=AFTER_S)

    played = play(script)
    yield at_least("feedload", "flood: the knee", ours=packets[0] / FLOOD_S, unit="packets/s", goal=OVERLOAD)
    yield from _whole("flood", played)
    yield _recovery("flood", played.recovery_s(at_ns[0], LAG_NS_MAX))
    yield _recovery("flood, follower", played.following_recovery_s(at_ns[0], LAG_NS_MAX))


def _stopped_follower() -> Iterator[Case]:
    """A follower that stands still for five seconds at 90,000 packets a second."""
    at_ns: list[int] = []

    def script(ticker: Ticker, follower: Process) -> None:
        ticker.start("rate", packets_per_s=90_000, seconds=PAUSE_S + 5)
        time.sleep(1.0)
        follower.send_signal(signal.SIGSTOP)
        time.sleep(PAUSE_S)
        follower.send_signal(signal.SIGCONT)
        at_ns.append(time.monotonic_ns())
        ticker.done()

    played, name = play(script), f"follower stopped {PAUSE_S:.0f} s"
    yield from _whole(name, played)
    yield _recovery(name, played.following_recovery_s(at_ns[0], LAG_NS_MAX))
    yield at_most("feedload", f"{name}: feed's p99", ours=played.lag_ms(), unit="ms", goal=LAG_MS_MAX)


def _slow_disk() -> Iterator[Case]:
    """Every sync takes 0.3 s longer: frames are in the page cache meanwhile, and no one waits."""
    played = play(lambda ticker, _: ticker.do("rate", packets_per_s=90_000, seconds=8), sync_delay_s=DISK_DELAY_S)
    name = f"syncs {DISK_DELAY_S} s late"
    yield from _whole(name, played)
    yield at_most("feedload", f"{name}: send to state p99", ours=played.lag_ms(), unit="ms", goal=LAG_MS_MAX)
    yield Case(bench="feedload", case=f"{name}: longest sync", ours=played.desk["log"]["sync_ns_max"] / 1e9, unit="s")


def _recovery(name: str, seconds: float) -> Case:
    return at_most("feedload", f"{name}: lag below 5 ms after", ours=seconds, unit="s", goal=RECOVERY_S_MAX)
