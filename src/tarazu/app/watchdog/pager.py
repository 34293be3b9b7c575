"""From findings to people: incidents opened, alerts posted, halts asked for; each once while it lasts.

One thread of its own: the desk's record and main's answer may take seconds, and nobody's pulse waits for them.
"""

import logging
from collections import deque
from collections.abc import Iterable

import msgspec

from tarazu.app.alerts.alert import RANK, Alert
from tarazu.app.alerts.box import Box
from tarazu.app.alerts.post import post
from tarazu.app.home import Home
from tarazu.app.incidents.incident import Incident
from tarazu.app.incidents.store import NoSuchIncident, NotKept, incidents, note, open_incident
from tarazu.app.main.telling import MainSilent, tell_main
from tarazu.app.watchdog.finding import Finding
from tarazu.app.watchdog.record import WHO, note_act
from tarazu.engine.messages import Order
from tarazu.model import ist
from tarazu.model.units import SECOND_NS
from tarazu.runtime.desk_record import BadDeskRecord, DeskKind, stamped

log = logging.getLogger("tarazu.watchdog")

OVER_NS = 5 * SECOND_NS
"""A finding that is not there for so long is over: what flickers is one thing."""
HALT_PATIENCE_S = 3.0
TOLD_BEFORE = "-"
"""In place of an incident's id: a watchdog before this one has told it."""
FOUND, HALT = "found", "halt"
"""In the desk's record."""
KEEP_AGAIN_NS = 5 * SECOND_NS
"""A record that took no incident is asked again after so long, until it does, though the finding be over."""
OPEN_NS = 10 * SECOND_NS
"""How often the open incidents are counted."""


class _Known(msgspec.Struct):
    """A finding in its time. Stamps are CLOCK_MONOTONIC."""

    finding: Finding
    first_ns: int
    last_ns: int
    told: bool = False
    halted: bool = False
    incident: str = ""
    noted: bool = False
    """That it was told is in the desk's record, or need not be."""
    tried_ns: int = 0
    """When the record was last asked to take it; 0: not yet."""


