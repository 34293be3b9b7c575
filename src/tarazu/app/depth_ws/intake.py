"""The frame's way in: into the log as received, then the clocks and the market, all in the call that delivers it."""

from tarazu.adapters.kite_feed.events import FrameKind
from tarazu.market.arrivals import Arrivals
from tarazu.market.state import MarketState
from tarazu.runtime.feed_log import FeedLog
from tarazu.runtime.log_state import FrameTooLong, NotRecorded
from tarazu.runtime.segment import Kind
from tarazu.wire.kite_ticks import TickFrame, decode


class Intake:
    """`on_frame` is KiteFeed's callback. Recording comes first; a log that cannot record does not stop the market."""

    def __init__(self, log: FeedLog, arrivals: Arrivals, state: MarketState) -> None:
        self.frames = 0
        self.packets = 0
        self.damaged_frames = 0
        """Those the decoder could not read whole; their valid packets count."""
        self.too_long = 0
        """Those beyond the log's longest frame: not recorded."""
        self._log, self._arrivals, self._state = log, arrivals, state
        self._frame = TickFrame()

    def on_frame(self, connection: int, kind: FrameKind, payload: memoryview, wall_ns: int, mono_ns: int) -> None:
        self.frames += 1
        is_text = kind is FrameKind.TEXT
        try:
            self._log.append(Kind.TEXT if is_text else Kind.BINARY, connection, payload, wall_ns, mono_ns)
        except NotRecorded:
            pass  # the log counts it (`stats.not_recorded`), and health shows it
        except FrameTooLong:
            self.too_long += 1
        if kind is FrameKind.TICKS:
            self._take(payload, wall_ns, mono_ns)

    def _take(self, payload: memoryview, wall_ns: int, mono_ns: int) -> None:
        frame = self._frame
        count = decode(payload, frame)
        self.packets += count
        if not frame.clean:
            self.damaged_frames += 1
        self._arrivals.take(frame.rows, frame.packet_bytes, count, mono_ns)
        self._state.update(frame.rows, frame.packet_bytes, count, wall_ns)
