"""The proof that one entry is in a day's log, for someone who has a verifier key and nothing else of ours."""

import base64
import binascii

import msgspec

from tarazu.journal.checkpoint import BadNote, Checkpoint, Verifier, parse
from tarazu.journal.codec import BadBytes, entry_of_leaf
from tarazu.journal.entry import FIRST_SEQUENCE, Entry
from tarazu.journal.merkle import Tree, is_included, leaf_hash

SCHEMA = "tarazu.journal.proof/1"


class BadProof(Exception):
    """It proves nothing; the message says why."""


class Proof(msgspec.Struct, frozen=True, kw_only=True):
    """As it is shown, as JSON: the entry itself, its path to the root, and the checkpoint that vouches for the root."""

    schema: str = SCHEMA
    sequence: int
    leaf: str
    """The entry's bytes as the tree hashes them, base64."""
    path: tuple[str, ...]
    """Hashes from the leaf up, base64."""
    checkpoint: str
    """The signed note."""


def prove(sequence: int, leaf: bytes, tree: Tree, point: Checkpoint) -> Proof:
    """The proof under one checkpoint, which covers the entry."""
    assert FIRST_SEQUENCE <= sequence <= point.size <= tree.size
    path = tree.inclusion(sequence - FIRST_SEQUENCE, point.size)
    told = tuple(base64.b64encode(node).decode() for node in path)
    return Proof(sequence=sequence, leaf=base64.b64encode(leaf).decode(), path=told, checkpoint=point.note.decode())


def entry_in(proof: Proof, verifiers: tuple[Verifier, ...]) -> Entry:
    """The entry that a proof proves. Raises BadProof."""
    try:
        point = parse(proof.checkpoint.encode())
        leaf = base64.b64decode(proof.leaf, validate=True)
        path = [base64.b64decode(node, validate=True) for node in proof.path]
        entry = entry_of_leaf(leaf)
    except (BadNote, BadBytes, binascii.Error) as bad:
        raise BadProof(str(bad)) from bad
    if not point.is_signed_by(verifiers):
        raise BadProof("its checkpoint is not signed by a key that is known")
    index = entry.sequence - FIRST_SEQUENCE
    if entry.sequence != proof.sequence or not is_included(leaf_hash(leaf), index, point.size, path, point.root):
        raise BadProof("its path does not lead to the checkpoint's root")
    return entry
