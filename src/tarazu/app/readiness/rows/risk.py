"""What a person has stopped, or has to see first: halts, the reconnect breaker, incidents, alerts."""

from tarazu.app.alerts.box import Box
from tarazu.app.alerts.urls import read_alert_urls
from tarazu.app.feed.snapshot import breaker_on_file
from tarazu.app.incidents.store import read as read_incidents
from tarazu.app.main.desk_watch import pending_halts
from tarazu.app.readiness.look import Look
from tarazu.app.readiness.rows.row import block, ok, skip, unknown, warn
from tarazu.app.secrets.store import BadSecrets
from tarazu.app.verdict import Check, Status
from tarazu.engine.codec import BadPayload
from tarazu.engine.halts import Halt, RiskState
from tarazu.model import ist
from tarazu.runtime.desk_record import BadDeskRecord, DeskEntry
from tarazu.runtime.journal_reader import BrokenChain

RESET = 'tarazu risk reset-halt --reason "..." --incident ID'
SHOW = "tarazu risk show"
TEST = "tarazu alerts test"
HALT = str(RiskState.HARD_HALT)
"""The code of a halt's incident and alert, as the watchdog gives it."""


def risk(look: Look, row: Check) -> Check:
    """No halt, by main itself or by the journal it will begin with; nor one that was asked for while no main was there
    to take it. Midnight resets none."""
    if look.main is not None and look.main.phase is not None:
        return _risk(row, look.main.halt, look.main.entries_off, look.main.risk.strategy_halts)
    try:
        past = look.past
        waiting = pending_halts(look.home.desk, past.noted)
    except (BrokenChain, BadPayload) as bad:
        return unknown(row, "RISK_UNKNOWN", f"the journal does not say: {bad}", "tarazu audit verify --all")
    except BadDeskRecord as bad:
        told = f"whether a halt was asked for cannot be told: {bad}"
        return unknown(row, "RISK_UNKNOWN", told, "tarazu incident open; keep the file as it is")
    if waiting:
        told = f"a halt was asked for while main was down: {_asked(waiting[-1])}"
        return block(row, "HALT_ASKED", told, f"tarazu up main; {RESET}")
    return (
        _risk(row, past.halt, past.entries_off, past.strategy_halts) if past.entries else ok(row, "NORMAL, a first day")
    )


def breaker(look: Look, row: Check) -> Check:
    """Of the feed's reconnects, which only a person closes."""
    seen = breaker_on_file(look.home)
    if seen.status is Status.OK:
        return ok(row, "closed")
    return block(row, seen.code, seen.detail, seen.hint)


def incidents(look: Look, row: Check) -> Check:
    """A SEV1 that is open keeps the desk from trading: somebody closes it, and says why. Where it is but the halt's
    own (HALT_OPEN), main may begin, halted (`gate.Readiness.may_start`)."""
    book = read_incidents(look.home)
    left = [one for one in book.incidents if one.is_open]
    if book.unread:
        told = f"{len(book.unread)} lines of the desk's record that may be of an incident do not read"
        return unknown(row, "INCIDENTS_UNKNOWN", told, "tarazu incident list")
    if not left:
        return ok(row, "none open")
    told = ", ".join(f"{one.id} {one.severity} {one.code}" for one in left[:4])
    seen = ok(row, "", observed=len(left), unit="open")
    hint = f"tarazu incident show {left[0].id}; then tarazu incident close"
    if grave := [one for one in left if one.severity == "SEV1"]:
        of_halt = all(one.code == HALT for one in grave)
        return block(seen, "HALT_OPEN" if of_halt else "INCIDENT_OPEN", told, hint)
    return warn(seen, "INCIDENT_OPEN", told, hint)


