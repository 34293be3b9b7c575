"""The profile's `.env`: the one source of every credential, mode 0600, replaced whole, its comments kept.

Nothing else is read: a token in the process's environment is no second source. Where `.env.age` is, it is read and
written instead (`app.secrets.sealed`); both at once are two sources, and refused. What was read is concealed in this
process's logs from then on (`app.redaction`).
"""

import contextlib
import fcntl
import os
from collections.abc import Iterator, Mapping
from enum import StrEnum
from pathlib import Path

from tarazu.app.home import Home
from tarazu.app.redaction import know
from tarazu.app.secrets.env_text import BadEnv, values_of, with_value
from tarazu.app.secrets.sealed import BadSecrets, opened, sealed
from tarazu.app.secrets.secret import Secret
from tarazu.runtime.whole import write_whole

__all__ = [
    "ALERT_URLS",
    "BadSecrets",
    "Name",
    "Secret",
    "Secrets",
    "read_secrets",
    "replace_file",
    "sealed_file",
    "secrets_file",
    "watched_file",
    "write_secret",
    "write_secrets",
]

MODE = 0o600
BYTES_MAX = 1 << 20


class Name(StrEnum):
    """What a desk's `.env` has. Others may be there, and are secret too."""

    KITE_API_KEY = "KITE_API_KEY"
    KITE_API_SECRET = "KITE_API_SECRET"
    KITE_ACCESS_TOKEN = "KITE_ACCESS_TOKEN"
    KITE_TOKEN_ISSUED = "KITE_TOKEN_ISSUED"
    """When that token was issued and which it is (`app.session.issued`). Not a secret."""
    TARAZU_ALERT_URLS = "TARAZU_ALERT_URLS"
    """Where alerts go: apprise URLs, a space between."""


ALERT_URLS = Name.TARAZU_ALERT_URLS
PUBLIC = frozenset({Name.KITE_TOKEN_ISSUED})


class Secrets:
    """What the file had when it was read."""

    __slots__ = ("_values",)

    def __init__(self, values: Mapping[str, str]) -> None:
        """Empty values are none."""
        self._values = {name: Secret(value) for name, value in values.items() if value}

    def get(self, name: str) -> Secret | None:
        return self._values.get(name)

    def words(self, name: str) -> tuple[Secret, ...]:
        """A value that is a list with spaces between, as `TARAZU_ALERT_URLS` is."""
        found = self.get(name)
        return () if found is None else tuple(Secret(word) for word in found.reveal().split())

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self._values)

    def concealed(self) -> dict[str, Secret]:
        """By name, what must not appear anywhere."""
        return {name: value for name, value in self._values.items() if name not in PUBLIC}

    def __repr__(self) -> str:
        return f"Secrets({', '.join(self._values)})"


def secrets_file(home: Home) -> Path:
    """`.env`, or `.env.age` where that is. Raises BadSecrets for both at once."""
    sealed = sealed_file(home)
    if not sealed.exists():
        return home.env_file
    if home.env_file.exists():
        raise BadSecrets(f"{home.env_file} and {sealed.name} are both there: two sources; remove one of them")
    return sealed


def sealed_file(home: Home) -> Path:
    return home.env_file.with_name(".env.age")


def watched_file(home: Home) -> Path:
    """Where another token turns up (`app.depth_ws.seen_file`)."""
    sealed = sealed_file(home)
    return sealed if sealed.exists() else home.env_file


def read_secrets(home: Home) -> Secrets:
    """None of them where there is no file. Raises BadSecrets."""
    path = secrets_file(home)
    try:
        secrets = Secrets(values_of(_text(path)))
    except BadEnv as bad:
        raise BadSecrets(f"{path}, {bad}") from None
    know(secrets.concealed())
    return secrets


def write_secret(home: Home, name: str, value: str) -> None:
    """`write_secrets` of one."""
    write_secrets(home, {name: value})


def write_secrets(home: Home, values: Mapping[str, str]) -> None:
    """Set these and leave every other byte as it is; an empty value forgets one. All are on the disk, or none.

    Raises BadSecrets, OSError, and ValueError for what no line can carry.
    """
    know({name: Secret(value) for name, value in values.items() if value and name not in PUBLIC})
    home.root.mkdir(mode=0o700, parents=True, exist_ok=True)
    with _alone(home):
        path = secrets_file(home)
        text = _text(path)
        try:
            for name, value in values.items():
                text = with_value(text, name, value)
        except BadEnv as bad:
            raise BadSecrets(f"{path}, {bad}") from None
        replace_file(path, _packed(path, text))


# The text of the file.


def _text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            raw = file.read(BYTES_MAX + 1)
    except FileNotFoundError:
        return ""
    except OSError as bad:
        raise BadSecrets(f"{path} cannot be read: {bad.strerror}; it must be a file of yours, mode 0600") from None
    if len(raw) > BYTES_MAX:
        raise BadSecrets(f"{path} is larger than {BYTES_MAX} bytes: that is no file of credentials")
    if path.suffix == ".age":
        raw = opened(path, raw)
    try:
        return raw.decode()
    except UnicodeDecodeError:
        raise BadSecrets(f"{path} is not text in UTF-8; write it anew") from None


def _packed(path: Path, text: str) -> bytes:
    return sealed(path, text.encode()) if path.suffix == ".age" else text.encode()


# The file.


def replace_file(path: Path, content: bytes) -> None:
    """Readers see the old file or the new one, also after a power cut; its mode is 0600 from the first byte. Behind a
    link the link stays. Raises OSError."""
    write_whole(path.resolve(), content, MODE)


@contextlib.contextmanager
def _alone(home: Home) -> Iterator[None]:
    lock = os.open(home.root / ".env.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, MODE)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)
