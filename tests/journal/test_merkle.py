"""The tree against RFC 6962's recursive definition, written out naively, and against published roots."""

from hashlib import sha256

import pytest

from tarazu.journal.merkle import EMPTY_ROOT, Frontier, Tree, is_consistent, is_included, leaf_hash

# Certificate Transparency's reference leaves and their roots by tree size (transparency-dev/merkle, testonly).
_HEX = "|00|10|2021|3031|40414243|5051525354555657|606162636465666768696a6b6c6d6e6f"
LEAVES = [bytes.fromhex(text) for text in _HEX.split("|")]
ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
SIZES = range(1, 70)


def naive_root(data: list[bytes]) -> bytes:
    """RFC 6962, 2.1, word for word."""
    if not data:
        return sha256().digest()
    if len(data) == 1:
        return sha256(b"\0" + data[0]).digest()
    k = 1
    while k * 2 < len(data):
        k *= 2
    return sha256(b"\1" + naive_root(data[:k]) + naive_root(data[k:])).digest()


def data_of(size: int) -> list[bytes]:
    return [b"entry %d" % i for i in range(size)]


def tree_of(data: list[bytes]) -> Tree:
    return Tree(b"".join(map(leaf_hash, data)))


@pytest.mark.parametrize("size", range(9))
def test_roots_are_those_of_certificate_transparency(size):
    frontier = Frontier()
    frontier.extend(map(leaf_hash, LEAVES[:size]))
    assert frontier.root().hex() == tree_of(LEAVES[:size]).root().hex() == ROOTS[size]


def test_frontier_and_tree_are_the_recursive_definition():
    frontier = Frontier()
    whole = tree_of(data_of(300))
    assert frontier.root() == EMPTY_ROOT == whole.root(0)
    for size in range(1, 301):
        frontier.add(leaf_hash(data_of(size)[-1]))
        assert frontier.size == size
        assert (
            frontier.root() == whole.root(size) == tree_of(data_of(size)).frontier().root() == naive_root(data_of(size))
        )


def test_a_frontier_taken_from_a_tree_grows_on():
    for begun in range(40):
        grown = tree_of(data_of(begun)).frontier()
        grown.extend(map(leaf_hash, data_of(77)[begun:]))
        assert grown.root() == naive_root(data_of(77))


def test_every_inclusion_proof_holds_and_no_other_leaf_place_or_size_does():
    for size in SIZES:
        tree, root = tree_of(data_of(70)), naive_root(data_of(size))
        for index in range(size):
            leaf, path = leaf_hash(b"entry %d" % index), tree.inclusion(index, size)
            assert is_included(leaf, index, size, path, root)
            assert not is_included(leaf_hash(b"another"), index, size, path, root)
            assert not any(is_included(leaf, other, size, path, root) for other in range(size + 2) if other != index)
            assert not is_included(leaf, index, size, [*path, bytes(32)], root)
            assert not path or not is_included(leaf, index, size, path[:-1], root)


def test_every_consistency_proof_holds_and_none_for_a_rewritten_past():
    whole = tree_of(data_of(70))
    for new in SIZES:
        for old in range(1, new + 1):
            path = whole.consistency(old, new)
            old_root, new_root = naive_root(data_of(old)), whole.root(new)
            assert is_consistent(old, new, old_root, new_root, path)
            assert not is_consistent(old, new, naive_root([*data_of(old)[:-1], b"edited"]), new_root, path)
            assert old == new or not is_consistent(old, new, old_root, bytes(32), path)
            assert not is_consistent(old, new, old_root, new_root, [*path, bytes(32)])
