"""A recorded day looked at frame by frame while a thread is ahead of it: quotes are those of who follows it itself."""

import random
import threading
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from harness.market_rows import row
from runtime.conftest import Open
from tarazu.market.state import MarketState
from tarazu.runtime import market_ahead
from tarazu.runtime.damage import Damaged
from tarazu.runtime.feed_log import FeedLog
from tarazu.runtime.market_ahead import MarketAhead
from tarazu.runtime.market_follower import MarketFollower
from tarazu.runtime.segment import FRAME_HEADER_BYTES, Frame, Kind, Position, segment_path
from tarazu.runtime.tail import Tail
from tarazu.wire.kite_ticks import Mode, encode

DAY = date(2026, 11, 23)
TOKENS = [n << 8 | 2 for n in range(1, 31)]
START_NS = 1_795_404_600 * 10**9
SECOND_NS = 10**9
FRAMES = 600

Pair = tuple[MarketAhead, MarketState, MarketFollower]


@pytest.fixture
def both() -> Iterator[Callable[[Path], Pair]]:
    """One ahead and one that follows, closed after the test."""
    made: list[Pair] = []

    def pair(folder: Path) -> Pair:
        state = MarketState(bytearray(MarketState.layout(len(TOKENS))), TOKENS)
        made.append((MarketAhead(folder, state), state, MarketFollower(folder, TOKENS)))
        return made[-1]

    yield pair
    for ahead, _, follower in made:
        ahead.close()
        follower.close()


def write(log: FeedLog, n: int, dice: random.Random) -> None:
    """Frame `n`: mostly ticks of some instruments in all modes, also old, repeated, unknown and damaged ones."""
    at_ns = START_NS + n * SECOND_NS // 7
    other = dice.random()
    if other < 0.05:
        log.append(Kind.BINARY, 0, b"\0", at_ns, n)
    elif other < 0.1:
        log.append(Kind.TEXT, 0, b'{"type": "order"}', at_ns, n)
    else:
        payload = ticks(n, dice)
        log.append(Kind.BINARY, 0, payload[: len(payload) - 3 * (other > 0.97)], at_ns, n)


def ticks(n: int, dice: random.Random) -> bytes:
    rows = []
    for token in dice.sample([*TOKENS, 99 << 8 | 2], dice.randint(1, 12)):
        told = 100 + n - 5 * (dice.random() < 0.1)
        stamp = START_NS // SECOND_NS + told // 7
        rows.append(row(token, ltp=told, volume=told // 9, exchange_ts=stamp, bids=[(told, 5)], asks=[(told + 5, n)]))
    return encode(np.concatenate(rows), dice.choice([Mode.FULL, Mode.FULL, Mode.QUOTE, Mode.LTP]))


@pytest.fixture
def written(open_log: Open, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Lots of a few frames, several segments."""
    monkeypatch.setattr(market_ahead, "LOT_BYTES", 8 << 10)
    log, dice = open_log(segment_bytes=256 << 10), random.Random(7)
    for n in range(1, FRAMES + 1):
        write(log, n, dice)
    return log.folder


def assert_same(ahead: MarketAhead, state: MarketState, follower: MarketFollower) -> None:
    assert (ahead.sequence, ahead.wall_ns) == (follower.sequence, follower.wall_ns)
    assert state.rows.tobytes() == follower.state.rows.tobytes()
    assert state.slots["recv_ns"].tolist() == follower.state.slots["recv_ns"].tolist()


@pytest.mark.parametrize("pace", [1, 3, 50])
def test_at_every_frame_rows_clocks_and_changes_are_the_followers(
    written: Path, both: Callable[[Path], Pair], pace: int
) -> None:
    ahead, state, follower = both(written)
    seen = 0
    for sequence in range(pace, FRAMES + 1, pace):
        ahead.follow_to(sequence)
        follower.follow_to(sequence)
        assert_same(ahead, state, follower)
        changed = ahead.take_changed()
        assert changed.tolist() == follower.changed.tolist()
        seen += len(changed)
    assert seen > 300 and ahead.sequence == FRAMES


def test_a_frame_that_was_passed_is_not_gone_back_to(written: Path, both: Callable[[Path], Pair]) -> None:
    ahead, state, follower = both(written)
    for sequence in (40, 40, 12):
        ahead.follow_to(sequence)
    follower.follow_to(40)
    assert_same(ahead, state, follower)
    assert ahead.take_changed().tolist() == follower.changed.tolist()
    assert not ahead.take_changed().size


def test_frames_that_are_written_later_are_found_when_they_are_there(
    open_log: Open, both: Callable[[Path], Pair]
) -> None:
    log, dice = open_log(), random.Random(3)
    ahead, state, follower = both(log.folder)
    for n in range(1, 60):
        write(log, n, dice)
        ahead.follow_to(n + 1)
        follower.follow_to(n + 1)
        assert ahead.sequence == n
        assert_same(ahead, state, follower)


def test_frames_that_are_written_while_a_lot_is_looked_at_are_found_behind_it(
    open_log: Open, both: Callable[[Path], Pair]
) -> None:
    log, dice = open_log(), random.Random(5)
    for n in range(1, 21):
        write(log, n, dice)
    ahead, state, follower = both(log.folder)
    ahead.follow_to(20)
    assert ahead._coming is not None and ahead._coming.result() is None, "it has looked behind frame 20 already"
    for n in range(21, 41):
        write(log, n, dice)
    ahead.follow_to(35)
    follower.follow_to(35)
    assert_same(ahead, state, follower)


def test_a_disk_that_fails_costs_no_frame_that_was_read_before_it(
    written: Path, both: Callable[[Path], Pair], monkeypatch: pytest.MonkeyPatch
) -> None:
    ahead, state, follower = both(written)
    read, left = Tail.next, [6]

    def failing(tail: Tail) -> Frame | None:
        left[0] -= tail is ahead._tail
        if left[0] < 0:
            raise OSError("a disk that fails")
        return read(tail)

    with monkeypatch.context() as broken, pytest.raises(OSError, match="that fails"):
        broken.setattr(Tail, "next", failing)
        ahead.follow_to(40)
    assert ahead.sequence == 6
    ahead.follow_to(40)
    follower.follow_to(40)
    assert_same(ahead, state, follower)


def test_one_that_is_closed_early_ends_its_thread(written: Path) -> None:
    ahead = MarketAhead(written, MarketState(bytearray(MarketState.layout(len(TOKENS))), TOKENS))
    ahead.follow_to(1)
    ahead.close()
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("market-ahead")]


def test_damage_is_told_where_it_lies_and_gone_on_behind_by_who_says_so(
    written: Path, both: Callable[[Path], Pair]
) -> None:
    place = position_of(written, 200)
    with segment_path(written, place.segment).open("r+b") as file:
        file.seek(place.offset + FRAME_HEADER_BYTES)
        file.write(b"\xff\xff\xff")
    ahead, state, follower = both(written)
    told = []
    for one in (ahead, follower):
        for _ in range(2):
            with pytest.raises(Damaged) as damaged:
                one.follow_to(300)
        told.append(str(damaged.value.damage))
        assert one.sequence == 199
        assert str(one.skip_damage()) == told[-1]
        one.follow_to(200)
        assert one.sequence == 199
        one.follow_to(300)
    assert told[0] == told[1]
    assert_same(ahead, state, follower)
    assert ahead.skip_damage() is None


def position_of(folder: Path, sequence: int) -> Position:
    tail = Tail(folder, from_sequence=sequence)
    frame = tail.next()
    tail.close()
    assert frame is not None
    return frame.position
