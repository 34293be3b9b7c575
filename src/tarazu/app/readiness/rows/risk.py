"""What a person has stopped, or has to see first: halts, the reconnect breaker, incidents, alerts."""

from datetime import timedelta

from tarazu.app.alerts.box import Box
from tarazu.app.alerts.urls import read_alert_urls
from tarazu.app.feed.snapshot import breaker_on_file
from tarazu.app.incidents.store import read as read_incidents
from tarazu.app.main.past import before
from tarazu.app.readiness.look import Look
from tarazu.app.readiness.rows.row import block, ok, skip, unknown, warn
from tarazu.app.secrets.store import BadSecrets
from tarazu.app.verdict import Check, Status
from tarazu.engine.codec import BadPayload
from tarazu.engine.messages import Halt, RiskState
from tarazu.model import ist
from tarazu.runtime import journal_files
from tarazu.runtime.desk_record import BadDeskRecord, DeskKind, days, entries
from tarazu.runtime.journal_reader import BrokenChain, JournalReader

RESET = 'tarazu risk reset-halt --reason "..." --incident ID'
SHOW = "tarazu risk show"
TEST = "tarazu alerts test"
ASKED_DAYS = 7
"""A halt that was asked for longer ago than this has been met by a start since, or the desk has not traded."""


def risk(look: Look, row: Check) -> Check:
    """No halt, by main itself or by the journal it will begin with; nor one that was asked for while no main was there
    to take it. Midnight resets none."""
    if look.main is not None and look.main.phase is not None:
        return _risk(row, look.main.halt, look.main.entries_off, look.main.risk.strategy_halts)
    if asked := _asked(look):
        return block(
            row, "HALT_ASKED", f"a halt was asked for while main was down: {asked}", f"tarazu up main; {RESET}"
        )
    try:
        past = before(look.home.journal, ist.day_of(look.now_ns) + timedelta(days=1))
    except (BrokenChain, BadPayload) as bad:
        return unknown(row, "RISK_UNKNOWN", f"the journal does not say: {bad}", "tarazu audit verify --all")
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
    """A SEV1 that is open keeps the desk from trading: somebody closes it, and says why."""
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
    if any(one.severity == "SEV1" for one in left):
        return block(seen, "INCIDENT_OPEN", told, hint)
    return warn(seen, "INCIDENT_OPEN", told, hint)


def notify(look: Look, row: Check) -> Check:
    """(C27) Alerts have somewhere to go and arrive there; one that nobody has answered keeps the desk from READY."""
    box = Box(look.home.alerts)
    waiting = [kept for kept in box.alerts() if kept.is_open]
    grave = [kept for kept in waiting if kept.alert.severity == "SEV1"]
    if grave and not look.is_sim:
        told = ", ".join(f"{kept.id} {kept.alert.code}" for kept in grave[:4])
        return block(row, "ALERT_UNANSWERED", f"nobody has taken {told}", f"tarazu alerts ack {grave[0].id}")
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


def _asked(look: Look) -> str:
    """The last halt that no main has taken yet, asked for after the journal's last entry; empty: none. A record that
    does not read is `desk.chain`'s to tell."""
    try:
        asked = [
            entry
            for day in days(look.home.desk)[-ASKED_DAYS:]
            for entry in entries(look.home.desk, day)
            if entry.kind is DeskKind.HALT_ASKED
        ]
    except BadDeskRecord:
        return ""
    if not asked or asked[-1].ts_ns <= _last_entry_ns(look):
        return ""
    why = asked[-1].body.get("why") or asked[-1].body.get("reason") or "no reason given"
    return f"{asked[-1].who}, {ist.stamp(asked[-1].ts_ns)} IST: {why}"


def _last_entry_ns(look: Look) -> int:
    """Of the journal's last day; 0: there is none, or it does not read."""
    known = journal_files.days(look.home.journal)
    if not known:
        return 0
    last_ns = 0
    try:
        for entry in JournalReader(journal_files.day_folder(look.home.journal, known[-1])).ready():
            last_ns = entry.ts_ns
    except BrokenChain:
        return last_ns
    return last_ns
