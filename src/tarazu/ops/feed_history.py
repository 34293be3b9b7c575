"""`tarazu feed history`: what happened to the feed on a day, event by event, and what it comes to."""

import time
from collections.abc import Callable
from datetime import date
from datetime import time as clock_time
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click
import msgspec

from tarazu.app.feed.flags import feed_flags, home_of
from tarazu.app.feed.record import LINK_EVENTS, OWN_EVENTS
from tarazu.app.feed.snapshot import read_feed, wall_of
from tarazu.app.feed.words import clock, seconds, span, table
from tarazu.app.home import Home
from tarazu.app.verdict import Check, Status, Verdict, epoch, exit_of, plain, worst
from tarazu.market.feed_events import FeedRecover, FeedStale
from tarazu.model import ist

if TYPE_CHECKING:
    from tarazu.app.feed.history import DayTally, Entry, FeedTally

TYPES = sorted(str(t.__struct_config__.tag) for t in (*OWN_EVENTS, *LINK_EVENTS, FeedStale, FeedRecover))
T = TypeVar("T")

EXAMPLES = """
\b
Examples:
  tarazu feed history                                  the latest recorded day
  tarazu feed history --date 2026-11-20 --since 10:40  what happened from 10:40 on
  tarazu feed history --feed options                   when the options were stale, and for how long
  tarazu feed history --type DISCONNECTED --json       every lost link, for a machine
"""


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """Which events are shown; the summary counts those of the whole day."""

    since_ns: int | None
    feed: str | None
    types: frozenset[str]

    def has(self, entry: "Entry") -> bool:
        return (
            (self.since_ns is None or entry.ts_ns >= self.since_ns)
            and (self.feed is None or entry.feed == self.feed)
            and (not self.types or entry.type in self.types)
        )


@click.command("history", epilog=EXAMPLES)
@feed_flags
@click.option("--date", "day_text", metavar="YYYY-MM-DD", help="The day; default: the latest recorded.")
@click.option("--since", metavar="HH:MM[:SS]", help="Show events from this IST time on.")
@click.option("--feed", metavar="NAME", help="Show FEED_STALE and FEED_RECOVER of this feed.")
@click.option("--type", "types", multiple=True, type=click.Choice(TYPES, case_sensitive=False), help="Show these only.")
def command(
    profile: str | None,
    as_json: bool,
    day_text: str | None,
    since: str | None,
    feed: str | None,
    types: tuple[str, ...],
) -> int:
    """Show the feed's events of a day, read from the feed log, and how soon each feed was back.

    Exit code 0: read to the end; 1: read, with damaged places, which are told; 3: there is no such day. Changes
    nothing.
    """
    home = home_of(profile)
    day = _parsed(day_text, date.fromisoformat, "--date", "YYYY-MM-DD")
    at = _parsed(since, clock_time.fromisoformat, "--since", "HH:MM or HH:MM:SS")
    mono_ns = time.monotonic_ns()
    now_ns = wall_of(read_feed(home, mono_ns), mono_ns, time.time_ns())
    return feed_history(home, day, at, feed, frozenset(types), now_ns).show(as_json)


def feed_history(
    home: Home, day: date | None, since: clock_time | None, feed: str | None, types: frozenset[str], now_ns: int
) -> Verdict:
    from tarazu.app.recordings.recorded_day import days
    from tarazu.runtime.segment import day_folder

    recorded = days(home.feed)
    chosen = day or max(recorded, default=None)
    if chosen is None or chosen not in recorded:
        return _no_day(home, day, recorded, now_ns)
    wanted = Wanted(since_ns=None if since is None else ist.at_ns(chosen, since), feed=feed, types=types)
    tally, shown, checks = _read(day_folder(home.feed, chosen), wanted)
    status = worst(checks)
    return Verdict(
        command="feed.history",
        word=status.name,
        exit_code=exit_of(status),
        profile=home.profile,
        now_ns=now_ns,
        summary=f"feed of {chosen}: {len(shown)} of {tally.events} events",
        checks=checks,
        body=tuple(_line(entry) for entry in shown),
        tail=_summary(tally),
        facts={"day": chosen, "events": [_fact(entry) for entry in shown], "totals": _totals(tally)},
    )


