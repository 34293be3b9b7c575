"""Where alerts go: apprise addresses, which are secrets, from the one source of secrets.

TARAZU_ALERT_URLS="tgram://... ntfys://..."              the first list
TARAZU_ALERT_ESCALATION_URLS="mailto://..."              the second, for what nobody acknowledges
"""

import hashlib
from collections.abc import Iterable

import msgspec

from tarazu.app.home import Home
from tarazu.app.secrets.secret import Secret

FIRST, SECOND = "TARAZU_ALERT_URLS", "TARAZU_ALERT_ESCALATION_URLS"


class Address(msgspec.Struct, frozen=True):
    """One apprise address."""

    channel: str
    """`tgram-3f9a2c`: its kind, and a digest by which two of a kind differ."""
    url: Secret


class AlertUrls(msgspec.Struct, frozen=True):
    first: tuple[Address, ...] = ()
    second: tuple[Address, ...] = ()
    """Told only of what nobody has acknowledged in time, or when the first list cannot be reached."""

    @property
    def addresses(self) -> tuple[Address, ...]:
        return (*self.first, *self.second)


def read_alert_urls(home: Home) -> AlertUrls:
    """As `.env` has them now. Raises `app.secrets.store.BadSecrets`."""
    from tarazu.app.secrets.store import read_secrets

    secrets = read_secrets(home)
    return alert_urls(secrets.words(FIRST), secrets.words(SECOND))


def alert_urls(first: Iterable[Secret], second: Iterable[Secret] = ()) -> AlertUrls:
    """An address that is there twice counts where it is first."""
    seen: set[Secret] = set()
    lists = []
    for urls in (first, second):
        new = [url for url in dict.fromkeys(urls) if url not in seen]
        seen.update(new)
        lists.append(tuple(_address(url) for url in new))
    return AlertUrls(*lists)


def _address(secret: Secret) -> Address:
    url = secret.reveal()
    kind = url.partition("://")[0].lower()
    named = kind if "://" in url and kind.isalnum() and len(kind) < 16 else "unreadable"
    return Address(f"{named}-{hashlib.sha256(url.encode()).hexdigest()[:6]}", secret)
