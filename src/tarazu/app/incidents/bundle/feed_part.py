"""What the feed recorded: the last frames of the window as a clip that plays again, its events, and who was silent.

feed/clip-<day>/     `tarazu sim serve --replay` plays it; its own manifest has the hash of every segment
feed/ages-<day>.csv  by instrument: ticks in the window, and how old its last one was when the incident was opened
"""

import csv
import io
from collections import Counter, deque
from datetime import date

from tarazu.app.feed.history import Entry, entry
from tarazu.app.feed.record import Selected
from tarazu.app.feed.sentences import Symbols, symbols_of
from tarazu.app.incidents.bundle.scope import Scope
from tarazu.app.incidents.bundle.staging import Staging
from tarazu.app.incidents.bundle.story import Event, Second, Story
from tarazu.app.recordings.clip_cut import Cutting
from tarazu.app.recordings.clip_writer import ClipWriter
from tarazu.app.recordings.clips import BadClip, Wanted, day_master
from tarazu.app.recordings.recorded_day import days, is_ticks, packets_of, recorded_day
from tarazu.model.units import SECOND_NS
from tarazu.runtime.damage import Damage
from tarazu.runtime.segment import Frame, Kind, day_folder
from tarazu.wire.kite_ticks import TickFrame, decode

FRAMES_MAX = 15_000
"""Of a day, the last of the window; three connections' 5,000."""
GRAVE = frozenset({"FEED_STALE", "DISCONNECTED", "PONG_TIMEOUT", "AUTH_LOST", "BREAKER_TRIPPED", "SELECTION_FAILED"})


def feed_part(scope: Scope, staging: Staging, story: Story) -> None:
    known = days(scope.home.feed)
    touched = [day for day in scope.days if day in known]
    if not touched:
        staging.lack("feed", f"nothing was recorded on {scope.days[0]}")
        return
    for day in touched:
        staging.part(f"feed {day}", lambda day=day: _day(scope, staging, story, day))  # type: ignore[misc]


def _day(scope: Scope, staging: Staging, story: Story, day: date) -> None:
    walk = _Walk(scope, story)
    for found in recorded_day(day_folder(scope.home.feed, day)):
        if isinstance(found, Damage):
            staging.lack(f"feed {day}", f"a damaged place: {found}")
        elif found.wall_ns >= scope.until_ns:
            break
        else:
            walk.take(found)
    staging.text(f"feed/ages-{day}.csv", walk.ages())
    if not walk.last:
        staging.lack(f"feed {day}", "no frame in the window")
        return
    _clip(scope, staging, day, walk.last[0])


def _clip(scope: Scope, staging: Staging, day: date, from_sequence: int) -> None:
    wanted = Wanted(from_sequence=from_sequence, until_ns=scope.until_ns)
    writer = ClipWriter(staging.path(f"feed/clip-{day}"), day, scope.home.profile, wanted)
    try:
        Cutting(day_folder(scope.home.feed, day), wanted, writer, lambda: None).past(lambda: False)
    except BaseException:
        writer.discard()
        raise
    if not writer.frames:
        writer.discard()
        return
    try:
        master = day_master(scope.home.masters, day)
    except BadClip as bad:
        staging.lack(f"feed {day} master", str(bad))
        master = None
    writer.finish(master)


class _Walk:
    """One day's frames, in order."""

    def __init__(self, scope: Scope, story: Story) -> None:
        self.scope, self.story = scope, story
        self.last: deque[int] = deque(maxlen=FRAMES_MAX)
        """Sequences of the window's frames."""
        self._symbols: Symbols = {}
        self._selected: tuple[int, ...] = ()
        self._ticks: Counter[int] = Counter()
        self._seen_ns: dict[int, int] = {}
        """By token: its last packet before the incident was opened."""
        self._ticked_ns = 0
        self._frame = TickFrame()

    def take(self, frame: Frame) -> None:
        inside = self.scope.has(frame.wall_ns)
        if inside:
            self.last.append(frame.sequence)
        if is_ticks(frame):
            self._take_ticks(frame, inside)
        elif frame.kind in (Kind.EVENT, Kind.MARK):
            self._take_event(entry(frame, self._symbols), inside)

    def ages(self) -> str:
        """Those that ticked last come last; a silent one has no age."""
        file = io.StringIO()
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["token", "instrument", "ticks_in_window", "age_at_opening_sec"])
        tokens = {*self._selected, *self._seen_ns, *self._ticks}
        for token in sorted(tokens, key=lambda t: (self._seen_ns.get(t, 0), t)):
            seen_ns = self._seen_ns.get(token)
            age = "" if seen_ns is None else f"{(self.scope.opened_ns - seen_ns) / SECOND_NS:.3f}"
            writer.writerow([token, self._symbols.get(token, ""), self._ticks[token], age])
        return file.getvalue()

    def _take_ticks(self, frame: Frame, inside: bool) -> None:
        if not inside and frame.wall_ns < self.scope.since_ns - 60 * SECOND_NS:
            return  # the minute before the window is enough to know who was silent in it
        count = decode(frame.payload, self._frame)
        tokens = self._frame.rows["token"][:count].tolist() if self._frame.clean else []
        if frame.wall_ns <= self.scope.opened_ns:
            self._seen_ns.update(dict.fromkeys(tokens, frame.wall_ns))
        if inside:
            self._ticks.update(tokens)
            second = self.story.seconds.setdefault(frame.wall_ns // SECOND_NS, Second())
            second.frames += 1
            second.packets += packets_of(frame)
            if self._ticked_ns:
                second.gap_ns = max(second.gap_ns, frame.wall_ns - self._ticked_ns)
        self._ticked_ns = frame.wall_ns

    def _take_event(self, told: Entry, inside: bool) -> None:
        if isinstance(told.event, Selected):
            self._symbols = symbols_of(told.event)
            self._selected = tuple(int(token) for token in told.event.tokens)
        if inside:
            grave = told.type in GRAVE
            source = f"feed {told.sequence}"
            event = Event(ts_ns=told.ts_ns, lane="feed", code=told.type, text=told.text, grave=grave, source=source)
            self.story.events.append(event)
