"""The screen that goes on, as words: panes of lines, for any terminal and any width. Nothing here draws."""

from collections.abc import Iterable, Iterator, Sequence

import msgspec

from tarazu.app.depth_ws.health import DepthWsHealth, FeedRow
from tarazu.app.feed.words import market, span, table
from tarazu.app.main.health import MainHealth, Stage
from tarazu.app.main.risk_health import GaugePage
from tarazu.app.stack.standing import ProcessRow
from tarazu.app.verdict import Check, Status, moment, plain, problem_lines, worst
from tarazu.app.watching.look import Look
from tarazu.app.watching.sections import Past, Section, sections
from tarazu.model.units import SECOND_NS

BAR, BARS_A_LINE = 10, 2
PLACES_SHOWN = 8
ALERTS_SHOWN = 4
TO_LOOK_AT = "TO LOOK AT"
NOTHING_PAST = Past(now=None, before=None)


class Pane(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    lines: tuple[str, ...]
    status: Status


class Screen(msgspec.Struct, frozen=True, kw_only=True):
    profile: str
    """Capitals: SIM, PAPER, LIVE."""
    status: Status
    head: str
    """The verdict, the profile, the market, the time."""
    panes: tuple[Pane, ...]
    checks: tuple[Check, ...]


def screen(seen: Look) -> Screen:
    """Everything, the most urgent first."""
    told = {section.name: section for section in sections(seen, NOTHING_PAST)}
    checks = tuple({(c.id, c.code): c for section in told.values() for c in section.checks}.values())
    status = worst(checks)
    profile = seen.home.profile.upper()
    phase = "market unknown" if isinstance(seen.feed, Check) else market(seen.feed)
    return Screen(
        profile=profile,
        status=status,
        head=f"{status.name}  {profile}  {phase}  {moment(seen.now_ns)}",
        panes=tuple(_panes(seen, told, checks)),
        checks=checks,
    )


def _panes(seen: Look, told: dict[str, Section], checks: Sequence[Check]) -> Iterator[Pane]:
    wrong = problem_lines(checks, seen.now_ns)
    if wrong:
        yield _pane(TO_LOOK_AT, wrong, worst(checks))
    yield _pane("RISK", _risk(seen, told["RISK"]), told["RISK"].status)
    yield _pane("PROCESSES", _processes(seen), _system_status(told["SYSTEM"]))
    yield _pane("BOOK", _book(seen, told), worst([*told["ORDERS"].checks, *told["POSITIONS"].checks]))
    yield _pane("FEED", _feed(seen), told["FEED"].status)
    yield _pane("SPEED", _speed(seen), Status.UNKNOWN if isinstance(seen.engine, Check) else Status.OK)
    yield _pane("INCIDENTS", (told["INCIDENTS"].text, *_alerts(seen)), told["INCIDENTS"].status)


def _pane(name: str, lines: Iterable[str], status: Status) -> Pane:
    """Text comes from files and brokers too: what does not print is shown, and obeyed by no terminal."""
    return Pane(name=name, lines=tuple(map(plain, lines)), status=status)


def _system_status(system: Section) -> Status:
    return worst([check for check in system.checks if check.id.startswith("process")])


def _risk(seen: Look, told: Section) -> Iterator[str]:
    yield told.text.partition(" | used: ")[0]
    if isinstance(seen.engine, MainHealth):
        bars = [_gauge(gauge) for gauge in seen.engine.risk.gauges]
        yield from ("   ".join(bars[at : at + BARS_A_LINE]) for at in range(0, len(bars), BARS_A_LINE))


def _gauge(gauge: GaugePage) -> str:
    """`DAY_LOSS       [####      ]  41 %`"""
    filled = min(-(-gauge.percent * BAR // 100), BAR)
    mark = " REACHED" if gauge.reached else " NEAR" if gauge.near else ""
    return f"{gauge.code:<16}[{'#' * filled:<{BAR}}] {gauge.percent:>3} %{mark}"


def _processes(seen: Look) -> Iterator[str]:
    if isinstance(seen.stack, Check):
        yield f"unknown: {seen.stack.code}"
        return
    head = ("PROCESS", "STATE", "PID", "UP", "DIED", "BEAT", "RSS", "DOING")
    yield from table([head, *map(_process, seen.stack.rows)])


def _process(row: ProcessRow) -> tuple[str, ...]:
    return (
        row.process,
        str(row.state),
        "-" if row.pid is None else str(row.pid),
        "-" if row.up_s is None else span(round(row.up_s * SECOND_NS)),
        str(row.restarts),
        "-" if row.heartbeat_age_s is None else f"{row.heartbeat_age_s:.1f} s",
        "-" if row.rss_bytes is None else f"{row.rss_bytes >> 20} MiB",
        plain(row.doing or row.detail),
    )


def _feed(seen: Look) -> Iterator[str]:
    feed = seen.feed
    if isinstance(feed, Check):
        yield f"unknown: {feed.code}"
        return
    head = ("FEED", "STATE", "TICK", "LIMIT", "DEPTH", "LIMIT", "SEEN", "LOST")
    yield from table([head, *map(_feed_row, feed.feeds)])
    yield _links(feed)


def _feed_row(row: FeedRow) -> tuple[str, ...]:
    feed = row.health
    state = str(feed.state) if feed.enforced else "closed"
    deep = bool(feed.depth_limit_ns)
    return (
        feed.feed if feed.required else f"{feed.feed} (optional)",
        state,
        span(feed.tick_lag_ns),
        span(feed.tick_limit_ns),
        span(feed.depth_lag_ns) if deep else "-",
        span(feed.depth_limit_ns) if deep else "-",
        f"{feed.members - len(feed.silent)}/{feed.members}",
        str(row.stales_today),
    )


def _links(feed: DepthWsHealth) -> str:
    states = ", ".join(f"{link.connection} {link.state}" for link in feed.connections) or "none"
    breaker = "OPEN" if feed.breaker.tripped else "closed"
    recording = feed.log.state if feed.log else "NOT RECORDING"
    return f"links {states} | {feed.throughput.packets_per_s:,.0f} packets/s | breaker {breaker} | {recording}"


def _book(seen: Look, told: dict[str, Section]) -> Iterator[str]:
    engine = seen.engine
    if isinstance(engine, Check) or engine.stage is not Stage.RUNNING or engine.orders is None:
        yield told["POSITIONS"].text
        return
    yield told["POSITIONS"].text.rpartition(" | ")[2]
    counts = engine.orders
    yield (
        f"orders {counts.today} today, {counts.working} working ({counts.stops} stops), {counts.unknown} unknown, "
        f"{counts.foreign} not ours"
    )
    held = [place for place in engine.positions if place.qty or place.lowest or place.highest]
    if held:
        head = ("PLACE", "PRODUCT", "QTY", "MAY BECOME", "LEAVING")
        rows = [
            (p.key, p.product, f"{p.qty:+}", f"{p.lowest:+} to {p.highest:+}", p.leaving) for p in held[:PLACES_SHOWN]
        ]
        yield from table([head, *rows])
    if len(held) > PLACES_SHOWN:
        yield f"and {len(held) - PLACES_SHOWN} more: tarazu engine status"


def _speed(seen: Look) -> Iterator[str]:
    if isinstance(seen.engine, Check):
        yield f"unknown: {seen.engine.code}"
        return
    page = seen.engine.timings
    named = {"ack": page.order_ack, "decision": page.decision_loop, "db": page.db_write, "clock": page.clock_skew}
    yield " | ".join(f"{name} {_ms(one.now_ns)}, p99 {_ms(one.p99_ns)}" for name, one in named.items())


def _ms(ns: int | None) -> str:
    return "-" if ns is None else f"{ns / 1_000_000:,.1f} ms"


def _alerts(seen: Look) -> tuple[str, ...]:
    if isinstance(seen.engine, Check):
        return ()
    return tuple(f"alert {plain(alert)}" for alert in seen.engine.alerts[-ALERTS_SHOWN:])
