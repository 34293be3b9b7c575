"""Writing a clip: frames as they come, then what makes them readable alone, the manifest last."""

import os
import shutil
import time
from collections import Counter
from collections.abc import Iterable
from datetime import date
from pathlib import Path

import msgspec

from tarazu import __version__
from tarazu.app.feed.record import BadEvent, Selected, decode_event
from tarazu.app.recordings.clips import MANIFEST, MASTER, FileSum, Manifest, MarkSeen, Wanted, file_sum, segment_names
from tarazu.app.recordings.recorded_day import is_ticks, packets_of, recorded_day
from tarazu.app.recordings.underlyings import underlying_key
from tarazu.market.listing import Listing
from tarazu.model import ist
from tarazu.runtime.damage import Damage
from tarazu.runtime.feed_log import FeedLog
from tarazu.runtime.repair import verify
from tarazu.runtime.segment import Frame, Kind, day_folder, segment_header, segment_path
from tarazu.wire.kite_instruments import InstrumentMaster, encode_csv
from tarazu.wire.kite_ticks import TickFrame, decode


class ClipWriter:
    """One clip being made. `finish` or `discard` it."""

    def __init__(self, folder: Path, day: date, profile: str, wanted: Wanted) -> None:
        """Raises OSError; FileExistsError when something is there already."""
        folder.mkdir(mode=0o700, parents=True)
        self.folder, self.day = folder, day
        self.frames = self.packets = self.missing = self.carried = 0
        self.last_ns = 0
        self._profile, self._wanted = profile, wanted
        self._log = FeedLog.open(folder / "feed", day)
        self._kinds: Counter[str] = Counter()
        self._damages: list[Damage] = []
        self._marks: list[MarkSeen] = []
        self._first: tuple[int, int] | None = None
        self._last_sequence = 0

    @property
    def damages(self) -> int:
        return len(self._damages)

    def carry(self, frames: Iterable[Frame]) -> None:
        """Put frames of before the stretch at the front. Before any `take`."""
        assert self._first is None
        for frame in frames:
            self._append(frame)
            self.carried += 1

    def take(self, found: Frame | Damage) -> None:
        """One more frame or damaged place of the log. Raises `runtime.log_state.NotRecorded` when the disk is full."""
        if isinstance(found, Damage):
            self._damages.append(found)
            return
        if found.kind == Kind.MARK:
            said = msgspec.json.decode(found.payload)
            self._marks.append(MarkSeen(sequence=found.sequence, wall_ns=found.wall_ns, said=said))
        else:
            self._append(found)
            self.frames += 1
            self.packets += packets_of(found)
            self.last_ns = found.wall_ns
            self._kinds[Kind(found.kind).name] += 1
            self._first = self._first or (found.sequence, found.wall_ns)
        if self._last_sequence:
            self.missing += max(0, found.sequence - self._last_sequence - 1)
        self._last_sequence = found.sequence

    def discard(self) -> None:
        """Leave nothing behind."""
        self._log.close()
        shutil.rmtree(self.folder)

    def finish(self, master: InstrumentMaster | None) -> Manifest:
        """Write rows and manifest, and return it; at least one frame was taken."""
        assert self._first is not None, "a clip has frames"
        self._log.close()
        log = day_folder(self.folder / "feed", self.day)
        _close_up(log, self.day)
        tokens = tokens_of(log)
        rows, fno_shares, without_row = self._write_master(master, tokens) if master else (0, (), ())
        sequence, first_ns = self._first
        manifest = Manifest(
            tarazu=__version__,
            profile=self._profile,
            day=self.day,
            wanted=self._wanted,
            carried=self.carried,
            first_ns=first_ns,
            last_ns=self.last_ns,
            first_ist=ist.stamp(first_ns),
            last_ist=ist.stamp(self.last_ns),
            first_sequence=sequence,
            last_sequence=self._last_sequence,
            frames=self.frames,
            packets=self.packets,
            kinds=dict(self._kinds),
            missing=self.missing,
            damages=tuple(self._damages),
            marks=tuple(self._marks),
            instruments=rows,
            without_row=without_row,
            fno_shares=fno_shares,
            files=self._sums(log),
        )
        _write_durably(self.folder / MANIFEST, msgspec.json.format(msgspec.json.encode(manifest)))
        return manifest

    def _append(self, frame: Frame) -> None:
        self._log.append(Kind(frame.kind), frame.connection, frame.payload, frame.wall_ns, frame.mono_ns)

    def _write_master(self, master: InstrumentMaster, tokens: "Tokens") -> tuple[int, tuple[str, ...], tuple[int, ...]]:
        """The rows of what ticked or was selected, and of what these derive from."""
        wanted = tokens.seen | tokens.selected
        keys = {underlying_key(i) for i in master.instruments if i.is_derivative and i.instrument_token in wanted}
        pairs = zip(master.instruments, master.last_prices, strict=True)
        kept = [(i, price) for i, price in pairs if i.instrument_token in wanted or i.key in keys]
        _write_durably(self.folder / MASTER, encode_csv(kept))
        shares = Listing(master.instruments, self.day).fno_shares()
        listed = {int(i.instrument_token) for i, _ in kept}
        return len(kept), tuple(i.key for i, _ in kept if i.key in shares), tuple(sorted(tokens.seen - listed))

    def _sums(self, log: Path) -> dict[str, FileSum]:
        names = segment_names(log, self.folder)
        names += [MASTER] if (self.folder / MASTER).exists() else []
        return {name: file_sum(self.folder / name) for name in names}


class Tokens(msgspec.Struct, frozen=True):
    """Instruments of a log: those of which a packet came (in frames that are whole), those that were subscribed to."""

    seen: set[int]
    selected: set[int]


def tokens_of(log: Path) -> Tokens:
    found, ticks = Tokens(set(), set()), TickFrame()
    for frame in recorded_day(log):
        if isinstance(frame, Damage):
            continue
        if is_ticks(frame):
            count = decode(frame.payload, ticks)
            if ticks.clean:
                found.seen.update(ticks.rows["token"][:count].tolist())
        elif frame.kind == Kind.EVENT:
            found.selected.update(selected_by(frame))
    return found


def selected_by(frame: Frame) -> tuple[int, ...]:
    """The tokens that an event frame says are subscribed to; none for another event or another version's."""
    try:
        event = decode_event(frame.payload)
    except BadEvent:
        return ()
    return tuple(int(t) for t in event.tokens) if isinstance(event, Selected) else ()


def _close_up(log: Path, day: date) -> None:
    """Make the log an archive: the last segment as long as its frames, no lock, no bells."""
    report = verify(log)
    assert report.clean, "what we have just written"
    last = segment_path(log, report.end.segment)
    if last.exists():
        _shorten(last, day, report.end.segment, report.end.offset)
    shutil.rmtree(log / "bells")
    (log / "writer.lock").unlink()


def _shorten(path: Path, day: date, segment: int, size: int) -> None:
    with path.open("r+b") as file:
        file.truncate(size)
        file.write(segment_header(day, segment, size, time.time_ns()))
        file.flush()
        os.fsync(file.fileno())


def _write_durably(path: Path, content: bytes) -> None:
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
