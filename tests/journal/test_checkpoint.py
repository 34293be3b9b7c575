"""Checkpoints as C2SP has them: the specification's own examples, exact both ways, and everything else refused."""

from datetime import date

import pytest

from tarazu.adapters.signing import Ed25519Signer, Ed25519Verifier
from tarazu.journal.checkpoint import (
    BadNote,
    Checkpoint,
    join_notes,
    origin_of,
    parse,
    parse_verifier_key,
    split_notes,
)

# c2sp.org/tlog-checkpoint, the example.
EXAMPLE = (
    "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n"
    "— example.com/behind-the-sofa "
    "Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n"
).encode()
# golang.org/x/mod/sumdb/note, the key of its examples.
PETER = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
PETERS_NOTE = (
    "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n",
    "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=",
)


@pytest.fixture
def signer():
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    return Ed25519Signer("tarazu.local/test", Ed25519PrivateKey.from_private_bytes(bytes(range(32))))


def test_the_specifications_example_is_read_and_written_back():
    point = parse(EXAMPLE)
    assert (point.origin, point.size, len(point.root)) == ("example.com/behind-the-sofa", 20852163, 32)
    assert [s.name for s in point.signatures] == ["example.com/behind-the-sofa"]
    assert point.note == EXAMPLE


def test_a_note_of_the_go_package_verifies_under_its_key():
    import base64

    text, encoded = PETERS_NOTE
    verifier = Ed25519Verifier(PETER)
    signature = base64.b64decode(encoded)
    assert signature[:4] == verifier.key_id
    assert verifier.verify(text.encode(), signature[4:])
    assert not verifier.verify(text.encode() + b" ", signature[4:])


def test_signed_is_read_back_and_further_lines_are_witnesses(signer):
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    witness = Ed25519Signer("witness.local/phone", Ed25519PrivateKey.generate())
    point = Checkpoint(origin_of("tarazu.local/test", date(2026, 11, 23)), 42, bytes(32)).signed(signer).signed(witness)
    again = parse(point.note)
    assert again == point and again.origin == "tarazu.local/test/2026-11-23"
    assert again.is_signed_by([signer.verifier()]) and again.is_signed_by([witness.verifier(), signer.verifier()])
    stranger = Ed25519Signer("tarazu.local/test", Ed25519PrivateKey.generate())
    assert not again.is_signed_by([stranger.verifier()])


def test_no_flipped_bit_of_a_note_passes(signer):
    note = Checkpoint("tarazu.local/test/2026-11-23", 42, bytes(32)).signed(signer).note
    for bit in range(len(note) * 8):
        flipped = bytearray(note)
        flipped[bit // 8] ^= 1 << bit % 8
        try:
            assert not parse(bytes(flipped)).is_signed_by([signer.verifier()])
        except BadNote:
            continue


@pytest.mark.parametrize(
    "change",
    [
        (b"20852163", b"020852163"),
        (b"20852163", b"-1"),
        (b"\n20852163\n", b"\n\n"),
        (b"xq2I=", b"xq2J="),
        (b"xq2I=", b"xq2I"),
        (b"\xe2\x80\x94 ", b"- "),
        (b"\xe2\x80\x94 example.com/behind-the-sofa", b"\xe2\x80\x94 a+b"),
        (b"example.com/behind-the-sofa\n2", b"\xff\n2"),
        (b"example.com/behind-the-sofa\n2", b"a\tb\n2"),
    ],
)
def test_what_is_no_checkpoint_is_refused(change):
    with pytest.raises(BadNote):
        parse(EXAMPLE.replace(*change))


def test_kept_notes_come_apart_again_and_an_unfinished_one_is_told(signer):
    notes = [Checkpoint("tarazu.local/test/2026-11-23", n, bytes(32)).signed(signer).note for n in range(3)]
    kept = join_notes(notes)
    assert split_notes(kept) == (notes, b"")
    for size in range(len(kept)):
        whole, unfinished = split_notes(kept[:size])
        assert whole == notes[: len(whole)] and join_notes(whole) + unfinished == kept[:size]
        assert bool(unfinished) == (size not in [len(join_notes(notes[:n])) for n in range(4)])


def test_a_verifier_key_says_what_it_is_and_is_checked(signer):
    name, public = parse_verifier_key(signer.verifier_key)
    assert (name, len(public)) == ("tarazu.local/test", 32)
    for bad in ("", "name", signer.verifier_key.replace("local", "lokal"), signer.verifier_key[:-4]):
        with pytest.raises(BadNote):
            parse_verifier_key(bad)
