"""The day: does it trade, is it covered by the dated data, and do we know its instruments and freeze quantities?"""

from datetime import date

from tarazu import reference
from tarazu.adapters.kite_rest.client import KiteMarketRest
from tarazu.adapters.kite_rest.errors import RestError, TokenRefused
from tarazu.app.broker_address import BrokerAddress, NoAddress
from tarazu.app.masters.freeze import BadFreezeList, freeze_folder, freeze_list
from tarazu.app.masters.todays import BadMaster, DamagedMaster, MasterStore, doubt_of, todays_master
from tarazu.app.readiness.look import Look
from tarazu.app.readiness.rows.broker import CHECK_SESSION
from tarazu.app.readiness.rows.row import block, ok, unknown, warn
from tarazu.app.session.standing import LOGIN
from tarazu.app.settings import FeedSettings
from tarazu.app.verdict import Check
from tarazu.model import ist
from tarazu.model.calendar import NotCovered
from tarazu.model.units import MINUTE_NS

HORIZON_DAYS = 45
"""OPERATOR.md 3: so long before the dated data ends somebody should bring newer."""
NEWER = "a newer tarazu brings newer data"
FREEZE_DAYS = 35
"""The exchange issues the list monthly (KITE facts 3.3)."""
AGAIN_NS = 5 * MINUTE_NS
"""A provisional master is worth another question after so long (`app.masters.todays.AGAIN_NS`)."""


def calendar(look: Look, row: Check) -> Check:
    """Today trades, and the calendar reaches far enough beyond it."""
    day = ist.day_of(look.now_ns)
    try:
        session = look.session
    except NotCovered as beyond:
        return block(row, "NOT_COVERED", str(beyond), NEWER)
    if session is None:
        following = reference.calendar().next_trading_day(day)
        return block(row, "NO_TRADING", f"{day:%a %d %b} is no trading day; the next is {following:%a %d %b}")
    if session.kind == "always-open":
        return ok(row, "a market that never closes")
    return _horizon(row, day, reference.calendar().data.valid_through, "the calendar ends")


def dated(look: Look, row: Check) -> Check:
    """The rules and the charges cover today, and some way beyond."""
    day, rules, charges = ist.day_of(look.now_ns), look.rules, reference.charge_rates()
    try:
        rules.refuse_uncovered(day)
        charges.refuse_uncovered(day)
    except NotCovered as beyond:
        return block(row, "NOT_COVERED", str(beyond), NEWER)
    return _horizon(row, day, min(rules.valid_through, charges.valid_through), "rules and charges end")


def instruments(look: Look, row: Check) -> Check:
    """Today's master: the kept one's hash is looked at; where none is kept it is fetched and kept as depth_ws would."""
    if isinstance(look.address, str):
        return unknown(row, "BROKER_UNREACHABLE", look.address, CHECK_SESSION)
    day, store = ist.day_of(look.now_ns), MasterStore(look.home.masters)
    try:
        kept = store.load(day)
        older = store.before(day)
    except DamagedMaster as damaged:
        return block(row, "MASTER_DAMAGED", str(damaged))
    if kept is not None and kept.meta.source == look.address.rest_url.rstrip("/"):
        doubt = doubt_of(kept.meta, older.meta if older else None, look.now_ns)
        if not doubt or 0 <= look.now_ns - kept.meta.fetched_ns < AGAIN_NS:
            return _master(row, kept.meta.rows, kept.meta.fetched_ns, doubt)
    return _fetched(look, row, look.address, store, day)


def freeze(look: Look, row: Check) -> Check:
    """The exchange's list is there and knows what the feed watches; without it orders cannot be cut by its figures."""
    day, how = ist.day_of(look.now_ns), "tarazu ready --freeze-list qtyfreeze.csv"
    try:
        kept = freeze_list(look.home, day)
    except (BadFreezeList, OSError) as bad:
        return block(row, "FREEZE_LIST", str(bad), how)
    if kept is None:
        told = f"no list in {freeze_folder(look.home)}: the figures of rules {look.rules.name} are taken"
        if look.is_live:
            return block(row, "NO_FREEZE_LIST", told, f"{how}, the month's from nseindia.com")
        return ok(row, f"by rules {look.rules.name}") if look.is_sim else warn(row, "NO_FREEZE_LIST", told, how)
    unknown_names = [name for name in _names(look) if name not in kept.quantities]
    seen = ok(row, f"of {kept.valid_from}, sha256 {kept.sha256[:12]}", observed=len(kept.quantities), unit="names")
    if unknown_names and look.is_live:
        told = f"the list of {kept.valid_from} has no {', '.join(unknown_names)}"
        return block(seen, "FREEZE_NAMES", told, f"add their lines (BSE issues its own list), then {how}")
    age = (day - kept.valid_from).days
    old = age > FREEZE_DAYS
    return warn(seen, "FREEZE_OLD", f"the list is {age} days old, a new one is issued monthly", how) if old else seen


def _horizon(row: Check, day: date, through: date, what: str) -> Check:
    left = (through - day).days
    seen = ok(row, f"through {through}", observed=left, limit=HORIZON_DAYS, unit="days")
    return seen if left >= HORIZON_DAYS else warn(seen, "HORIZON", f"{what} with {through}", NEWER)


def _master(row: Check, rows: int, fetched_ns: int, doubt: str) -> Check:
    seen = ok(row, f"fetched {ist.stamp(fetched_ns)[11:16]} IST", observed=rows, unit="rows")
    return warn(seen, "PROVISIONAL", doubt, "run the gate again after 08:30") if doubt else seen


def _fetched(look: Look, row: Check, address: BrokerAddress, store: MasterStore, day: date) -> Check:
    try:
        token = look.token or ""
        rest = KiteMarketRest(root=address.rest_url, api_key=address.api_key, access_token=lambda: token)
        try:
            todays = todays_master(store, rest, day, look.now_ns)
        finally:
            rest.close()
    except (TokenRefused, NoAddress) as refused:
        return block(row, "AUTH_LOST", f"today's master cannot be fetched: {refused}", LOGIN)
    except RestError as failed:
        return unknown(row, "NO_MASTER", f"today's master is not kept and cannot be fetched: {failed}", CHECK_SESSION)
    except BadMaster as bad:
        return block(row, "NO_MASTER", str(bad))
    return _master(row, todays.rows, todays.fetched_ns, "; ".join(todays.alarms) if todays.provisional else "")


def _names(look: Look) -> tuple[str, ...]:
    """Of the underlyings whose contracts are watched."""
    settings = FeedSettings() if isinstance(look.settings, str) else look.settings.feed
    return tuple(dict.fromkeys(one.name for one in settings.underlyings))
