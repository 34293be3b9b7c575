"""An audit made: everything looked at in its order, then written down, recorded and told."""

import hashlib
import time
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import date

import msgspec

from tarazu.app import audit as journals
from tarazu.app.closing.standing import Standing
from tarazu.app.closing.steps import out_of_order
from tarazu.app.data.steps import Steps, steps
from tarazu.app.day_audit.audit import Audit, Replayed, span_of
from tarazu.app.day_audit.empty import without_journal
from tarazu.app.day_audit.evidence.artefacts import archive_findings, artefact_findings, artefacts
from tarazu.app.day_audit.evidence.desk import about_day, desk_proof
from tarazu.app.day_audit.evidence.journal import is_broken, judged, opened_incident
from tarazu.app.day_audit.evidence.reconciled import reconciled
from tarazu.app.day_audit.finding import Code, Finding
from tarazu.app.day_audit.keep import kept
from tarazu.app.day_audit.looks import NOT_ASKED, Looks, checks_for
from tarazu.app.day_audit.replayed import Replaying
from tarazu.app.day_audit.timeline.feed_day import FeedDay, feed_day
from tarazu.app.day_audit.told import cannot, told
from tarazu.app.day_audit.trail.completeness import counted, joined, missing
from tarazu.app.day_audit.walk.whole_walk import WholeWalk
from tarazu.app.home import Home
from tarazu.app.main.build import build
from tarazu.app.replaying.parts import past_day
from tarazu.app.replaying.past_day import CannotReplay, PastDay
from tarazu.app.verdict import Check, Status, Verdict
from tarazu.engine.codec import BadPayload
from tarazu.engine.messages import Started
from tarazu.journal.findings import Report
from tarazu.model import ist
from tarazu.model.instrument import Instrument
from tarazu.runtime.desk_record import BadDeskRecord, DeskKind
from tarazu.runtime.journal_files import days
from tarazu.runtime.segment import day_folder as feed_folder

PANELS_MAX = 6
"""Instruments whose price is drawn with the orders on it: those with the most executions."""


def audit_day(home: Home, day: date, *, who: str, now_ns: int, replays: bool) -> Verdict:
    """The day's audit, in `closes/<day>/` and in the desk's record. What cannot be written is told."""
    if not home.root.is_dir():
        return cannot(home, day, now_ns, f"there is no {home.root}: tarazu init makes it", "NO_HOME")
    if day > ist.day_of(now_ns):
        return cannot(home, day, now_ns, f"{day} has not been; at the desk it is {ist.day_of(now_ns)}", "NOT_YET")
    if day not in days(home.journal):
        return without_journal(home, day, who, now_ns, f"no engine ran on {day}")
    began_s, shown = time.monotonic(), steps()
    try:
        with shown("journal") as progress:
            report = judged(home, day, progress)
        if not report.entries and not report.findings:
            return without_journal(home, day, who, now_ns, f"the journal of {day} was begun and has no entry")
        audit = _looked_at(home, day, report, who, now_ns, replays=replays, steps=shown)
    except (journals.CannotAudit, BadPayload) as bad:
        return cannot(home, day, now_ns, str(bad))
    except OSError as bad:
        return cannot(home, day, now_ns, f"{home.root} cannot be read, or takes no lock: {bad}")
    return told(home, kept(home, audit, now_ns), time.monotonic() - began_s)


def _looked_at(home: Home, day: date, report: Report, who: str, now_ns: int, *, replays: bool, steps: Steps) -> Audit:
    """Raises CannotAudit, BadPayload, OSError."""
    replaying = Replaying(home, day, report.entries) if replays else None
    try:
        past = past_day(home, day, decides=False)
        walk = WholeWalk(day, lambda started: _instruments(past, started))
        with steps("orders") as progress:
            walk.go(past.journal, report.entries, lambda done: progress(done, report.entries))
        audit = _begun(home, day, who, now_ns, report, walk)
        with steps("feed") as progress:
            audit.feed = _feed(home, day, past, walk, lambda done: progress(done, walk.last_frame))
        with steps("replay") as progress:
            not_asked = Replayed(of=report.entries, why_not=NOT_ASKED)
            audit.replay = replaying.end(progress) if replaying is not None else not_asked
    finally:
        if replaying is not None:
            replaying.close()
    looks = _looks(home, day, audit, report, walk, now_ns)
    if is_broken(report):
        looks.incident = opened_incident(home, report, who, now_ns)
    audit.findings = looks.findings
    audit.checks = checks_for(audit, report, looks)
    return audit


