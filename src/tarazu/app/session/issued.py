"""When an access token was issued, to whom, and when it dies. Kept in `.env` beside the token, as one line:

    KITE_TOKEN_ISSUED='2026-11-23 08:46:20 AB1234 1f0c52d9'

with a fingerprint of the token, so that the line says nothing of another one that somebody pasted over it.
"""

import hashlib
from datetime import time, timedelta

import msgspec

from tarazu.app.secrets.store import Name, Secret, Secrets
from tarazu.model import ist

EXPIRES_AT = time(6, 0)
"""IST: when Kite ends every access token (Kite v3 "User": it "will expire at 6 AM on the next day")."""


class Issued(msgspec.Struct, frozen=True):
    at_ns: int
    """UTC; to the second, by the broker's clock."""
    user_id: str
    fingerprint: str

    def line(self) -> str:
        return f"{ist.stamp(self.at_ns)} {self.user_id} {self.fingerprint}"


def fingerprint(token: Secret) -> str:
    """Tells tokens apart, and nothing else of them: 32 of 256 bits of a hash of at least as many random ones."""
    return hashlib.sha256(token.reveal().encode()).hexdigest()[:8]


def issued(secrets: Secrets) -> Issued | None:
    """Of the token that is there. None where nobody wrote it down, or it was another token's."""
    found = last_issued(secrets)
    token = secrets.get(Name.KITE_ACCESS_TOKEN)
    return found if found is not None and token is not None and found.fingerprint == fingerprint(token) else None


def last_issued(secrets: Secrets) -> Issued | None:
    """Of the last login by `tarazu session login`, whatever token is there now. None where the line does not read."""
    line = secrets.get(Name.KITE_TOKEN_ISSUED)
    words = line.reveal().split() if line else []
    at_ns = ist.parse_stamp(" ".join(words[:2])) if len(words) == 4 else None
    return None if at_ns is None else Issued(at_ns, words[2], words[3])


def expiry_ns(ts_ns: int) -> int:
    """The first 06:00 IST after this moment: when a token that lives then dies."""
    day = ist.day_of(ts_ns)
    today_ns = ist.at_ns(day, EXPIRES_AT)
    return today_ns if ts_ns < today_ns else ist.at_ns(day + timedelta(days=1), EXPIRES_AT)
