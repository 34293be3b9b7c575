"""`tarazu feed record`: a stretch of the feed, live or past, as a folder that can be carried away and played again."""

import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tarazu.app.feed.flags import PROFILE
from tarazu.app.home import BadProfile, Home, Profile, home
from tarazu.app.verdict import Exit, Verdict
from tarazu.model import ist
from tarazu.model.units import SECOND_NS
from tarazu.ports.clock import Clock

if TYPE_CHECKING:
    from tarazu.app.recordings.clip_writer import ClipWriter
    from tarazu.app.recordings.clips import Wanted

COMMAND = "feed.record"
TELL_EVERY_S = 0.5

EXAMPLES = """
\b
Examples:
  tarazu feed record                                           from now until Ctrl-C
  tarazu feed record --for 600                                 the next ten minutes
  tarazu feed record --since 10:40                             from 10:40 on, and on
  tarazu feed record --date 2026-11-20 --since 10:40 --until 10:50   the ten minutes around the incident
  tarazu feed record --date 2026-11-20 --out /mnt/stick/day    a whole day, somewhere else
Play it again: tarazu sim serve --replay FOLDER
"""


class CannotRecord(Exception):
    """Nothing was recorded; the message is for the user."""


@click.command("record", epilog=EXAMPLES)
@PROFILE
@click.option(
    "--date", "day_text", help="Cut from this day's log; default: the one being written.", metavar="YYYY-MM-DD"
)
@click.option("--since", help="Begin at this IST time, past or to come.", metavar="HH:MM[:SS]")
@click.option("--from-sequence", type=click.IntRange(1), help="Begin with this frame.", metavar="N")
@click.option("--until", help="End at this IST time.", metavar="HH:MM[:SS]")
@click.option(
    "--for",
    "for_s",
    type=click.FloatRange(0, min_open=True),
    help="End so long after the beginning.",
    metavar="SECONDS",
)
@click.option(
    "--out", type=click.Path(path_type=Path), help="Folder to make; default: clips/ of the profile.", metavar="DIR"
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def command(
    profile: str | None,
    day_text: str | None,
    since: str | None,
    from_sequence: int | None,
    until: str | None,
    for_s: float | None,
    out: Path | None,
    as_json: bool,
) -> int:
    """Record a clip of the feed beside depth_ws, or cut one from what it has recorded.

    A clip holds the frames as received, the master's rows they need and a manifest with checksums. Times are those of
    the recording's stamps.

    Exit code 0: whole; 1: with damage or without a master; 2: nothing recorded, or the disk is full; 130: interrupted
    before the end that was asked for. Ctrl-C ends a recording cleanly.
    """
    if (since and from_sequence) or (until and for_s):
        raise click.UsageError("--since and --from-sequence, --until and --for exclude each other")
    try:
        desk = home(profile)
    except BadProfile as bad:
        raise click.UsageError(str(bad)) from bad
    day = _parsed("--date", date.fromisoformat, day_text)
    try:
        return _record(desk, day, since, from_sequence, until, for_s, out).show(as_json)
    except CannotRecord as refused:
        words = {"word": "NOTHING_RECORDED", "summary": str(refused), "exit_code": Exit.CRIT}
        return Verdict(command=COMMAND, profile=desk.profile, now_ns=time.time_ns(), **words).show(as_json)  # type: ignore[arg-type]


def _record(
    desk: Home,
    asked: date | None,
    since: str | None,
    from_sequence: int | None,
    until: str | None,
    for_s: float | None,
    out: Path | None,
) -> Verdict:
    """Everything but the words of the command line. Raises CannotRecord."""
    from tarazu.app.recordings.clip_cut import Cutting
    from tarazu.app.recordings.clip_verdict import Endings, clip_verdict
    from tarazu.app.recordings.clip_writer import ClipWriter
    from tarazu.app.recordings.clips import BadClip, day_master
    from tarazu.runtime.log_state import NotRecorded
    from tarazu.runtime.segment import day_folder
    from tarazu.runtime.writer_lock import is_being_written

    day = asked or _present_day(desk, wants_past=bool(since or from_sequence))
    folder = day_folder(desk.feed, day)
    if not folder.is_dir():
        raise CannotRecord(f"there is no log of {day} in {desk.feed}")
    live = is_being_written(folder)
    clock = _clock(desk) if live else None
    wanted = _wanted(day, since, from_sequence, until, for_s, clock)
    place = out or _free(desk.root / "clips", day, wanted.since_ns)
    try:
        writer = ClipWriter(place, day, desk.profile, wanted)
    except FileExistsError as exists:
        raise CannotRecord(f"{place} is there already: choose another --out") from exists
    full = ""
    from_now = live and asked is None and not (since or from_sequence)
    with _stopping() as stopped, _telling(writer) as tell:
        cutting = Cutting(folder, wanted, writer, tell, from_now=from_now)
        try:
            if not cutting.past(stopped) and live:
                cutting.live(stopped, clock.wall_ns if clock else lambda: 0)
        except NotRecorded as refused:
            full = str(refused)
        interrupted = stopped()
    if not writer.frames:
        writer.discard()
        raise CannotRecord(f"the log of {day} has no frame in that stretch")
    try:
        master, no_master = day_master(desk.masters, day), f"no master of {day} is kept in {desk.masters}"
    except (BadClip, OSError) as bad:
        master, no_master = None, str(bad)  # the frames are worth keeping without it
    manifest = writer.finish(master)
    now_ns = clock.wall_ns() if clock else time.time_ns()
    cut_short = interrupted and wanted.until_ns is not None
    endings = Endings(full=full, no_master="" if master else no_master, cut_short=cut_short)
    return clip_verdict(desk.profile, now_ns, place, manifest, cutting.follow, endings)


def _present_day(desk: Home, wants_past: bool) -> date:
    """The day that is being written; where the past is asked for, the last there is."""
    from tarazu.app.recordings.recorded_day import days
    from tarazu.runtime.segment import day_folder
    from tarazu.runtime.writer_lock import is_being_written

    known = days(desk.feed)
    live = [day for day in known if is_being_written(day_folder(desk.feed, day))]
    if live:
        return live[-1]
    if known and wants_past:
        return known[-1]
    raise CannotRecord("nothing is being recorded: start the feed (tarazu up depth_ws), or give --date of a past day")


def _clock(desk: Home) -> Clock | None:
    """The profile's clock. None in sim without a broker: then only the frames' own stamps tell the end."""
    from tarazu.adapters.sim_clock import SimClock
    from tarazu.adapters.system_clock import SystemClock
    from tarazu.app.broker_address import NoAddress, sim_address

    if desk.profile is not Profile.SIM:
        return SystemClock()
    try:
        return SimClock(sim_address(desk).admin_url)
    except (NoAddress, OSError):
        return None


def _wanted(
    day: date, since: str | None, from_sequence: int | None, until: str | None, for_s: float | None, clock: Clock | None
) -> "Wanted":
    from tarazu.app.recordings.clips import Wanted

    since_ns = _moment("--since", day, since)
    until_ns = _moment("--until", day, until)
    if for_s is not None:
        if from_sequence is not None:
            raise click.UsageError("--for counts from a time: give --since, or --until with --from-sequence")
        begin_ns = since_ns if since_ns is not None else clock.wall_ns() if clock else None
        if begin_ns is None:
            raise click.UsageError("--for of a day that is not being written needs --since")
        until_ns = begin_ns + round(for_s * SECOND_NS)
    if since_ns is not None and until_ns is not None and until_ns <= since_ns:
        raise click.UsageError("the end lies before the beginning")
    return Wanted(since_ns=since_ns, from_sequence=from_sequence, until_ns=until_ns)


def _moment(flag: str, day: date, text: str | None) -> int | None:
    from datetime import time as clock_time

    at = _parsed(flag, clock_time.fromisoformat, text)
    return None if at is None else ist.at_ns(day, at)


def _parsed(flag: str, read: Callable[[str], Any], text: str | None) -> Any:
    if text is None:
        return None
    try:
        return read(text)
    except ValueError as bad:
        form = "YYYY-MM-DD" if flag == "--date" else "HH:MM or HH:MM:SS"
        raise click.UsageError(f"{flag} {text!r} is not {form}") from bad


def _free(clips: Path, day: date, since_ns: int | None) -> Path:
    """A name nobody has: by the day, by when it begins, by a number."""
    name = f"{day}" if since_ns is None else f"{day}T{ist.clock_of(since_ns):%H%M%S}"
    names = (clips / (name if n == 1 else f"{name}-{n}") for n in range(1, 10_000))
    return next(path for path in names if not path.exists())


@contextmanager
def _stopping() -> Iterator[Callable[[], bool]]:
    """Ctrl-C and SIGTERM end the recording instead of the process."""
    asked: list[int] = []
    before = {s: signal.signal(s, lambda number, _: asked.append(number)) for s in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield lambda: bool(asked)
    finally:
        for number, old in before.items():
            signal.signal(number, old)


@contextmanager
def _telling(writer: "ClipWriter") -> Iterator[Callable[[], None]]:
    """Progress on a terminal's stderr, nowhere else."""
    told_s = 0.0

    def tell() -> None:
        nonlocal told_s
        if time.monotonic() - told_s < TELL_EVERY_S:
            return
        told_s = time.monotonic()
        at = ist.stamp(writer.last_ns)[11:] if writer.last_ns else "waiting"
        damage = f"  {writer.damages} damaged places" if writer.damages else ""
        line = f"\r{at}  {writer.frames:,} frames  {writer.packets:,} packets{damage}\x1b[K"
        sys.stderr.write(line)
        sys.stderr.flush()

    shown = sys.stderr.isatty()
    try:
        yield tell if shown else lambda: None
    finally:
        if shown:
            sys.stderr.write("\n")
