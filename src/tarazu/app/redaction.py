"""Credentials taken out of what people read: by the shapes they come in, and by the values this process knows.

A shape catches what nobody told us of (`access_token=...` in a broker's answer), a value catches what has no shape (a
token in the middle of a sentence), also in base64, hex and URL encoding. Both are for text that is not ours; our own
text has no secrets to begin with (`app.secrets.secret`).
"""

import binascii
import re
import threading
from collections.abc import Mapping
from functools import cache
from urllib.parse import quote, quote_plus, urlsplit

import msgspec

from tarazu.app.secrets.secret import SHOWN, Secret

FEWEST_CHARS = 6
"""Shorter "secrets" are a mistake in a file, and hiding them would make riddles of messages."""

# What is secret by its name, wherever a name stands before a value: a query, a header, JSON, a line of .env.
_NAMES = (
    "access_token|request_token|session_token|refresh_token|public_token|enctoken|api_key|api_secret|secret_key"
    "|client_secret|password|passwd|passphrase|auth_token|bot_token|alert_urls|alert_escalation_urls"
)
# As it is written, in JSON inside JSON (however deep), URL encoded.
_QUOTE = r"(?:\\{0,9}[\"']|(?:%5C){0,9}%2[27])"
# Addresses whose first part, or whole path, is a token (apprise's schemes).
_ALERT_SCHEMES = (
    "tgram|slack|discord|ntfys?|pover|gotifys?|msteams|mailtos?|twilio|pbul|signals?|matrixs?|mmosts?|opsgenie"
    "|pagerduty|whatsapp|zulip|rocket|join|pushy|gchat"
)
_SHAPES = {
    "private_key": r"(?s)()-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)",
    "age_key": r"(?i)()AGE-SECRET-KEY-1[0-9A-Z]+",
    "authorization": r"(?i)\b(authorization\W{1,4}(?:token|bearer|basic|enctoken)\s+)[^\s\"',;]+",
    "kite_token": r"(?i)\b(token\s+)[a-z0-9]{6,}:[a-z0-9]{6,}",
    "named_value": rf"(?i)((?:{_NAMES}){_QUOTE}?\s{{0,9}}(?:=|:|%3D|%3A)\s{{0,9}}{_QUOTE}?)(?!\*\*\*)"
    rf"(?:(?!{_QUOTE})[^\s\"'&,;)}}\]])+",
    "alert_url": rf"(?i)\b((?:{_ALERT_SCHEMES})://)[^\s\"']+",
    "url_password": r"(?i)\b([a-z][a-z0-9+.-]{0,20}://)[^\s/@\"']+(?=@)",
}
"""By name; what is kept is the first group. Each takes time in proportion to the text, whatever is in it."""


@cache
def _shapes() -> tuple[tuple[str, re.Pattern[str]], ...]:
    return tuple((name, re.compile(shape)) for name, shape in _SHAPES.items())


class Redacted(msgspec.Struct, frozen=True):
    text: str
    counts: dict[str, int]
    """How often, by the name of the shape or of the secret; nothing for what was not there."""


class Redactor:
    """The shapes, and the values it was told. Immutable; safe from any thread."""

    def __init__(self, secrets: Mapping[str, Secret] | None = None) -> None:
        forms: dict[str, str] = {}
        for name, secret in (secrets or {}).items():
            for form in forms_of(secret.reveal()):
                forms.setdefault(form, name)
        self._names = forms
        # The longest first: a URL before the token in it.
        words = sorted(forms, key=len, reverse=True)
        self._values = re.compile("|".join(map(re.escape, words))) if words else None

    def redact(self, text: str) -> str:
        return self.told(text).text

    def told(self, text: str) -> Redacted:
        """The text without credentials, and what was found in it."""
        counts: dict[str, int] = {}
        text = self.conceal(text, counts)
        for name, shape in _shapes():
            text, times = shape.subn(rf"\1{SHOWN}", text)
            if times:
                counts[name] = counts.get(name, 0) + times
        return Redacted(text, counts)

    def conceal(self, text: str, counts: dict[str, int] | None = None) -> str:
        """Without the values alone: for our own text, in which a shape is a word of ours. Counts them."""
        counted = {} if counts is None else counts

        def stars(found: re.Match[str]) -> str:
            name = self._names[found.group()]
            counted[name] = counted.get(name, 0) + 1
            return SHOWN

        return text if self._values is None else self._values.sub(stars, text)

    def found_in(self, content: bytes) -> tuple[str, ...]:
        """Names of the secrets whose value is in these bytes, in any of its forms: the scan of a finished file."""
        text = content.decode("latin-1")
        return tuple(dict.fromkeys(name for form, name in self._names.items() if form in text))


