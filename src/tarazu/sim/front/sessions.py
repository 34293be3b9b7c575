"""Apps, request tokens and access tokens: who may speak for which account, and until when.

Tokens are derived from the seed and a counter, so the same commands give the same tokens; they are as secret as the
simulator's accounts, which is not at all.
"""

import hashlib
import hmac
from collections.abc import Sequence
from datetime import time, timedelta

import msgspec

from tarazu.model import ist
from tarazu.model.units import MINUTE_NS
from tarazu.wire.kite_errors import BAD_TOKEN, ErrorType, Refusal
from tarazu.wire.kite_session import checksum

# Kite v3 "Login flow" says "a few minutes".
REQUEST_TOKEN_LIFE_NS = 5 * MINUTE_NS

STALE_TOKEN = Refusal("Token is invalid or has expired.", ErrorType.TOKEN, 403)
BAD_CHECKSUM = Refusal("Invalid `checksum`.", ErrorType.TOKEN, 403)
BAD_API_KEY = Refusal("Invalid `api_key`.", ErrorType.INPUT, 400)
NO_REFRESH = Refusal("Refresh tokens are issued to approved platforms only.", ErrorType.PERMISSION, 403)


class App(msgspec.Struct, frozen=True, kw_only=True):
    """One registered Kite Connect app. It belongs to one user, who is also the one that logs in through it."""

    api_key: str
    api_secret: str
    user_id: str
    redirect_url: str = "http://127.0.0.1/"
    postback_url: str = ""
    """Where order updates are POSTed; empty for none."""
    app_id: int = 1
    approved: bool = False
    """An approved platform: its logins carry a refresh token."""
    allowed_ips: tuple[str, ...] = ()
    """Addresses that order requests must come from; empty switches the rule off."""


class Login(msgspec.Struct, frozen=True, kw_only=True):
    """One live access token."""

    app: App
    access_token: str
    public_token: str
    enctoken: str
    refresh_token: str
    login_ns: int
    expires_ns: int

    @property
    def user_id(self) -> str:
        return self.app.user_id


class _Requested(msgspec.Struct, frozen=True):
    api_key: str
    until_ns: int


class Sessions:
    """Every app and every live login. One login per app lives at a time: a second login the same day returns it."""

    def __init__(self, apps: Sequence[App], seed: int, dies_at: time) -> None:
        self.apps: dict[str, App] = {}
        for app in apps:
            self.register(app)
        self._seed = seed
        self._dies_at = dies_at
        self._issued = 0
        self._requested: dict[str, _Requested] = {}
        self._logins: dict[str, Login] = {}
        self._refresh: dict[str, str] = {}

    def register(self, app: App) -> None:
        """Add an app, e.g. with an account opened while the broker runs; its key must be new."""
        assert app.api_key not in self.apps
        self.apps[app.api_key] = app

    def request_token(self, api_key: str, now_ns: int) -> str | None:
        """A fresh one-time token as the login page hands out; None for an unknown app."""
        if api_key not in self.apps:
            return None
        self._forget_stale_requests(now_ns)
        token = self._token("request")
        self._requested[token] = _Requested(api_key, now_ns + REQUEST_TOKEN_LIFE_NS)
        return token

    def exchange(self, api_key: str, request_token: str, given_checksum: str, now_ns: int) -> Login | Refusal:
        """`POST /session/token`: the request token is used up only when everything fits."""
        app = self.apps.get(api_key)
        if app is None:
            return BAD_API_KEY
        requested = self._requested.get(request_token)
        if requested is None or requested.api_key != api_key or now_ns >= requested.until_ns:
            return STALE_TOKEN
        if not _same(given_checksum, checksum(api_key, request_token, app.api_secret)):
            return BAD_CHECKSUM
        del self._requested[request_token]
        return self.log_in(api_key, now_ns)

    def log_in(self, api_key: str, now_ns: int) -> Login:
        """The app's live login, or a new one until the next time tokens die. `api_key` is a registered app's."""
        login = self._live(api_key, now_ns)
        if login is None:
            app = self.apps[api_key]
            login = Login(
                app=app,
                access_token=self._token("access"),
                public_token=self._token("public"),
                enctoken=self._token("enc"),
                refresh_token=self._token("refresh") if app.approved else "",
                login_ns=now_ns,
                expires_ns=self._expiry(now_ns),
            )
            self._logins[api_key] = login
            if login.refresh_token:
                self._refresh[login.refresh_token] = api_key
        return login

    def renew(self, api_key: str, refresh_token: str, given_checksum: str, now_ns: int) -> Login | Refusal:
        """`POST /session/refresh_token`: a new access token; the old one and the refresh token used die."""
        app = self.apps.get(api_key)
        if app is None:
            return BAD_API_KEY
        if not app.approved:
            return NO_REFRESH
        if self._refresh.get(refresh_token) != api_key:
            return STALE_TOKEN
        if not _same(given_checksum, checksum(api_key, refresh_token, app.api_secret)):
            return BAD_CHECKSUM
        del self._refresh[refresh_token]
        self._logins.pop(api_key, None)
        return self.log_in(api_key, now_ns)

    def authorised(self, authorization: str, now_ns: int) -> Login | Refusal:
        """The login an `Authorization: token api_key:access_token` header speaks for."""
        scheme, _, credentials = authorization.partition(" ")
        api_key, _, access_token = credentials.strip().partition(":")
        login = self.find(api_key, access_token, now_ns) if scheme.lower() == "token" else None
        return BAD_TOKEN if login is None else login

    def find(self, api_key: str, access_token: str, now_ns: int) -> Login | None:
        """The live login of this pair, as the ticker's handshake presents it."""
        login = self._live(api_key, now_ns)
        return login if login is not None and _same(login.access_token, access_token) else None

    def end(self, api_key: str, access_token: str, now_ns: int) -> bool:
        """`DELETE /session/token`: log out. False when that token was not alive."""
        if self.find(api_key, access_token, now_ns) is None:
            return False
        del self._logins[api_key]
        return True

    def end_refresh(self, api_key: str, refresh_token: str) -> bool:
        if self._refresh.get(refresh_token) != api_key:
            return False
        del self._refresh[refresh_token]
        return True

    def kill(self, user_id: str | None = None) -> None:
        """Every access token of this user, or of everyone, dies now (fault `token.kill`, master logout)."""
        for api_key, login in tuple(self._logins.items()):
            if user_id in (None, login.user_id):
                del self._logins[api_key]

    def _live(self, api_key: str, now_ns: int) -> Login | None:
        login = self._logins.get(api_key)
        return login if login is not None and now_ns < login.expires_ns else None

    def _expiry(self, now_ns: int) -> int:
        """The next 06:00 IST (or whenever the rules let tokens die) after the day's own.

        A login before 06:00 belongs to the day that is ending: its token dies the same morning.
        """
        today = ist.day_of(now_ns)
        dies_ns = ist.at_ns(today, self._dies_at)
        return dies_ns if now_ns < dies_ns else ist.at_ns(today + timedelta(days=1), self._dies_at)

    def _token(self, purpose: str) -> str:
        self._issued += 1
        return hashlib.sha256(f"{self._seed}:{purpose}:{self._issued}".encode()).hexdigest()[:32]

    def _forget_stale_requests(self, now_ns: int) -> None:
        self._requested = {t: r for t, r in self._requested.items() if now_ns < r.until_ns}


def _same(left: str, right: str) -> bool:
    """Equality in constant time, as one compares secrets anywhere."""
    return hmac.compare_digest(left.encode("utf-8", "replace"), right.encode("utf-8", "replace"))
