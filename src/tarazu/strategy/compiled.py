"""A step compiled by numba that a strategy carries: called after every frame within the pass, it says when to be woken.

    @step
    def crossed(now_ns, frame, rows, slots, bars, changed, places, memory):
        "Keep two averages of the first key's middle; wake when they cross."
        ...
        return memory[2] != was

    class Crossing:
        name, watches = "crossing", frozenset({KEY})

        def __init__(self) -> None:
            self.program = Program(crossed, (KEY,), np.full(3, np.nan), Derive.BOOK)

        def on_market(self, view: View) -> Iterable[Word]:
            fast, slow = self.program.memory[:2]
            ...

A strategy with a `program` has `on_market` called only at a message before which its step said True; one without,
whenever something that it watches changed. A step is a function of the frames and of its memory alone, and sees every
frame of the day, so a process that starts at noon has the memory that one has which started at nine, and a replay wakes
where the day did. One that raises (a division by zero, an assert) wakes its strategy, which is then halted as if it had
raised itself.
"""

# numba infers the types from the signatures, and passes an intrinsic's first argument itself.
# mypy: disable-error-code="no-untyped-def, no-untyped-call, call-arg, attr-defined"

from collections.abc import Callable, Iterable, Sequence

import numpy as np
from llvmlite import ir  # type: ignore[import-untyped]
from numba import boolean, carray, cfunc, float64, from_dtype, int64, njit, types, uint8, uint32, void
from numba.extending import intrinsic
from numpy.typing import NDArray

from tarazu.market.slots import BAR, PACKET_WORDS, SLOT, WIDTHS_NS
from tarazu.market.state import DERIVE_ALL, Derive, MarketState

_SLOT, _BAR = from_dtype(SLOT), from_dtype(BAR)
_WIDTHS = len(WIDTHS_NS)
_ROWS_IN = types.Array(uint32, 2, "C", readonly=True)
_SLOTS_IN = types.Array(_SLOT, 1, "C", readonly=True)
_BARS_IN = types.Array(_BAR, 3, "C", readonly=True)
_INTS_IN = types.Array(int64, 1, "C", readonly=True)
_TABLE_IN = types.Array(int64, 2, "C", readonly=True)

_STEP = boolean(int64, int64, _ROWS_IN, _SLOTS_IN, _BARS_IN, _INTS_IN, _INTS_IN, float64[::1])
_ENTRY = int64(
    int64, int64, types.CPointer(uint32), types.CPointer(_SLOT), types.CPointer(_BAR), int64,
    types.CPointer(int64), int64, types.CPointer(int64), int64, types.CPointer(float64), int64,
)  # fmt: skip

# The columns of a table of programs: the addresses of step, places and memory, and how many there are of the latter.
_ADDRESS, _PLACES, _PLACES_N, _MEMORY, _MEMORY_N = range(5)
# The bits of a program's `woken`.
WOKEN, FAILED = 1, 2


class Step:
    """A compiled step and where it lies."""

    def __init__(self, function: Callable[..., bool]) -> None:
        """`function(now_ns, frame, rows, slots, bars, changed, places, memory) -> bool`, in what numba compiles:

        - `now_ns`: when the frame was received; `frame`: its number, which `slots[n].frame` has where it changed;
        - `rows`: words of the packets as merged (`market.features.WORD` names them); `slots`, `bars`: `market.slots`;
        - `changed`: the slots that the frame changed;
        - `places`: the slot of each of the program's keys, -1 for one that is not followed;
        - `memory`: the program's own, float64.
        """
        self.name = function.__name__
        self.call = njit(_STEP)(function)
        self._entry = _entry_of(self.call)
        self.address = int(self._entry.address)


def step(function: Callable[..., bool]) -> Step:
    return Step(function)


class Program:
    """A step, the keys it is about and its memory, which the frames write and nobody else.

    `derive` is what of `slots` and `bars` the step reads.
    """

    def __init__(
        self, step: Step, keys: Sequence[str], memory: NDArray[np.float64], derive: Derive = DERIVE_ALL
    ) -> None:
        self.step, self.keys, self.derive = step, tuple(keys), derive
        self.memory = np.array(memory, np.float64)
        self.woken = False
        """Whether the step said True of a frame between the last two messages about the market."""
        self.failed = False
        """Whether it has ever raised: its memory is not to be relied on."""


