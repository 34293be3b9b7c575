"""What a person pastes after Kite's login: the address it was sent on to, or the request token out of it."""

import re
from urllib.parse import parse_qs, urlsplit

from tarazu.app.secrets.secret import Secret

CHARS_MAX = 4_000
_TOKEN = re.compile(r"[A-Za-z0-9_-]{8,128}\Z")
_AGAIN = "log in again, and paste the whole address that the browser ends at"


class BadPaste(ValueError):
    """No request token in it. The message is for people and quotes nothing of it."""


def request_token(pasted: str) -> Secret:
    """Raises BadPaste."""
    text = pasted.strip().strip("'\"<>")
    if not text:
        raise BadPaste(f"nothing was pasted; {_AGAIN}")
    if len(text) > CHARS_MAX or not text.isprintable():
        raise BadPaste(f"what was pasted is no address and no request token; {_AGAIN}")
    token = _in_address(text) if "?" in text or "://" in text or "=" in text else text
    if not _TOKEN.match(token):
        raise BadPaste(f"what was pasted holds no request token; {_AGAIN}")
    return Secret(token)


def _in_address(text: str) -> str:
    try:
        query = parse_qs(urlsplit(text).query if "?" in text else text)
    except ValueError:
        raise BadPaste(f"the address does not read; {_AGAIN}") from None
    tokens = set(query.get("request_token", []))
    if len(tokens) > 1:
        raise BadPaste(f"the address has more than one request token; {_AGAIN}")
    if tokens:
        return tokens.pop()
    if "access_token" in query:
        raise BadPaste("that is an access token; paste the address with the request_token")
    if query.get("status", ["success"]) != ["success"]:
        raise BadPaste(f"Kite says that the login did not succeed; {_AGAIN}")
    raise BadPaste(f"the address has no request_token in it; {_AGAIN}")
