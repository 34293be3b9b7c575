"""What depth_ws writes into the feed log beside the frames: every event of the feed's day, one JSON object a frame.

`type` names the event; prices are paise, times UTC ns.
"""

import functools
import operator
from datetime import date

import msgspec

from tarazu.adapters.kite_feed import events as link
from tarazu.market.feed_events import FeedRecover, FeedStale
from tarazu.model.ids import InstrumentToken


class _Event(msgspec.Struct, frozen=True, kw_only=True):
    ts_ns: int
    """Wall time."""


class FeedStarted(_Event, frozen=True, kw_only=True, tag="FEED_STARTED"):
    """depth_ws begins or goes on with this day."""

    profile: str
    pid: int
    version: str
    day: date


class FeedStopped(_Event, frozen=True, kw_only=True, tag="FEED_STOPPED"):
    reason: str


class MasterLoaded(_Event, frozen=True, kw_only=True, tag="MASTER_LOADED"):
    """The day's instrument master is there."""

    day: date
    instruments: int
    sha256: str
    before: date | None
    """Whose master it was compared with."""
    alarms: tuple[str, ...]
    """What changed overnight that a person must see."""


class CentreMade(msgspec.Struct, frozen=True, kw_only=True):
    underlying: str
    spot_paise: int
    atm_paise: int
    expiries: tuple[date, ...]


class Selected(_Event, frozen=True, kw_only=True, tag="SELECTED"):
    """What is subscribed to from now on. With this a recording tells by itself what it should hold."""

    tokens: tuple[InstrumentToken, ...]
    symbols: tuple[str, ...]
    """Keys, one for one with `tokens`."""
    connections: tuple[int, ...]
    centres: tuple[CentreMade, ...]
    left_out: int
    again: bool
    """The money moved, or the process started again on the same day."""


class FeedWaiting(_Event, frozen=True, kw_only=True, tag="FEED_WAITING"):
    """The feed cannot begin: `stage` (`app.depth_ws.health.Stage`) is what it waits for, `detail` why, for people."""

    stage: str
    detail: str


class SelectionFailed(_Event, frozen=True, kw_only=True, tag="SELECTION_FAILED"):
    """No selection could be made, or the strikes cannot follow the money; `text` is for people."""

    reason: str
    key: str
    text: str


class TokenReplaced(_Event, frozen=True, kw_only=True, tag="TOKEN_REPLACED"):
    """Another access token was found in the one source of truth and is used from now on."""


class BreakerTripped(_Event, frozen=True, kw_only=True, tag="BREAKER_TRIPPED"):
    """Too many reconnects: dialling has stopped until a person clears it."""

    reconnects: int
    window_ns: int


class BreakerCleared(_Event, frozen=True, kw_only=True, tag="BREAKER_CLEARED"):
    operator: str
    reason: str


class RecordingChanged(_Event, frozen=True, kw_only=True, tag="RECORDING_CHANGED"):
    """The feed log's state (`runtime.log_state.LogState`); told where the log still takes a frame."""

    before: str
    after: str
    not_recorded: int
    """Frames lost so far today, by this process."""


LINK_EVENTS = (
    link.Connected,
    link.Subscribed,
    link.DataResumed,
    link.Disconnected,
    link.PongTimeout,
    link.ConnectFailed,
    link.AuthLost,
    link.Throttled,
    link.Backoff,
)

OWN_EVENTS = (
    FeedStarted,
    FeedStopped,
    MasterLoaded,
    Selected,
    FeedWaiting,
    SelectionFailed,
    TokenReplaced,
    BreakerTripped,
    BreakerCleared,
    RecordingChanged,
)

FeedRecordEvent = (
    FeedStarted
    | FeedStopped
    | MasterLoaded
    | Selected
    | FeedWaiting
    | SelectionFailed
    | TokenReplaced
    | BreakerTripped
    | BreakerCleared
    | RecordingChanged
    | FeedStale
    | FeedRecover
    | link.LinkEvent
)
"""Any of them; a link's event is one of LINK_EVENTS."""

_DECODER: msgspec.json.Decoder[FeedRecordEvent] = msgspec.json.Decoder(
    functools.reduce(operator.or_, (*OWN_EVENTS, FeedStale, FeedRecover, *LINK_EVENTS))
)


class BadEvent(ValueError):
    """A frame of kind EVENT that this version does not know, or that is no event."""


def encode_event(event: FeedRecordEvent) -> bytes:
    return msgspec.json.encode(event)


def decode_event(payload: bytes | memoryview) -> FeedRecordEvent:
    """Raises BadEvent."""
    try:
        return _DECODER.decode(payload)
    except msgspec.MsgspecError as bad:
        raise BadEvent(str(bad)) from bad


def event_name(event: FeedRecordEvent) -> str:
    """`FEED_STALE`, as written."""
    return str(event.__struct_config__.tag)


def event_ts_ns(event: FeedRecordEvent) -> int:
    """Wall time of the event."""
    return event.wall_ns if isinstance(event, link.LinkEvent) else event.ts_ns
