"""SHA-256 of eight messages at a time, one a lane of the processor's vectors.

hashlib needs half a microsecond to be called at all; a tree of a million entries is two million calls. Here the rounds
are emitted once, as LLVM vectors of eight 32-bit words, and run over whole levels. Tested against hashlib.
"""

from typing import Any

import numpy as np
from llvmlite import ir  # type: ignore[import-untyped]
from numba import int64, njit, types, uint32
from numba.core import cgutils
from numba.extending import intrinsic

LANES = 8
WORDS, HASHES, PLACES = uint32[::1], uint32[:, ::1], int64[::1]
READ_WORDS = types.Array(uint32, 1, "C", readonly=True)


def _fractional_bits(root: int, count: int) -> list[int]:
    """FIPS 180-4, 4.2.2 and 5.3.3: 32 bits of the fractions of the roots of the first primes, in integers."""
    primes = [n for n in range(2, 312) if all(n % p for p in range(2, n))][:count]
    return [_root(prime << 32 * root, root) & 0xFFFF_FFFF for prime in primes]


def _root(value: int, root: int) -> int:
    """The integer root, by bisection."""
    low, high = 0, 1 << (value.bit_length() // root + 1)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if middle**root <= value else (low, middle)
    return low


K = _fractional_bits(3, 64)
INITIAL = np.array(_fractional_bits(2, 8), np.uint32)

_WORD = ir.IntType(32)
_LANES = ir.VectorType(_WORD, LANES)


class _Rounds:
    """SHA-256's functions (FIPS 180-4, 4.1.2) over vectors, as instructions."""

    def __init__(self, builder: Any) -> None:
        self.b = builder

    def every(self, word: int) -> Any:
        return ir.Constant(_LANES, [word] * LANES)

    def turn(self, x: Any, right: int) -> Any:
        return self.b.or_(self.b.lshr(x, self.every(right)), self.b.shl(x, self.every(32 - right)))

    def sigma(self, x: Any, first: int, second: int, third: int, shifted: bool) -> Any:
        last = self.b.lshr(x, self.every(third)) if shifted else self.turn(x, third)
        return self.b.xor(self.b.xor(self.turn(x, first), self.turn(x, second)), last)

    def sum(self, *terms: Any) -> Any:
        total = terms[0]
        for term in terms[1:]:
            total = self.b.add(total, term)
        return total

    def choose(self, e: Any, f: Any, g: Any) -> Any:
        return self.b.xor(g, self.b.and_(e, self.b.xor(f, g)))

    def majority(self, a: Any, b: Any, c: Any) -> Any:
        return self.b.xor(self.b.and_(a, b), self.b.and_(c, self.b.xor(a, b)))

    def compress(self, state: list[Any], words: list[Any]) -> list[Any]:
        """FIPS 180-4, 6.2.2."""
        w = list(words)
        for t in range(16, 64):
            low, high = self.sigma(w[t - 15], 7, 18, 3, True), self.sigma(w[t - 2], 17, 19, 10, True)
            w.append(self.sum(high, w[t - 7], low, w[t - 16]))
        a, b, c, d, e, f, g, h = state
        for t in range(64):
            first = self.sum(h, self.sigma(e, 6, 11, 25, False), self.choose(e, f, g), self.every(K[t]), w[t])
            second = self.sum(self.sigma(a, 2, 13, 22, False), self.majority(a, b, c))
            a, b, c, d, e, f, g, h = self.sum(first, second), a, b, c, self.sum(d, first), e, f, g
        return [self.sum(old, new) for old, new in zip(state, (a, b, c, d, e, f, g, h), strict=True)]


def _compress(typing_context: Any, state: Any, words: Any) -> Any:
    """One block of every lane: `state` is 8 words by 8 lanes, `words` 16 by 8, both uint32 and contiguous."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        proxies: Any = cgutils.create_struct_proxy
        state_at, words_at = (
            builder.bitcast(proxies(kind)(context, builder, value=value).data, _LANES.as_pointer())
            for kind, value in zip(signature.args, args, strict=True)
        )

        def cell(start: Any, place: int) -> Any:
            return builder.gep(start, [ir.Constant(_WORD, place)])

        vectors = [builder.load(cell(state_at, i), align=4) for i in range(8)]
        block = [builder.load(cell(words_at, i), align=4) for i in range(16)]
        for i, value in enumerate(_Rounds(builder).compress(vectors, block)):
            builder.store(value, cell(state_at, i), align=4)
        return context.get_dummy_value()

    return types.void(state, words), codegen


compress: Any = intrinsic(_compress)


@njit(uint32(uint32), cache=True, inline="always")
def _swapped(word: Any) -> Any:
    word = uint32(word)
    return ((word >> uint32(24)) | ((word >> uint32(8)) & uint32(0xFF00)) | ((word & uint32(0xFF00)) << uint32(8))) | (
        word << uint32(24)
    )


@njit((READ_WORDS, int64, int64, int64, WORDS, int64), cache=True)
def _block(data: Any, start: int, size: int, block: int, words: Any, lane: int) -> None:
    """One padded block of one message into its lane; `data` is uint32, as the machine has it."""
    at, whole = block << 6, (start + (block << 6)) >> 2
    if at + 64 <= size:
        for t in range(16):
            words[t * LANES + lane] = _swapped(data[whole + t])
        return
    for t in range(16):
        left = size - at - 4 * t
        word = uint32(0)
        if left > 0:
            word = _swapped(data[whole + t])
        if 0 < left < 4:
            word = (word >> uint32(32 - 8 * left) << uint32(32 - 8 * left)) | (uint32(0x80) << uint32(24 - 8 * left))
        if left == 0:
            word = uint32(0x8000_0000)
        words[t * LANES + lane] = word
    if at + 64 >= size + 9:
        words[14 * LANES + lane] = uint32(size >> 29)
        words[15 * LANES + lane] = uint32(size << 3)


@njit((HASHES, HASHES, WORDS), cache=True)
def hash_pairs(level: Any, above: Any, initial: Any) -> None:
    """A level of the tree from the one below: `above[i]` is SHA-256(0x01 || level[2i] || level[2i + 1]), as words."""
    state, words = np.empty(8 * LANES, np.uint32), np.empty(16 * LANES, np.uint32)
    count = above.shape[0]
    for start in range(0, count, LANES):
        filled = min(LANES, count - start)
        for lane in range(LANES):
            at = 2 * (start + min(lane, filled - 1))
            before = uint32(1)  # the prefix moves every word by a byte
            for t in range(16):
                word = level[at + (t >> 3), t & 7]
                words[t * LANES + lane] = (before << uint32(24)) | (word >> uint32(8))
                before = word
            for t in range(8):
                state[t * LANES + lane] = initial[t]
        compress(state, words)
        for lane in range(LANES):
            at = 2 * (start + min(lane, filled - 1))
            words[lane] = (level[at + 1, 7] << uint32(24)) | uint32(0x80_0000)
        for t in range(LANES, 15 * LANES):
            words[t] = 0
        for lane in range(LANES):
            words[15 * LANES + lane] = 65 * 8
        compress(state, words)
        for lane in range(filled):
            for t in range(8):
                above[start + lane, t] = state[t * LANES + lane]


@njit((READ_WORDS, PLACES, PLACES, PLACES, HASHES, WORDS), cache=True)
def hash_spans(data: Any, starts: Any, sizes: Any, order: Any, hashes: Any, initial: Any) -> None:
    """SHA-256 of many spans of `data`, which begin on multiples of 8; `order` brings those of like length together."""
    state, words = np.empty(8 * LANES, np.uint32), np.empty(16 * LANES, np.uint32)
    count = order.shape[0]
    for start in range(0, count, LANES):
        filled = min(LANES, count - start)
        blocks = 0
        for lane in range(LANES):
            blocks = max(blocks, (sizes[order[start + min(lane, filled - 1)]] + 72) >> 6)
            for t in range(8):
                state[t * LANES + lane] = initial[t]
        for block in range(blocks):
            for lane in range(LANES):
                which = order[start + min(lane, filled - 1)]
                _block(data, starts[which], sizes[which], block, words, lane)
            compress(state, words)
            for lane in range(filled):
                which = order[start + lane]
                if block == ((sizes[which] + 72) >> 6) - 1:
                    for t in range(8):
                        hashes[which, t] = state[t * LANES + lane]
