"""A request token for an access token, and a session's end: the two questions that are asked with the app's own secret.

Kite v3 "User": `POST /session/token` and `DELETE /session/token`. A request token is good for one exchange, so nothing
here is asked twice.
"""

import http.client
import ssl
from enum import StrEnum
from urllib.parse import urlencode

import msgspec

from tarazu.adapters.kite_origin import origin_of
from tarazu.adapters.kite_rest.body import BadBody
from tarazu.adapters.kite_rest.line import Answer, Deadline, Line
from tarazu.app.broker_address import BrokerAddress
from tarazu.app.redaction import know, redact
from tarazu.app.secrets.secret import Secret
from tarazu.app.session.kite_app import KiteApp
from tarazu.model import ist
from tarazu.model.outcome import RefusalKind
from tarazu.wire.kite_session import checksum
from tarazu.wire.kite_verdicts import No, Unclear, judge_read

TIMEOUT_S = 10.0
_BYTES_MAX = 64 << 10
_TOLD_CHARS_MAX = 200


class Why(StrEnum):
    REFUSED = "REFUSED"
    """The broker says no; nothing has changed."""
    UNREACHABLE = "UNREACHABLE"
    """No byte reached the broker."""
    UNKNOWN = "UNKNOWN"
    """The broker may have done it, and its answer did not come or does not read."""


class Failed(msgspec.Struct, frozen=True):
    why: Why
    told: str
    """For people; without secrets."""


class LoggedIn(msgspec.Struct, frozen=True):
    access_token: Secret
    user_id: str
    login_ns: int
    """UTC, by the broker's clock."""


class _Session(msgspec.Struct):
    user_id: str
    access_token: str
    login_time: str
    public_token: str = ""
    enctoken: str | None = ""
    refresh_token: str | None = ""


def exchange(address: BrokerAddress, app: KiteApp, request_token: Secret) -> LoggedIn | Failed:
    """Log in. The request token is spent, unless the broker was not reached or says no."""
    proof = checksum(app.api_key.reveal(), request_token.reveal(), app.api_secret.reveal())
    form = {"api_key": app.api_key.reveal(), "request_token": request_token.reveal(), "checksum": proof}
    know({"request_token": request_token, "checksum": Secret(proof)})
    answer = _ask(address, "POST", "/session/token", {}, urlencode(form).encode())
    data = answer if isinstance(answer, Failed) else _data(answer)
    if isinstance(data, Failed):
        return data
    try:
        session = msgspec.json.decode(data, type=_Session)
    except msgspec.MsgspecError as odd:
        return Failed(Why.UNKNOWN, f"the broker's answer is no session: {redact(str(odd))}")
    for name in ("access_token", "public_token", "enctoken", "refresh_token"):
        know({name: Secret(getattr(session, name) or "")})
    login_ns = ist.parse_stamp(session.login_time)
    if login_ns is None or not session.access_token or not session.user_id:
        return Failed(Why.UNKNOWN, "the broker's answer is a session without token, user or time")
    return LoggedIn(Secret(session.access_token), session.user_id, login_ns)


def end_session(address: BrokerAddress, token: Secret) -> Failed | None:
    """Log out; None when it is done. A token that is dead already is refused."""
    query = urlencode({"api_key": address.api_key, "access_token": token.reveal()})
    answer = _ask(
        address,
        "DELETE",
        f"/session/token?{query}",
        {"Authorization": f"token {address.api_key}:{token.reveal()}"},
        None,
    )
    data = answer if isinstance(answer, Failed) else _data(answer)
    return data if isinstance(data, Failed) else None


def _ask(
    address: BrokerAddress, method: str, target: str, headers: dict[str, str], form: bytes | None
) -> Answer | Failed:
    kind = {"Content-Type": "application/x-www-form-urlencoded"} if form else {}
    common = {"X-Kite-Version": "3", "User-Agent": "tarazu"}
    line = Line(origin_of(address.rest_url))
    try:
        return line.ask(method, target, common | kind | headers, form, Deadline(TIMEOUT_S, TIMEOUT_S), _BYTES_MAX)
    except (OSError, http.client.HTTPException, BadBody) as lost:
        why = Why.UNKNOWN if line.sending else Why.UNREACHABLE
        return Failed(why, f"{address.rest_url}: {_told(lost)}")
    finally:
        line.close()


def _data(answer: Answer) -> bytes | Failed:
    told = judge_read(answer.status, answer.body)
    if isinstance(told, No):
        why = Why.UNKNOWN if told.kind is RefusalKind.THROTTLED else Why.REFUSED
        return Failed(why, redact(f"{told.error_type}: {told.message}")[:_TOLD_CHARS_MAX])
    if isinstance(told, Unclear):
        return Failed(Why.UNKNOWN, redact(told.told)[:_TOLD_CHARS_MAX])
    return bytes(told)


def _told(lost: Exception) -> str:
    if isinstance(lost, TimeoutError):
        return "no answer in time"
    if isinstance(lost, ssl.SSLCertVerificationError):
        return f"its certificate is not trusted: {lost.verify_message}"
    return redact(str(lost) or type(lost).__name__)[:_TOLD_CHARS_MAX]
