"""A login: a request token exchanged, the new token proven by profile and margins, kept in `.env`, written down.

What can be lost is the token: once the broker has issued it, it is kept, even where it could not be proven, unless the
broker says that it is dead or another user's. What must not happen is another account's token in its place: that takes
a person's word.
"""

from collections.abc import Mapping

import msgspec

from tarazu.app.account.reading import Why, account_of, failure_of
from tarazu.app.broker_address import BrokerAddress, NoAddress, NoApp
from tarazu.app.home import Home, Profile
from tarazu.app.person import person
from tarazu.app.secrets.store import BadSecrets, Name, Secret, read_secrets, write_secrets
from tarazu.app.session.clock import session_now_ns
from tarazu.app.session.exchange import Failed, LoggedIn, exchange
from tarazu.app.session.exchange import Why as NotDone
from tarazu.app.session.issued import Issued, fingerprint, last_issued
from tarazu.app.session.kite_app import KiteApp
from tarazu.app.verdict import Exit
from tarazu.model.outcome import Answered
from tarazu.runtime.desk_record import BadDeskRecord, DeskKind, append

TIMEOUT_S = 7.0  # kiteconnect 5.2.2
PASTE_AGAIN = "tarazu session login --prompt-token --update-env"
OLD_MAY_BE_DEAD = "and the token in .env may be dead: a login can end the one before"


class Proof(msgspec.Struct, frozen=True):
    """What the new token was worth when it was tried."""

    user_id: str = ""
    """Whose profile it showed; empty where it showed none."""
    funds: bool = False
    refused: str = ""
    """Why it is none of ours; empty where nothing says so."""
    silent: str = ""
    """Why it could not be proven: no answer, or a no that is not about the token."""


class Login(msgspec.Struct, frozen=True, kw_only=True):
    """What came of it."""

    exit_code: Exit
    code: str = ""
    """EXCHANGE_REFUSED, OUTCOME_UNKNOWN, BROKER_SILENT, OTHER_ACCOUNT, TOKEN_REFUSED, NOT_KEPT, NOT_PROVEN, NOT_NOTED,
    NO_APP, NO_BROKER, NO_REQUEST_TOKEN."""
    detail: str = ""
    hint: str = ""
    issued: Issued | None = None
    kept: bool = False
    """Whether it is in `.env`."""


def without_address(home: Home, none: NoAddress) -> Login:
    """Nobody was asked."""
    if isinstance(none, NoApp):
        return _login(Exit.CRIT, "NO_APP", str(none), f"edit {home.env_file}")
    return _login(Exit.CRIT, "NO_BROKER", str(none), "tarazu doctor")


def log_in(
    home: Home, address: BrokerAddress, app: KiteApp, token: Secret, *, keep: bool, other_account: bool = False
) -> Login:
    """`keep` writes the profile's secrets; `other_account` takes a user who is not the one of the last login.

    Raises nothing about broker and disk: a failure of either is told.
    """
    try:
        before = last_issued(read_secrets(home))
    except (BadSecrets, OSError) as bad:  # before the exchange: what is issued then could not be kept
        return _login(Exit.CRIT, "NOT_KEPT", f"{bad}; nobody was asked", "tarazu doctor")
    done = exchange(address, app, token)
    if isinstance(done, Failed):
        return _not_issued(done)
    issued = Issued(done.login_ns, done.user_id, fingerprint(done.access_token))
    if before is not None and before.user_id != done.user_id and not other_account:
        told = f"the login is that of {done.user_id}, the last one was that of {before.user_id}; nothing was changed"
        return _login(Exit.REFUSED, "OTHER_ACCOUNT", told, f"{PASTE_AGAIN} --other-account", issued)
    proof = prove(address, done)
    if proof.refused:
        told = f"the new token: {proof.refused}; it was not kept, {OLD_MAY_BE_DEAD}"
        return _login(Exit.CRIT, "TOKEN_REFUSED", told, PASTE_AGAIN, issued)
    if not keep:
        return _judged(proof, issued, kept=False)
    try:
        write_secrets(home, _kept(home, address, done, issued))
    except (ValueError, OSError) as bad:
        told = f"the new token could not be written: {bad}; {OLD_MAY_BE_DEAD}"
        return _login(Exit.CRIT, "NOT_KEPT", told, "tarazu doctor", issued)
    try:
        _note(home, issued, proof, session_now_ns(address))
    except (BadDeskRecord, OSError) as bad:
        told = f"the token is kept, and the desk's record could not be written: {bad}"
        return _login(Exit.WARN, "NOT_NOTED", told, "tarazu doctor", issued, kept=True)
    return _judged(proof, issued, kept=True)