class Pager:
    """`take` by the thread that watches, `work` by its own."""

    def __init__(self, home: Home, now_ns: int) -> None:
        """Counts on from the desk's record of the day, as far as it reads."""
        self.incidents_open: int | None = None
        self.halts = 0
        self.unkept: deque[Alert] = deque(maxlen=100)
        """What the outbox did not take: the courier carries them."""
        self._home, self._box = home, Box(home.alerts)
        self._taken: tuple[Finding, ...] = ()
        self._known: dict[str, _Known] = {}
        self._counted_ns = 0
        self._told_before, self._halted_before = _before(home, now_ns)

    def take(self, findings: Iterable[Finding]) -> None:
        """All that is wrong now."""
        self._taken = tuple(findings)

    def texts(self) -> tuple[str, ...]:
        """What has been told and is not over, the worst first."""
        told = [one.finding for one in list(self._known.values()) if one.told]
        return tuple(f"{f.code} {f.text}" for f in sorted(told, key=lambda f: RANK[f.severity]))

    def work(self, mono_ns: int, now_ns: int) -> None:
        for finding in self._taken:
            known = self._known.get(finding.key) or self._new(finding, mono_ns)
            known.finding, known.last_ns = finding, mono_ns
        for key, known in list(self._known.items()):
            if known.told:
                self._keep(known, mono_ns, now_ns)
            if mono_ns - known.last_ns > OVER_NS:
                if not known.told or _is_kept(known):
                    del self._known[key]
                    self._over(known, now_ns)
            elif known.last_ns - known.first_ns >= known.finding.lasts_ns:
                self._tell(known, mono_ns, now_ns)
        if mono_ns >= self._counted_ns + OPEN_NS or not self._counted_ns:
            self._counted_ns = mono_ns
            self._count()

    def _new(self, finding: Finding, mono_ns: int) -> _Known:
        told, halted = (finding.stays and finding.key in keys for keys in (self._told_before, self._halted_before))
        known = self._known[finding.key] = _Known(finding, mono_ns, mono_ns, told=told, halted=halted)
        if told:
            known.incident, known.noted = TOLD_BEFORE, True
        return known

    def _tell(self, known: _Known, mono_ns: int, now_ns: int) -> None:
        finding = known.finding
        if finding.halts and not known.halted:
            known.halted = self._halt(finding, now_ns)
        if known.told:
            return
        known.told = True
        log.error("%s %s: %s", finding.severity, finding.code, finding.text)
        self._keep(known, mono_ns, now_ns)
        alert = Alert(
            finding.code,
            finding.severity,
            finding.text,
            self._key(known, now_ns),
            hint=finding.hint,
            runbook=finding.runbook,
            incident=known.incident,
        )
        if self._is_called(finding):
            return
        if not post(self._home, alert, now_ns, WHO):
            self.unkept.append(alert)

    def _key(self, known: _Known, now_ns: int) -> str:
        """The engine's own, for what both tell of. Else each time it happens is an alert of its own, so that one who
        has acknowledged it before is told again; while nobody has, it is one more of the same."""
        finding = known.finding
        if finding.stays:
            return finding.key
        base = f"{finding.code}:{known.incident}:{finding.key}@"
        try:
            open_ = (kept.alert.key for kept in self._box.alerts() if kept.is_open)
            return next((key for key in open_ if key.startswith(base)), f"{base}{now_ns}")
        except OSError:
            return f"{base}{now_ns}"

    def _is_called(self, finding: Finding) -> bool:
        """Whether the engine's own alert of it is in the outbox."""
        if not finding.called:
            return False
        try:
            kept = self._box.alerts()
        except OSError:
            return False
        since_ns = finding.since_ns - OVER_NS
        return any(one.alert.key.startswith(finding.called) and one.first_ns >= since_ns for one in kept)

    def _keep(self, known: _Known, mono_ns: int, now_ns: int) -> None:
        """The incident, and that it was told, in the desk's record: until it takes them."""
        if _is_kept(known) or (known.tried_ns and mono_ns < known.tried_ns + KEEP_AGAIN_NS):
            return
        finding, known.tried_ns = known.finding, mono_ns
        if finding.opens and not known.incident:
            incident = self._opened(finding, now_ns)
            known.incident = incident.id if incident is not None else ""
        if finding.stays and not known.noted:
            known.noted = note_act(self._home, {"act": FOUND, "code": finding.code, "key": finding.key}, now_ns)
        self._counted_ns = 0

    def _opened(self, finding: Finding, now_ns: int) -> Incident | None:
        text = finding.text
        try:
            found = open_incident(
                self._home, finding.severity, finding.code, text, who=WHO, now_ns=now_ns, runbook=finding.runbook
            )
            if found.opened_ns != now_ns and found.timeline[-1].text != text:
                found = note(self._home, found.id, text, who=WHO, now_ns=now_ns)
        except (NotKept, NoSuchIncident, OSError) as failed:
            log.error("no incident is opened for %s: %s", finding.code, failed)
            return None
        return found

    def _over(self, known: _Known, now_ns: int) -> None:
        if not known.told:
            return
        lasted_s = (known.last_ns - known.first_ns) // SECOND_NS
        text = f"over after {lasted_s} s: {known.finding.text}"
        log.info("%s %s", known.finding.code, text)
        try:
            if known.incident not in ("", TOLD_BEFORE):
                note(self._home, known.incident, text, who=WHO, now_ns=now_ns)
        except (NotKept, NoSuchIncident, OSError) as failed:
            log.error("%s does not say that it is over: %s", known.incident, failed)

    def _halt(self, finding: Finding, now_ns: int) -> bool:
        """Whether the halt is where main takes it: in main, or in the record that it reads."""
        why = f"{finding.code}: {finding.text}"
        try:
            answer = tell_main(self._home, {"order": Order.HALT, "who": WHO, "why": why}, HALT_PATIENCE_S)
            told = bool(answer.get("accepted"))
            how = str(answer.get("error") or answer.get("declined") or "")
        except MainSilent as silent:
            told, how = False, str(silent)
        if told:
            log.error("main was told to halt: %s", why)
            body = {"act": HALT, "code": finding.code, "key": finding.key, "why": why}
            note_act(self._home, body, now_ns)
        else:
            log.error("main cannot be told to halt (%s), it finds it in the desk's record: %s", how, why)
            body = {"level": "HARD_HALT", "code": finding.code, "key": finding.key, "why": why}
            told = note_act(self._home, body, now_ns, DeskKind.HALT_ASKED)
        self.halts += told
        return told

    def _count(self) -> None:
        try:
            self.incidents_open = sum(one.is_open for one in incidents(self._home))
        except OSError as failed:
            log.error("the open incidents are not known: %s", failed)
            self.incidents_open = None


def _is_kept(known: _Known) -> bool:
    finding = known.finding
    return (not finding.opens or known.incident != "") and (not finding.stays or known.noted)


def _before(home: Home, now_ns: int) -> tuple[set[str], set[str]]:
    """Keys of what a watchdog of today has told, and has had the desk halted for."""
    try:
        found = stamped(home.desk, ist.day_of(now_ns))
    except (BadDeskRecord, OSError) as bad:
        log.error("what was told today is not known, and is told again: %s", bad)
        return set(), set()
    mine = [entry for entry in found if entry.who == WHO]
    told = {str(e.body.get("key")) for e in mine if e.body.get("act") == FOUND}
    asked = (e for e in mine if e.kind is DeskKind.HALT_ASKED or e.body.get("act") == HALT)
    return told, {str(e.body.get("key")) for e in asked}
