"""`tarazu feed tail`: the feed log as it is written, decoded, beside depth_ws and never in its way."""

import sys
import time
from collections import deque
from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from tarazu.app.feed.flags import PROFILE, home_of
from tarazu.app.feed.snapshot import read_feed, wall_of
from tarazu.app.verdict import Exit, moment
from tarazu.model.units import SECOND_NS

if TYPE_CHECKING:
    from tarazu.app.feed.tick_lines import Line, TickLines
    from tarazu.runtime.damage import Damage
    from tarazu.runtime.segment import Frame

READABLE_PER_S = 20
"""Ticks a second on a terminal: more only scrolls by."""

EXAMPLES = """
\b
Examples:
  tarazu feed tail                                    everything, as fast as a person reads
  tarazu feed tail --events                           what happens to the feed
  tarazu feed tail --ticks --symbol "NSE:NIFTY 50"    every tick of one instrument
  tarazu feed tail --json --for 60 > minute.jsonl     everything of one minute, for a machine
"""


class Pace:
    """How many ticks a person is shown; the others are counted."""

    def __init__(self, per_s: int | None) -> None:
        """None: all of them."""
        self._per_s = per_s
        self._second, self._in_it = 0, 0
        self._passed_over = 0

    def allows(self, mono_ns: int) -> bool:
        if self._per_s is None:
            return True
        if (second := mono_ns // SECOND_NS) != self._second:
            self._second, self._in_it = second, 0
        self._in_it += 1
        self._passed_over += self._in_it > self._per_s
        return self._in_it <= self._per_s

    def passed_over(self, mono_ns: int) -> int:
        """Ticks that were not shown, once their second is over."""
        if mono_ns // SECOND_NS == self._second:
            return 0
        passed_over, self._passed_over = self._passed_over, 0
        return passed_over


@click.command("tail", epilog=EXAMPLES)
@PROFILE
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line, and nothing passed over.")
@click.option("-n", "last", type=click.IntRange(0), default=10, show_default=True, help="Lines of what was before.")
@click.option("--events", "kind", flag_value="events", help="Events and order updates only.")
@click.option("--ticks", "kind", flag_value="ticks", help="Ticks only.")
@click.option("--symbol", "symbols", multiple=True, metavar="KEY", help="Ticks of this instrument; may be repeated.")
@click.option("--for", "for_s", type=click.FloatRange(0, min_open=True), metavar="SECONDS", help="Stop after that.")
def command(
    profile: str | None, as_json: bool, last: int, kind: str | None, symbols: tuple[str, ...], for_s: float | None
) -> int:
    """Follow the feed log: decoded ticks, order updates, events; until Ctrl-C.

    On a terminal at most 20 ticks a second are shown and the others counted; with --json or into a pipe, all of them.

    Exit code 0: the time asked for is over; 1: damaged places were passed over; 3: nothing is recorded yet. Changes
    nothing.
    """
    from tarazu.app.feed.follow import follow
    from tarazu.app.feed.latest_selection import latest_symbols
    from tarazu.app.feed.tick_lines import TickLines
    from tarazu.app.recordings.recorded_day import days
    from tarazu.runtime.segment import day_folder

    home = home_of(profile)
    recorded = days(home.feed)
    if not recorded:
        print(
            f"tarazu feed tail: nothing is recorded in {home.feed} yet; start it: tarazu up depth_ws", file=sys.stderr
        )
        return Exit.UNKNOWN
    folder = day_folder(home.feed, recorded[-1])
    known = latest_symbols(folder)
    if unknown := [key for key in symbols if key not in known.values()]:
        raise click.UsageError(f"not selected in the log of {folder.name}: {', '.join(unknown)}")
    lines = TickLines(known, ticks=kind != "events", others=kind != "ticks", only=frozenset(symbols))
    pace = Pace(READABLE_PER_S if sys.stdout.isatty() and not as_json else None)
    ends_ns = None if for_s is None else time.monotonic_ns() + round(for_s * SECOND_NS)
    if not as_json:
        mono_ns = time.monotonic_ns()
        now_ns = wall_of(read_feed(home, mono_ns), mono_ns, time.time_ns())
        what = f"feed log of {folder.name}, {len(known)} instruments"
        print(f"FOLLOWING  {home.profile.upper()}  {what}  {moment(now_ns)}", flush=True)
    return _show(follow(home.feed, folder, ends_ns), lines, pace, last, as_json)


def _show(found: "Iterator[Frame | Damage | None]", lines: "TickLines", pace: Pace, last: int, as_json: bool) -> int:
    """The last lines of what is there, then every line that comes. Returns the exit code."""
    from tarazu.runtime.damage import Damage

    past: deque[Line] | None = deque(maxlen=last)
    damages = 0
    for one in found:
        if isinstance(one, Damage):
            damages += 1
            print(f"tarazu feed tail: passed over {one}", file=sys.stderr)
        elif one is None:
            for line in past or ():
                print(line.shown(as_json))
            past = None
            if passed_over := pace.passed_over(time.monotonic_ns()):
                print(f"{'':<14}{passed_over:,} more ticks passed over; --symbol KEY or --json shows all")
            sys.stdout.flush()
        elif past is not None:
            past.extend(lines.of(one))
        else:
            for line in lines.of(one):
                if not line.is_tick or pace.allows(time.monotonic_ns()):
                    print(line.shown(as_json))
    return Exit.WARN if damages else Exit.OK
