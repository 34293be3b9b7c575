"""A second process's market: every frame applied in order, looked at as of the last, nothing skipped in silence."""

import hashlib
import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from harness.market_rows import row, state_of
from runtime.conftest import Open
from tarazu.market.state import MarketState
from tarazu.runtime.damage import Damaged, Fault
from tarazu.runtime.feed_log import FeedLog
from tarazu.runtime.market_follower import Behind, MarketFollower
from tarazu.runtime.segment import FRAME_HEADER_BYTES, Kind, day_folder, segment_path
from tarazu.wire.kite_ticks import Mode, TickFrame, decode, encode

DAY = date(2026, 11, 23)
TOKENS = [n << 8 | 2 for n in range(1, 6)]
START_NS = 1_795_404_600 * 10**9
SECOND_NS = 10**9
PACKET_END = 2 + 2 + 184


@pytest.fixture
def follow() -> Iterator[Callable[..., MarketFollower]]:
    """Makes followers, closed after the test."""
    made: list[MarketFollower] = []

    def one(folder: Path, **options: object) -> MarketFollower:
        made.append(MarketFollower(folder, TOKENS, **options))  # type: ignore[arg-type]
        return made[-1]

    yield one
    for follower in made:
        follower.close()


def ticks(n: int, *slots: int) -> bytes:
    """Message `n` of these instruments: every price and volume is `n`."""
    stamp = START_NS // SECOND_NS + n
    rows = [row(TOKENS[s], ltp=n, volume=n, oi=n, exchange_ts=stamp, bids=[(n, n)], asks=[(n + 5, n)]) for s in slots]
    return encode(np.concatenate(rows), Mode.FULL)


def put(log: FeedLog, n: int, payload: bytes, kind: Kind = Kind.BINARY) -> int:
    return log.append(kind, 0, payload, START_NS + n * SECOND_NS, n)


def prices(state: MarketState) -> list[int]:
    return state.rows["ltp"].tolist()


def damage_second_frame(log: FeedLog) -> None:
    second = 64 + (FRAME_HEADER_BYTES + PACKET_END + 7 & ~7)
    with segment_path(log.folder, 1).open("r+b") as file:
        file.seek(second + FRAME_HEADER_BYTES + 9)
        file.write(b"\xff")


def test_it_ends_with_the_market_of_the_process_that_recorded(open_log: Open, follow: Callable[..., MarketFollower]):
    """Rows, features and bars to the bit, at whatever pace it reads; what is no tick changes nothing."""
    log, recorded, frame = open_log(), state_of(*TOKENS), TickFrame()
    paces = {pace: follow(log.folder) for pace in (1, 7, 60)}
    for n in range(1, 61):
        payload = ticks(n, *{n % 5, n * n % 5})
        put(log, n, payload)
        count = decode(payload, frame)
        recorded.update(frame.rows, frame.packet_bytes, count, START_NS + n * SECOND_NS)
        put(log, n, b"\0")  # a heartbeat
        put(log, n, b'{"type": "order"}', Kind.TEXT)
        for pace, follower in paces.items():
            if n % pace == 0 or n == 60:
                assert follower.follow_ready() > 0
                assert follower.state.counters == recorded.counters
    for follower in paces.values():
        mine = follower.state
        for name in ("rows", "slots", "bars"):
            assert getattr(mine, name).tobytes() == getattr(recorded, name).tobytes()
        assert (follower.sequence, follower.mono_ns, follower.damaged_frames) == (180, 60, 0)


def test_one_call_conflates_whatever_there_is(open_log: Open, follow: Callable[..., MarketFollower]):
    log = open_log()
    follower = follow(log.folder)
    assert follower.follow_ready() == 0 and follower.changed.tolist() == []
    put(log, 1, ticks(1, 0, 1, 2, 3, 4))
    assert follower.follow_ready() == 1 and follower.changed.tolist() == [0, 1, 2, 3, 4]
    for n in range(2, 40):
        put(log, n, ticks(n, 1 if n < 20 else 3))
    assert follower.follow_ready() == 38
    assert prices(follower.state) == [1, 19, 1, 39, 1] and follower.changed.tolist() == [1, 3]
    assert follower.follow_ready() == 0 and follower.changed.tolist() == []


