"""What opens an incident, what halts the desk and what only calls somebody: one rule each, in the order of the guide.

Pure: each takes what is known now and gives what is wrong now. What is not known is never taken for good: it is a
finding of its own, or none where the process it is about has a finding.
"""

from collections.abc import Iterator

from tarazu.app.depth_ws.health import DepthWsHealth
from tarazu.app.depth_ws.health import Stage as FeedStage
from tarazu.app.main.health import DISK, MainHealth, Stage
from tarazu.app.runbook.duty import Duty
from tarazu.app.settings import WatchdogSettings
from tarazu.app.verdict import Check, Status
from tarazu.app.watchdog.account.watch import AccountFacts
from tarazu.app.watchdog.finding import Finding
from tarazu.app.watchdog.health import BookRead, OwnPnl, Watched
from tarazu.app.watchdog.pulse import Pulse
from tarazu.engine.halts import Halt, RiskState
from tarazu.market.feed_events import FeedState
from tarazu.model import ist
from tarazu.model.units import PAISE, SECOND_NS

DOWN_NS = 30 * SECOND_NS
"""A process that its supervisor has not brought back for so long will not come by itself."""
STALE_NS = 3 * SECOND_NS
FOREIGN_NS = 10 * SECOND_NS
"""An order of ours whose tag was lost is known by the engine within its next reads."""
UNREAD_NS = 30 * SECOND_NS
DIFFERS_NS = 60 * SECOND_NS
UNSHIPPED_NS = 60 * SECOND_NS
TROUBLE_NS = 2 * SECOND_NS
CALLED_NS = 3 * SECOND_NS
"""The engine's own alert is out of the journal and in the outbox by then."""

_RECORDS = {"DISK": "the journal's disk", "DATABASE": "the database"}
_GONE = (Pulse.DEAD, Pulse.HUNG)


def of_process(watched: Watched, died: str, given_up: bool) -> Iterator[Finding]:
    """`died`: how its last life ended a moment ago, unasked; empty when it did not."""
    name, logs = watched.name, f"tarazu logs {watched.name}"
    if died:
        yield Finding(code="PROCESS_DIED", severity="SEV3", text=f"{name}: {died}", key=f"died:{name}", hint=logs)
    if watched.pulse == Pulse.HUNG:
        text = f"{name} hangs: {watched.why}"
        yield Finding(code="PROCESS_HUNG", severity="SEV3", text=text, key=f"hung:{name}", hint=logs)
    if watched.pulse == Pulse.UNKNOWN:
        text = f"whether {name} works is not known: {watched.why}"
        yield Finding(
            code="PROCESS_UNKNOWN",
            severity="SEV2",
            text=text,
            key=f"unknown:{name}",
            hint=f"df -h; {logs}",
            opens=False,
            lasts_ns=STALE_NS,
        )
    if watched.pulse in _GONE:
        gone = "its supervisor has given it up" if given_up else f"it is {watched.pulse} and not back yet"
        text = f"{name} is not back after {DOWN_NS // SECOND_NS} s: {gone}"
        yield Finding(
            code="PROCESS_DOWN",
            severity="SEV2",
            text=text,
            key=f"down:{name}",
            hint=f"tarazu status; {logs}; tarazu up {name}",
            lasts_ns=DOWN_NS,
        )


def of_storm(text: str) -> Finding:
    return Finding(
        code="RESTART_STORM",
        severity="SEV1",
        text=f"{text}: it is left alone now, a person has to look",
        key=f"storm:{text}",
        hint="tarazu status",
        halts=True,
    )


def of_main(health: MainHealth) -> Iterator[Finding]:
    """What main says of itself, while it is to be believed."""
    if health.halt is not None and health.halt.level is RiskState.HARD_HALT:
        yield Finding(
            code="HARD_HALT",
            severity="SEV1",
            text=f"{health.halt.code}: {health.halt.why}",
            key=f"halt:{health.halt.since_ns}",
            called=f"main:{health.day}:HALT:{health.halt.code}:",
            since_ns=health.halt.since_ns,
            lasts_ns=CALLED_NS,
            hint="tarazu risk show",
            runbook="sev1-hard-halt",
        )
    dead = {"JOURNAL": health.journal.dead} if health.journal is not None and health.journal.dead else {}
    told = dead | {of: text for of, text in health.trouble.items() if of in _RECORDS}
    died_of_it = health.stage is Stage.FAILED and health.failed_of == DISK
    if told or died_of_it:
        what = "; ".join(f"{_RECORDS.get(of, 'the journal')}: {text}" for of, text in sorted(told.items()))
        yield Finding(
            code="DB_WRITE",
            severity="SEV1",
            text=what or health.detail,
            key="db_write",
            hint="df -h; tarazu db check",
            runbook="sev1-db-write",
            lasts_ns=0 if died_of_it else TROUBLE_NS,
        )


def last_word(health: MainHealth | None, before: tuple[Finding, ...]) -> tuple[Finding, ...]:
    """What main said last, `before` it fell silent, counts until it says otherwise: `health` is None when it is not
    current, and one that has no engine yet or any more says nothing of these things."""
    if health is None:
        return before
    said = tuple(of_main(health))
    if health.stage is Stage.RUNNING:
        return said
    keys = {one.key for one in said}
    return (*said, *(one for one in before if one.key not in keys))


