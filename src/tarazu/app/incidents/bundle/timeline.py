"""The bundle's first page: one HTML file that needs nothing else. Curves, a lane a subject, then every event in words.

All times are IST; the curves share one axis with the lanes, so that what happened stands below what was seen.
"""

import html
from collections.abc import Callable, Iterable, Sequence

from tarazu.app.alerts.words import clock
from tarazu.app.incidents.bundle.scope import Scope
from tarazu.app.incidents.bundle.staging import Missing
from tarazu.app.incidents.bundle.story import LANES, Event, Phase, Story
from tarazu.app.incidents.words import state, told
from tarazu.app.pages.sheet import head
from tarazu.model import ist
from tarazu.model.units import MINUTE_NS, PAISE, SECOND_NS

LEFT, WIDTH, CURVE, LANE, GAP = 150, 1_250, 90, 30, 34
EVENTS_MAX = 1_000
"""In words; `events.jsonl` has all."""
STEPS_MIN = (1, 2, 5, 10, 15, 30, 60, 120, 240)
_PHASES = {"ACTIVE": "#cfe8d5", "REDUCE_ONLY": "#fbe3b5", "RECONCILING": "#dbe4f3", "HALTED": "#f5c6c2"}
_STYLE = """
body{font:14px/1.45 system-ui,sans-serif;margin:24px auto;max-width:1400px;color:#1c2430;background:#fff}
h1{font-size:22px;margin:0 0 4px}h2{font-size:16px;margin:28px 0 8px}p{margin:3px 0}
.grave{color:#a3180f;font-weight:600}.quiet{color:#5a6675}
svg text{font:12px system-ui,sans-serif;fill:#3a4656}svg .name{font-weight:600;fill:#1c2430}
table{border-collapse:collapse;width:100%}td,th{text-align:left;padding:3px 10px 3px 0;vertical-align:top;
border-bottom:1px solid #e6eaf0}td{font-size:13px}td.t{white-space:nowrap;font-variant-numeric:tabular-nums}
"""


def page_of(scope: Scope, story: Story, missing: Sequence[Missing]) -> str:
    """The page, in UTF-8."""
    events = story.ordered()
    parts = [
        f"<!doctype html><html lang='en'><head>{head(scope.id, _STYLE)}</head><body>",
        *_head(scope, missing),
        _chart(scope, story, events),
        *_said(scope),
        *_table(events),
        "</body></html>\n",
    ]
    return "\n".join(parts)


def _head(scope: Scope, missing: Sequence[Missing]) -> list[str]:
    incident = scope.incident
    window = f"{ist.stamp(scope.since_ns)} to {ist.stamp(scope.until_ns)} IST"
    lines = [f"<h1>{_text(scope.id)}</h1>"]
    if incident is None:
        lines.append("<p class='grave'>Nobody has opened an incident of this id; this is the window below.</p>")
    else:
        what = f"{incident.severity} {incident.code}: {incident.detail}"
        lines.append(f"<p class='grave'>{_text(what)}</p><p>{_text(state(incident, scope.now_ns))}</p>")
    lines.append(f"<p class='quiet'>{scope.home.profile.upper()} &middot; {window}</p>")
    lines += [f"<p class='quiet'>missing: {_text(one.part)}: {_text(one.why)}</p>" for one in missing]
    return lines


def _said(scope: Scope) -> list[str]:
    if scope.incident is None:
        return []
    return ["<h2>What was done about it</h2>", *(f"<p>{_text(told(line))}</p>" for line in scope.incident.timeline)]


def _table(events: Sequence[Event]) -> list[str]:
    if not events:
        return ["<h2>Events</h2><p>None was recorded in this window.</p>"]
    shown = [e for e in events if e.grave][:EVENTS_MAX]
    shown += [e for e in events if not e.grave][: EVENTS_MAX - len(shown)]
    left_out = f", of which {len(shown):,} are here; events.jsonl has all" if len(shown) < len(events) else ""
    rows = [
        f"<tr{' class=grave' if e.grave else ''}><td class='t'>{_clock(e.ts_ns)}<td>{e.lane}<td>{_text(e.code)}"
        f"<td>{_text(e.text)}<td class='quiet t'>{_text(e.source)}"
        for e in sorted(shown, key=lambda e: e.ts_ns)
    ]
    head = "<tr><th>IST<th>subject<th>code<th>what<th>written in"
    return [f"<h2>{len(events):,} events{left_out}</h2>", "<table>", head, *rows, "</table>"]


