"""How long things took, as histograms on a scale of powers of two: what is usual is seen beside what is rare."""

from html import escape

from tarazu.app.day_audit.audit import Audit, Span
from tarazu.app.day_audit.timeline.spans import top_ns
from tarazu.app.pages.words import span

WIDTH, HEIGHT, LEFT, RIGHT, BASE, TOP = 380, 130, 8, 8, 104, 10
LABELS = 4
LEAST = 16
"""Buckets that a panel shows at the least: what always takes as long is a narrow bar."""


def histograms(audit: Audit) -> str:
    drawn = [_panel(one) for one in audit.spans if one.count]
    if not drawn:
        return '<p class="none">Nothing was timed: no order was sent and no market seen.</p>'
    return f'<div class="panels">{"".join(drawn)}</div>'


def _panel(one: Span) -> str:
    first, last = min(one.buckets), max(one.buckets)
    spare = max(LEAST - (last - first), 0)
    first, last = max(first - spare // 2, 0), last + spare // 2
    width = (WIDTH - LEFT - RIGHT) / (last - first + 1)
    most = max(one.buckets.values())
    parts = [f'<svg class="small" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(one.name)}">']
    for bucket, count in one.buckets.items():
        # One among many is still to be seen.
        height = max((BASE - TOP) * count / most, 1.5)
        x = LEFT + (bucket - first) * width
        title = f"up to {span(top_ns(bucket))}: {count:,}"
        parts.append(
            f'<rect class="bar" x="{x:.1f}" y="{BASE - height:.1f}" width="{max(width - 1, 1):.1f}" '
            f'height="{height:.1f}"><title>{title}</title></rect>'
        )
    parts.append(f'<line class="zero" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{BASE}" y2="{BASE}"/>')
    for n in range(min(LABELS, last - first + 1)):
        bucket = first + round(n * (last - first) / max(min(LABELS, last - first + 1) - 1, 1))
        x = LEFT + (bucket - first + 0.5) * width
        anchor = "start" if n == 0 else "end" if bucket == last else "middle"
        x = LEFT if n == 0 else WIDTH - RIGHT if bucket == last else x
        parts.append(
            f'<text class="tick" x="{x:.1f}" y="{HEIGHT - 8}" text-anchor="{anchor}">{span(top_ns(bucket))}</text>'
        )
    for name, at_ns in (("p50", one.p50_ns), ("p99", one.p99_ns)):
        if at_ns is not None:
            parts.append(_percentile(name, at_ns, one, first, width))
    told = f"{one.count:,}; p50 {span(one.p50_ns or 0)}, p99 {span(one.p99_ns or 0)}, worst {span(one.worst_ns)}"
    return f"<div><h3>{escape(one.name)} <small>{told}</small></h3>{''.join(parts)}</svg></div>"


def _percentile(name: str, at_ns: int, one: Span, first: int, width: float) -> str:
    bucket = next((b for b in sorted(one.buckets) if top_ns(b) >= at_ns), max(one.buckets))
    x = LEFT + (bucket - first + 1) * width
    return f'<line class="{name}" x1="{x:.1f}" x2="{x:.1f}" y1="{TOP}" y2="{BASE}"><title>{name}</title></line>'
