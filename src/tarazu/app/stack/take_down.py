"""The stack taken down: the watchdog, no more entries, main, a look at the broker's own books, the rest.

A stop is no order that lasts: the next start trades again. Protective stops and exits rest on at the exchange, and
positions are held on, for `down` is no `flatten`; both are told. The last look is at the broker and comes after main
has ended, so that what main, dead or hung, could not cancel is cancelled by this command.
"""

from collections.abc import Callable, Sequence

import msgspec

from tarazu.adapters.kite_account.client import KiteAccount
from tarazu.app.account.reading import account_of
from tarazu.app.account.whose import token_of
from tarazu.app.broker_address import NoAddress, broker_address
from tarazu.app.home import Home, Profile
from tarazu.app.main.telling import MainSilent, tell_main
from tarazu.app.person import person
from tarazu.app.stack.entries import Ended, NotCancelled, asked, cancel_entries, open_rows
from tarazu.app.stack.flat import flatten_by_main
from tarazu.app.stack.record import note
from tarazu.app.supervision.bring_down import UNREADABLE, bring_down
from tarazu.app.supervision.bring_up import now_ns
from tarazu.app.supervision.found_broker import answers
from tarazu.app.supervision.main_standing import current_main
from tarazu.app.supervision.outcome import Outcome, supervisor_failed
from tarazu.app.supervision.programs import MAIN, WATCHDOG
from tarazu.app.supervision.state import ProcessState, State
from tarazu.app.supervision.supervisor import Busy, Supervision
from tarazu.app.verdict import Exit
from tarazu.engine.codec import BadPayload
from tarazu.orders.client_order_id import ClientOrderId, read_tag
from tarazu.runtime.journal_reader import BrokenChain

ACCOUNT = "account"
ANSWER_S = 7.0
"""The broker's, for each question (`kite_account.client.TIMEOUT_S`)."""
FLATTEN = "tarazu flatten --dry-run; tarazu up all looks after them again"
Tell = Callable[[str], None]


def take_down(
    home: Home,
    names: Sequence[str],
    *,
    supervisor_too: bool,
    keep_orders: bool = False,
    flatten: bool = False,
    tell: Tell = lambda _: None,
) -> list[Outcome]:
    """Stop those named, which are in the order of a start. One outcome each, and one of the account where main ran, or
    has ever run and the broker can be asked: what a crash left is looked at as well.

    `keep_orders`: working entries rest on, too. `flatten`: everything is left first; where that does not come to its
    end nothing is stopped. Idempotent: of what does not run nothing is asked.
    """
    if flatten:
        left = flatten_by_main(home, tell)
        if not left.holds:
            return [left]
        return [left, *take_down(home, names, supervisor_too=supervisor_too, tell=tell)]
    supervision, at_ns = Supervision(home), now_ns(home)
    try:
        with supervision.alone():
            outcomes = _take_down(home, names, supervisor_too, keep_orders, supervision, tell)
    except Busy as busy:
        return [supervisor_failed(Exit.REFUSED, "BUSY", str(busy))]
    except OSError as broken:
        return [supervisor_failed(Exit.CRIT, "DISK", str(broken), f"df -h {home.root}; ls -ld {home.root}")]
    did_something = any(outcome.did == "stopped" for outcome in outcomes)
    return [*outcomes, *(note(home, "down", outcomes, at_ns, keep_orders=keep_orders) if did_something else [])]


def _take_down(
    home: Home, names: Sequence[str], supervisor_too: bool, keep_orders: bool, supervision: Supervision, tell: Tell
) -> list[Outcome]:
    first = [name for name in names if name == WATCHDOG]
    then = [name for name in names if name == MAIN]
    rest = [name for name in names if name not in (WATCHDOG, MAIN)]
    before = supervision.state(MAIN)
    outcomes = bring_down(home, first, supervisor_too=False, supervision=supervision) if first else []
    if then:
        outcomes += _main_down(home, before, supervision, keep_orders, tell)
    if rest or supervisor_too:
        outcomes += bring_down(home, rest, supervisor_too=supervisor_too, supervision=supervision)
    return outcomes


