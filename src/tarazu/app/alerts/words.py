"""An alert as a person reads it: on a telephone, and in a list."""

from collections.abc import Sequence

from tarazu.app.alerts.alert import RANK, Kept, Sending
from tarazu.app.home import Profile
from tarazu.app.verdict import plain
from tarazu.model import ist
from tarazu.model.units import MINUTE_NS, SECOND_NS

LINES_MAX = 20
"""Of a digest; the rest is counted."""


def title(kept: Sequence[Kept], profile: Profile) -> str:
    """`SEV1 HARD_HALT  LIVE`; of several, the worst and how many."""
    worst = kept[0].alert
    more = f" and {len(kept) - 1} more" if len(kept) > 1 else ""
    return f"{worst.severity} {plain(worst.code)}{more}  {profile.upper()}"


def message(kept: Sequence[Kept], now_ns: int, channel: str) -> str:
    """All that a person away from the desk needs: what, since when, whether it is a repetition, what to run."""
    if len(kept) == 1:
        return "\n".join(_whole(kept[0], now_ns, channel))
    lines = [f"{one.alert.severity} {said(one)}  ({one.id})" for one in kept[:LINES_MAX]]
    rest = [f"... and {len(kept) - LINES_MAX} more: tarazu alerts list"] if len(kept) > LINES_MAX else []
    return "\n".join([*lines, *rest, "have them: tarazu alerts ack all"])


def said(kept: Kept) -> str:
    """`FEED_STALE: options 11.8 s old; posted 3 times`."""
    times = f"; posted {kept.times:,} times" if kept.times > 1 else ""
    return f"{plain(kept.alert.code)}: {plain(kept.alert.text)}{times}"


def worst_first(kept: Sequence[Kept]) -> list[Kept]:
    return sorted(kept, key=lambda one: (RANK[one.alert.severity], one.first_ns, one.id))


def whose(kept: Kept) -> str:
    """Who has it, or what it waits for."""
    if kept.acked_by:
        return f"{plain(kept.acked_by)} has it since {clock(kept.acked_ns)}"
    if kept.is_open:
        return "nobody has it" + (", escalated" if kept.escalated_ns else "")
    return "needs nobody"


def arrivals(kept: Kept) -> str:
    """Where it is, and where it is not."""
    if not kept.sendings:
        return "not sent"
    return ", ".join(_arrival(channel, one) for channel, one in sorted(kept.sendings.items()))


def clock(ts_ns: int) -> str:
    """`10:47:31`, IST."""
    return ist.stamp(ts_ns)[11:]


def for_long(ns: int) -> str:
    """`45 s`, `12 min`, `3 h`."""
    seconds = max(ns, 0) // SECOND_NS
    minutes = max(ns, 0) // MINUTE_NS
    return f"{seconds} s" if seconds < 120 else f"{minutes} min" if minutes < 180 else f"{minutes // 60} h"


def _whole(kept: Kept, now_ns: int, channel: str) -> list[str]:
    alert, before = kept.alert, kept.sendings.get(channel, Sending()).arrived
    lines = [said(kept), f"since {ist.stamp(kept.first_ns)} IST, noticed by {plain(kept.who)}"]
    if before and kept.is_open:
        lines.append(f"sent {before + 1} times in {for_long(now_ns - kept.first_ns)}, and nobody has said to have it")
    elif kept.escalated_ns:
        lines.append(f"nobody has said to have it for {for_long(now_ns - kept.first_ns)}")
    if alert.incident:
        lines.append(f"incident {plain(alert.incident)}: tarazu incident show {plain(alert.incident)}")
    if alert.hint:
        lines.append(f"look: {plain(alert.hint)}")
    if alert.runbook:
        lines.append(f"do: tarazu runbook run {plain(alert.runbook)}")
    return [*lines, f"have it: tarazu alerts ack {kept.id}"] if kept.is_open else lines


def _arrival(channel: str, one: Sending) -> str:
    if one.failing:
        return f"{channel} FAILING after {one.tries} tries: {plain(one.failing)}"
    return f"{channel} {clock(one.arrived_ns)}" + (f" ({one.arrived} times)" if one.arrived > 1 else "")
