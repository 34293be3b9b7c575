"""A small depth_ws for tests: the real ticker client into a real feed log, with the events and the master beside it."""

import asyncio
import gzip
import threading
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from harness.served import Served
from tarazu.adapters.kite_feed.client import KiteFeed
from tarazu.adapters.kite_feed.events import FrameKind
from tarazu.adapters.sim_clock import SimClock
from tarazu.app.feed.record import FeedRecordEvent, MasterLoaded, Selected, encode_event
from tarazu.app.home import Home, Profile
from tarazu.app.masters.store import MasterStore
from tarazu.model import ist
from tarazu.runtime.feed_log import FeedLog
from tarazu.runtime.segment import Kind
from tarazu.wire.kite_instruments import InstrumentMaster, decode_csv
from tarazu.wire.kite_ticks import Mode


class FeedRecorder:
    """Follows every instrument the broker lists, or those of `keys`, in full mode."""

    def __init__(self, broker: Served, root: Path, keys: tuple[str, ...] = ()) -> None:
        self.broker = broker
        self.home = Home(Profile.SIM, root / "sim")
        self.home.make()
        self.clock = SimClock(broker["admin_url"])
        self.day = ist.day_of(self.clock.wall_ns())
        self.log = FeedLog.open(self.home.feed, self.day)
        self.master = self._download()
        chosen = [i for i in self.master.instruments if not keys or i.key in keys]
        self.tokens = tuple(i.instrument_token for i in chosen)
        self.symbols = tuple(i.key for i in chosen)
        self._stop: asyncio.Event | None = None

    @property
    def folder(self) -> Path:
        return self.home.feed / str(self.day)

    def tell(self, event: FeedRecordEvent) -> None:
        """Write an event as depth_ws does."""
        now_ns = self.clock.wall_ns()
        self.log.append(Kind.EVENT, 0, encode_event(event), now_ns, self.clock.mono_ns())

    def tell_selected(self) -> None:
        now_ns, many = self.clock.wall_ns(), len(self.tokens)
        self.tell(MasterLoaded(ts_ns=now_ns, day=self.day, instruments=many, sha256="", before=None, alarms=()))
        self.tell(
            Selected(
                ts_ns=now_ns,
                tokens=self.tokens,
                symbols=self.symbols,
                connections=(0,) * many,
                centres=(),
                left_out=0,
                again=False,
            )
        )

    async def run(self, until_ns: int | None = None) -> None:
        """Record until the broker's clock is there, or until `stop`."""
        feed = KiteFeed(
            api_key=self.broker["api_key"],
            access_token=self.broker["access_token"],
            root=self.broker["ws_url"],
            clock=self.clock,
            connections=1,
            on_frame=self._take,
            on_event=self.tell,
        )
        self._stop = asyncio.Event()
        feed.set_subscriptions(dict.fromkeys(self.tokens, Mode.FULL))
        running, following = asyncio.create_task(feed.run()), asyncio.create_task(self.clock.follow(0.1))
        while not self._stop.is_set() and (until_ns is None or self.clock.wall_ns() < until_ns):
            await asyncio.sleep(0.02)
        feed.stop()
        await running
        following.cancel()
        await asyncio.gather(following, return_exceptions=True)

    def stop(self) -> None:
        assert self._stop is not None
        self._stop.set()

    def _take(self, connection: int, kind: FrameKind, payload: memoryview, wall_ns: int, mono_ns: int) -> None:
        self.log.append(Kind.TEXT if kind is FrameKind.TEXT else Kind.BINARY, connection, payload, wall_ns, mono_ns)

    def _download(self) -> InstrumentMaster:
        token = f"token {self.broker['api_key']}:{self.broker['access_token']}"
        ask = urllib.request.Request(self.broker["rest_url"] + "/instruments", headers={"Authorization": token})
        with urllib.request.urlopen(ask, timeout=60) as answer:
            dump = answer.read()
        dump = gzip.decompress(dump) if dump[:2] == b"\x1f\x8b" else dump
        found = decode_csv(dump)
        assert isinstance(found, InstrumentMaster), found
        store, rows = MasterStore(self.home.masters), len(found.instruments)
        store.keep(self.day, dump, self.clock.wall_ns(), rows=rows, source=self.broker["rest_url"])
        return found


def record(broker: Served, root: Path, virtual_s: float, keys: tuple[str, ...] = ()) -> FeedRecorder:
    """Record so much of the broker's time, and close the log."""
    recorder = FeedRecorder(broker, root, keys)
    recorder.tell_selected()
    asyncio.run(recorder.run(recorder.clock.wall_ns() + round(virtual_s * 1e9)))
    recorder.log.close()
    return recorder


@contextmanager
def recording(broker: Served, root: Path) -> Iterator[FeedRecorder]:
    """Record in a thread while the `with` lasts."""
    recorder = FeedRecorder(broker, root)
    recorder.tell_selected()
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_until_complete, args=(recorder.run(),))
    thread.start()
    try:
        yield recorder
    finally:
        loop.call_soon_threadsafe(recorder.stop)
        thread.join(60)
        loop.close()
        recorder.log.close()
