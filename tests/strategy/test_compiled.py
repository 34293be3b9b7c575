"""A strategy's compiled step sees every frame, remembers, and says when Python is to be asked."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harness.compiled_step import Counting, Watching
from harness.recorded_frames import KEYS, LISTED, START_NS, STEP_NS, ticks
from tarazu.market.state import MarketState
from tarazu.strategy.compiled import Program, Programs, step
from tarazu.strategy.waking import StepFailed, concerns, is_woken, on_market
from tarazu.wire.kite_ticks import TickFrame, decode

NO_VIEW: Any = None
"""These look at nothing."""
SLOT = {key: n for n, key in enumerate(KEYS)}


class Frames:
    """A market of the listed, and the programs that see its frames."""

    def __init__(self, *strategies: Watching) -> None:
        tokens = [int(instrument.instrument_token) for instrument in LISTED]
        self.state = MarketState(bytearray(MarketState.layout(len(tokens))), tokens)
        self.programs = Programs(strategies, lambda key: SLOT.get(key, -1))
        self._decoded, self._n = TickFrame(), 0

    def tell(self, *places: int) -> None:
        now_ns = START_NS + self._n * STEP_NS
        count = decode(ticks(self._n, *places), self._decoded)
        changed = self.state.update(self._decoded.rows, self._decoded.packet_bytes, count, now_ns)
        self.programs.after_frame(self.state, changed, now_ns)
        self._n += 1


@step
def keeping(now_ns, frame, rows, slots, bars, changed, places, memory):  # type: ignore[no-untyped-def]
    """What it is given: of the last frame."""
    memory[0], memory[1], memory[2] = now_ns % 1_000_000_000_000, frame, len(changed)
    memory[3] = changed[0] if len(changed) else -1.0
    memory[4] = len(rows) * 1_000 + len(slots) * 100 + bars.shape[0] * 10 + len(places)
    memory[5] = places[0] * 10 + places[1]
    memory[6] = slots[2].mid
    return False


@step
def dividing(now_ns, frame, rows, slots, bars, changed, places, memory):  # type: ignore[no-untyped-def]
    """Raises at the frame at which nothing is left."""
    memory[0] -= 1.0
    return 1.0 / memory[0] > 1e9


class Carrying(Watching):
    def __init__(self, program: Program) -> None:
        super().__init__(frozenset(KEYS[:1]))
        self.name, self.program = "carrying", program


def test_a_step_is_given_the_frame_the_market_and_its_places() -> None:
    kept = Carrying(Program(keeping, (KEYS[3], "NFO:NOT_FOLLOWED"), np.zeros(7)))
    frames = Frames(kept)
    frames.tell(0, 1)
    frames.tell(2, 4)
    memory = kept.program.memory
    assert memory[:3].tolist() == [(START_NS + STEP_NS) % 1_000_000_000_000, 2, 2]
    assert memory[3] == SLOT[KEYS[2]]
    assert memory[4] == 5 * 1_000 + 5 * 100 + 5 * 10 + 2
    assert memory[5] == 3 * 10 - 1, "the slot of the first key; -1 for one that is not followed"
    assert memory[6] == frames.state.slots["mid"][2] > 0


def test_memory_is_the_programs_own_and_begins_as_it_was_given() -> None:
    given = np.array([10.0, 3.0, 0.0])
    one, other = (Carrying(Program(Counting(KEYS).program.step, KEYS[:1], given)) for _ in range(2))
    Frames(one).tell(0)
    assert one.program.memory[0] == 11 and other.program.memory[0] == given[0] == 10


def test_it_is_woken_at_the_message_behind_the_frame_at_which_its_step_said_so_and_not_at_the_next() -> None:
    third = Counting(KEYS[:1], every=3)
    frames = Frames(third)
    told = []
    for _ in range(7):
        frames.tell(0)
        frames.programs.tell()
        told.append(concerns(third, KEYS))
    assert told == [False, False, True, False, False, True, False]


def test_frames_between_two_messages_wake_it_once_whichever_of_them_it_was() -> None:
    third = Counting(KEYS[:1], every=3)
    frames = Frames(third)
    for _ in range(4):
        frames.tell(0)
    assert not third.program.woken, "nobody has been told yet"
    frames.programs.tell()
    assert third.program.woken


def test_each_program_is_woken_by_its_own_step() -> None:
    second, third = Counting(KEYS[:1], every=2), Counting(KEYS[:1], every=3)
    frames = Frames(second, Watching(frozenset(KEYS)), third)
    told = []
    for _ in range(6):
        frames.tell(0)
        frames.programs.tell()
        told.append((second.program.woken, third.program.woken))
    assert [at for at, (woken, _) in enumerate(told, 1) if woken] == [2, 4, 6]
    assert [at for at, (_, woken) in enumerate(told, 1) if woken] == [3, 6]


def test_without_a_program_what_it_watches_wakes_it() -> None:
    watching = Watching(frozenset(KEYS[:1]))
    assert is_woken(watching) is None
    assert concerns(watching, KEYS[:2]) and not concerns(watching, KEYS[1:])


def test_a_step_that_raises_is_told_at_the_next_message_and_is_not_asked_as_if_nothing_were() -> None:
    failing, beside = Carrying(Program(dividing, KEYS[:1], np.array([3.0]))), Counting(KEYS[:1])
    frames = Frames(failing, beside)
    for left in (2.0, 1.0):
        frames.tell(0)
        frames.programs.tell()
        assert failing.program.memory[0] == left and not concerns(failing, KEYS)
    frames.tell(0)
    frames.programs.tell()
    assert concerns(failing, KEYS) and beside.program.memory[0] == 3
    with pytest.raises(StepFailed, match="dividing"):
        on_market(failing, NO_VIEW)
    assert failing.calls == 0
    assert list(on_market(beside, NO_VIEW)) == [] and beside.calls == 1


def test_the_memory_that_a_step_keeps_is_what_plain_python_makes_of_the_same_frames() -> None:
    counting, total = Counting(KEYS[:2], every=5), 0.0
    frames = Frames(counting)
    for n, places in enumerate([(0,), (0, 1, 2), (3,), (1,), (0, 1)]):
        frames.tell(*places)
        mids = [frames.state.slots["mid"][place] for place in places if place < 2]
        total += sum(mid + (START_NS + n * STEP_NS) % 1_000 + len(places) for mid in mids)
    assert counting.program.memory.tolist() == [6, 5, pytest.approx(total)]


def test_what_numba_cannot_compile_is_refused_where_it_is_written() -> None:
    def reading(now_ns, frame, rows, slots, bars, changed, places, memory):  # type: ignore[no-untyped-def]
        return Path("price.txt").exists()

    with pytest.raises(Exception, match="Path"):
        step(reading)
