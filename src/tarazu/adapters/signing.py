"""Ed25519 keys of the journal: a file of mode 0600 made once, a signer that keeps the key, a verifier to hand out.

The secret is a PKCS #8 PEM file. Beside it lies the verifier key, one line, to be printed and kept elsewhere: a
checkpoint proves something only to whoever has the key from before.

`cryptography` is imported where it is used: a command that only might meet a signature does not wait for it.
"""

import os
from pathlib import Path
from typing import TYPE_CHECKING

from tarazu.journal.checkpoint import is_key_name, key_id, parse_verifier_key, verifier_key

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

KEY_FILE, VERIFIER_FILE = "journal.key", "journal.vkey"
PAST = "past"
"""The folder beside it with the verifier keys of before: of a home that was restored, and has another key since."""


class BadKeyFile(Exception):
    """The key cannot be used; the message says why, and never what is in it."""


class Ed25519Signer:
    """Signs as `name`. The key does not leave it, nor appear in its repr."""

    def __init__(self, name: str, key: "Ed25519PrivateKey") -> None:
        assert is_key_name(name), f"{name!r} cannot name a key: no spaces, no plus"
        self.name = name
        self._key = key
        public = key.public_key().public_bytes_raw()
        self.key_id = key_id(name, public)
        self.verifier_key = verifier_key(name, public)

    def sign(self, message: bytes) -> bytes:
        return self._key.sign(message)

    def verifier(self) -> "Ed25519Verifier":
        return Ed25519Verifier(self.verifier_key)


class Ed25519Verifier:
    """Tells whether a signature is of the key in a verifier key, `name+id+base64`. Raises BadNote for another text."""

    def __init__(self, text: str) -> None:
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

        self.name, public = parse_verifier_key(text)
        self.key_id = key_id(self.name, public)
        self._key = Ed25519PublicKey.from_public_bytes(public)

    def verify(self, message: bytes, signature: bytes) -> bool:
        from cryptography.exceptions import InvalidSignature

        try:
            self._key.verify(signature, message)
        except InvalidSignature:
            return False
        return True


def key_of(folder: Path, name: str) -> Ed25519Signer:
    """The key in `folder`, made with its verifier key beside it when there is none. Raises BadKeyFile, OSError.

    A key that others may read is refused: it may have been.
    """
    path = folder / KEY_FILE
    signer = Ed25519Signer(name, _load(path) if path.exists() else _make(path))
    line = f"{signer.verifier_key}\n"
    shown = folder / VERIFIER_FILE
    if not shown.exists():
        shown.write_text(line)
    elif shown.read_text() != line:
        raise BadKeyFile(f"{shown} is of another key or name than {path}: one of them was replaced")
    return signer


def verifier_of(folder: Path) -> Ed25519Verifier | None:
    """The verifier key beside the key; None when there is none. Raises BadNote."""
    shown = folder / VERIFIER_FILE
    return Ed25519Verifier(shown.read_text()) if shown.exists() else None


def verifiers_of(folder: Path) -> tuple[Ed25519Verifier, ...]:
    """By which this desk's signatures are judged: today's key where there is one, then those of before.
    Raises BadNote."""
    today, past = verifier_of(folder), sorted((folder / PAST).glob("*.vkey"))
    return (*(() if today is None else (today,)), *(Ed25519Verifier(path.read_text()) for path in past))


def _load(path: Path) -> "Ed25519PrivateKey":
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    mode = path.stat().st_mode & 0o777
    if mode & 0o077:
        raise BadKeyFile(f"{path} has mode {mode:04o}: others may have read the key. chmod 600 it, or make a new one")
    try:
        key = load_pem_private_key(path.read_bytes(), None)
    except (ValueError, TypeError) as bad:
        raise BadKeyFile(f"{path} holds no private key in PEM") from bad
    if not isinstance(key, Ed25519PrivateKey):
        raise BadKeyFile(f"{path} holds another kind of key than Ed25519")
    return key


def _make(path: Path) -> "Ed25519PrivateKey":
    """A new key, durable before it is used: what it signed must be verifiable, and signable again, tomorrow."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    key = Ed25519PrivateKey.generate()
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    unfinished = path.with_suffix(".part")
    unfinished.unlink(missing_ok=True)
    fd = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(fd, "wb") as file:
        file.write(pem)
        file.flush()
        os.fsync(fd)
    os.link(unfinished, path)  # fails rather than replace a key that came meanwhile
    unfinished.unlink()
    return key
