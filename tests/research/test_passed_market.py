"""A recorded day passed by the kernels is the day that `main` follows frame by frame; it stops where somebody looks."""

from collections.abc import Iterable
from pathlib import Path

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from harness.compiled_step import Counting, Watching
from harness.market_rows import row
from harness.recorded_frames import KEYS, LISTED, START_NS, STEP_NS, record, ticks
from tarazu.app.recordings.recorded_day import recorded_day
from tarazu.app.research import frames
from tarazu.app.research.frames import PassedMarket, Stop
from tarazu.market.state import Derive, MarketState
from tarazu.model.instrument import SegmentByte, token_of
from tarazu.model.units import SECOND_NS
from tarazu.runtime.damage import Damaged
from tarazu.runtime.market_follower import MarketFollower
from tarazu.runtime.segment import Frame, Kind, segment_path
from tarazu.strategy.compiled import Programs
from tarazu.wire.kite_ticks import Mode, TickFrame, decode, encode

FRAMES = 400
FOREVER = 1 << 62
SLOT = {key: n for n, key in enumerate(KEYS)}


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return record(tmp_path_factory.mktemp("feed"), FRAMES)


def market_of(log: Path, **options: Derive) -> PassedMarket:
    return PassedMarket(recorded_day(log), LISTED, **options)


def followed(log: Path, *strategies: Counting) -> MarketFollower:
    follower = MarketFollower(log, [int(i.instrument_token) for i in LISTED])
    follower.on_pass = Programs(strategies, lambda key: SLOT.get(key, -1)).after_frame
    while True:
        try:
            if not follower.follow_ready():
                follower.close()
                return follower
        except Damaged:
            follower.skip_damage()


def whole(market: PassedMarket, dues_ns: Iterable[int] = ()) -> PassedMarket:
    for due_ns in (*dues_ns, FOREVER):
        while market.run_to(due_ns) not in (Stop.DUE, Stop.OVER):
            pass
    return market


def bits(market: PassedMarket | MarketFollower) -> NDArray[np.uint8]:
    return market.state._parts.raw.copy()


def test_the_pass_leaves_every_bit_of_the_state_as_following_does(log: Path) -> None:
    follower, market = followed(log), whole(market_of(log))
    assert (bits(market) == bits(follower)).all()
    assert market.state.counters == follower.state.counters
    assert market.damaged_frames == follower.damaged_frames > 0
    assert (market.sequence, market.wall_ns) == (follower.sequence, follower.wall_ns)


MODES = st.sampled_from([Mode.FULL, Mode.FULL, Mode.QUOTE, Mode.LTP])
INDEX = token_of(7, SegmentByte.INDICES)
MIXED = [INDEX, *(int(i.instrument_token) for i in LISTED), token_of(9, SegmentByte.NFO)]
"""The last is not listed."""


