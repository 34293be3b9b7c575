"""Whether the broker takes our token: one authenticated read, and what is known of the token without showing it.

Only the broker's own word about the token makes a session VALID or INVALID, or that there is none to ask about. No
answer, one that is not Kite's, a no to the question itself, or secrets that do not read are UNREACHABLE: they say
nothing about the token.
"""

from enum import StrEnum

import msgspec

from tarazu.app.account.reading import Failure, Why, account_of, failure_of
from tarazu.app.broker_address import BrokerAddress, NoAddress, NoApp, access_token
from tarazu.app.home import Home
from tarazu.app.secrets.store import BadSecrets, Name, Secret, Secrets, read_secrets
from tarazu.app.session.clock import session_now_ns
from tarazu.app.session.issued import Issued, expiry_ns, issued
from tarazu.app.supervision.reach import reach
from tarazu.model.outcome import Answered

TIMEOUT_S = 7.0  # kiteconnect 5.2.2
LOGIN = "tarazu session login --prompt-token --update-env"
CHECK = "tarazu session check"


class SessionState(StrEnum):
    VALID = "VALID"
    INVALID = "INVALID"
    UNREACHABLE = "UNREACHABLE"


class SessionStanding(msgspec.Struct, frozen=True, kw_only=True):
    state: SessionState
    now_ns: int
    """UTC, of the broker's clock in sim."""
    code: str = ""
    """Of what is wrong: NO_TOKEN, TOKEN_REFUSED, NO_APP, BAD_SECRETS, NO_BROKER, BROKER_SILENT,
    BROKER_REFUSES."""
    detail: str = ""
    hint: str = ""
    user_id: str = ""
    """As the broker knows the token's owner; empty unless VALID."""
    issued: Issued | None = None
    """None where it is not known, for the token was not put there by `tarazu session login`."""
    expires_ns: int | None = None
    """When Kite will end a token that lives now: the next 06:00 IST. None unless VALID."""
    own_token: bool = True
    """False in sim where `.env` has none, and the simulated broker's own is used."""


def session_standing(home: Home, timeout_s: float = TIMEOUT_S) -> SessionStanding:
    """Ask. In sim a broker is begun where none runs; nothing else changes. Raises nothing about the broker."""
    try:
        secrets = read_secrets(home)
    except BadSecrets as bad:
        return _bad(None, SessionState.UNREACHABLE, "BAD_SECRETS", str(bad), "tarazu doctor")
    try:
        address = reach(home)
        token = access_token(home, address)
    except NoApp as none:
        return _bad(None, SessionState.INVALID, "NO_APP", str(none), f"edit {home.env_file}")
    except NoAddress as none:
        return _bad(None, SessionState.UNREACHABLE, "NO_BROKER", str(none), "tarazu doctor")
    if not token:
        told = f"no {Name.KITE_ACCESS_TOKEN} in {home.env_file}: nobody has logged in"
        return _bad(address, SessionState.INVALID, "NO_TOKEN", told, LOGIN)
    found = issued(secrets)
    with account_of(address, lambda: token, timeout_s) as account:
        outcome = account.profile()
    if not isinstance(outcome, Answered):
        return _refused(address, failure_of(outcome), found)
    now_ns = session_now_ns(address)
    return SessionStanding(
        state=SessionState.VALID,
        now_ns=now_ns,
        user_id=outcome.value.user_id,
        issued=found,
        expires_ns=expiry_ns(now_ns),
        own_token=_is_ours(secrets, token),
    )


def _is_ours(secrets: Secrets, token: str) -> bool:
    return secrets.get(Name.KITE_ACCESS_TOKEN) == Secret(token)


def _refused(address: BrokerAddress, failure: Failure, found: Issued | None) -> SessionStanding:
    if failure.why is Why.AUTH:
        standing = _bad(address, SessionState.INVALID, "TOKEN_REFUSED", failure.told, LOGIN)
    elif failure.why is Why.REFUSED:
        told = f"{address.rest_url} refuses the question, and does not say that it is the token: {failure.told}"
        standing = _bad(address, SessionState.UNREACHABLE, "BROKER_REFUSES", told, CHECK)
    else:
        told = f"{address.rest_url}: {failure.told}; what the token is worth is not known"
        standing = _bad(address, SessionState.UNREACHABLE, "BROKER_SILENT", told, CHECK)
    return msgspec.structs.replace(standing, issued=found)


def _bad(address: BrokerAddress | None, state: SessionState, code: str, detail: str, hint: str) -> SessionStanding:
    return SessionStanding(state=state, now_ns=session_now_ns(address), code=code, detail=detail, hint=hint)
