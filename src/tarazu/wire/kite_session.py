"""Logging in on the wire: the checksums that prove a secret, and the user rows that answer.

Kite v3 "User". A checksum is the lower-case hex SHA-256 of plain concatenation.
"""

import hashlib

import msgspec


def checksum(api_key: str, token: str, api_secret: str) -> str:
    """Proof for `POST /session/token` (a request token) and `/session/refresh_token` (a refresh token)."""
    return _sha256_hex(api_key + token + api_secret)


def postback_checksum(order_id: str, order_timestamp: str, api_secret: str) -> str:
    """Proof that a postback is Kite's; the timestamp is the row's own text."""
    return _sha256_hex(order_id + order_timestamp + api_secret)


def _sha256_hex(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


class Meta(msgspec.Struct, frozen=True):
    demat_consent: str = "consent"


class Profile(msgspec.Struct, frozen=True, kw_only=True):
    """The user as `GET /user/profile` shows it."""

    user_id: str
    user_type: str = "individual"
    email: str
    user_name: str
    user_shortname: str
    broker: str = "ZERODHA"
    exchanges: tuple[str, ...]
    products: tuple[str, ...]
    order_types: tuple[str, ...]
    avatar_url: str | None = None
    meta: Meta = Meta()


class UserSession(Profile, frozen=True, kw_only=True):
    """What a login returns. Without `login_time` the official client raises KeyError."""

    api_key: str
    access_token: str
    public_token: str
    enctoken: str
    refresh_token: str = ""
    """Empty unless the platform is approved for refreshing."""
    silo: str = ""
    login_time: str
    """IST, `YYYY-MM-DD HH:MM:SS`."""