def _read(folder: Path, wanted: Wanted) -> "tuple[DayTally, list[Entry], tuple[Check, ...]]":
    """The whole day is counted, what is wanted is kept, and what could not be read is a check each."""
    from tarazu.app.feed.history import UNREADABLE, DayTally, history
    from tarazu.runtime.damage import Damage

    tally = DayTally()
    shown: list[Entry] = []
    damages: list[Check] = []
    for found in history(folder):
        if isinstance(found, Damage):
            damages.append(_damage(folder.name, "FEED_LOG_DAMAGED", str(found)))
        elif found.type == UNREADABLE:
            damages.append(_damage(folder.name, "UNREADABLE_EVENT", f"frame {found.sequence}: {found.text}"))
        else:
            if found.event is not None:
                tally.count(found.event)
            if wanted.has(found):
                shown.append(found)
    return tally, shown, tuple(damages)


def _no_day(home: Home, day: date | None, recorded: list[date], now_ns: int) -> Verdict:
    there_is = f"there are: {', '.join(str(d) for d in recorded[-5:])}" if recorded else "nothing was recorded yet"
    detail = f"no feed log of {day or 'any day'} in {home.feed}; {there_is}"
    check = Check(id="feed_log", status=Status.UNKNOWN, code="NO_FEED_LOG", detail=detail, hint="tarazu up depth_ws")
    return Verdict(
        command="feed.history",
        word=Status.UNKNOWN.name,
        exit_code=exit_of(Status.UNKNOWN),
        profile=home.profile,
        now_ns=now_ns,
        summary="no history",
        checks=(check,),
    )


def _damage(day: str, code: str, detail: str) -> Check:
    return Check(id="feed_log", status=Status.WARN, code=code, detail=detail, hint=f"tarazu data verify {day}")


def _line(entry: "Entry") -> str:
    milliseconds = entry.ts_ns // 1_000_000 % 1000
    return f"{clock(entry.ts_ns)}.{milliseconds:03}  {entry.type:<17} {plain(entry.text)}"


def _fact(entry: "Entry") -> dict[str, Any]:
    return {
        "sequence": entry.sequence,
        "epoch": epoch(entry.ts_ns),
        "ist": ist.stamp_iso(entry.ts_ns),
        "type": entry.type,
        "text": entry.text,
        "event": entry.event,
    }


def _summary(tally: "DayTally") -> tuple[str, ...]:
    head = ("FEED", "STALE", "RECOVERED", "MEAN TIME", "UNRECOVERED")
    rows = [
        (name, str(f.stales), str(f.recoveries), span(f.recover_ns) if f.recoveries else "-", _unrecovered(f))
        for name, f in tally.feeds.items()
    ]
    lines = table([head, *rows]) if rows else ("no feed was ever judged",)
    return (*lines, f"depth_ws started {tally.starts} times, {tally.reconnects} reconnects")


def _unrecovered(feed: "FeedTally") -> str:
    return f"{feed.unrecovered}, since {clock(feed.stale_ns)}" if feed.unrecovered else "0"


def _totals(tally: "DayTally") -> dict[str, Any]:
    feeds = {
        name: {
            "stales": f.stales,
            "recoveries": f.recoveries,
            "mean_time_to_recover_sec": seconds(f.recover_ns),
            "unrecovered": f.unrecovered,
        }
        for name, f in tally.feeds.items()
    }
    return {"starts": tally.starts, "reconnects": tally.reconnects, "feeds": feeds}


def _parsed(text: str | None, read: Callable[[str], T], flag: str, form: str) -> T | None:
    if text is None:
        return None
    try:
        return read(text)
    except ValueError as bad:
        raise click.UsageError(f"{flag} {text!r} is not {form}") from bad
