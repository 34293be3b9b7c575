"""What depth_ws has to say, said once: into the day's feed log, and in words into its own."""

import logging
from collections.abc import Mapping

from tarazu.app.depth_ws.prepare import NotReady, Prepared
from tarazu.app.feed.record import (
    FeedRecordEvent,
    FeedWaiting,
    MasterLoaded,
    RecordingChanged,
    SelectionFailed,
    encode_event,
    event_name,
    event_ts_ns,
)
from tarazu.app.feed.sentences import sentence
from tarazu.ports.clock import Clock
from tarazu.runtime.feed_log import FeedLog
from tarazu.runtime.log_state import LogState, NotRecorded
from tarazu.runtime.segment import Kind

log = logging.getLogger("tarazu.depth_ws")


class Told:
    """The day's record as the process writes to it. `begin` and `end` with each day's log; between, nothing is kept."""

    def __init__(self, clock: Clock) -> None:
        self.log: FeedLog | None = None
        self.symbols: Mapping[int, str] = {}
        """For people: tokens by name."""
        self._clock = clock
        self._state = LogState.RECORDING

    def begin(self, feed_log: FeedLog) -> None:
        self.log, self._state = feed_log, feed_log.state
        for damage in feed_log.recovery.damages:
            log.warning("feed log of %s: %s", feed_log.day, damage)

    def end(self) -> None:
        feed_log, self.log, self.symbols = self.log, None, {}
        if feed_log is not None:
            feed_log.close()

    def tell(self, event: FeedRecordEvent) -> None:
        """An event that cannot be recorded is still said; the log counts it among its lost frames."""
        log.info("%s: %s", event_name(event), sentence(event, self.symbols))
        if self.log is None:
            return
        connection = getattr(event, "connection", 0)
        try:
            self.log.append(Kind.EVENT, connection, encode_event(event), event_ts_ns(event), self._clock.mono_ns())
        except NotRecorded as missed:
            log.error("event not recorded: %s", missed)

    def waits(self, why: NotReady) -> None:
        now_ns, refused = self._clock.wall_ns(), why.refused
        self.tell(FeedWaiting(ts_ns=now_ns, stage=why.stage, detail=why.detail))
        if refused is not None:
            self.tell(SelectionFailed(ts_ns=now_ns, reason=refused.reason, key=refused.key, text=refused.text))

    def master(self, prepared: Prepared) -> None:
        master = prepared.master
        self.tell(
            MasterLoaded(
                ts_ns=self._clock.wall_ns(),
                day=master.day,
                instruments=master.instruments,
                sha256=master.sha256,
                before=master.compared_with,
                alarms=master.alarms,
            )
        )

    def recording(self) -> None:
        """Say so if the log can do more or less than when this was last asked; each second."""
        if self.log is None or self.log.state is self._state:
            return
        before, self._state = self._state, self.log.state
        lost = self.log.stats.not_recorded
        self.tell(RecordingChanged(ts_ns=self._clock.wall_ns(), before=before, after=self._state, not_recorded=lost))
