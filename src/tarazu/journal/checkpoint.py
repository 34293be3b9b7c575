"""A checkpoint: how long the day's log is and its root, as a C2SP signed note (c2sp.org/tlog-checkpoint, /signed-note).

    tarazu.local/live/2026-11-23        the origin: the journal's name and the day, for each day is a log of its own
    48240                               entries
    CsUYapGGPo4dkMgIAUqom/Xajj7h...     root, base64

    — tarazu.local/live Az3grlgtzPI...  key name, base64 of key id and signature; further lines are witnesses'

One key signs many days, so its name is the journal's, not the origin (the specification's SHOULD, departed from).
"""

import base64
import binascii
from collections.abc import Iterable, Sequence
from datetime import date
from hashlib import sha256
from typing import Protocol

import msgspec

from tarazu.journal.entry import HASH_BYTES

ED25519 = b"\x01"
"""The signature type of Ed25519 in key ids and verifier keys (signed-note, "Signature types")."""
KEY_ID_BYTES = 4
SIGNATURES_MAX = 64
"""The specification wants at least 16 taken."""
_DASH = "\u2014 "


class Signer(Protocol):
    """Whoever can sign a note. The key itself stays with it."""

    @property
    def name(self) -> str: ...
    @property
    def key_id(self) -> bytes: ...
    def sign(self, message: bytes) -> bytes: ...


class Verifier(Protocol):
    """Whoever can tell whether a signature is that key's."""

    @property
    def name(self) -> str: ...
    @property
    def key_id(self) -> bytes: ...
    def verify(self, message: bytes, signature: bytes) -> bool: ...


class BadNote(Exception):
    """Not a checkpoint; the message says why."""


class Signature(msgspec.Struct, frozen=True):
    name: str
    key_id: bytes
    signature: bytes

    def line(self) -> str:
        return f"{_DASH}{self.name} {_base64(self.key_id + self.signature)}\n"


class Checkpoint(msgspec.Struct, frozen=True):
    """What is signed, and by whom. Extension lines are kept: they are part of what was signed."""

    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...] = ()
    signatures: tuple[Signature, ...] = ()

    @property
    def text(self) -> str:
        """The note's text, the bytes that signatures are over."""
        lines = (self.origin, str(self.size), _base64(self.root), *self.extensions)
        return "".join(f"{line}\n" for line in lines)

    @property
    def note(self) -> bytes:
        return f"{self.text}\n{''.join(s.line() for s in self.signatures)}".encode()

    def signed(self, signer: Signer) -> "Checkpoint":
        """With one more signature line."""
        assert is_key_name(signer.name)
        signature = Signature(signer.name, signer.key_id, signer.sign(self.text.encode()))
        return msgspec.structs.replace(self, signatures=(*self.signatures, signature))

    def is_signed_by(self, verifiers: Iterable[Verifier]) -> bool:
        """Whether a known key signed it and no known key's signature is wrong; unknown keys are ignored."""
        known = {(v.name, v.key_id): v for v in verifiers}
        ours = [(known[k], s) for s in self.signatures if (k := (s.name, s.key_id)) in known]
        return bool(ours) and all(v.verify(self.text.encode(), s.signature) for v, s in ours)


def origin_of(name: str, day: date) -> str:
    return f"{name}/{day.isoformat()}"


def key_id(name: str, public: bytes, kind: bytes = ED25519) -> bytes:
    """SHA-256(name || newline || type || public key), its first four bytes."""
    return sha256(name.encode() + b"\n" + kind + public).digest()[:KEY_ID_BYTES]


def verifier_key(name: str, public: bytes) -> str:
    """The key as one line to hand out and to keep: name+id+base64(type || public key)."""
    return f"{name}+{key_id(name, public).hex()}+{_base64(ED25519 + public)}"


def parse_verifier_key(text: str) -> tuple[str, bytes]:
    """Name and Ed25519 public key. Raises BadNote."""
    name, _, rest = text.strip().partition("+")
    shown, _, encoded = rest.partition("+")
    raw = _unbase64(encoded)
    if not is_key_name(name) or raw[:1] != ED25519 or len(raw) != 33 or key_id(name, raw[1:]).hex() != shown:
        raise BadNote(f"{text.strip()!r} is no Ed25519 verifier key: name+id+base64")
    return name, raw[1:]


def is_key_name(name: str) -> bool:
    return bool(name) and name.isprintable() and not any(c.isspace() or c == "+" for c in name)


def parse(note: bytes) -> Checkpoint:
    """Read one note, exactly as `Checkpoint.note` writes it. Raises BadNote."""
    try:
        whole = note.decode()
    except UnicodeDecodeError as bad:
        raise BadNote("not UTF-8") from bad
    text, blank, lines = whole.rpartition("\n\n")
    if not blank or not lines.endswith("\n") or any(c < " " and c != "\n" for c in whole):
        raise BadNote("no signed note: text, a blank line, signature lines")
    signatures = tuple(_signature(line) for line in lines[:-1].split("\n"))
    if len(signatures) > SIGNATURES_MAX:
        raise BadNote(f"{len(signatures)} signatures, at most {SIGNATURES_MAX} are taken")
    head = text.split("\n")
    if len(head) < 3 or not all(head):
        raise BadNote("a checkpoint has an origin, a size and a root, and no empty line")
    origin, size, root = head[:3]
    if not (size.isascii() and size.isdigit()) or str(int(size)) != size:
        raise BadNote(f"{size!r} is no tree size")
    raw = _unbase64(root)
    if len(raw) != HASH_BYTES:
        raise BadNote(f"a root of {len(raw)} bytes")
    return Checkpoint(origin, int(size), raw, tuple(head[3:]), signatures)


def split_notes(kept: bytes) -> tuple[list[bytes], bytes]:
    """The notes of a file of them, each followed by an empty line, and the unfinished rest; `parse` judges them."""
    blocks = kept.split(b"\n\n")
    ended = (len(blocks) - 1) // 2 * 2  # a text and its signatures, with an empty line after them
    notes = [b"\n\n".join(blocks[i : i + 2]) + b"\n" for i in range(0, ended, 2)]
    return notes, b"\n\n".join(blocks[ended:])


def join_notes(notes: Sequence[bytes]) -> bytes:
    """As they are kept: `split_notes` gives them back."""
    return b"".join(note + b"\n" for note in notes)


def _signature(line: str) -> Signature:
    name, _, encoded = line.removeprefix(_DASH).partition(" ")
    raw = _unbase64(encoded)
    if not line.startswith(_DASH) or not is_key_name(name) or len(raw) <= KEY_ID_BYTES:
        raise BadNote(f"{line!r} is no signature line")
    return Signature(name, raw[:KEY_ID_BYTES], raw[KEY_ID_BYTES:])


def _base64(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


def _unbase64(text: str) -> bytes:
    """Only the one spelling that encoding gives: otherwise some flipped bits would pass unseen."""
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as bad:
        raise BadNote(f"{text!r} is not base64") from bad
    if _base64(raw) != text:
        raise BadNote(f"{text!r} is not how base64 is written")
    return raw
