"""`.env.age`: the same file, encrypted with age, for a machine whose disk or backup others may read.

The key is a file that the environment names, never a word on a command line: TARAZU_AGE_IDENTITY, an age identity
(`AGE-SECRET-KEY-1...`, as age-keygen writes it), or TARAZU_AGE_PASSPHRASE_FILE, whose first line is a passphrase
(scrypt: about a second each time it is read). Under systemd: `LoadCredential=` and one of them set to `%d/NAME`.
"""

import os
from collections.abc import Mapping
from pathlib import Path

IDENTITY, PASSPHRASE = "TARAZU_AGE_IDENTITY", "TARAZU_AGE_PASSPHRASE_FILE"


class BadSecrets(LookupError):
    """The secrets cannot be read. The message is for people, says what to do and quotes nothing of the file."""


def opened(path: Path, content: bytes, environ: Mapping[str, str] = os.environ) -> bytes:
    """What was sealed. Raises BadSecrets."""
    import pyrage

    kind, key = _key(path, environ)
    try:
        if kind == PASSPHRASE:
            return bytes(pyrage.passphrase.decrypt(content, key))
        return bytes(pyrage.decrypt(content, [_identity(key, environ)]))
    except pyrage.DecryptError:
        raise BadSecrets(
            f"{path} does not open with the key in {environ[kind]}: another key, or a damaged file"
        ) from None


def sealed(path: Path, content: bytes, environ: Mapping[str, str] = os.environ) -> bytes:
    """For the holder of the same key alone. Raises BadSecrets."""
    import pyrage

    kind, key = _key(path, environ)
    if kind == PASSPHRASE:
        return bytes(pyrage.passphrase.encrypt(content, key))
    return bytes(pyrage.encrypt(content, [_identity(key, environ).to_public()]))


def _key(path: Path, environ: Mapping[str, str]) -> tuple[str, str]:
    """Which kind, and the key itself."""
    kind = IDENTITY if environ.get(IDENTITY) else PASSPHRASE
    where = environ.get(kind)
    if not where:
        raise BadSecrets(f"{path} takes a key: set {IDENTITY} or {PASSPHRASE} to the file that holds it")
    try:
        lines = Path(where).read_text().splitlines()
    except (OSError, UnicodeDecodeError) as bad:
        raise BadSecrets(f"the key of {path} in {where} cannot be read: {type(bad).__name__}") from None
    words = [line.strip() for line in lines if line.strip() and not line.startswith("#")]
    if not words:
        raise BadSecrets(f"{where} is empty: no key of {path}")
    return kind, words[0] if kind == IDENTITY else lines[0]


def _identity(key: str, environ: Mapping[str, str]):  # type: ignore[no-untyped-def]
    import pyrage

    try:
        return pyrage.x25519.Identity.from_str(key)
    except pyrage.IdentityError:
        raise BadSecrets(f"{environ[IDENTITY]} is no age identity; make one with age-keygen") from None