def _begun(home: Home, day: date, who: str, now_ns: int, report: Report, walk: WholeWalk) -> Audit:
    """All but what more is looked at for."""
    bounds, curves = walk.bounds, walk.curves
    last = bounds.starts[-1][1] if bounds.starts else None
    session = last.session if last is not None else None
    is_over = session is not None and now_ns >= session.last_ns
    orders = joined(walk.trails)
    labels = {trail.order_id: trail.strategy for trail in orders if trail.order_id}
    return Audit(
        day=day,
        profile=home.profile,
        build=build(),
        who=who,
        made_ns=now_ns,
        standing=Standing(entries=report.entries, root=report.root.hex(), head=report.head.hash.hex()),
        is_over=is_over,
        first_ns=bounds.first_ns,
        last_ns=bounds.last_ns,
        starts=len(bounds.starts),
        builds=sorted({started.build for _, started in bounds.starts}),
        models=dict(last.models) if last is not None else {},
        config_sha256=_sha256(last),
        messages=dict(walk.messages.most_common()),
        checkpoints=report.checkpoints,
        covered=report.checkpoint_size,
        complete=counted(orders, is_over),
        orders=orders,
        by_strategy=walk.money.by_strategy(labels),
        result=walk.money.result(),
        open_places=walk.money.open_places(),
        marked_net_paise=walk.money.marked.net_paise if walk.money.marked is not None else None,
        marks_compared=walk.money.marks_compared,
        worst_drawdown_paise=curves.worst_drawdown_paise,
        requests=walk.limits.requests,
        executions=walk.limits.executions,
        controls=walk.controls.rows(),
        stages=[stage for _, stage in sorted(walk.stages(orders).items())],
        alerts=dict(walk.controls.alerts.most_common()),
        halts=walk.controls.halts,
        words=dict(walk.controls.words.most_common()),
        limits=list(walk.limits.uses.values()),
        spans=[span_of(spans) for spans in curves.spans.values()],
        points=curves.points,
        shots=curves.shots,
        outages=curves.outages,
    )


def _looks(home: Home, day: date, audit: Audit, report: Report, walk: WholeWalk, now_ns: int) -> Looks:
    desk = desk_proof(home, day, walk.notes)
    about = about_day(home, day)
    audit.desk_entries, audit.desk_noted = len(desk.entries), desk.noted
    audit.artefacts = artefacts(home, day, about)
    audit.reconciled, open_breaks = reconciled(home, day, about)
    session = walk.bounds.starts[-1][1].session if walk.bounds.starts else None
    not_compared = walk.money.end()
    return Looks(
        trail=list(missing(walk.trails, audit.orders, walk.bounds, audit.is_over)),
        money=walk.money.findings,
        not_compared=not_compared,
        limits=walk.limits.findings,
        conduct=walk.conduct.patterns(audit.orders, session),
        desk=desk.findings,
        artefacts=[*artefact_findings(home, day, audit.artefacts, about), *archive_findings(home, day, about)],
        reconciled=open_breaks,
        order=_order(home, day, desk.findings),
    )


def _order(home: Home, day: date, findings: list[Finding]) -> Check | None:
    """A record that does not read is told as that, and hides nothing else."""
    try:
        return out_of_order(home, day, DeskKind.AUDITED)
    except BadDeskRecord as bad:
        if not findings:
            findings.append(Finding(code=Code.DESK_RECORD, status=Status.CRIT, about="desk", detail=str(bad)))
        return None


def _feed(home: Home, day: date, past: PastDay, walk: WholeWalk, told: Callable[[int], None]) -> FeedDay | None:
    if not walk.bounds.starts:
        return None
    started = walk.bounds.starts[-1][1]
    try:
        listed = past.instruments(started.master_sha256, started.freeze)
    except CannotReplay:
        return None
    key_of = {int(one.instrument_token): one.key for one in listed.values()}
    traded = Counter(shot.key for shot in walk.curves.shots)
    keys = [key for key, _ in traded.most_common(PANELS_MAX)]
    return feed_day(feed_folder(home.feed, day), started.watch, key_of, keys, told)


def _instruments(past: PastDay, started: Started) -> Mapping[str, Instrument]:
    """Raises LookupError."""
    try:
        return past.instruments(started.master_sha256, started.freeze)
    except CannotReplay as cannot:
        raise LookupError(str(cannot)) from cannot


def _sha256(started: Started | None) -> str:
    return "" if started is None else hashlib.sha256(msgspec.json.encode(started.config, order="sorted")).hexdigest()
