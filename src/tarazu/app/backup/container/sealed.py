"""A backup encrypted with age, for a disk that others may read: for a recipient, whose key need not be here, or for a
passphrase.

The recipient is a public key (`age1...`, [backup] recipient). What opens it is named by the environment, as for
`.env.age`: TARAZU_AGE_IDENTITY, a file with the identity, or TARAZU_AGE_PASSPHRASE_FILE. `age -d` opens it as well.
"""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import IO

from tarazu.app.backup.refusal import Code, Refused
from tarazu.app.secrets.sealed import IDENTITY, PASSPHRASE

PASSPHRASE_BYTES_MAX = 1 << 30
"""pyrage takes a file for a passphrase in memory alone; larger ones go to a recipient."""
_OPENS = f"set {IDENTITY} or {PASSPHRASE} to the file that holds its key"


def recipient_fault(recipient: str) -> Refused | None:
    import pyrage

    try:
        pyrage.x25519.Recipient.from_str(recipient)
    except pyrage.RecipientError:
        hint = 'age-keygen -y KEYFILE prints it; [backup] recipient = "age1..."'
        return Refused(Code.BAD_RECIPIENT, f"{recipient[:24]!r} is no age recipient (age1...)", hint)
    return None


def seal(plain: Path, target: Path, recipient: str, environ: Mapping[str, str] = os.environ) -> Refused | None:
    """`recipient` empty: for the passphrase that the environment names. `target` must not be there. Raises OSError."""
    import pyrage

    if recipient:
        with plain.open("rb") as from_, _new(target) as to:
            pyrage.encrypt_io(from_, to, [pyrage.x25519.Recipient.from_str(recipient)])
            _settle(to)
        return None
    words = _words(environ, PASSPHRASE)
    if words is None:
        return Refused(
            Code.BAD_RECIPIENT, "no recipient and no passphrase to encrypt for", f"--recipient age1..., or {PASSPHRASE}"
        )
    if plain.stat().st_size > PASSPHRASE_BYTES_MAX:
        return Refused(Code.TOO_LARGE, "more than 1 GiB is encrypted for a recipient alone", "--recipient age1...")
    with _new(target) as to:
        to.write(pyrage.passphrase.encrypt(plain.read_bytes(), words))
        _settle(to)
    return None


def unseal(sealed: Path, target: Path, environ: Mapping[str, str] = os.environ) -> Refused | None:
    """What was encrypted, at `target`, which must not be there. age itself judges every byte. Raises OSError."""
    import pyrage

    identity, words = _words(environ, IDENTITY), _words(environ, PASSPHRASE)
    try:
        if identity is not None:
            key = pyrage.x25519.Identity.from_str(identity)
            with sealed.open("rb") as from_, _new(target) as to:
                pyrage.decrypt_io(from_, to, [key])
            return None
        if words is not None:
            if sealed.stat().st_size > 2 * PASSPHRASE_BYTES_MAX:
                return Refused(Code.TOO_LARGE, f"{sealed} is larger than any that we encrypt for a passphrase")
            with _new(target) as to:
                to.write(pyrage.passphrase.decrypt(sealed.read_bytes(), words))
            return None
    except pyrage.IdentityError:
        return Refused(Code.SEALED, f"{environ[IDENTITY]} is no age identity", _OPENS)
    except (pyrage.DecryptError, OSError) as bad:
        if isinstance(bad, OSError) and bad.errno is not None:
            raise  # the disk's; age says of a chunk that is not what was written that it is an OSError, too
        return Refused(
            Code.SEALED, f"{sealed} does not open with the key given: another key, or a damaged file", _OPENS
        )
    return Refused(Code.SEALED, f"{sealed} is encrypted", _OPENS)


def is_sealed(path: Path) -> bool:
    """By its first bytes. Raises OSError."""
    with path.open("rb") as file:
        return file.read(19) == b"age-encryption.org/"


def _new(path: Path) -> IO[bytes]:
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600), "wb")


def _settle(file: IO[bytes]) -> None:
    file.flush()
    os.fsync(file.fileno())


def _words(environ: Mapping[str, str], name: str) -> str | None:
    """The key that a file holds: an identity's line, or a passphrase's. Raises OSError."""
    if not environ.get(name):
        return None
    lines = [line.strip() for line in Path(environ[name]).read_text().splitlines()]
    found = [line for line in lines if line and not line.startswith("#")]
    return found[0] if found else None
