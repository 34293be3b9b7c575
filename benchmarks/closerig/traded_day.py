"""A home with a traded day: 11.25 M recorded packets in small frames, and a journal of a million entries.

The packets are those of the benchmarks' day (`replayrig.made_day`), cut into frames of a dozen as a ticker with several
connections sends them; a strategy that looks at every instrument is woken by each frame, so that the journal has an
entry for each, a second for each second, and what its orders came to at the broker in a box. Kept in the cache folder:
some 3 GB, and minutes to make.
"""

import os
import shutil
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import msgspec

from closerig.broker_books import keep_books
from replayrig.made_day import DAY, OPENS_NS, SECONDS, MadeDay, cache_folder, made_day
from replayrig.trial import CONFIG, FAST, SLOW, research_day, traded_at
from tarazu.app.closing.standing import standing_of
from tarazu.app.health import boot
from tarazu.app.home import Home, Profile
from tarazu.app.main.strategies import Strategies
from tarazu.app.masters.store import MasterStore
from tarazu.app.recordings.recorded_day import recorded_day
from tarazu.app.research.kept import Kept
from tarazu.app.research.local_kite import LocalKite
from tarazu.app.research.recorded_days import _frames
from tarazu.app.research.run import DayRun, Terms
from tarazu.app.settings import StrategySettings
from tarazu.model import ist
from tarazu.model.units import HOUR_NS, MINUTE_NS, SECOND_NS
from tarazu.runtime.feed_log import FeedLog
from tarazu.runtime.segment import Frame, Kind, day_folder
from tarazu.wire.kite_ticks import Mode, TickFrame, decode, encode

FRAMES_A_SECOND = 44
"""So that a day of them, with its seconds, is a million entries."""

ASKED_NS = ist.midnight_ns(DAY) + (15 * 60 + 41) * MINUTE_NS
"""The broker is asked after the close (15:40): what it says earlier closes no day."""


class TradedDay(msgspec.Struct, frozen=True, kw_only=True):
    home: Home
    ticks: int
    entries: int


def traded_day(seconds: int = SECONDS) -> TradedDay:
    """From the cache, or made now. Raises BadBenchmark, OSError."""
    root = cache_folder() / f"dayclose-3-{seconds}"
    kept = root / "made.json"
    if not kept.exists():
        begun = root.with_name(f"{root.name}.begun")
        shutil.rmtree(begun, ignore_errors=True)
        made = _make(begun, seconds)
        (begun / "made.json").write_bytes(msgspec.json.encode(made))
        shutil.rmtree(root, ignore_errors=True)
        begun.rename(root)
    ticks, entries = msgspec.json.decode(kept.read_bytes(), type=tuple[int, int])
    return TradedDay(home=Home(Profile.SIM, root / Profile.SIM), ticks=ticks, entries=entries)


@contextmanager
def working_copy(day: TradedDay) -> Iterator[Home]:
    """A home of its own whose files are the cached ones, by hard link: what is written beside them goes with it. What
    a command would write into, not beside, is copied."""
    place = day.home.root.parent.with_name(f"{day.home.root.parent.name}.{os.getpid()}")
    shutil.rmtree(place, ignore_errors=True)
    try:
        shutil.copytree(day.home.root, place / Profile.SIM, copy_function=_link)
        home = Home(Profile.SIM, place / Profile.SIM)
        _tell_clock(home)
        yield home
    finally:
        shutil.rmtree(place, ignore_errors=True)


def _tell_clock(home: Home) -> None:
    """Four in the afternoon, as a process of the desk tells it: a day is closed once its market is."""
    told = {"wall_ns": ist.midnight_ns(DAY) + 16 * HOUR_NS, "mono_ns": time.monotonic_ns(), "boot": boot()}
    home.main_health.write_bytes(msgspec.json.encode(told))


def _link(source: str, target: str) -> None:
    link = os.link if source.endswith((".seg", ".gz")) else shutil.copy2
    link(source, target)


def _make(root: Path, seconds: int) -> tuple[int, int]:
    began_s = time.perf_counter()
    made = made_day()
    traded = made.instruments[traded_at(made)]
    params = {"key": traded.key, "qty": traded.lot_size, "fast": FAST, "slow": SLOW}
    strategy = StrategySettings(factory="closerig.watching:everywhere", params=params)
    kept = Kept(root, [strategy])
    log = FeedLog.open(kept.home.feed, DAY)
    ticks = _in_small_frames(made, log, seconds)
    log.close()
    _say(f"{ticks:,} packets are recorded after {time.perf_counter() - began_s:.0f} s; now they are traded")
    folder = day_folder(kept.home.feed, DAY)
    day = msgspec.structs.replace(
        research_day(made), frames=partial(_frames, folder), log=None, last_ns=OPENS_NS + seconds * SECOND_NS
    )
    sha256 = _master(kept, day.csv, len(day.instruments))
    journal = kept.journal(day)
    run = DayRun(day, Strategies([strategy]), CONFIG, Terms(), journal)
    result = run.whole(sha256, _progress)
    journal.close()
    keep_books(kept.home, DAY, LocalKite(run.broker, run.steady_ns), ASKED_NS)
    entries = standing_of(kept.home, DAY).entries
    _say(f"{entries:,} entries, {len(result.trades)} trades, made in {time.perf_counter() - began_s:.0f} s")
    return ticks, entries


def _in_small_frames(made: MadeDay, log: FeedLog, seconds: int) -> int:
    decoded, ticks, apart_ns = TickFrame(), 0, SECOND_NS // (FRAMES_A_SECOND + 1)
    for frame in recorded_day(made.folder):
        assert isinstance(frame, Frame)
        if frame.wall_ns >= made.first_ns + seconds * SECOND_NS:
            break
        count = decode(frame.payload, decoded)
        for n in range(FRAMES_A_SECOND):
            rows = decoded.rows[count * n // FRAMES_A_SECOND : count * (n + 1) // FRAMES_A_SECOND]
            at_ns = frame.wall_ns + n * apart_ns
            log.append(Kind.BINARY, 1 + n % 3, encode(rows, Mode.FULL), at_ns, at_ns)
            ticks += len(rows)
    return ticks


def _master(kept: Kept, csv: bytes, rows: int) -> str:
    return MasterStore(kept.home.masters).keep(DAY, csv, OPENS_NS, rows=rows, source="benchmark").sha256


def _progress(done: int, total: int) -> None:
    if sys.stderr.isatty():
        print(f"\r{100 * done // max(1, total)} %", end="", file=sys.stderr, flush=True)


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