def test_as_many_frames_are_applied_as_are_asked_for(open_log: Open, follow: Callable[..., MarketFollower]):
    log = open_log()
    follower = follow(log.folder)
    for n in range(1, 6):
        put(log, n, ticks(n, n % 5))
    assert follower.follow_ready(2) == 2 and follower.sequence == 2 and follower.changed.tolist() == [1, 2]
    assert follower.follow_ready(2) == 2 and follower.follow_ready(2) == 1 and follower.follow_ready(2) == 0


def test_it_goes_to_a_frame_and_no_further(open_log: Open, follow: Callable[..., MarketFollower]):
    log = open_log()
    follower = follow(log.folder)
    for n in range(1, 11):
        put(log, n, ticks(n, n % 5))
    assert follower.follow_to(3) == 3 and follower.sequence == 3
    assert prices(follower.state) == [0, 1, 2, 3, 0] and follower.changed.tolist() == [1, 2, 3]
    assert follower.follow_to(3) == follower.follow_to(2) == 0 and follower.changed.tolist() == []
    assert follower.follow_to(4) == 1 and follower.changed.tolist() == [4]
    assert follower.follow_ready() == 6 and prices(follower.state) == [10, 6, 7, 8, 9]
    assert follower.follow_to(12) == 0 and follower.sequence == 10
    put(log, 11, ticks(11, 1))
    assert follower.follow_to(12) == 1 and follower.sequence == 11


def test_a_frame_beyond_the_damage_waits_for_its_turn(open_log: Open, follow: Callable[..., MarketFollower]):
    log = open_log()
    for n in (1, 2, 3):
        put(log, n, ticks(n, 0))
    damage_second_frame(log)
    follower = follow(log.folder)
    with pytest.raises(Damaged):
        follower.follow_to(2)
    assert follower.skip_damage() is not None
    assert follower.follow_to(2) == 0 and follower.sequence == 1 and prices(follower.state)[0] == 1
    assert follower.follow_to(2) == 0 and follower.follow_to(3) == 1 and prices(follower.state)[0] == 3


def test_it_sleeps_until_there_is_more(open_log: Open, follow: Callable[..., MarketFollower]):
    log = open_log()
    follower = follow(log.folder)
    log._keeper.beat()  # finds it, and rings
    assert follower.wait(0) and follower.follow_ready() == 0 and not follower.wait(0)
    for n in range(1, 4):
        put(log, n, ticks(n, 0))
    assert follower.wait(0) and follower.follow_ready() == 3 and not follower.wait(0)


def test_other_frames_come_in_their_place_among_the_ticks(open_log: Open, follow: Callable[..., MarketFollower]):
    log, seen = open_log(), []
    follower = follow(log.folder, on_other=lambda f: seen.append((Kind(f.kind).name, bytes(f.payload), price())))

    def price() -> int:
        return prices(follower.state)[0]

    put(log, 1, ticks(1, 0))
    put(log, 1, b"stale", Kind.EVENT)
    put(log, 2, ticks(2, 0))
    put(log, 2, b"order", Kind.TEXT)
    put(log, 3, ticks(3, 0))
    log._halt()  # as a failed disk does: the log says so itself
    log._keeper._fail("pulled")
    with pytest.raises(Exception, match="not recorded"):
        put(log, 4, ticks(4, 0))
    assert follower.follow_ready() == 6
    assert [(kind, at) for kind, _, at in seen] == [("EVENT", 1), ("TEXT", 2), ("MARK", 3)]
    assert json.loads(seen[-1][1])["recording"] == "STOPPED"