class Programs:
    """The programs of one engine, on one state."""

    def __init__(self, strategies: Iterable[object], slot_of: Callable[[str], int]) -> None:
        """Those of the strategies that carry one; `slot_of` gives -1 for what is not followed."""
        found = (getattr(strategy, "program", None) for strategy in strategies)
        self.carried = tuple(program for program in found if isinstance(program, Program))
        self.table = np.zeros((len(self.carried), 5), np.int64)
        """For the pass."""
        self.woken = np.zeros(len(self.carried), np.uint8)
        """By program: WOKEN since its step has said True, FAILED since it raised."""
        self._places = [np.array([slot_of(key) for key in program.keys], np.int64) for program in self.carried]
        for row, program, places in zip(self.table, self.carried, self._places, strict=True):
            memory = program.memory
            row[:] = program.step.address, places.ctypes.data, len(places), memory.ctypes.data, len(memory)

    def after_frame(self, state: MarketState, changed: NDArray[np.int64], now_ns: int) -> None:
        """The state has taken in a frame."""
        if self.carried:
            ask(self.table, self.woken, now_ns, state.passes, state.words, state.slots, state.bars, changed)

    def tell(self) -> None:
        """A message about the market is about to be taken: who was woken since the one before is told."""
        for program, woken in zip(self.carried, self.woken.tolist(), strict=True):
            program.woken = bool(woken)
            program.failed = program.failed or bool(woken & FAILED)
        self.woken[:] = 0


def _entry_of(call):
    """The step as C sees it, which knows no exceptions."""

    @cfunc(_ENTRY)
    def entry(now_ns, frame, rows, slots, bars, n, changed, count, places, places_n, memory, memory_n):
        try:
            woken = call(
                now_ns,
                frame,
                carray(rows, (n, PACKET_WORDS)),
                carray(slots, (n,)),
                carray(bars, (n, 2, _WIDTHS)),
                carray(changed, (count,)),
                carray(places, (places_n,)),
                carray(memory, (memory_n,)),
            )
        except Exception:  # noqa: BLE001 - `ask` tells of it
            return int64(FAILED)
        return int64(WOKEN if woken else 0)

    return entry


@intrinsic
def _call(typingctx, row, now_ns, frame, rows, slots, bars, n, changed, count):
    """The step of a table's row; nothing is checked."""

    def codegen(context, builder, signature, args):
        row, now_ns, frame, rows, slots, bars, n, changed, count = args
        i64 = ir.IntType(64)
        at = signature.args

        def data(place, value):
            return builder.ptrtoint(context.make_array(at[place])(context, builder, value).data, i64)

        row_data = context.make_array(at[0])(context, builder, row).data
        cells = [builder.load(builder.gep(row_data, [ir.Constant(i64, cell)])) for cell in range(5)]
        words = [
            now_ns, frame, data(3, rows), data(4, slots), data(5, bars), n, data(7, changed), count,
            cells[_PLACES], cells[_PLACES_N], cells[_MEMORY], cells[_MEMORY_N],
        ]  # fmt: skip
        kind = ir.FunctionType(i64, [i64] * len(words))
        return builder.call(builder.inttoptr(cells[_ADDRESS], kind.as_pointer()), words)

    return int64(row, int64, int64, rows, slots, bars, int64, changed, int64), codegen


@njit(void(_TABLE_IN, uint8[::1], int64, int64, _ROWS_IN, _SLOTS_IN, _BARS_IN, _INTS_IN), cache=True)
def ask(table, woken, now_ns, frame, rows, slots, bars, changed):
    """Every program of the table, in order; who says True or raises is marked in `woken`."""
    for i in range(len(table)):
        woken[i] |= _call(table[i], now_ns, frame, rows, slots, bars, len(rows), changed, len(changed))
