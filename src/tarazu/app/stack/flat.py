"""Leaving everything before the stack goes down: main is told to, and the broker's own books say when it is done."""

import time
from collections.abc import Callable

from tarazu.adapters.kite_account.client import KiteAccount
from tarazu.app.account.reading import account_of
from tarazu.app.account.whose import token_of
from tarazu.app.broker_address import NoAddress, broker_address
from tarazu.app.home import Home, Profile
from tarazu.app.main.telling import MainSilent, tell_main
from tarazu.app.person import person
from tarazu.app.supervision.main_standing import current_main
from tarazu.app.supervision.outcome import Outcome
from tarazu.app.verdict import Exit
from tarazu.model.outcome import Answered

FLAT_S = 90.0
_LOOK_S = 0.5
ALONE = 'tarazu flatten --live --reason "..."'


def flatten_by_main(home: Home, tell: Callable[[str], None], patience_s: float = FLAT_S) -> Outcome:
    """FLATTEN told to main, and waited for. Where this does not hold, main is to run on: it goes on leaving."""
    if home.profile is Profile.PAPER:
        return _not_asked("the paper account is inside main: tarazu engine tell FLATTEN, and look at engine status")
    if current_main(home) is None:
        return _not_asked("main does not run, and nobody would leave the positions by the desk's own rules")
    try:
        address = broker_address(home)
        told = tell_main(home, {"order": "FLATTEN", "who": person(), "why": "tarazu down --flatten"})
    except MainSilent as silent:
        return _outcome(Exit.UNKNOWN, "not known to be heard", str(silent), "MAIN_SILENT")
    except (NoAddress, OSError) as bad:
        return _outcome(Exit.CRIT, "not asked", str(bad), "NO_ADDRESS")
    if not told["accepted"]:
        return _outcome(Exit.REFUSED, "not taken", told["error"] or told["declined"], "REFUSED")
    with account_of(address, token_of(home, address), 7.0) as account:
        return _wait(account, tell, patience_s)


def _wait(account: KiteAccount, tell: Callable[[str], None], patience_s: float) -> Outcome:
    end = time.monotonic() + patience_s
    while True:
        held = _held(account)
        if held == []:
            told = "by the broker's books; entries stay off until: tarazu engine tell ENTRIES_ON"
            return _outcome(Exit.OK, "is done", told)
        tell(f"flatten: {'the broker does not tell' if held is None else f'{len(held)} positions'}")
        if time.monotonic() > end:
            break
        time.sleep(_LOOK_S)
    if held is None:
        return _outcome(Exit.UNKNOWN, "not seen to be done", "the broker's positions cannot be read", "ACCOUNT_UNKNOWN")
    told = f"after {patience_s:g} s still held: {', '.join(held)}; main runs on and goes on leaving them"
    return _outcome(Exit.PARTIAL, "is not done", told, "PARTIAL")


def _held(account: KiteAccount) -> list[str] | None:
    """None where the broker does not tell."""
    told = account.positions()
    if not isinstance(told, Answered):
        return None
    return [
        f"{row.quantity:+} {row.exchange}:{row.tradingsymbol} {row.product}" for row in told.value.net if row.quantity
    ]


def _not_asked(why: str) -> Outcome:
    return _outcome(Exit.REFUSED, "not asked", why, "NOT_ASKED")


def _outcome(exit_code: Exit, did: str, detail: str, code: str = "") -> Outcome:
    hint = ALONE if code else ""
    return Outcome(name="flatten", exit_code=exit_code, did=did, detail=detail, code=code, hint=hint)