def prove(address: BrokerAddress, done: LoggedIn) -> Proof:
    """Profile, then margins. Refused is a token that is not taken, or is another user's: any other no, or silence, says
    too little to throw away what was issued."""
    with account_of(address, done.access_token.reveal, TIMEOUT_S) as account:
        profile = account.profile()
        if not isinstance(profile, Answered):
            failed = failure_of(profile)
            return Proof(refused=failed.told) if failed.why is Why.AUTH else Proof(silent=failed.told)
        if profile.value.user_id != done.user_id:
            return Proof(refused=f"its profile is that of {profile.value.user_id}, and not of {done.user_id}")
        funds = account.margins()
        if not isinstance(funds, Answered):
            return Proof(user_id=done.user_id, silent=f"margins: {failure_of(funds).told}")
    return Proof(user_id=done.user_id, funds=True)


def _kept(home: Home, address: BrokerAddress, done: LoggedIn, issued: Issued) -> Mapping[str, str]:
    """In sim the broker's key too: another one's token is then known to be none of this one's."""
    key: dict[str, str] = {Name.KITE_API_KEY: address.api_key} if home.profile is Profile.SIM else {}
    return key | {Name.KITE_ACCESS_TOKEN: done.access_token.reveal(), Name.KITE_TOKEN_ISSUED: issued.line()}


def _note(home: Home, issued: Issued, proof: Proof, now_ns: int) -> None:
    body = {"user_id": issued.user_id, "token": issued.fingerprint, "proven": proof.funds, "told": proof.silent}
    append(home.desk, DeskKind.SESSION, body, who=person(), now_ns=now_ns)


def _judged(proof: Proof, issued: Issued, kept: bool) -> Login:
    if proof.silent:
        told = f"the token {'is kept and' if kept else ''} could not be proven: {proof.silent}"
        return _login(Exit.UNKNOWN, "NOT_PROVEN", told, "tarazu session check", issued, kept)
    if not kept:
        told = "the login works, and its token was not kept: --no-update-env"
        return _login(Exit.WARN, "NOT_KEPT", told, PASTE_AGAIN, issued)
    return Login(exit_code=Exit.OK, issued=issued, kept=True)


def _not_issued(failed: Failed) -> Login:
    if failed.why is NotDone.REFUSED:
        told = f"{failed.told}; a request token is good once, and for a few minutes: log in again"
        return _login(Exit.CRIT, "EXCHANGE_REFUSED", told, PASTE_AGAIN)
    if failed.why is NotDone.UNREACHABLE:
        return _login(Exit.CRIT, "BROKER_SILENT", f"{failed.told}; nothing was sent", PASTE_AGAIN)
    told = f"{failed.told}; whether the broker has issued a token is not known, the old one may be dead"
    return _login(Exit.UNKNOWN, "OUTCOME_UNKNOWN", told, PASTE_AGAIN)


def _login(
    exit_code: Exit, code: str, detail: str, hint: str, issued: Issued | None = None, kept: bool = False
) -> Login:
    return Login(exit_code=exit_code, code=code, detail=detail, hint=hint, issued=issued, kept=kept)
