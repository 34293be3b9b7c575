"""The RFC 6962 tree: its root grown entry by entry, proofs that an entry is in it, proofs that it only grew.

Leaves are hashes already (`leaf_hash`): the journal hashes an entry once, for chain and tree.
"""

from collections.abc import Callable, Iterable, Sequence
from hashlib import sha256

from tarazu.journal.entry import HASH_BYTES

EMPTY_ROOT = sha256(b"").digest()


def leaf_hash(data: bytes) -> bytes:
    """RFC 6962, 2.1: SHA-256(0x00 || data)."""
    return sha256(b"\0" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """RFC 6962, 2.1: SHA-256(0x01 || left || right)."""
    return sha256(b"\1" + left + right).digest()


def join_pairs(level: bytes) -> bytes:
    """The level above: a node for every two, as far as there are two."""
    return b"".join([sha256(b"\1" + level[i : i + 64]).digest() for i in range(0, len(level) - 63, 64)])


class Frontier:
    """The roots of the full subtrees a tree of `size` leaves is made of, the largest first: all that growth needs."""

    __slots__ = ("_roots", "size")

    def __init__(self) -> None:
        self.size = 0
        self._roots: list[bytes] = []

    def add(self, leaf: bytes) -> None:
        """As many joins as there are trailing ones in the size: one a leaf on average."""
        roots, size = self._roots, self.size
        while size & 1:
            leaf = sha256(b"\1" + roots.pop() + leaf).digest()
            size >>= 1
        roots.append(leaf)
        self.size += 1

    def extend(self, leaves: Iterable[bytes]) -> None:
        for leaf in leaves:
            self.add(leaf)

    def join(self, root: bytes, leaves: int) -> None:
        """Add a full subtree of `leaves` leaves, a power of two that divides the size so far."""
        assert leaves & (leaves - 1) == 0 and self.size % leaves == 0
        size = self.size // leaves
        while size & 1:
            root = node_hash(self._roots.pop(), root)
            size >>= 1
        self._roots.append(root)
        self.size += leaves

    def root(self) -> bytes:
        """The tree's root; of the empty tree SHA-256 of nothing."""
        if not self._roots:
            return EMPTY_ROOT
        root = self._roots[-1]
        for left in reversed(self._roots[:-1]):
            root = node_hash(left, root)
        return root

    def copy(self) -> "Frontier":
        twin = Frontier()
        twin.size, twin._roots = self.size, list(self._roots)
        return twin


class Tree:
    """A whole tree, for proofs. Every level is kept: 64 bytes a leaf, and a proof is looked up rather than computed."""

    def __init__(self, leaves: bytes, join: Callable[[bytes], bytes] = join_pairs) -> None:
        """`leaves` are the leaf hashes one after the other; `join` makes a level of the one below it."""
        self.size = len(leaves) // HASH_BYTES
        assert self.size * HASH_BYTES == len(leaves)
        self._levels = [leaves]
        while len(self._levels[-1]) > HASH_BYTES:
            self._levels.append(join(self._levels[-1]))

    def leaf(self, index: int) -> bytes:
        return self._range(index, index + 1)

    def frontier(self) -> Frontier:
        """To let it grow."""
        grown = Frontier()
        for power in range(self.size.bit_length() - 1, -1, -1):
            if self.size >> power & 1:
                grown.join(self._range(grown.size, grown.size + (1 << power)), 1 << power)
        return grown

    def root(self, size: int | None = None) -> bytes:
        """The root of the first `size` leaves; of all of them without."""
        wanted = self.size if size is None else size
        assert 0 <= wanted <= self.size
        return self._range(0, wanted) if wanted else EMPTY_ROOT

    def inclusion(self, index: int, size: int | None = None) -> list[bytes]:
        """The proof that leaf `index` is in the tree of the first `size` leaves (RFC 6962, 2.1.1), bottom up."""
        start, end = 0, self.size if size is None else size
        assert 0 <= index < end <= self.size
        path: list[bytes] = []
        while end - start > 1:
            middle = start + _split(end - start)
            if index < middle:
                path.append(self._range(middle, end))
                end = middle
            else:
                path.append(self._range(start, middle))
                start = middle
        return path[::-1]

    def consistency(self, old: int, new: int | None = None) -> list[bytes]:
        """The proof that the first `old` leaves are how the tree of `new` began (RFC 6962, 2.1.2)."""
        start, end = 0, self.size if new is None else new
        assert 0 < old <= end <= self.size
        path: list[bytes] = []
        whole = True  # the old tree is still a left edge of what is looked at
        while end != old:
            middle = start + _split(end - start)
            if old <= middle:
                path.append(self._range(middle, end))
                end = middle
            else:
                path.append(self._range(start, middle))
                start, whole = middle, False
        return ([] if whole else [self._range(start, end)]) + path[::-1]

    def _range(self, start: int, end: int) -> bytes:
        """The root over leaves `start` to `end`, where `start` is a multiple of the largest power of two in it."""
        size = end - start
        if size & (size - 1) == 0:
            at = start // size * HASH_BYTES
            return self._levels[size.bit_length() - 1][at : at + HASH_BYTES]
        middle = start + _split(size)
        return node_hash(self._range(start, middle), self._range(middle, end))


def root_from_inclusion(leaf: bytes, index: int, size: int, path: Sequence[bytes]) -> bytes | None:
    """The root that an inclusion proof leads to (RFC 9162, 2.1.3.2); None when it cannot be a proof."""
    if not 0 <= index < size:
        return None
    at, last, root = index, size - 1, leaf
    for sibling in path:
        if last == 0:
            return None
        if at & 1 or at == last:
            root = node_hash(sibling, root)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            root = node_hash(root, sibling)
        at, last = at >> 1, last >> 1
    return root if last == 0 else None


def is_included(leaf: bytes, index: int, size: int, path: Sequence[bytes], root: bytes) -> bool:
    return root_from_inclusion(leaf, index, size, path) == root


def is_consistent(old: int, new: int, old_root: bytes, new_root: bytes, path: Sequence[bytes]) -> bool:
    """Whether a proof shows that the tree of `old` leaves grew into that of `new` (RFC 9162, 2.1.4.2)."""
    if not 0 < old <= new:
        return False
    if old == new:
        return not path and old_root == new_root
    steps = [old_root, *path] if old & (old - 1) == 0 else list(path)
    if not steps:
        return False
    at, last = old - 1, new - 1
    while at & 1:
        at, last = at >> 1, last >> 1
    first = second = steps[0]
    for step in steps[1:]:
        if last == 0:
            return False
        if at & 1 or at == last:
            first, second = node_hash(step, first), node_hash(step, second)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            second = node_hash(second, step)
        at, last = at >> 1, last >> 1
    return last == 0 and first == old_root and second == new_root


def _split(size: int) -> int:
    """The largest power of two below `size`."""
    return 1 << ((size - 1).bit_length() - 1)
