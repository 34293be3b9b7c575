"""Cutting a clip out of a day's log: what is written already, then what comes, up to an end."""

import time
from collections.abc import Callable
from pathlib import Path

import msgspec

from tarazu.app.feed.record import BadEvent, MasterLoaded, decode_event
from tarazu.app.recordings.clip_writer import ClipWriter, selected_by
from tarazu.app.recordings.clips import Wanted
from tarazu.app.recordings.recorded_day import recorded_day
from tarazu.model.units import SECOND_NS
from tarazu.runtime.damage import Damage, Damaged
from tarazu.runtime.segment import SEGMENT_HEADER_BYTES, Frame, Kind, Position
from tarazu.runtime.tail import Tail

# What was received before the end may be written a moment after it.
GRACE_NS = SECOND_NS
LOOK_S = 0.25


class Follow(msgspec.Struct, kw_only=True):
    """How a live recording went, for people."""

    frames: int = 0
    lag_ns_max: int = 0
    """Longest from a frame's receipt to its copy in the clip, by CLOCK_MONOTONIC."""
    reached_end: bool = False


class Cutting:
    """Fills `writer` from the log in `folder`. `tell` is called now and then, to show how far it is."""

    def __init__(
        self, folder: Path, wanted: Wanted, writer: ClipWriter, tell: Callable[[], None], *, from_now: bool = False
    ) -> None:
        """Where `wanted` names no beginning it is the day's first frame, or, `from_now`, the next one written."""
        self._folder, self._wanted, self._writer, self._tell = folder, wanted, writer, tell
        self._start = _end_of(folder) if from_now else None
        self._at = Position(1, SEGMENT_HEADER_BYTES)
        self._latest: dict[str, Frame] = {}
        self._begun = False
        self.follow = Follow()

    def past(self, stopped: Callable[[], bool]) -> bool:
        """Take what is written already; True when that reached the end that was asked for."""
        for found in recorded_day(self._folder):
            if self._take(found):
                self.follow.reached_end = True
                return True
            if stopped():
                return False
            if isinstance(found, Frame):
                self._at = Position(found.segment, found.after)
            self._tell()
        return False

    def live(self, stopped: Callable[[], bool], now_ns: Callable[[], int]) -> None:
        """Take what comes, woken by the log's doorbell, until the end by the frames' stamps or by `now_ns`."""
        tail, until_ns = Tail(self._folder, from_position=self._at), self._wanted.until_ns
        try:
            while not stopped() and not self._drain(tail, stopped):
                if until_ns is not None and now_ns() > until_ns + GRACE_NS:
                    self.follow.reached_end = True
                    return
                self._tell()
                tail.wait(LOOK_S)
        finally:
            tail.close()

    def _drain(self, tail: Tail, stopped: Callable[[], bool]) -> bool:
        """True when the end was reached."""
        try:
            for frame in tail.ready():
                if self._take(frame):
                    self.follow.reached_end = True
                    return True
                self.follow.frames += 1
                self.follow.lag_ns_max = max(self.follow.lag_ns_max, time.monotonic_ns() - frame.mono_ns)
                if stopped():
                    break
        except Damaged as met:
            self._take(met.damage)
            tail.skip_damage()
        return False

    def _take(self, found: Frame | Damage) -> bool:
        """Into the clip, if it belongs there; True when it lies beyond the end."""
        if isinstance(found, Damage):
            if self._begun:
                self._writer.take(found)
            return False
        until_ns = self._wanted.until_ns
        if not self._begun and self._begins(found):
            self._begun = True
            self._writer.carry(sorted(self._latest.values(), key=lambda f: f.sequence))
        if not self._begun:
            self._remember(found)
            return until_ns is not None and found.wall_ns >= until_ns
        if until_ns is not None and found.wall_ns >= until_ns:
            return True
        self._writer.take(found)
        return False

    def _begins(self, frame: Frame) -> bool:
        if self._start is not None:
            return frame.position >= self._start
        if self._wanted.since_ns is not None:
            return frame.wall_ns >= self._wanted.since_ns
        return frame.sequence >= (self._wanted.from_sequence or 0)

    def _remember(self, frame: Frame) -> None:
        """The last of each event that says what a recording holds."""
        if frame.kind == Kind.EVENT:
            if selected_by(frame):
                self._latest["selected"] = frame
            elif _is_master_loaded(frame):
                self._latest["master"] = frame


def _is_master_loaded(frame: Frame) -> bool:
    try:
        return isinstance(decode_event(frame.payload), MasterLoaded)
    except BadEvent:
        return False  # another version's event


def _end_of(folder: Path) -> Position:
    """Where the next frame will be written."""
    tail = Tail.at_end(folder)
    try:
        return tail.position
    finally:
        tail.close()