# The drawing.


def _chart(scope: Scope, story: Story, events: Sequence[Event]) -> str:
    drawn, y = [], GAP
    for curve in _curves(scope, story):
        drawn.append(curve(y))
        y += CURVE + GAP
    drawn.append(_phases(scope, story.phases, y))
    y += LANE
    for lane in LANES:
        drawn.append(_lane(scope, lane, [e for e in events if e.lane == lane], y))
        y += LANE
    axis = _axis(scope, GAP - 10, y)
    size = f"viewBox='0 0 {LEFT + WIDTH + 10} {y + 40}' width='100%' role='img' aria-label='what happened, in time'"
    opened = _opened(scope, GAP - 10, y) if scope.incident else ""
    return f"<svg xmlns='http://www.w3.org/2000/svg' {size}>{axis}{''.join(drawn)}{opened}</svg>"


def _curves(scope: Scope, story: Story) -> list[Callable[[int], str]]:
    """Only of what there is: an empty frame would look like a feed at rest."""
    curves: list[Callable[[int], str]] = []
    first, last = scope.since_ns // SECOND_NS, scope.until_ns // SECOND_NS
    if story.seconds:
        # Before the first tick nothing is known; behind the last one silence is what there was.
        first = min(story.seconds)
        ticks = [(s, float(story.seconds[s].packets if s in story.seconds else 0)) for s in range(first, last)]
        gaps = _gaps(story, first, last)
        curves.append(lambda y: _curve(scope, "ticks a second", "/s", _binned(ticks, max), y, "#2c6fbb"))
        curves.append(lambda y: _curve(scope, "since the last tick", " s", _binned(gaps, max), y, "#c0392b"))
    known = [(at // SECOND_NS, paise / PAISE) for at, paise in story.pnl if paise is not None]
    if known:
        curves.append(lambda y: _curve(scope, "day's result, net", " INR", _binned(known, _last), y, "#2e7d4f"))
    return curves


def _gaps(story: Story, first: int, last: int) -> list[tuple[int, float]]:
    """The age of the last tick at each second; before the first tick nothing is known."""
    found, seen = [], None
    for s in range(first, last):
        second = story.seconds.get(s)
        if second is not None:
            seen = s
            found.append((s, second.gap_ns / SECOND_NS))
        elif seen is not None:
            found.append((s, float(s - seen)))
    return found


def _binned(points: list[tuple[int, float]], of: Callable[[Iterable[float]], float]) -> list[tuple[int, float]]:
    """As many as there are pixels."""
    each = max(1, len(points) // WIDTH)
    return [(points[i][0], of(value for _, value in points[i : i + each])) for i in range(0, len(points), each)]


def _last(values: Iterable[float]) -> float:
    return list(values)[-1]


def _curve(scope: Scope, name: str, unit: str, points: list[tuple[int, float]], y: int, colour: str) -> str:
    low, high = min(0.0, *(v for _, v in points)), max(0.0, *(v for _, v in points))
    span = (high - low) or 1.0

    def place(second: int, value: float) -> str:
        return f"{_x(scope, second * SECOND_NS):.1f},{y + CURVE - (value - low) / span * CURVE:.1f}"

    line = " ".join(place(s, v) for s, v in points)
    zero = y + CURVE - (0.0 - low) / span * CURVE
    worst = f"{low:,.2f} to {high:,.2f}" if low < 0 else f"up to {high:,.4g}"
    return (
        f"<text class='name' x='0' y='{y + 14}'>{name}</text><text x='0' y='{y + 32}'>{worst}{unit}</text>"
        f"<line x1='{LEFT}' x2='{LEFT + WIDTH}' y1='{zero:.1f}' y2='{zero:.1f}' stroke='#c3cbd6'/>"
        f"<polyline fill='none' stroke='{colour}' stroke-width='1.4' points='{line}'/>"
    )


def _phases(scope: Scope, phases: Sequence[Phase], y: int) -> str:
    drawn = [f"<text class='name' x='0' y='{y + 18}'>engine may</text>"]
    for n, phase in enumerate(phases):
        end_ns = phases[n + 1].ts_ns if n + 1 < len(phases) else scope.until_ns
        x, width = _x(scope, phase.ts_ns), _x(scope, end_ns) - _x(scope, phase.ts_ns)
        fill = _PHASES.get(phase.phase, "#e6eaf0")
        label = (
            f"<text x='{x + 4:.1f}' y='{y + 18}'>{_text(phase.phase)}</text>" if width > 8 * len(phase.phase) else ""
        )
        title = f"<title>{_text(phase.phase)} from {_clock(phase.ts_ns)}</title>"
        size = f"width='{max(width, 1):.1f}' height='{LANE - 8}'"
        box = f"<rect x='{x:.1f}' y='{y + 4}' {size} fill='{fill}'>{title}</rect>"
        drawn.append(box + label)
    return "".join(drawn)


def _lane(scope: Scope, lane: str, events: Sequence[Event], y: int) -> str:
    middle = y + LANE / 2
    drawn = [
        f"<text class='name' x='0' y='{y + 18}'>{lane}</text><text x='{LEFT - 12}' y='{y + 18}' text-anchor='end'>"
        f"{len(events) or ''}</text>"
        f"<line x1='{LEFT}' x2='{LEFT + WIDTH}' y1='{middle}' y2='{middle}' stroke='#e6eaf0'/>"
    ]
    for event in sorted(events[: EVENTS_MAX * 4], key=lambda e: e.grave):
        x, colour, reach = _x(scope, event.ts_ns), "#a3180f" if event.grave else "#4a6fa5", 11 if event.grave else 7
        title = f"<title>{_clock(event.ts_ns)} {_text(event.code)}: {_text(event.text)}</title>"
        ends = f"y1='{middle - reach}' y2='{middle + reach}'"
        drawn.append(f"<line x1='{x:.1f}' x2='{x:.1f}' {ends} stroke='{colour}' stroke-width='2.5'>{title}</line>")
    return "".join(drawn)


def _axis(scope: Scope, top: int, bottom: int) -> str:
    minutes = (scope.until_ns - scope.since_ns) / MINUTE_NS
    step = next((s for s in STEPS_MIN if minutes / s <= 13), STEPS_MIN[-1]) * MINUTE_NS
    first = -(-(scope.since_ns + ist.IST_OFFSET_NS) // step) * step - ist.IST_OFFSET_NS
    drawn = []
    for at_ns in range(first, scope.until_ns, step):
        x = _x(scope, at_ns)
        drawn.append(
            f"<line x1='{x:.1f}' x2='{x:.1f}' y1='{top}' y2='{bottom}' stroke='#eef1f5'/>"
            f"<text x='{x:.1f}' y='{bottom + 16}' text-anchor='middle'>{clock(at_ns)[:5]}</text>"
        )
    return "".join(drawn)


def _opened(scope: Scope, top: int, bottom: int) -> str:
    assert scope.incident is not None
    drawn = []
    for at_ns, word in ((scope.incident.opened_ns, "opened"), (scope.incident.closed_ns, "closed")):
        if scope.has(at_ns):
            x = _x(scope, at_ns)
            beside = f"x='{x - 4:.1f}' text-anchor='end'" if word == "opened" else f"x='{x + 4:.1f}'"
            if x > LEFT + WIDTH * 0.9:
                beside = f"x='{x - 4:.1f}' text-anchor='end'"
            line = top + 4 if word == "opened" else top - 10
            drawn.append(
                f"<line x1='{x:.1f}' x2='{x:.1f}' y1='{top}' y2='{bottom}' stroke='#1c2430' stroke-dasharray='4 3'/>"
                f"<text class='name' {beside} y='{line}'>{word} {clock(at_ns)}</text>"
            )
    return "".join(drawn)


def _x(scope: Scope, ts_ns: int) -> float:
    part = (ts_ns - scope.since_ns) / (scope.until_ns - scope.since_ns)
    return LEFT + min(max(part, 0.0), 1.0) * WIDTH


def _clock(ts_ns: int) -> str:
    return f"{clock(ts_ns)}.{ts_ns // 1_000_000 % 1_000:03}"


def _text(text: str) -> str:
    return html.escape("".join(c if c.isprintable() else " " for c in text))