def forms_of(value: str) -> tuple[str, ...]:
    """As what a value may be written: plain, in JSON, URL encoded, hex, base64 wherever it begins in what was encoded;
    and the parts of a URL that are secret by themselves. Empty for what is too short to be one."""
    if len(value) < FEWEST_CHARS:
        return ()
    forms: dict[str, None] = {}
    for part in (value, *_secret_parts(value)):
        raw = part.encode()
        for form in (
            part,
            _in_json(part),
            quote(part),
            quote(part, safe=""),
            quote_plus(part),
            raw.hex(),
            raw.hex().upper(),
        ):
            forms[form] = None
        for form in _base64_forms(raw):
            forms[form] = None
    return tuple(form for form in forms if len(form) >= FEWEST_CHARS)


def _in_json(part: str) -> str:
    """As it stands between the quotes; letters and digits stay what they are."""
    if part.isascii() and part.isalnum():
        return part
    import json

    return json.dumps(part)[1:-1]


def _secret_parts(value: str) -> list[str]:
    """Of each URL in it: user, password, path segments, query values; its host is no secret unless it has no dot, where
    apprise keeps a token there (`tgram://TOKEN/CHAT`)."""
    parts: list[str] = []
    for word in value.split():
        if "://" not in word:
            continue
        try:
            url = urlsplit(word)
        except ValueError:
            continue
        host = url.netloc.rpartition("@")[2]
        named = [] if "." in host or host.partition(":")[0] == "localhost" else [host]
        account = url.netloc.rpartition("@")[0].split(":")
        values = [pair.partition("=")[2] for pair in url.query.split("&")]
        parts += [word, *(part for part in account[1:] if len(part) >= FEWEST_CHARS)]
        parts += [part for part in (*named, account[0], *url.path.split("/"), *values) if len(part) >= 8]
    return parts


def _base64_forms(raw: bytes) -> list[str]:
    """What stays the same of its base64 whatever stands before and behind it, for each of three beginnings."""
    forms = []
    for lead in range(3):
        coded = binascii.b2a_base64(b"\0" * lead + raw, newline=False).decode()
        begin = (0, 2, 3)[lead]
        end = (lead + len(raw)) * 8 // 6
        core = coded[begin:end]
        if len(core) >= FEWEST_CHARS:
            forms += [core, core.replace("+", "-").replace("/", "_")]
    return forms


# What this process knows, and everything it writes.

_lock = threading.Lock()
_known: dict[str, Secret] = {}
_of_values: dict[Secret, str] = {}
_process = Redactor()


def know(secrets: Mapping[str, Secret]) -> None:
    """Conceal these from now on, beside those of before: yesterday's token is still a secret."""
    global _process
    with _lock:
        new = {secret: name for name, secret in secrets.items() if secret not in _of_values}
        if not new:
            return
        _of_values.update(new)
        for secret, name in new.items():
            _known[f"{name}#{len(_known)}" if name in _known else name] = secret
        _process = Redactor(_known)


def redact(text: str) -> str:
    """Without credentials: by shape, and by every value this process has read or was told."""
    return _process.redact(text)


def conceal(text: str) -> str:
    """Without the values alone: what a command prints, JSON too, stays whole otherwise."""
    return _process.conceal(text)
