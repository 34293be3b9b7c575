"""What a connection tells its consumer besides frames: typed facts with both times, and a snapshot of its health."""

from enum import IntEnum, StrEnum

import msgspec


class FrameKind(IntEnum):
    """What a delivered payload is. The bytes are as received; nothing has looked into them."""

    TICKS = 1
    """Binary, 2 bytes and more: `wire.kite_ticks.decode` takes it, whatever its state."""
    HEARTBEAT = 2
    """Binary, shorter than a packet count: Kite's one-byte sign of life."""
    TEXT = 3
    """JSON: an order row, an error or a message."""


class LinkState(StrEnum):
    IDLE = "IDLE"
    """Nothing to do: no instruments, and another connection carries the order updates."""
    CONNECTING = "CONNECTING"
    LIVE = "LIVE"
    BACKOFF = "BACKOFF"
    AUTH_LOST = "AUTH_LOST"
    STOPPED = "STOPPED"


class Loss(StrEnum):
    """Why a link that was up is down."""

    CLOSED = "CLOSED"
    """The peer closed it, with a close frame."""
    CUT = "CUT"
    """It ended without a close frame: 1006 in other clients."""
    PONG_TIMEOUT = "PONG_TIMEOUT"
    """Our ping was not answered: the link is half open, or the peer is gone."""
    SILENT = "SILENT"
    """Pings are answered, yet not even heartbeats come."""
    PROTOCOL = "PROTOCOL"
    """The peer broke the WebSocket protocol or sent a message beyond all measure."""
    ASKED = "ASKED"
    """The consumer called `reconnect`."""
    TOKEN_ROLLOVER = "TOKEN_ROLLOVER"
    NOT_NEEDED = "NOT_NEEDED"
    STOPPED = "STOPPED"


class LinkEvent(msgspec.Struct, frozen=True, kw_only=True):
    """`wall_ns` and `mono_ns` are the clock's at the moment it was noticed."""

    connection: int
    wall_ns: int
    mono_ns: int


class Connected(LinkEvent, frozen=True, kw_only=True, tag="CONNECTED"):
    """The upgrade was accepted; `took_ns` from the first packet of the attempt."""

    took_ns: int


class Subscribed(LinkEvent, frozen=True, kw_only=True, tag="SUBSCRIBED"):
    """The commands are with the socket; Kite does not acknowledge them. `tokens` is what the connection now follows."""

    tokens: int
    added: int
    removed: int
    remoded: int
    """Instruments that stay and change mode."""


class DataResumed(LinkEvent, frozen=True, kw_only=True, tag="DATA_RESUMED"):
    """The first tick frame of a new link. `gap_ns` since the last one of the link before; None for the first link."""

    gap_ns: int | None


class Disconnected(LinkEvent, frozen=True, kw_only=True, tag="DISCONNECTED"):
    """A link that was up is down. `quiet_ns` is how long no frame had come by then."""

    reason: Loss
    code: int
    """The peer's close code; 1005 for a close frame without one, 1006 without a close frame."""
    detail: str
    up_ns: int
    quiet_ns: int


class PongTimeout(LinkEvent, frozen=True, kw_only=True, tag="PONG_TIMEOUT"):
    """A ping of `waited_ns` ago is not answered; DISCONNECTED follows."""

    waited_ns: int


class ConnectFailed(LinkEvent, frozen=True, kw_only=True, tag="CONNECT_FAILED"):
    """No link came to be. `status` is the HTTP answer's, where there was one."""

    status: int | None
    detail: str


class AuthLost(LinkEvent, frozen=True, kw_only=True, tag="AUTH_LOST"):
    """403 at the upgrade: the access token is not accepted. Told once by each connection that was refused."""

    detail: str


class Throttled(LinkEvent, frozen=True, kw_only=True, tag="THROTTLED"):
    """429 at the upgrade: Kite counts more connections than it allows."""

    detail: str


class Backoff(LinkEvent, frozen=True, kw_only=True, tag="BACKOFF"):
    """The next try comes in `delay_ns`, or at once with a new token or when the market opens."""

    delay_ns: int
    attempt: int


class ConnectionHealth(msgspec.Struct, frozen=True, kw_only=True):
    """One connection as it is now. Stamps are monotonic ns of the present link, None for what has not happened."""

    connection: int
    state: LinkState
    mono_ns: int
    wall_ns: int
    tokens: int
    link_since_ns: int | None
    last_frame_ns: int | None
    """Any frame but the protocol's own pings and pongs: heartbeats count."""
    last_data_ns: int | None
    """Tick frames. Heartbeats may go on while these have stopped."""
    last_pong_ns: int | None
    rtt_ns: int | None
    """Of the latest ping answered, waiting behind data included."""
    frames: int
    """Since the client began, as `bytes` and the two below."""
    bytes: int
    links: int
    losses: int
    attempt: int
    """Tries failed in a row; 0 while all is well."""
    last_loss: Loss | None