def of_feed(health: DepthWsHealth | None, pulse: Pulse) -> Iterator[Finding]:
    """Only while a venue trades; a feed whose process is gone is as stale as any."""
    if health is None or not health.market_open or pulse is Pulse.ABSENT:
        return
    # While another begins the health is still the last one's; one that hangs was stale for eight seconds already.
    gone = pulse in (*_GONE, Pulse.STARTING) or health.stage not in (FeedStage.LIVE, FeedStage.RECONNECTING)
    for required in (True, False):
        stale = [
            f"{row.health.feed} {'no feed process' if gone else row.health.reason or row.health.state}"
            for row in health.feeds
            if row.health.required is required
            and row.health.enforced
            and (gone or row.health.state is not FeedState.FRESH)
        ]
        if stale:
            code = "FEED_STALE" if required else "FEED_STALE_OPTIONAL"
            yield Finding(
                code=code,
                severity="SEV2",
                text=f"stale: {', '.join(stale)}",
                key=code,
                hint="tarazu feed status",
                runbook="sev2-feed-stale",
                lasts_ns=0 if pulse is Pulse.HUNG else STALE_NS,
            )


def of_ship(ship: Check) -> Iterator[Finding]:
    """The copy of the record on another disk is behind, or takes nothing: nothing halts for it."""
    if ship.status in (Status.OK, Status.SKIP):
        return
    text = f"the record is not copied: {ship.code}: {ship.detail}"
    yield Finding(
        code="SHIP", severity="SEV2", text=text, key="ship", hint=ship.hint, opens=False, lasts_ns=UNSHIPPED_NS
    )


def of_monitor(missed: Duty | None, stack_works: bool) -> Iterator[Finding]:
    """Somebody is to look at a desk that works each half hour; of one that does not, there is a worse alert."""
    if missed is None or not stack_works:
        return
    until = ist.stamp(missed.until_ns)[11:16]
    yield Finding(
        code="MONITOR_MISSED",
        severity="SEV3",
        text=f"nobody has run the runbook's {missed.runbook} that was due until {until} IST",
        key="monitor",
        hint=f"tarazu runbook run {missed.runbook}",
        opens=False,
    )


def of_account(
    facts: AccountFacts, books: tuple[BookRead, ...], day: str, market_open: bool, settings: WatchdogSettings
) -> Iterator[Finding]:
    if facts.broken:
        text = f"the journal's chain does not hold: {facts.broken}"
        hint, runbook = f"tarazu audit verify --date {day}", "sev1-audit-chain"
        yield Finding(
            code="AUDIT_CHAIN",
            severity="SEV1",
            text=text,
            key=f"chain:{day}",
            hint=hint,
            runbook=runbook,
            halts=True,
            stays=True,
        )
    if facts.unread:
        text = f"the intents on the disk cannot be read: {facts.unread}"
        hint = f"tarazu restart watchdog; tarazu audit verify --date {day}"
        yield Finding(code="JOURNAL_UNREAD", severity="SEV2", text=text, key="unread_intents", hint=hint, opens=False)
    for code, orders in (("NO_INTENT", facts.audit.nobodys), ("DOUBLED", facts.audit.doubled)):
        for one in orders:
            key = f"main:{day}:{code}:#{one.order_id}"  # the engine's own alert: the pager posts it under this key
            yield Finding(
                code=code, severity="SEV1", text=one.text, key=key, hint="tarazu risk show", halts=True, stays=True
            )
    halts = settings.foreign == "halt"
    for one in facts.audit.foreign:
        yield Finding(
            code="FOREIGN",
            severity="SEV1" if halts else "SEV2",
            text=one.text,
            key=f"main:{day}:FOREIGN:#{one.order_id}",
            hint="tarazu engine tell DISOWN, or CLAIM, once it is known whose it is",
            opens=halts,
            halts=halts,
            stays=True,
            lasts_ns=0 if halts else FOREIGN_NS,
        )
    if facts.cancelled:
        text = f"main is silent: its entries were cancelled: {', '.join(facts.cancelled)}"
        yield Finding(code="ENTRIES_CANCELED", severity="SEV2", text=text, key="cancelled", hint="tarazu status")
    failing = [f"{read.what} {read.failing}" for read in books if read.failing]
    if failing and market_open:
        text = f"the account cannot be read: {'; '.join(failing)}"
        hint = "tarazu session check"
        yield Finding(
            code="ACCOUNT_UNREAD", severity="SEV2", text=text, key="unread", hint=hint, opens=False, lasts_ns=UNREAD_NS
        )


def of_result(pnl: OwnPnl, main: MainHealth | None, slack_paise: int, halted: Halt | None = None) -> Iterator[Finding]:
    """`main` is None when it says nothing to be believed: then `halted`, the journal's last word, counts. A loss that
    the engine has halted for is its own to tell."""
    if pnl.net_paise is None:
        return
    net, limit = pnl.net_paise, pnl.limit_paise
    if limit is not None and net <= -limit and (halted if main is None else main.halt) is None:
        standing = "main is down, and had not halted" if main is None else "not halted"
        text = f"the day's result is {_rupees(net)} by the broker's books, the limit {_rupees(-limit)}: {standing}"
        yield Finding(
            code="OWN_LOSS",
            severity="SEV1",
            text=text,
            key="own_loss",
            hint="tarazu risk show",
            halts=True,
            lasts_ns=15 * SECOND_NS,
        )
    if pnl.main_paise is not None and abs(net - pnl.main_paise) > slack_paise:
        text = f"the day's result is {_rupees(net)} by the broker's books, {_rupees(pnl.main_paise)} by main"
        yield Finding(
            code="PNL_DIFFERS",
            severity="SEV2",
            text=text,
            key="pnl_differs",
            hint="tarazu risk show",
            opens=False,
            lasts_ns=DIFFERS_NS,
        )


def _rupees(paise: int) -> str:
    return f"{paise / PAISE:+,.2f}"