def test_what_a_callback_raises_ends_the_call_and_the_frame_is_not_given_again(
    open_log: Open, follow: Callable[..., MarketFollower]
):
    def refuse(frame: object) -> None:
        raise RuntimeError("mine")

    log = open_log()
    follower = follow(log.folder, on_other=refuse)
    put(log, 1, b"event", Kind.EVENT)
    put(log, 2, ticks(2, 0))
    with pytest.raises(RuntimeError, match="mine"):
        follower.follow_ready()
    assert follower.sequence == 1
    assert follower.follow_ready() == 1 and prices(follower.state)[0] == 2


def test_behind_counts_what_is_written_and_not_applied(open_log: Open, follow: Callable[..., MarketFollower]):
    log = open_log()  # segments of 4 kB: 40 frames are several
    follower, late = follow(log.folder), follow(log.folder, from_sequence=31)
    assert follower.behind == Behind(0, 0)
    before_ns = time.monotonic_ns()
    for _ in range(40):
        log.append(Kind.BINARY, 0, ticks(1, 0, 1), START_NS, before_ns)
    assert log.stats.segment > 2
    assert follower.behind.frames == 40 and late.behind.frames == 10
    assert 0 < follower.behind.ns <= time.monotonic_ns() - before_ns
    assert follower.follow_ready() == 40 and late.follow_ready() == 10
    assert follower.behind == late.behind == Behind(0, 0)


def test_damage_is_raised_until_it_is_skipped(open_log: Open, follow: Callable[..., MarketFollower]):
    log = open_log()
    for n in (1, 2, 3):
        put(log, n, ticks(n, 0))
    damage_second_frame(log)
    follower = follow(log.folder)
    for _ in range(2):
        with pytest.raises(Damaged) as met:
            follower.follow_ready()
        assert (met.value.damage.fault, met.value.damage.sequence) == (Fault.CORRUPT, 2)
        assert prices(follower.state)[0] == 1 and follower.sequence == 1
    skipped = follower.skip_damage()
    assert skipped is not None and skipped.lost == 1
    assert follower.follow_ready() == 1 and prices(follower.state)[0] == 3
    assert follower.skip_damage() is None


def test_a_message_cut_short_is_counted_and_its_whole_packets_are_taken(
    open_log: Open, follow: Callable[..., MarketFollower]
):
    log = open_log()
    follower = follow(log.folder)
    put(log, 1, ticks(1, 0, 1)[:-1])
    put(log, 2, ticks(2, 2) + b"more")
    assert follower.follow_ready() == 2 and follower.damaged_frames == 2
    assert prices(follower.state) == [1, 0, 2, 0, 0]


def test_a_process_that_stood_still_catches_up_and_has_missed_nothing(tmp_path: Path):
    folder, last = day_folder(tmp_path, DAY), 2_000
    script = Path(__file__).with_name("market_follower_process.py")
    argv = [sys.executable, str(script), str(folder), str(last), json.dumps(TOKENS)]
    process = subprocess.Popen(argv, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None and process.stdout.readline() == "listening\n"
    log, recorded, frame = (
        FeedLog.open(tmp_path, DAY, segment_bytes=256 << 10, sync_period_s=0.01),
        state_of(*TOKENS),
        TickFrame(),
    )
    for n in range(1, last + 1):
        if n == last // 4:
            process.send_signal(signal.SIGSTOP)
        payload = ticks(n, n % 5)
        put(log, n, payload)
        recorded.update(frame.rows, frame.packet_bytes, decode(payload, frame), START_NS + n * SECOND_NS)
    process.send_signal(signal.SIGCONT)
    saw = json.loads(process.communicate(timeout=60)[0])
    log.close()
    assert saw["sequence"] == last and 0 < saw["turns"] < last
    assert saw["market"] == hashlib.sha256(recorded.rows.tobytes() + recorded.slots.tobytes()).hexdigest()
