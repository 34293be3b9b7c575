"""The passes: every stream in turn, the journal first, and what came of it in the health file.

A disk of the copy that fails is let go of whole, and looked at anew after a moment: where it comes back, shipping goes
on from what it has. A stream whose original fails keeps no other from being copied.
"""

import logging
import os
import threading
import time
from collections.abc import Callable
from pathlib import Path

from tarazu.app.health import boot, write_health
from tarazu.app.home import Home
from tarazu.app.settings import ShipSettings
from tarazu.app.shipping.day_stream import feed_stream, journal_stream
from tarazu.app.shipping.desk_stream import DeskStream
from tarazu.app.shipping.failing import SourceFailed, TargetFailed
from tarazu.app.shipping.file_stream import FileStream
from tarazu.app.shipping.health import ShipHealth, Shipped, Stage, health_file
from tarazu.app.shipping.stream import Stream
from tarazu.app.shipping.target import Target
from tarazu.ports.disk import Disk
from tarazu.runtime.os_disk import OsDisk

log = logging.getLogger("tarazu.ship")

PASS_S = 0.5
AGAIN_S = 1.0
"""After a failure of the copy's disk."""
FREE_BYTES_MIN = 64 << 20
"""With less on the copy's disk the feed log waits: the journal is what nobody can make again."""
NAMES = ("journal", "desk", "files", "feed")

Failure = SourceFailed | TargetFailed


class Shipper:
    """One copy of one home. One thread calls `run` or `work`."""

    def __init__(
        self,
        home: Home,
        settings: ShipSettings,
        disk: Disk | None = None,
        clock: Callable[[], int] = time.monotonic_ns,
    ) -> None:
        """`clock` is CLOCK_MONOTONIC."""
        self.home, self.ending = home, threading.Event()
        self._to, self._with_feed = Path(settings.to), settings.feed
        self._disk, self._clock = disk or OsDisk(), clock
        self._target: Target | None = None
        self._streams: tuple[Stream, ...] = ()
        names = [name for name in NAMES if name != "feed" or settings.feed]
        self._told = {name: Shipped(name=name) for name in names}
        self._failed: Failure | None = None
        self._failing: dict[str, Failure] = {}
        """By stream, until it has everything again."""
        self._ever, self._copied = False, 0
        self._started_ns = clock()
        self._stage = Stage.STARTING

    def run(self) -> None:
        """Until `ending` is set."""
        while not self.ending.is_set():
            more = self.work()
            if not more:
                self.ending.wait(PASS_S if self._target is not None else AGAIN_S)
        self.close()

    def work(self) -> bool:
        """One pass; True where there is more to copy at once. Raises nothing that a disk can cause."""
        failed, more = self._pass()
        if failed is not None and (self._failed is None or str(failed) != str(self._failed)):
            log.error("%s: %s", failed.code, failed)
        if failed is None and self._failed is not None:
            log.info("copying again to %s", self._to)
        self._failed = failed
        told = self._told.values()
        self._ever |= failed is None and all(one.caught_up_mono_ns is not None for one in told)
        self._stage = Stage.FAILING if failed else Stage.SHIPPING if self._ever else Stage.CATCHING_UP
        self._write()
        return more

    def close(self) -> None:
        """Let go of the copy; the last word is that it was asked to stop."""
        self._release()
        self._stage = Stage.STOPPED
        self._write()

    def health(self) -> ShipHealth:
        failed = self._failed
        return ShipHealth(
            profile=self.home.profile,
            pid=os.getpid(),
            boot=boot(),
            to=str(self._to / self.home.profile),
            mono_ns=self._clock(),
            started_mono_ns=self._started_ns,
            stage=self._stage,
            code=failed.code if failed else "",
            detail=str(failed) if failed else "",
            hint=failed.hint if failed else "",
            streams=tuple(self._told.values()),
            copied_bytes=self._copied,
        )

    # A pass.

    def _pass(self) -> tuple[Failure | None, bool]:
        """The gravest that went wrong, and whether there is more to copy at once."""
        try:
            target = self._held()
            target.still_there()
        except (SourceFailed, TargetFailed) as failed:
            self._release()
            return failed, False
        more = False
        for stream in self._streams:
            try:
                if stream.name == "feed":
                    self._room_for_feed(target)
                more |= self._ship(stream)
            except SourceFailed as failed:
                stream.close()
                self._note(stream, failed)
            except TargetFailed as failed:
                self._release()
                return failed, False
        gravest = next((self._failing[name] for name in self._told if name in self._failing), None)
        return gravest, more

    def _ship(self, stream: Stream) -> bool:
        come = stream.ship(self._clock())
        before = self._told[stream.name].caught_up_mono_ns
        if come.caught_up_ns is not None:
            self._failing.pop(stream.name, None)
        self._copied += come.copied
        self._told[stream.name] = Shipped(
            name=stream.name,
            day=stream.day,
            sequence=stream.sequence,
            caught_up_mono_ns=before if come.caught_up_ns is None else come.caught_up_ns,
            failing=_words(self._failing.get(stream.name)),
        )
        return come.caught_up_ns is None and come.copied > 0

    def _note(self, stream: Stream, failed: Failure) -> None:
        """What it said last stands, and that it fails."""
        self._failing[stream.name] = failed
        last = self._told[stream.name]
        self._told[stream.name] = Shipped(
            name=stream.name,
            day=last.day,
            sequence=last.sequence,
            caught_up_mono_ns=last.caught_up_mono_ns,
            failing=_words(failed),
        )

    def _room_for_feed(self, target: Target) -> None:
        free = target.free_bytes()
        if free < FREE_BYTES_MIN:
            told = f"{free >> 20} MiB are free on {self._to}: the feed log waits, the journal goes on"
            raise SourceFailed("TARGET_LOW", told, f"df -h {self._to}")

    def _held(self) -> Target:
        if self._target is None:
            self._target = target = Target(self.home, self._to, self._disk)
            made: dict[str, Stream] = {
                "journal": journal_stream(target),
                "desk": DeskStream(target),
                "files": FileStream(target),
                "feed": feed_stream(target),
            }
            self._streams = tuple(made[name] for name in self._told)
        return self._target

    def _release(self) -> None:
        for stream in self._streams:
            stream.close()
        if self._target is not None:
            self._target.close()
        self._target, self._streams = None, ()

    def _write(self) -> None:
        try:
            write_health(health_file(self.home), self.health())
        except OSError as full:
            log.error("health is not written, and its last word grows old: %s", full)


def _words(failed: Failure | None) -> str:
    return "" if failed is None else f"{failed.code}: {failed}"