@st.composite
def mixed_frame(draw: st.DrawFn) -> bytes:
    """Packets of all kinds beside each other, old ones, repeated ones and strange ones; sometimes cut short."""
    told = draw(st.lists(st.tuples(st.sampled_from(MIXED), MODES, st.integers(1, 4)), min_size=1, max_size=8))
    rows = np.concatenate(
        [
            row(token, ltp=100 + n, volume=n, high=200 + n, low=n, exchange_ts=START_NS // SECOND_NS + n, oi=n)
            for token, _, n in told
        ]
    )
    payload = encode(rows, np.array([mode for _, mode, _ in told], np.uint8))
    return payload[: len(payload) - draw(st.sampled_from([0, 0, 0, 3]))]


@given(st.lists(mixed_frame(), min_size=1, max_size=6))
def test_packets_of_all_kinds_in_one_frame_are_taken_as_if_they_were_decoded_first(payloads: list[bytes]) -> None:
    listed = (msgspec.structs.replace(LISTED[0], instrument_token=INDEX), *LISTED)
    written = [
        Frame(n, START_NS + n * STEP_NS, 0, 0, Kind.BINARY, memoryview(payload), 0, 0)
        for n, payload in enumerate(payloads, start=1)
    ]
    tokens, decoded = [int(i.instrument_token) for i in listed], TickFrame()
    state = MarketState(bytearray(MarketState.layout(len(tokens))), tokens)
    for frame in written:
        count = decode(frame.payload, decoded)
        state.update(decoded.rows, decoded.packet_bytes, count, frame.wall_ns)
    assert (bits(whole(PassedMarket(written, listed))) == state._parts.raw).all()


def test_wherever_it_stops_on_the_way_the_state_is_the_same(log: Path) -> None:
    dues_ns = [START_NS + n * STEP_NS * 13 // 7 for n in range(200)]
    market = market_of(log)
    market.seat().looks_at([KEYS[1]])
    assert (bits(whole(market, dues_ns)) == bits(followed(log))).all()


def test_before_the_next_frame_is_due_the_kernel_is_not_asked(log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(frames, "_pass_frames", None)
    assert market_of(log).run_to(START_NS - 1) is Stop.DUE


def test_a_program_remembers_the_same_in_the_pass_as_it_does_live(log: Path) -> None:
    live, passed = Counting(KEYS[:4]), Counting(KEYS[:4])
    followed(log, live)
    market = market_of(log)
    market.seat().carry([passed])
    whole(market)
    assert passed.program.memory.tolist() == live.program.memory.tolist()
    assert passed.program.memory[0] > 0


def test_it_stops_behind_the_frame_that_wakes_a_program_and_nowhere_else(log: Path) -> None:
    seldom = Counting(KEYS[:4], every=50)
    market = market_of(log)
    seat = market.seat()
    seat.carry([seldom])
    woken_at = []
    while (stop := market.run_to(FOREVER)) is not Stop.OVER:
        if stop is Stop.LOOK:
            assert seat.is_woken and seat.moved() is not None
            assert seldom.program.woken and not seat.is_woken
            woken_at.append(seldom.program.memory[0])
    assert [count // 50 for count in woken_at] == list(range(1, len(woken_at) + 1)) and len(woken_at) > 3


def test_each_seat_is_woken_by_its_own(log: Path) -> None:
    market = market_of(log)
    one, other = market.seat(), market.seat()
    one.carry([Counting(KEYS[:4], every=40)])
    other.carry([Counting(KEYS[:4], every=60)])
    told: dict[str, int] = {"one": 0, "other": 0}
    while market.run_to(FOREVER) is not Stop.OVER:
        for name, seat in (("one", one), ("other", other)):
            if seat.is_woken:
                seat.moved()
                told[name] += 1
    count = one.carried[0].program.memory[0]  # type: ignore[attr-defined]
    assert told == {"one": count // 40, "other": count // 60}


def test_a_frame_calls_those_whom_it_woke_and_those_who_look_at_every_one(log: Path) -> None:
    market = market_of(log)
    seats = [market.seat() for _ in range(4)]
    seats[0].carry([Counting(KEYS[:4], every=40)])
    seats[1].carry([Watching(frozenset({KEYS[4]}))])
    seats[2].carry([Counting(KEYS[:4], every=60)])
    called = set()
    while (stop := market.run_to(FOREVER)) is not Stop.OVER:
        if stop is Stop.LOOK:
            assert market.called() == [n for n, seat in enumerate(seats) if seat.is_called]
            called |= {tuple(market.called())}
            if market.frames > FRAMES // 2:
                seats[3].looks_at((), every_frame=True)
            for seat in seats:
                seat.moved()
    assert {(0,), (1,), (3,), (0, 3), (1, 3)} <= called


def test_who_carries_no_program_is_woken_by_what_it_watches(log: Path) -> None:
    market = market_of(log)
    seat = market.seat()
    seat.carry([Watching(frozenset({KEYS[4]}))])
    market.run_to(FOREVER)
    moved = seat.moved()
    assert moved is not None and KEYS[4] in seat.quotes.changed()
    assert market.wall_ns == START_NS + 6 * STEP_NS  # the first that tells of it


def test_what_is_no_ticks_is_given_in_its_place(log: Path) -> None:
    market = market_of(log)
    kinds = []
    while (stop := market.run_to(FOREVER)) is not Stop.OVER:
        if stop is Stop.OTHER and market.frame is not None:
            kinds.append(market.frame.kind)
            assert market.sequence == market.frame.sequence
    assert kinds == [Kind.EVENT, Kind.TEXT] * (FRAMES // 10)


def test_frames_of_the_due_time_are_applied_and_later_ones_not(log: Path) -> None:
    market = market_of(log)
    assert market.run_to(START_NS + 5 * STEP_NS) is Stop.DUE
    assert market.wall_ns == START_NS + 5 * STEP_NS and market.frames == 6
    assert market.run_to(START_NS + 6 * STEP_NS - 1) is Stop.DUE and market.frames == 6
    assert market.run_to(START_NS + 6 * STEP_NS) is Stop.DUE and market.frames == 7


def test_nothing_has_moved_where_no_frame_came(log: Path) -> None:
    market = market_of(log)
    seat = market.seat()
    assert seat.moved() is None
    market.run_to(START_NS)
    assert seat.moved() is not None and seat.moved() is None


def test_with_every_frame_it_stops_behind_each(log: Path) -> None:
    market = market_of(log)
    seat = market.seat()
    seat.looks_at((), every_frame=True)
    stops = 0
    while (stop := market.run_to(FOREVER)) is not Stop.OVER:
        stops += stop is Stop.LOOK
    assert stops == market.frames > 300


def test_a_damaged_place_is_told_and_passed_over(tmp_path: Path) -> None:
    log = record(tmp_path, FRAMES)
    path = segment_path(log, 1)
    data = bytearray(path.read_bytes())
    data[20_000] ^= 1
    path.write_bytes(data)
    market = whole(market_of(log))
    assert len(market.damages) == 1
    assert (bits(market) == bits(followed(log))).all()


def test_made_frames_that_lie_in_no_file_pass_as_recorded_ones_do(log: Path) -> None:
    made = [
        Frame(f.sequence, f.wall_ns, f.mono_ns, f.connection, f.kind, memoryview(bytes(f.payload)), 0, 0)
        for f in recorded_day(log)
        if isinstance(f, Frame)
    ]
    assert (bits(whole(PassedMarket(made, LISTED))) == bits(followed(log))).all()


def test_what_is_not_derived_stays_unknown_and_all_else_is_the_same(log: Path) -> None:
    everything, lean = followed(log).state, whole(market_of(log, derive=Derive.BOOK)).state
    left_out = ("price_ns", "variance", "weight", "sigma", "traded", "turnover", "vwap")
    for name in everything.slots.dtype.names or ():
        same = np.array_equal(
            lean.slots[name], everything.slots[name], equal_nan=name in ("mid", "spread", "microprice", "imbalance")
        )
        assert same is (name not in left_out), name
    assert (lean.rows == everything.rows).all()
    assert not lean.bars["ticks"].any() and everything.bars["ticks"].any()


def test_a_frame_of_more_packets_than_there_are_slots_is_taken_whole(tmp_path: Path) -> None:
    payload = ticks(1, 0, 1, 2, 3, 4, 0, 1, 2)
    frames = [Frame(1, START_NS, START_NS, 0, int(Kind.BINARY), memoryview(payload), 0, 0)]
    market = whole(PassedMarket(frames, LISTED[:3]))
    assert market.packets == 8 and market.state.counters["unknown"] == 2
