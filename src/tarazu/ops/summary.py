"""`tarazu ops`: the half-hour look: what has happened lately, against the window before, on one screen."""

import time
from pathlib import Path

import click

from tarazu.app.feed.flags import feed_flags, home_of
from tarazu.app.home import Home
from tarazu.app.verdict import Check, Status, Verdict, epoch, exit_of, plain, worst
from tarazu.app.watching.entries import Damaged
from tarazu.app.watching.look import Look, journal_of, look
from tarazu.app.watching.sections import Past, Section, sections
from tarazu.app.watching.tally import Span, tallies
from tarazu.engine.codec import BadPayload
from tarazu.model import ist
from tarazu.model.units import MINUTE_NS

NAME_WIDE, TEXT_WIDE_MAX = 11, 120

EXAMPLES = """
\b
Examples:
  tarazu ops    the last half hour against the one before
  tarazu ops --minutes 60
"""


@click.command("ops", epilog=EXAMPLES)
@feed_flags
@click.option(
    "--minutes",
    type=click.IntRange(1, 600),
    default=30,
    show_default=True,
    help="So long is the window, and the one before.",
)
def command(profile: str | None, as_json: bool, minutes: int) -> int:
    """Show what has happened lately, against the window before: feed, decisions and what blocked them, orders,
    positions, risk and the loss budget, model, system, incidents.

    Reads files and asks no broker; changes nothing.

    Exit code 0: all is well; 1: something needs a look; 2: something is broken, halted or stale; 3: it cannot be told.
    """
    return summary(home_of(profile), minutes, time.monotonic_ns(), time.time_ns()).show(as_json)


def summary(home: Home, minutes: int, mono_ns: int, wall_ns: int) -> Verdict:
    """The answer at this moment of the machine's two clocks."""
    seen = look(home, mono_ns, wall_ns)
    spans = _spans(seen, minutes)
    past = _past(journal_of(seen), spans)
    told = list(sections(seen, past))
    checks = _once([check for section in told for check in section.checks])
    status = worst(checks)
    window, before = (f"{_clock(span.from_ns)}-{_clock(span.until_ns)}" for span in reversed(spans))
    return Verdict(
        command="ops",
        word=status.name,
        exit_code=exit_of(status),
        profile=home.profile,
        now_ns=seen.now_ns,
        summary=f"OPS SUMMARY  window {window} against {before}",
        checks=checks,
        body=_lines(told),
        tail=_items(checks),
        facts={
            "window": {"from_epoch": epoch(spans[1].from_ns), "until_epoch": epoch(spans[1].until_ns)},
            "now": past.now,
            "before": past.before,
            "sections": {section.name.lower(): {"status": section.status, "text": section.text} for section in told},
        },
    )


def _spans(seen: Look, minutes: int) -> tuple[Span, Span]:
    """The window before, and the one that ends now."""
    end, long = seen.now_ns, minutes * MINUTE_NS
    return Span(end - 2 * long, end - long), Span(end - long, end)


def _past(folder: Path, spans: tuple[Span, Span]) -> Past:
    """Of today's journal: a window does not reach back over midnight."""
    if not folder.is_dir():
        return Past(now=None, before=None)
    try:
        before, now = tallies(folder, spans)
    except (Damaged, BadPayload, OSError, ValueError) as bad:
        hint = "tarazu audit verify"
        fault = Check(id="journal", status=Status.CRIT, code="JOURNAL_DAMAGED", detail=str(bad), hint=hint)
        return Past(now=None, before=None, fault=fault)
    return Past(now=now, before=None if before.first_ns is None else before)


def _lines(told: list[Section]) -> tuple[str, ...]:
    """Each with what it amounts to at its end."""
    texts = [plain(section.text) for section in told]
    wide = min(max(map(len, texts)), TEXT_WIDE_MAX)
    return tuple(f"{s.name:<{NAME_WIDE}}{text:<{wide}}  {s.status}" for s, text in zip(told, texts, strict=True))


def _once(checks: list[Check]) -> tuple[Check, ...]:
    """A process that is silent is said once, however many sections miss it."""
    return tuple({(check.id, check.code, check.detail): check for check in checks}.values())


def _items(checks: tuple[Check, ...]) -> tuple[str, ...]:
    wrong = sum(check.status not in (Status.OK, Status.SKIP) for check in checks)
    return (f"{wrong} {'item' if wrong == 1 else 'items'} to look at",) if wrong else ()


def _clock(ts_ns: int) -> str:
    return ist.stamp(ts_ns)[11:16]
