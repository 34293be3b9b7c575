"""The half-hour look, section by section: a line for people, and the checks behind its last word."""

from collections.abc import Iterable, Iterator

import msgspec

from tarazu.app.depth_ws.health import DepthWsHealth
from tarazu.app.feed.checks import feed_checks, unrecovered
from tarazu.app.feed.words import clock
from tarazu.app.feed.words import span as told_span
from tarazu.app.flags.standing import flags_standing
from tarazu.app.main.checks import engine_checks
from tarazu.app.main.health import MainHealth, Stage
from tarazu.app.shipping.checks import ship_standing
from tarazu.app.verdict import Check, Status, plain, worst
from tarazu.app.watching.look import Look
from tarazu.app.watching.models import models
from tarazu.app.watching.system import system
from tarazu.app.watching.tally import Tally
from tarazu.app.watching.words import capped, change, rupees
from tarazu.model.units import MILLISECOND_NS, PAISE, SECOND_NS

NO_JOURNAL = "main has written no journal today"
PLACES_SHOWN, BLOCKS_SHOWN, GAUGES_SHOWN = 4, 3, 4


class Section(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    text: str
    checks: tuple[Check, ...] = ()

    @property
    def status(self) -> Status:
        """SKIP where nothing was looked at, which is not the same as ok."""
        if self.checks and all(check.status is Status.SKIP for check in self.checks):
            return Status.SKIP
        return worst(self.checks)


class Past(msgspec.Struct, frozen=True, kw_only=True):
    """What the journal tells of the window, and of the one before."""

    now: Tally | None
    """None: there is no journal of the day."""
    before: Tally | None
    fault: Check | None = None
    """Why the journal cannot be told from."""

    @property
    def why(self) -> str:
        return self.fault.code if self.fault else NO_JOURNAL

    @property
    def check(self) -> Check:
        """Of what cannot be told without it."""
        return self.fault or Check(id="journal", status=Status.SKIP, detail=NO_JOURNAL)


def sections(seen: Look, past: Past) -> Iterator[Section]:
    """In the order in which one looks."""
    of_engine = engine_checks(seen.engine) if isinstance(seen.engine, MainHealth) else ()
    yield _feed(seen, past)
    yield _decisions(past)
    yield _orders(seen, past, of_engine)
    yield _positions(seen, of_engine)
    yield _risk(seen, of_engine)
    text, checks = models(seen.home, seen.engine, past.now.scores if past.now else ())
    yield Section(name="MODEL", text=text, checks=checks)
    text, checks = flags_standing(seen.home, seen.engine)
    yield Section(name="FLAGS", text=text, checks=checks)
    text, checks = system(seen)
    own = _of(of_engine, "engine.tick", "engine.loop", "engine.journal", "engine.database", "engine.disk")
    yield Section(name="SYSTEM", text=text, checks=(*checks, *own))
    text, check = ship_standing(seen.home, seen.mono_ns)
    yield Section(name="SHIP", text=text, checks=(check,))
    yield _incidents(seen, past)


def _feed(seen: Look, past: Past) -> Section:
    feed = seen.feed
    if isinstance(feed, Check):
        return Section(name="FEED", text=_unsaid(feed), checks=(feed,))
    parts = [
        f"{_stales(feed, past)}",
        f"unrecovered {sum(unrecovered(row) for row in feed.feeds)}",
        f"reconnects {sum(max(link.links - 1, 0) for link in feed.connections)} since {clock(feed.started_ns)}",
        f"packets/s {feed.throughput.packets_per_s:,.0f}",
    ]
    if past.now is not None:
        before = past.before.frames_per_s if past.before else None
        parts.append(f"frames/s {past.now.frames_per_s:.1f}{change(past.now.frames_per_s, before)}")
    return Section(name="FEED", text=" | ".join(parts), checks=feed_checks(feed, seen.home))


def _stales(feed: DepthWsHealth, past: Past) -> str:
    """By depth_ws's own count; for how long by the engine's, which is what the desk could not trade in."""
    if past.now is None:
        return f"stale {sum(row.stales_today for row in feed.feeds)} today"
    span = past.now.span
    lost = sum(span.from_ns <= at < span.until_ns for row in feed.feeds for at in row.stale_times_ns)
    lasted = f" | engine without a required feed {told_span(past.now.stale_ns)}" if past.now.stale_ns else ""
    return f"stale {lost}{lasted}"


def _decisions(past: Past) -> Section:
    now = past.now
    if now is None:
        return Section(name="DECISIONS", text=f"not told: {past.why}", checks=(past.check,))
    said = sum(now.decisions.values())
    verbs = f" ({', '.join(f'{count} {verb}' for verb, count in now.decisions.most_common())})" if said else ""
    before = change(said, sum(past.before.decisions.values()) if past.before else None)
    blocks = ", ".join(f"{code} {count}" for code, count in now.codes.most_common(BLOCKS_SHOWN))
    scores = f" | mean score {sum(now.scores) / len(now.scores):.2f} of {len(now.scores)}" if now.scores else ""
    return Section(
        name="DECISIONS",
        text=(
            f"{said} told{before}{verbs} -> {now.wants} wants -> {now.denied} denied -> {now.orders} orders | "
            f"top blocks: {blocks or 'none'}{scores}"
        ),
    )


def _orders(seen: Look, past: Past, of_engine: Iterable[Check]) -> Section:
    parts, checks = [], list(_of(of_engine, "engine.orders"))
    if past.now is not None:
        now = past.now
        sent = change(now.sent, past.before.sent if past.before else None)
        parts.append(f"{now.sent} sent{sent}, {now.filled} filled, {now.rejected} rejected")
        checks += [_rejected(now)] if now.rejected else []
    else:
        parts.append(f"sent and filled not told: {past.why}")
        checks.append(past.check)
    if isinstance(seen.engine, MainHealth) and (counts := seen.engine.orders) is not None:
        parts.append(f"now {counts.working} open ({counts.stops} stops), {counts.unknown} unknown")
    if past.now is not None and past.now.ack_p99_ns is not None:
        parts.append(f"ack p99 {past.now.ack_p99_ns / MILLISECOND_NS:,.0f} ms")
    if past.now is not None and past.now.slipped_units:
        each = past.now.slipped_paise / past.now.slipped_units / PAISE
        parts.append(f"entries cost {each:+.2f} rupees a unit against the middle ({rupees(past.now.slipped_paise)})")
    return Section(name="ORDERS", text=" | ".join(parts), checks=tuple(checks))


def _rejected(now: Tally) -> Check:
    seen = Check(id="ops.rejected", status=Status.OK, observed=now.rejected, limit=0, unit="orders")
    return seen.broken(Status.WARN, "ORDERS_REJECTED", "the broker or the exchange said no", "tarazu decisions")


def _positions(seen: Look, of_engine: Iterable[Check]) -> Section:
    engine = seen.engine
    if isinstance(engine, Check) or engine.stage is not Stage.RUNNING:
        return Section(name="POSITIONS", text=_silent(engine), checks=_unknown(engine))
    held = [f"{place.key} {place.product} {place.qty:+}" for place in engine.positions if place.qty]
    read = next((row for row in engine.reads if row.what == "POSITIONS"), None)
    checks = tuple(check for check in of_engine if check.id == "engine.books" or check.id.startswith("engine.read."))
    if read is None or read.age_ns is None:
        return Section(
            name="POSITIONS", text=f"{capped(held, PLACES_SHOWN) or 'flat'} | broker not read yet", checks=checks
        )
    agree = "broker differs" if engine.breaks else "broker agrees"
    text = f"{capped(held, PLACES_SHOWN) or 'flat'} | {agree}, read {told_span(read.age_ns)} ago"
    return Section(name="POSITIONS", text=text, checks=checks)


def _risk(seen: Look, of_engine: Iterable[Check]) -> Section:
    engine = seen.engine
    if isinstance(engine, Check) or engine.stage is not Stage.RUNNING:
        return Section(name="RISK", text=_silent(engine), checks=_unknown(engine))
    page = engine.risk
    net = "not known" if page.net_paise is None else rupees(page.net_paise)
    doubt = f" (NOT KNOWN now: {plain(page.unknown)})" if page.unknown and page.net_paise is not None else ""
    parts = [f"{page.state} {engine.phase}", f"day P&L {net}{doubt}", f"worst drawdown {rupees(-page.worst_paise)}"]
    used = {gauge.code: gauge.percent for gauge in page.gauges}
    if "DAY_LOSS" in used:
        parts.append(f"loss budget {max(100 - used.pop('DAY_LOSS'), 0)} % left")
    most = sorted(used.items(), key=lambda one: one[1], reverse=True)[:GAUGES_SHOWN]
    parts.append(
        f"used: {', '.join(f'{code} {percent} %' for code, percent in most)}" if most else "no other limit is set"
    )
    own = _of(of_engine, "engine.phase", "risk.", "strategy.", "engine.feed.")
    return Section(name="RISK", text=" | ".join(parts), checks=tuple(own))


def _incidents(seen: Look, past: Past) -> Section:
    book = seen.incidents
    if isinstance(book, Check):
        return Section(name="INCIDENTS", text=_unsaid(book), checks=(book,))
    from_ns = past.now.span.from_ns if past.now else seen.now_ns
    opened = [one for one in book.incidents if one.is_open]
    closed = [one for one in book.incidents if not one.is_open and one.closed_ns >= from_ns]
    told = [f"{one.id} {one.severity} open: {one.code}" for one in opened]
    told += [
        f"{one.id} {one.severity} {one.code} closed {clock(one.closed_ns)} ({told_span(one.closed_ns - one.opened_ns)})"
        for one in closed
    ]
    checks = [
        Check(id=one.id, status=Status.OK).broken(
            Status.CRIT if one.severity == "SEV1" else Status.WARN,
            one.code,
            plain(one.detail),
            f"tarazu incident show {one.id}",
            one.opened_ns / SECOND_NS,
        )
        for one in opened
    ]
    if book.unread:
        detail = f"{len(book.unread)} lines of the desk's record do not read: there may be more incidents"
        checks.append(Check(id="incidents", status=Status.UNKNOWN, code="RECORD_UNREAD", detail=detail))
    return Section(
        name="INCIDENTS",
        text=capped(told, PLACES_SHOWN, " | ") or ("none that reads" if book.unread else "none open"),
        checks=tuple(checks),
    )


def _of(checks: Iterable[Check], *names: str) -> list[Check]:
    """Of those that are so called, or begin so."""
    return [
        check for check in checks if any(check.id == n or (n.endswith(".") and check.id.startswith(n)) for n in names)
    ]


def _silent(engine: MainHealth | Check) -> str:
    if isinstance(engine, Check):
        return _unsaid(engine)
    return plain(f"unknown: main is {engine.stage} {engine.detail}".rstrip())


def _unsaid(why: Check) -> str:
    """The problem itself is told below, once."""
    return f"unknown: {why.code}"


def _unknown(engine: MainHealth | Check) -> tuple[Check, ...]:
    return (engine,) if isinstance(engine, Check) else engine_checks(engine)