def notify(look: Look, row: Check) -> Check:
    """(C27) Alerts have somewhere to go and arrive there; one that nobody has answered keeps the desk from READY. The
    halt's own (HALT_UNANSWERED) does not hide what else is wrong here."""
    box = Box(look.home.alerts)
    waiting = [kept for kept in box.alerts() if kept.is_open]
    grave = [kept for kept in waiting if kept.alert.severity == "SEV1"]
    if grave and not look.is_sim:
        told = ", ".join(f"{kept.id} {kept.alert.code}" for kept in grave[:4])
        of_halt = all(kept.alert.code == HALT for kept in grave)
        ways = _ways(look, row, box) if of_halt else row
        if ways.status in (Status.CRIT, Status.UNKNOWN):
            return ways
        code = "HALT_UNANSWERED" if of_halt else "ALERT_UNANSWERED"
        return block(row, code, f"nobody has taken {told}", f"tarazu alerts ack {grave[0].id}")
    return _ways(look, row, box)


def _ways(look: Look, row: Check, box: Box) -> Check:
    """Where alerts go, and whether they arrive."""
    try:
        urls = read_alert_urls(look.home)
    except BadSecrets as bad:
        return unknown(row, "BAD_SECRETS", str(bad), "tarazu doctor")
    if not urls.addresses:
        if look.is_sim:
            return skip(row, "no TARAZU_ALERT_URLS in .env: alerts stay in the outbox")
        told, hint = "no TARAZU_ALERT_URLS in .env: an alert would reach nobody", f"edit {look.home.env_file}; {TEST}"
        return block(row, "NO_ALERT_URLS", told, hint) if look.is_live else warn(row, "NO_ALERT_URLS", told, hint)
    return _arrivals(look, row, box, [address.channel for address in urls.first])


def _arrivals(look: Look, row: Check, box: Box, channels: list[str]) -> Check:
    """By the last word on each channel of the first list."""
    arrived: dict[str, int] = {}
    failing: dict[str, str] = {}
    for kept in box.alerts():
        for channel, sent in kept.sendings.items():
            if max(sent.tried_ns, sent.arrived_ns) >= arrived.get(channel, 0):
                arrived[channel] = max(sent.tried_ns, sent.arrived_ns)
                failing[channel] = sent.failing or ("" if sent.arrived else "nothing has arrived yet")
    well = [channel for channel in channels if failing.get(channel) == ""]
    ill = [f"{channel}: {failing[channel]}" for channel in channels if failing.get(channel)]
    if well and not ill:
        last_ns = max(arrived[channel] for channel in well)
        return ok(row, f"{', '.join(well)}, last arrived {ist.stamp(last_ns)[:16]} IST", observed=len(well))
    if well:
        return warn(row, "ALERTS_FAIL", "; ".join(ill), TEST)
    if ill and look.is_live:
        return block(row, "ALERTS_FAIL", f"no channel delivers: {'; '.join(ill)}", TEST)
    if ill:
        return warn(row, "ALERTS_FAIL", f"no channel delivers: {'; '.join(ill)}", TEST)
    told = f"nothing was ever sent by {', '.join(channels) or 'the first list'}"
    return block(row, "ALERTS_UNTRIED", told, TEST) if look.is_live else warn(row, "ALERTS_UNTRIED", told, TEST)


def _risk(row: Check, halt: Halt | None, entries_off: str, strategies: dict[str, Halt]) -> Check:
    if halt is not None and halt.level is not RiskState.NORMAL:
        since = ist.stamp(halt.since_ns)
        return block(row, str(halt.level), f"{halt.code}: {halt.why}, since {since} IST", f"{SHOW}; {RESET}")
    if entries_off:
        told = f"entries are switched off: {entries_off}"
        return warn(row, "ENTRIES_OFF", told, "tarazu engine tell ENTRIES_ON --why ...")
    if strategies:
        return warn(row, "STRATEGY_HALTED", f"halted: {', '.join(sorted(strategies))}", SHOW)
    return ok(row, str(RiskState.NORMAL))


def _asked(entry: DeskEntry) -> str:
    why = entry.body.get("why") or entry.body.get("reason") or "no reason given"
    return f"{entry.who}, {ist.stamp(entry.ts_ns)} IST: {why}"