def _main_down(
    home: Home, before: ProcessState, supervision: Supervision, keep_orders: bool, tell: Tell
) -> list[Outcome]:
    if not keep_orders and _may_answer(home):
        tell("main cancels its entries")
        _cancel_by_main(home)
    tell("main ends")
    outcomes = bring_down(home, [MAIN], supervisor_too=False, supervision=supervision)
    goes_on = any(not outcome.holds and outcome.code != UNREADABLE for outcome in outcomes)
    if goes_on or home.profile is Profile.PAPER or not (_was_there(before) or _may_have_left(home)):
        return outcomes  # the paper account lives and ends with main, whose own word of it stands
    tell("the broker's books are looked at")
    account = _account(home, keep_orders)
    if account.exit_code is Exit.UNKNOWN:
        return [*outcomes, account]
    return [*(_without_left(outcome) for outcome in outcomes), account]


def _cancel_by_main(home: Home) -> None:
    """It knows best what is an entry. Nothing hangs on its answer: the broker's books are looked at afterwards."""
    asked = {"order": "CANCEL_ENTRIES", "who": person(), "why": "tarazu down"}
    try:
        tell_main(home, asked, patience_s=ANSWER_S)
    except MainSilent:
        return


def _account(home: Home, keep_orders: bool) -> Outcome:
    """What is left at the broker, in its own words, once entries are cancelled there."""
    try:
        address = broker_address(home)
        with account_of(address, token_of(home, address), ANSWER_S) as account:
            return _left(account, Ended() if keep_orders else cancel_entries(home, account))
    except (NoAddress, NotCancelled, BrokenChain, BadPayload, OSError) as unknown:
        detail = f"entries may work, and positions be open: {unknown}"
        return _outcome(Exit.UNKNOWN, "not known", detail, "ACCOUNT_UNKNOWN", "tarazu flatten --dry-run")


def _left(account: KiteAccount, done: Ended) -> Outcome:
    rows, told = open_rows(account), asked(account.positions)
    held = [f"{row.quantity:+} {row.exchange}:{row.tradingsymbol} {row.product}" for row in told.net if row.quantity]
    ours = [row for row in rows if row.tag and isinstance(read_tag(row.tag), ClientOrderId)]
    stops = sum(row.order_type in ("SL", "SL-M") for row in ours)
    strange = len(rows) - len(ours)
    parts = [f"{done.cancelled} entries cancelled here"] if done.cancelled else []
    parts += [f"filled before it could be cancelled: {', '.join(done.filled)}"] if done.filled else []
    parts += [f"held: {', '.join(held)}"] if held else []
    parts += [f"{len(ours)} orders of ours rest ({stops} of them stops)"] if ours else []
    parts += [f"{strange} orders of others rest"] if strange else []
    detail = "; ".join(parts) or "no order works"
    if held or ours:
        return _outcome(Exit.WARN, "left", detail, "LEFT", FLATTEN)
    return _outcome(Exit.OK, "is flat" if not strange else "is flat of ours", detail)


def _outcome(exit_code: Exit, did: str, detail: str, code: str = "", hint: str = "") -> Outcome:
    return Outcome(name=ACCOUNT, exit_code=exit_code, did=did, detail=detail, code=code, hint=hint)


def _without_left(outcome: Outcome) -> Outcome:
    """The broker's word of what is left is told in place of main's last."""
    if outcome.code != "LEFT":
        return outcome
    return msgspec.structs.replace(outcome, exit_code=Exit.OK, code="", detail="", hint="")


def _may_answer(home: Home) -> bool:
    try:
        return current_main(home) is not None
    except OSError:
        return True  # its health does not read, which is nothing against its socket


def _was_there(state: ProcessState) -> bool:
    """It ran, or should have: what a main that died has left is looked at as well."""
    return state.state is not State.STOPPED


def _may_have_left(home: Home) -> bool:
    """A main ran here some day, and nobody knows how it ended: the machine may have. A simulated broker that does not
    run is not begun for that; it keeps its books, and the next start looks at them."""
    return home.journal.is_dir() and (home.profile is not Profile.SIM or answers(home))
